"""Trades are read back in the order of the journal, whichever database has them."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from fakes.core import SESSION, VENUE, some_rules
from fakes.desk import Desk, desk_over
from fixgate.adapters.store.trade_books import StoredTradeBooks
from fixgate.domain import inputs as i
from fixgate.domain.ids import OrderID, SessionName, TradeID, VenueClOrdID
from fixgate.domain.sessions import Role
from unit.adapters.store.journals import noon_of

DAY = noon_of("2026-03-01")
SECOND = 1_000_000_000
DROP = SessionName("DROP")
COPIED = (some_rules(), some_rules(name=DROP, role=Role.DROP_COPY, covers=("*",)))


@pytest.fixture(params=["sqlite", "postgresql"])
async def desk(request: pytest.FixtureRequest, tmp_path) -> AsyncIterator[Desk]:
    """A trade before there is a drop copy, and two after, of which one is corrected."""
    one = desk_over(request.param, tmp_path / "var")
    await one.start(DAY)
    first = await one.order("A", qty="5")
    await one.accept(first)
    await one.trade(first, Decimal(1), trade_id="T1")
    one.at_ns += 10 * SECOND
    await one.say(i.SessionsConfigured(sessions=COPIED))
    await one.trade(first, Decimal(1), trade_id="T2")
    await one.trade(first, Decimal(2), trade_id="T3")
    await one.say(
        i.VenueTradeCorrected(
            venue=VENUE,
            venue_cl_ord_id=VenueClOrdID(first + "00"),
            trade_id=TradeID("T3"),
            last_qty=Decimal("1.5"),
            last_px=Decimal(50000),
        )
    )
    one.order_id = first
    try:
        yield one
    finally:
        await one.stop()


def books(desk: Desk) -> StoredTradeBooks:
    return StoredTradeBooks(desk.store.new_reader)


async def test_trades_of_some_records_are_read_as_they_stand(desk: Desk) -> None:
    last = desk.journal.last_seq
    page = await books(desk).page(0, last)
    assert [(each.trade_id, f"{each.last_qty}") for each in page.trades] == [
        ("T1", "1"),
        ("T2", "1"),
        ("T3", "1.5"),
    ]
    assert page.through_ns == desk.at_ns - 1_000_000
    middle = await books(desk).seq_at(DAY + 5 * SECOND)
    later = await books(desk).page(middle, last)
    assert [each.trade_id for each in later.trades] == ["T2", "T3"]
    assert not (await books(desk).page(last, last)).trades


async def test_a_copy_is_asked_for_from_when_there_was_a_session_for_it(desk: Desk) -> None:
    """The desk's client side composes no copies for it: both are missing, and T1 is not."""
    last = desk.journal.last_seq
    for begin in (0, await books(desk).seq_at(DAY + 5 * SECOND)):
        copies = (await books(desk).page(begin, last)).copies
        assert list(copies) == [DROP]
        assert [f"{each.last_qty}" for each in copies[DROP].covered.values()] == ["1", "2"]
        assert copies[DROP].sent == {}


async def test_a_record_is_found_by_its_time(desk: Desk) -> None:
    one, last = books(desk), desk.journal.last_seq
    assert await one.seq_at(0) == 0
    assert await one.seq_at(DAY) == 0
    assert await one.seq_at(desk.at_ns + SECOND) == last
    middle = await one.seq_at(DAY + 5 * SECOND)
    assert 0 < middle < last
    assert (await one.page(0, middle)).through_ns < DAY + 5 * SECOND


async def test_what_there_are_orders_in_is_found_by_record_and_by_time(desk: Desk) -> None:
    one, last = books(desk), desk.journal.last_seq
    expected = {(VENUE, "BTC/USDT")}
    assert await one.symbols(last, None) == expected, "an order is open"
    assert await one.symbols(0, None) == expected
    assert await one.symbols(0, DAY) == expected
    assert await one.symbols(0, desk.at_ns + SECOND) == set()


async def test_an_order_is_read_with_its_trades(desk: Desk) -> None:
    one = books(desk)
    found = await one.of_order(desk.order_id)
    assert found is not None
    order, trades = found
    assert order.instruction.session == SESSION
    assert {each.trade_id for each in trades} == {"T1", "T2", "T3"}
    assert await one.of_order(OrderID("NOBODY")) is None
