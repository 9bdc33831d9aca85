"""Trades three ways: the gateway's, those of drop copies, the venues' (control 21).

Here: a real gateway with the Binance double behind it, whose stream loses messages; and one whose
drop copy misses a trade.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fixgate.doubles.binance.streams import StreamFault
from integration.binance_desk import Desk, a_desk
from integration.gateway_process import ROOT, Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, a_name

NEVER = {"FIXGATE_OPERATIONS__TRADES_EVERY_S": "0"}
LIMIT_S = 60


def compare(gateway: Gateway, *more: str) -> tuple[int, Any]:
    """`fixgate reconcile trades`: its status, and what it says."""
    done = gateway.fixgate("reconcile", "trades", "--json", "--reason", "a test", *more)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def alerts(gateway: Gateway) -> list[str]:
    """The texts of the alerts about trades that differ."""
    done = gateway.fixgate("alerts", "list")
    return [line for line in done.stdout.splitlines() if "trade difference" in line]


def sides(rows: list[dict[str, Any]], name: str) -> tuple[Any, Any]:
    """What the gateway and the other side come to."""
    (row,) = [each for each in rows if each["name"] == name]
    return row["gateway"], row["other"]


# --- the venue


@pytest.fixture
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path, getattr(request, "param", NEVER)) as one:
        yield one


async def rest(desk: Desk, px: str) -> str:
    """An order that waits in the venue's book."""
    name = a_name("rest")
    body = desk.peer.order_body(name, _207="BINANCE", _38="0.01", _44=px)
    await asyncio.to_thread(desk.peer.send, "D", body)
    await asyncio.to_thread(desk.peer.until, lambda each: each[11] == name and each[39] == "0")
    return name


def hit_unheard(desk: Desk, px: str) -> None:
    """The order trades, and the stream does not say so."""
    desk.double.hub.faults.add(StreamFault.LOSE, times=50)
    desk.double.exchange.move_to("BTCUSDT", Decimal(px))
    desk.double.hub.faults.clear()
    assert list(desk.booked().values())[-1] == "FILLED"


async def test_a_trade_that_the_stream_lost_is_named_alerted_and_taken_over(desk: Desk) -> None:
    """Property: reconciliation source of truth. The venue wins."""
    name = await rest(desk, "49000")
    status, before = await asyncio.to_thread(compare, desk.gateway)
    assert (status, before["found"], before["venues"]) == (0, 0, [])
    hit_unheard(desk, "48500")
    status, found = await asyncio.to_thread(compare, desk.gateway)
    assert (status, found["found"]) == (1, 1)
    ours, theirs = sides(found["venues"], "BINANCE")
    assert (ours["number"], theirs["number"], theirs["qty"]) == (0, 1, "0.01")
    (difference,) = found["differences"]
    assert difference.startswith("BINANCE BTC/USDT trade BTCUSDT-")
    assert difference.endswith("B: the gateway has none, the venue has 0.01 at 49000")
    said = await asyncio.to_thread(desk.peer.until, lambda each: each[11] == name)
    assert (said[-1][39], said[-1][32], said[-1][31]) == ("2", "0.01", "49000")
    assert len(await asyncio.to_thread(alerts, desk.gateway)) == 1
    status, after = await asyncio.to_thread(compare, desk.gateway)
    assert (status, after["found"]) == (0, 0)
    ours, theirs = sides(after["venues"], "BINANCE")
    assert ours == theirs == {"number": 1, "qty": "0.01", "value": "490"}


@pytest.mark.parametrize("desk", [{"FIXGATE_OPERATIONS__TRADES_EVERY_S": "0.5"}], indirect=True)
async def test_the_job_finds_it_by_itself(desk: Desk) -> None:
    name = await rest(desk, "49000")
    hit_unheard(desk, "48500")
    said = await asyncio.to_thread(desk.peer.until, lambda each: each[11] == name)
    assert said[-1][39] == "2"
    async with asyncio.timeout(LIMIT_S):
        while not await asyncio.to_thread(alerts, desk.gateway):
            pass
    jobs = json.loads((await asyncio.to_thread(desk.gateway.fixgate, "jobs", "--json")).stdout)
    assert (jobs["trades"]["failure"], jobs["trades"]["last"] is not None) == (None, True)


# --- drop copies


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    one = Gateway(make_home(tmp_path))
    path = one.home / "sessions" / "dropcopy.toml"
    path.write_text(path.read_text().replace("enabled = false", "enabled = true"))
    one.more_environ = NEVER
    try:
        yield one
    finally:
        one.kill()


def traded(gateway: Gateway, times: int) -> Peer:
    """A client that traded at SIM."""
    peer = Peer("DEMO44")
    peer.log_on(gateway.port)
    for _ in range(times):
        peer.trade()
    return peer


def test_all_three_agree_on_what_was_traded(gateway: Gateway) -> None:
    gateway.start()
    peer = traded(gateway, 3)
    fills = [each for each in peer.received if each[150] == "F"]
    status, found = compare(gateway)
    assert (status, found["found"], found["unlisted"]) == (0, 0, {})
    ours, theirs = sides(found["venues"], "SIM")
    assert ours == theirs
    assert ours["number"] == len(fills) > 0
    copied, sent = sides(found["drop_copies"], "DROPCOPY")
    assert copied == sent == ours
    shown = gateway.fixgate("reconcile", "trades", "--reason", "a test")
    assert shown.returncode == 0, shown.stderr
    assert "drop copy DROPCOPY" in shown.stdout
    assert "DIFFERS" not in shown.stdout
    peer.hang_up()
    audit(gateway.home)


def test_a_trade_of_which_no_copy_was_sent_is_named_and_alerted(gateway: Gateway) -> None:
    paths = f"{ROOT / 'tests/chaos/lost_copy'}:{ROOT / 'src'}"
    gateway.more_environ = {**NEVER, "PYTHONPATH": paths, "LOSES_A_COPY": "1"}
    gateway.start()
    peer = traded(gateway, 2)
    first = next(each for each in peer.received if each[150] == "F")
    status, found = compare(gateway)
    assert (status, found["found"]) == (1, 1)
    ours, copied = sides(found["drop_copies"], "DROPCOPY")
    assert ours["number"] == copied["number"] + 1
    have = f"the gateway has {first[32]} at {first[31]}, the drop copy has none"
    assert found["differences"] == [f"DROPCOPY BTC/USDT trade {first[17]}: {have}"]
    assert len(alerts(gateway)) == 1
    compare(gateway)
    assert len(alerts(gateway)) == 1, "the same again is no news"
    peer.hang_up()


def test_what_cannot_be_compared_is_refused_in_one_line(gateway: Gateway) -> None:
    gateway.start()
    for arguments, status, why in (
        (("--venue", "X"), 2, "no venue is named X; there are: SIM, SIM2"),
        (("--since", "2099-01-01"), 2, "the period must begin in the past"),
        (("--day", "never"), 2, "a day like 2030-12-31"),
        (("--day", "today", "--since", "1h"), 2, "do not go together"),
    ):
        done = gateway.fixgate("reconcile", "trades", "--reason", "a test", *arguments)
        assert (done.returncode, why in done.stderr) == (status, True), done
    assert gateway.fixgate("reconcile", "trades").returncode == 2
    assert gateway.stop() == 0
    done = gateway.fixgate("reconcile", "trades", "--reason", "a test")
    assert (done.returncode, "and this needs one" in done.stderr) == (1, True)
