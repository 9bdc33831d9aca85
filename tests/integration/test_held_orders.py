"""Orders that a real gateway holds or ends for Binance, which cannot; also over a kill.

Here: a real gateway with the Binance double behind it, whose market a test moves.
Not here: what each race comes to (tests/scenarios/t_held.scn).
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from integration.binance_desk import Desk, a_desk
from integration.raw_peer import Said, a_name

VERSIONS = ("FIX.4.2", "FIX.4.4")


@pytest.fixture
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path, {}, request.param) as one:
        yield one


async def until(desk: Desk, name: str, exec_type: str) -> Said:
    """The first report of that kind on an order."""
    said = await asyncio.to_thread(
        desk.peer.until, lambda each: (each[11], each[150]) == (name, exec_type)
    )
    return said[-1]


async def send(desk: Desk, name: str, **fields: str | None) -> None:
    body = desk.peer.order_body(name, _207="BINANCE", _38="0.01", **fields)
    await asyncio.to_thread(desk.peer.send, "D", body)


async def first_report(desk: Desk, **fields: str | None) -> tuple[str, Said]:
    """Send an order, again under another name while its venue's prices are not known yet."""
    while True:
        name = a_name("held")
        await send(desk, name, **fields)
        said = await asyncio.to_thread(desk.peer.until, lambda each, name=name: each[11] == name)
        if "Fixgate sees no price" not in said[-1][58] and "none is known" not in said[-1][58]:
            return name, said[-1]


def replayed(desk: Desk) -> int:
    return desk.gateway.fixgate("replay", "--verify").returncode


@pytest.mark.parametrize("desk", VERSIONS, indirect=True)
async def test_a_trailing_stop_outlives_the_gateway_and_goes_off_at_its_venue(desk: Desk) -> None:
    exchange = desk.double.exchange
    trailing = {"_40": "P", "_18": "a", "_211": "500", "_44": None, "_54": "2"}
    name, new = await first_report(desk, **trailing)
    assert (new[150], new[39], new[636]) == ("0", "0", "N"), new.shown()
    assert desk.booked() == {}
    await asyncio.to_thread(desk.gateway.kill)
    desk.peer.hang_up()
    await asyncio.to_thread(desk.gateway.start)
    await asyncio.to_thread(desk.peer.log_on, desk.gateway.port)
    exchange.move_to("BTCUSDT", Decimal(49_000))

    triggered = await until(desk, name, "L" if desk.peer.version == "FIX.4.4" else "D")
    filled = await until(desk, name, "F" if desk.peer.version == "FIX.4.4" else "2")

    assert (triggered[39], triggered[636]) == ("0", "Y")
    assert (filled[39], filled[14], filled[40]) == ("2", "0.01", "P")
    assert list(desk.booked().values()) == ["FILLED"]
    assert await asyncio.to_thread(replayed, desk) == 0


@pytest.mark.parametrize("desk", VERSIONS, indirect=True)
async def test_an_order_good_till_date_is_canceled_there_at_its_time(desk: Desk) -> None:
    at = datetime.now(UTC) + timedelta(seconds=2)  # noqa: TID251 - what the client's clock says
    name = a_name("gtd")
    await send(desk, name, _59="6", _126=f"{at:%Y%m%d-%H:%M:%S}")

    new, expired = await until(desk, name, "0"), await until(desk, name, "C")

    assert (new[39], new[59]) == ("0", "6")
    assert (expired[39], expired[14], expired[151]) == ("C", "0", "0")
    assert list(desk.booked().values()) == ["CANCELED"]
    assert await asyncio.to_thread(replayed, desk) == 0


@pytest.mark.parametrize("desk", VERSIONS, indirect=True)
async def test_exits_outlive_the_gateway_and_the_stop_calls_the_take_profit_back(
    desk: Desk,
) -> None:
    """At a venue with stops of its own, which would not lock the same balance twice."""
    triggered = "L" if desk.peer.version == "FIX.4.4" else "D"
    filled = "F" if desk.peer.version == "FIX.4.4" else "2"
    exits = {"_20003": "49000", "_20004": "55000"}
    name, _ = await first_report(desk, _40="1", _44=None, _59="1", **exits)
    await until(desk, name, filled)
    await until(desk, f"{name}.TP", triggered)
    while "NEW" not in desk.booked().values():
        await asyncio.sleep(0.01)
    await asyncio.to_thread(desk.gateway.kill)
    desk.peer.hang_up()
    await asyncio.to_thread(desk.gateway.start)
    await asyncio.to_thread(desk.peer.log_on, desk.gateway.port)
    desk.double.exchange.move_to("BTCUSDT", Decimal(48_000))

    canceled = await until(desk, f"{name}.TP", "4")
    stopped = await until(desk, f"{name}.SL", filled)

    assert (canceled[39], canceled[14]) == ("4", "0")
    assert (stopped[39], stopped[14], stopped[54]) == ("2", "0.01", "2")
    assert sorted(desk.booked().values()) == ["CANCELED", "FILLED", "FILLED"]
    assert await asyncio.to_thread(replayed, desk) == 0
