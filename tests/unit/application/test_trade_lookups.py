"""Looking up trades beside the sequencer: pages, one request at a time, and what goes wrong."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from fixgate.adapters.clock import SystemClock
from fixgate.application.inbox import Asked, Inbox
from fixgate.application.ports.trades import TooManyTrades
from fixgate.application.trade_lookups import PAGE, WAITING_MAX, TradeLookups
from fixgate.domain.ids import ClOrdID, ExecID, OrderID, SessionName, TradeID
from fixgate.domain.inputs import TradesFound
from fixgate.domain.selection import Selection
from fixgate.domain.trades import RecordedTrade, TradeQuery, TradeRequest
from fixgate.domain.values import Side


def a_request(req_id: str) -> TradeRequest:
    query = TradeQuery(selection=Selection())
    return TradeRequest(session=SessionName("CLIENT"), req_id=req_id, request_type="0", query=query)


def a_trade(number: int) -> RecordedTrade:
    return RecordedTrade(
        session=SessionName("CLIENT"),
        order_id=OrderID("O"),
        cl_ord_id=ClOrdID("X"),
        exec_id=ExecID(f"E{number}"),
        trade_id=TradeID(f"T{number}"),
        symbol="BTC/USDT",
        venue_symbol="BTCUSDT",
        venue="V",
        side=Side.BUY,
        account=None,
        last_qty=Decimal(1),
        last_px=Decimal(9),
        at_ns=number,
    )


class Found:
    """A record of trades that has these, or fails."""

    def __init__(self, trades: Sequence[RecordedTrade] | Exception) -> None:
        self.trades = trades

    def find(self, _: TradeQuery) -> "asyncio.Future[Sequence[RecordedTrade]]":
        done: asyncio.Future[Sequence[RecordedTrade]] = asyncio.get_running_loop().create_future()
        if isinstance(self.trades, Exception):
            done.set_exception(self.trades)
        else:
            done.set_result(self.trades)
        return done


async def given(inbox: Inbox) -> tuple[TradesFound, Asked]:
    async with asyncio.timeout(60):
        (item,) = await inbox.take(10)
    assert isinstance(item, Asked)
    assert isinstance(item.given, TradesFound)
    return item.given, item


async def test_the_next_page_comes_when_the_one_before_is_durable() -> None:
    inbox = Inbox()
    lookups = TradeLookups(
        Found([a_trade(number) for number in range(PAGE + 1)]), inbox, SystemClock()
    )
    lookups.want(a_request("R"))

    first, asked = await given(inbox)
    await asyncio.sleep(0)
    assert not len(inbox)
    asked.answer(())
    second, _ = await given(inbox)

    assert (first.total, first.first, len(first.trades)) == (PAGE + 1, 0, PAGE)
    assert (second.total, second.first, len(second.trades)) == (PAGE + 1, PAGE, 1)


async def test_nothing_found_is_told_too() -> None:
    inbox = Inbox()
    TradeLookups(Found([]), inbox, SystemClock()).want(a_request("R"))

    found, _ = await given(inbox)

    assert (found.total, found.trades, found.failure) == (0, (), None)


async def test_a_record_that_cannot_be_read_and_too_many_trades_are_said() -> None:
    for error, word in ((OSError("gone"), "cannot be read"), (TooManyTrades(), "More than")):
        inbox = Inbox()
        TradeLookups(Found(error), inbox, SystemClock()).want(a_request("R"))

        found, _ = await given(inbox)

        assert word in (found.failure or "")


async def test_requests_beyond_a_limit_are_refused_at_once() -> None:
    inbox = Inbox()
    lookups = TradeLookups(Found([]), inbox, SystemClock())
    for number in range(WAITING_MAX + 1):
        lookups.want(a_request(f"R{number}"))

    found, _ = await given(inbox)

    assert found.request.req_id == f"R{WAITING_MAX}"
    assert "Too many" in (found.failure or "")
    lookups.stop()
