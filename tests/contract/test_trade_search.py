"""A day's trades are the same, whichever database has them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from fakes.core import SESSION
from fakes.desk import Desk, desk_over
from fixgate.adapters.store import trade_search
from fixgate.adapters.store.unanswered import unanswered
from fixgate.application.ports.trades import TooManyTrades
from fixgate.domain import inputs as i
from fixgate.domain.ids import OrderID, SessionName, TradeID, VenueClOrdID
from fixgate.domain.selection import Selection
from fixgate.domain.trades import TradeQuery
from unit.adapters.store.journals import noon_of

DAY, NEXT = noon_of("2026-03-01"), noon_of("2026-03-02")
DAY_NS = 86_400_000_000_000
ALL = TradeQuery(selection=Selection(), sessions=(SESSION,))


async def correct(desk: Desk, order_id: OrderID, trade_id: str, qty: str) -> None:
    await desk.say(
        i.VenueTradeCorrected(
            venue=desk.state.orders[order_id].instruction.venue,
            venue_cl_ord_id=VenueClOrdID(order_id + "00"),
            trade_id=TradeID(trade_id),
            last_qty=Decimal(qty),
            last_px=Decimal(50000),
        )
    )


@pytest.fixture(params=["sqlite", "postgresql"])
async def desk(request: pytest.FixtureRequest, tmp_path) -> AsyncIterator[Desk]:
    """Two days of trades; the order of the first is filled on the second."""
    one = desk_over(request.param, tmp_path / "var")
    await one.start(DAY)
    first = await one.order("A", qty="5")
    await one.accept(first)
    for trade_id in ("T1", "T2", "T3"):
        await one.trade(first, Decimal(1), trade_id=trade_id)
    second = await one.order("B")
    await one.accept(second)
    await one.order("C")
    one.at_ns = NEXT
    await correct(one, first, "T1", "0.5")
    await correct(one, first, "T2", "0")
    await one.trade(second, Decimal(2), trade_id="T4")
    await one.trade(first, Decimal(2), trade_id="T5")
    try:
        yield one
    finally:
        await one.stop()


async def told(desk: Desk, query: TradeQuery) -> list[tuple[str, str]]:
    found = await desk.store.trades().find(query)
    return [(each.trade_id, f"{each.last_qty}") for each in found]


async def test_trades_come_as_they_stand_and_in_the_order_they_happened(desk: Desk) -> None:
    """T1 was corrected on the next day and belongs to its own; T2 was busted."""
    assert await told(desk, ALL) == [("T1", "0.5"), ("T3", "1"), ("T4", "2"), ("T5", "2")]
    found = await desk.store.trades().find(ALL)
    assert [each.corrected for each in found] == [True, False, False, False]
    assert found[0].at_ns // DAY_NS == DAY // DAY_NS


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"end_ns": NEXT}, ["T1", "T3"]),
        ({"begin_ns": NEXT}, ["T4", "T5"]),
        ({"cl_ord_id": "A"}, ["T1", "T3", "T5"]),
        ({"cl_ord_id": "NOBODY"}, []),
        ({"order_id": "NOBODY"}, []),
        ({"sessions": (SessionName("OTHER"),)}, []),
        ({"names": ("BTCUSDT",), "begin_ns": NEXT}, ["T4", "T5"]),
        ({"names": ("ETH/USDT",)}, []),
    ],
)
async def test_only_what_fits_is_told(desk: Desk, changes: dict, expected: list[str]) -> None:
    assert [name for name, _ in await told(desk, replace(ALL, **changes))] == expected


async def test_orders_are_read_in_pages_and_none_is_left_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trade_search, "_ORDERS_AT_ONCE", 1)

    assert len(await told(desk, ALL)) == 4


async def test_more_than_can_be_told_is_not_told_in_part(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trade_search, "TRADES_MAX", 3)

    with pytest.raises(TooManyTrades):
        await desk.store.trades().find(ALL)


async def test_a_request_is_unanswered_until_its_last_trade_is_told(desk: Desk) -> None:
    def left() -> list[str]:
        return [each.req_id for each in unanswered(desk.store.reader.connection)]

    trades = tuple(await desk.store.trades().find(ALL))
    assert left() == []
    for req_id in ("R1", "R2", 'q"\\'):
        await desk.send("AD", f"568={req_id}|569=0")
    await desk.send("AD", "568=R9|569=99")  # refused at once
    first, second, third = desk.wanted
    assert unanswered(desk.store.reader.connection) == desk.wanted
    await desk.say(i.TradesFound(request=first, total=2, trades=trades[:1]))
    assert left() == ["R1", "R2", 'q"\\']
    await desk.say(i.TradesFound(request=first, total=2, first=1, trades=trades[1:2]))
    assert left() == ["R2", 'q"\\']
    await desk.say(i.TradesFound(request=third, failure="no"))
    assert left() == ["R2"]
    await desk.say(i.TradesFound(request=second))
    assert left() == []
