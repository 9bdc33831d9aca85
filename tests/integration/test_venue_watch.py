"""What operations see of a venue outside the process: its limits, and prices that went stale.

Here: a real gateway with the Binance double behind it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from fixgate.doubles.binance.faults import Fault, FaultKind
from integration.binance_desk import Desk, a_desk
from integration.raw_peer import a_name, sending_time

LIMIT_S = 60
SUBMIT = "POST /api/v3/order"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path, {}, more="market_data_stale_after_s = 3") as one:
        yield one


async def found(desk: Desk, *command: str) -> Any:
    """What a command says as JSON."""
    done = await asyncio.to_thread(desk.gateway.fixgate, *command, "--json")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


async def until(desk: Desk, *command: str, holds: Callable[[Any], bool]) -> Any:
    """What a command says once it says what is waited for."""
    async with asyncio.timeout(LIMIT_S):
        while not holds(said := await found(desk, *command)):
            pass
    return said


async def test_the_venues_command_shows_what_is_used_who_waits_and_how_long_a_ban_lasts(
    desk: Desk,
) -> None:
    resting, banned = a_name("rest"), a_name("ban")
    await desk.orders(resting)
    await asyncio.to_thread(desk.peer.until, lambda each: each[11] == resting)
    desk.double.faults.add(SUBMIT, Fault(kind=FaultKind.BANNED, retry_after_s=60))
    await desk.orders(banned)
    refused = await asyncio.to_thread(desk.peer.until, lambda each: each[11] == banned)
    assert refused[-1][39] == "8"
    said = await found(desk, "venues")
    assert said["SIM"] == {"up": True, "unfit": None, "calls": None}
    calls = said["BINANCE"]["calls"]
    used = {each["kind"]: each for each in calls["allowances"]}
    assert used["orders"]["used"] == 2
    assert 0 < used["weight"]["used"] < used["weight"]["most"] < used["weight"]["limit"]
    assert (calls["silence"]["status"], calls["silence"]["over"]) == (418, False)
    body = f"11={a_name()}|41={resting}|54=1|55=BTC/USDT|60={sending_time()}"
    desk.peer.send("F", body)
    await until(
        desk, "venues", holds=lambda said: said["BINANCE"]["calls"]["waiting"]["cancel"] == 1
    )
    shown = await asyncio.to_thread(desk.gateway.fixgate, "venues")
    assert "418, until " in shown.stdout
    assert shown.returncode == 0


async def test_a_book_that_goes_stale_is_an_alert_and_another_when_it_is_back(desk: Desk) -> None:
    """Property: quality alerts."""
    await until(desk, "book", "BTC/USDT", holds=lambda said: len(said["books"]) == 3)
    desk.double.faults.add("GET /api/v3/depth", Fault(kind=FaultKind.HOLD), times=100)
    desk.double.hub.cut_market()
    assert "BINANCE BTC/USDT: no prices that hold for 3 s" in await alert(desk, "book stale")
    desk.double.faults.clear()
    assert "BINANCE BTC/USDT: there are prices again" in await alert(desk, "book fresh")


async def alert(desk: Desk, subject: str) -> str:
    """The alerts that are listed, once this one is."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            done = await asyncio.to_thread(desk.gateway.fixgate, "alerts", "list")
            if subject in done.stdout:
                return done.stdout
