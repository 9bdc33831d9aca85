"""kill -9, and what happened at the venue meanwhile: nothing lost, nothing doubled, all told.

Here: a real gateway with the Binance double behind it, whose market moves while nobody watches.
Not here: kills at random moments (tests/chaos), orders on SIM (test_gateway_lifecycle).
"""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from fixgate.doubles.binance.faults import Fault, FaultKind
from integration.binance_desk import Desk, a_desk
from integration.raw_peer import Peer, Said, a_name

SUBMIT = "POST /api/v3/order"
VERSIONS = ("FIX.4.2", "FIX.4.4")
FILLS = ("1", "2", "F")


@pytest.fixture
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path, {}, getattr(request, "param", "FIX.4.4")) as one:
        yield one


async def comes_back(desk: Desk, *, files_lost: bool) -> None:
    """The gateway starts again, and the client goes on with its own numbers."""
    if files_lost:
        shutil.rmtree(desk.gateway.home / "var" / "fix")
    await asyncio.to_thread(desk.gateway.start)
    await asyncio.to_thread(desk.peer.log_on, desk.gateway.port)
    await asyncio.to_thread(desk.peer.all_answered)


def once_each(peer: Peer) -> list[Said]:
    """Every report the client has, by number; what came again is the same."""
    found: dict[int, Said] = {}
    for each in peer.received:
        if each[35] in ("8", "9"):
            found.setdefault(int(each[34]), each)
    return [found[number] for number in sorted(found)]


def venue_trades(desk: Desk) -> Decimal:
    (account,) = desk.double.exchange.accounts.values()
    return sum((each.qty for each in account.trades), Decimal(0))


@pytest.mark.parametrize("files_lost", [False, True], ids=["files kept", "files lost"])
@pytest.mark.parametrize("desk", VERSIONS, indirect=True)
async def test_fills_that_happened_while_it_was_down_are_reported_once(
    desk: Desk,
    *,
    files_lost: bool,
) -> None:
    """Issue, and scenario X13; also after the loss of the session's own files."""
    names = [a_name("down") for _ in range(5)]
    for name in names:
        await desk.orders(name)
        await asyncio.to_thread(desk.peer.until, lambda each, name=name: each[11] == name)
    await asyncio.to_thread(desk.gateway.kill)
    desk.peer.hang_up()
    desk.double.exchange.move_to("BTCUSDT", Decimal(47_000))
    assert venue_trades(desk) == Decimal("0.05")

    await comes_back(desk, files_lost=files_lost)

    reports = once_each(desk.peer)
    assert Counter(each[11] for each in reports if each[150] == "0") == Counter(names)
    fills = [each for each in reports if each[150] in FILLS]
    assert sum(Decimal(each[32]) for each in fills) == venue_trades(desk)
    assert {each[11]: each[14] for each in fills} == dict.fromkeys(names, "0.01")
    exec_ids = Counter(each[17] for each in reports if each[35] == "8")
    assert set(exec_ids.values()) == {1}
    assert len(desk.booked()) == len(names)


@pytest.mark.parametrize("accepts", [True, False], ids=["it had it", "it never had it"])
async def test_an_order_without_an_answer_at_the_kill_is_asked_for_and_not_sent_again(
    desk: Desk,
    *,
    accepts: bool,
) -> None:
    name = a_name("doubt")
    desk.double.faults.add(SUBMIT, Fault(kind=FaultKind.HOLD, accepts=accepts))
    await desk.orders(name)
    await asyncio.wait_for(desk.double.faults.wait_held(), 20)
    await asyncio.to_thread(desk.gateway.kill)
    desk.peer.hang_up()
    # What is held and was not taken stays held until the venue would not take it any more.

    await comes_back(desk, files_lost=False)
    said = [each for each in desk.peer.received if each[11] == name]
    if not said:  # the door does not stay shut until the last doubt is gone
        said = await asyncio.to_thread(desk.peer.until, lambda each: each[11] == name)

    assert said[-1][39] == ("0" if accepts else "8")
    assert len(desk.booked()) == accepts
    assert len(desk.double.record.of(SUBMIT)) == 1
