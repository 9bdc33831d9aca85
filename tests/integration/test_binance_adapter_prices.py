"""Prices of Binance: what is lost, late, doubled, cut, silent or rubbish, and when they hold."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal

import pytest

from contract.binance_world import HOSTS, TIMEOUTS, BinanceWorld
from contract.local_tls import LocalTls, make_local_tls
from fixgate.adapters.venues.settings import Timeouts
from fixgate.doubles.binance import Fault, FaultKind, StreamFault

BTC = "BTC/USDT"
DEPTH = "GET /api/v3/depth"
Begin = Callable[[Timeouts], Awaitable[BinanceWorld]]


@pytest.fixture(scope="module", name="tls")
def _tls(tmp_path_factory: pytest.TempPathFactory) -> LocalTls:
    return make_local_tls(tmp_path_factory.mktemp("tls"), HOSTS)


@pytest.fixture(name="begin")
async def _begin(tls: LocalTls) -> AsyncIterator[Begin]:
    worlds: list[BinanceWorld] = []

    async def begin(timeouts: Timeouts) -> BinanceWorld:
        worlds.append(BinanceWorld(tls, timeouts=timeouts))
        await worlds[-1].begin()
        await same(worlds[-1])
        await worlds[-1].until(lambda: worlds[-1].venue.quote("ETH/USDT") is not None)
        return worlds[-1]

    try:
        yield begin
    finally:
        for each in worlds:
            await each.end()


@pytest.fixture(name="world")
async def _world(begin: Begin) -> BinanceWorld:
    return await begin(TIMEOUTS)


def is_same(world: BinanceWorld) -> bool:
    """Whether the adapter has the exchange's book, level by level."""
    book = world.venue.book(BTC, 100)
    depth = world.double.exchange.engine.depth("BTCUSDT", 100)
    return book is not None and (book.bids, book.offers) == (depth.bids, depth.asks)


async def same(world: BinanceWorld) -> None:
    """Return as soon as the adapter has the exchange's book."""
    await world.until(lambda: is_same(world))


async def move(world: BinanceWorld, by: str) -> None:
    """Move the market by a factor, and publish."""
    bid, _ = await world.best()
    await world.move_to(bid * Decimal(by))
    world.double.publish()


async def snapshots(world: BinanceWorld) -> int:
    """How many snapshots were asked for."""
    return world.requests(DEPTH)


async def test_the_book_is_the_exchanges_whatever_the_market_does(world: BinanceWorld) -> None:
    asked = await snapshots(world)
    for by in ("1.01", "0.99", "1.02", "0.97", "1.001"):
        await move(world, by)
        await same(world)
    assert await snapshots(world) == asked  # by the changes alone


async def test_a_lost_change_is_noticed_by_the_next_one_and_the_book_read_anew(
    world: BinanceWorld,
) -> None:
    asked = await snapshots(world)
    world.double.hub.market_faults.add(StreamFault.LOSE)
    await move(world, "1.01")
    await move(world, "1.01")
    await same(world)
    assert await snapshots(world) > asked


async def test_a_book_with_a_gap_is_no_book_until_it_has_been_read_anew(
    world: BinanceWorld,
) -> None:
    world.double.faults.add(DEPTH, Fault(kind=FaultKind.HOLD))
    world.double.hub.market_faults.add(StreamFault.LOSE)
    await move(world, "1.01")
    await move(world, "1.01")
    await world.double.faults.wait_held()
    assert world.venue.book(BTC, 5) is None
    assert world.venue.quote(BTC) is None
    assert world.venue.quote("ETH/USDT") is not None
    world.double.faults.release()
    await same(world)


async def test_a_repeated_change_changes_nothing(world: BinanceWorld) -> None:
    asked = await snapshots(world)
    world.double.hub.market_faults.add(StreamFault.REPEAT, times=3)
    for by in ("1.01", "0.98", "1.01"):
        await move(world, by)
        await same(world)
    assert await snapshots(world) == asked


async def test_a_change_that_comes_late_is_taken_for_lost_and_then_for_old(
    world: BinanceWorld,
) -> None:
    world.double.hub.market_faults.add(StreamFault.DELAY)
    await move(world, "1.01")
    await move(world, "0.98")
    await same(world)
    asked = await snapshots(world)
    world.double.hub.release()
    await move(world, "1.01")
    await same(world)
    assert await snapshots(world) == asked


async def test_a_message_that_cannot_be_read_leads_to_a_new_snapshot(world: BinanceWorld) -> None:
    asked = await snapshots(world)
    world.double.hub.rubbish(
        '{"e":"depthUpdate","s":"BTCUSDT","U":7,"u":"x","b":[["?"]],"a":[]}', to_market=True
    )
    await world.until(lambda: world.requests(DEPTH) > asked)
    await same(world)
    assert world.venue.stream_errors == 1


async def test_a_text_that_is_no_json_does_not_end_the_stream(world: BinanceWorld) -> None:
    world.double.hub.rubbish('{"e":"depthUpdate",', to_market=True)
    world.double.hub.rubbish("what is this", to_market=True)
    await move(world, "1.01")
    await same(world)
    await move(world, "0.99")
    await same(world)
    assert world.venue.stream_errors == 1


@pytest.mark.parametrize(
    "level", ['["0","1"]', '["-5","1"]', '["1E+40","1"]', f'["5.{"1" * 400}","1"]', '["5","NaN"]']
)
async def test_a_level_that_cannot_be_leads_to_a_new_snapshot(
    world: BinanceWorld, level: str
) -> None:
    asked = await snapshots(world)
    world.double.hub.rubbish(
        f'{{"e":"depthUpdate","s":"BTCUSDT","U":1,"u":99999999,"b":[{level}],"a":[]}}',
        to_market=True,
    )
    await world.until(lambda: world.requests(DEPTH) > asked)
    await same(world)


async def test_after_a_cut_there_are_no_prices_until_a_new_snapshot(world: BinanceWorld) -> None:
    world.double.faults.add(DEPTH, Fault(kind=FaultKind.HOLD), times=2)  # both symbols
    told = asyncio.Event()
    end = world.venue.follow(BTC, told.set)
    assert end is not None
    assert world.double.hub.cut_market() == 1
    await told.wait()
    assert world.venue.quote(BTC) is None
    await world.double.faults.wait_held(2)
    assert world.venue.quote(BTC) is None
    world.double.faults.release()
    await same(world)
    end()


async def test_a_silent_stream_has_no_prices_and_is_replaced(begin: Begin) -> None:
    world = await begin(
        Timeouts(
            stale_after_s=300.0, audit_every_s=1_000.0, stop_s=1.0, connect_s=2.0,
            market_ping_every_s=20.0, market_stale_after_s=100.0,
        )
    )  # fmt: skip
    world.double.hub.market_faults.silent = True
    await world.until(lambda: world.venue.quote(BTC) is None)
    await move(world, "1.01")
    assert world.venue.book(BTC, 5) is None
    world.double.hub.market_faults.silent = False
    await same(world)


async def test_a_snapshot_that_is_refused_or_rubbish_is_asked_for_again(
    world: BinanceWorld,
) -> None:
    for kind in (FaultKind.SERVER_ERROR, FaultKind.JUNK, FaultKind.EMPTY, FaultKind.HTML):
        world.double.faults.add(DEPTH, Fault(kind=kind))
        world.double.hub.market_faults.add(StreamFault.LOSE)
        await move(world, "1.01")
        await move(world, "0.99")
        await same(world)


async def test_orders_do_not_care_about_the_prices_stream(world: BinanceWorld) -> None:
    world.double.hub.market_faults.silent = True
    world.double.hub.cut_market()
    await world.until(lambda: world.venue.quote(BTC) is None)
    assert [each.up for each in world.ear.heard if hasattr(each, "up")] == [True]
