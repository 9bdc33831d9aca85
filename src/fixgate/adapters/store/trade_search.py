"""Reading back the trades of sessions, for those who ask for a day's.

Here: StoredTrades, which implements the port, on a thread and with a connection of its own; and
standing(), the trades of one order as they stand.
Not here: who asks; the trades of an order that is being recalled (rows.trades).
"""

import asyncio
from asyncio import Future
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Select, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.reader import Reader
from fixgate.adapters.store.rows import execution_from, order_from, trades
from fixgate.application.ports.journal import ExecutionRow
from fixgate.application.ports.trades import TRADES_MAX, TooManyTrades, TradeSearch
from fixgate.domain.order import Order
from fixgate.domain.routing import traded_at
from fixgate.domain.trades import RecordedTrade, TradeQuery

_ORDERS_AT_ONCE: Final = 500
"""Orders read in one query; a long one would keep the log of SQLite from starting again."""


class StoredTrades(TradeSearch):
    """To be used on the event loop's thread, and closed there."""

    def __init__(self, open_reader: Callable[[], Reader]) -> None:
        self._open_reader = open_reader
        self._reader: Reader | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trades")

    def find(self, query: TradeQuery) -> "Future[Sequence[RecordedTrade]]":
        def read() -> Sequence[RecordedTrade]:
            if self._reader is None:
                self._reader = self._open_reader()
            return found(self._reader, query)

        return asyncio.get_running_loop().run_in_executor(self._thread, read)

    def close(self) -> None:
        """Close the connection; waits for what is being read."""
        self._thread.submit(self._close_reader).result()
        self._thread.shutdown()

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()


def found(reader: Reader, query: TradeQuery) -> list[RecordedTrade]:
    """All trades that fit, in the order in which they happened.

    Raises:
        TooManyTrades: there are more than TRADES_MAX.
    """
    fitting: list[RecordedTrade] = []
    for order, rows in _orders(reader, query):
        fitting += filter(query.fits, standing(order, rows))
        if len(fitting) > TRADES_MAX:
            raise TooManyTrades
    return in_time(fitting)


def in_time(trades: Iterable[RecordedTrade]) -> list[RecordedTrade]:
    """As they happened."""
    return sorted(trades, key=attrgetter("at_ns", "exec_id"))


def standing(order: Order, rows: Iterable[ExecutionRow]) -> Iterator[RecordedTrade]:
    """The order's trades as they stand, given all of its reports."""
    if order.part_of is not None:
        return  # its client traded with the order that it is a part of
    reports = {each.exec_id: each for each in rows}
    about = order.instruction
    for trade in trades(reports.values()):
        if not trade.last_qty:
            continue  # busted
        first = report = reports[trade.exec_id]
        while first.exec_ref_id is not None and first.exec_ref_id in reports:
            first = reports[first.exec_ref_id]
        yield RecordedTrade(
            session=about.session,
            order_id=order.order_id,
            cl_ord_id=order.cl_ord_id,
            exec_id=trade.exec_id,
            trade_id=trade.trade_id,
            symbol=about.symbol,
            venue_symbol=about.venue_symbol,
            venue=traded_at(about.venue, trade.trade_id),
            side=about.side,
            account=about.account,
            last_qty=trade.last_qty,
            last_px=trade.last_px,
            at_ns=first.at_ns,
            corrected=report.exec_ref_id is not None,
        )


def _orders(reader: Reader, query: TradeQuery) -> Iterator[tuple[Order, list[ExecutionRow]]]:
    """Orders that may have such trades, with all of their reports."""
    last = ""
    while True:
        with reader.connection.begin():
            bodies = reader.connection.execute(_some_orders(query, last)).fetchall()
            if not bodies:
                return
            ids = [each.order_id for each in bodies]
            reports = select(t.executions).where(t.executions.c.order_id.in_(ids))
            rows = reader.connection.execute(reports.order_by(t.executions.c.order_id)).fetchall()
        of_order = {
            order_id: [execution_from(each) for each in group]
            for order_id, group in groupby(rows, key=attrgetter("order_id"))
        }
        for each in bodies:
            order = order_from(each.body, refused=False)
            if isinstance(order, Order) and order.part_of is None:
                yield order, of_order.get(each.order_id, [])
        last = ids[-1]


def _some_orders(query: TradeQuery, after: str) -> Select[Any]:
    orders = t.orders.c
    wanted = (
        select(orders.order_id, orders.body)
        .where(orders.order_id > after, orders.session.in_(query.sessions))
        .where(orders.cum_qty != "0")
    )
    if query.begin_ns is not None:
        wanted = wanted.where(orders.updated_ns >= query.begin_ns)
    if query.end_ns is not None:
        wanted = wanted.where(orders.created_ns < query.end_ns)
    if query.order_id is not None:
        wanted = wanted.where(orders.order_id == query.order_id)
    if query.cl_ord_id is not None:
        names = t.cl_ord_ids.c
        named = select(names.order_id).where(
            names.session.in_(query.sessions), names.cl_ord_id == query.cl_ord_id
        )
        wanted = wanted.where(orders.order_id.in_(named))
    return wanted.order_by(orders.order_id).limit(_ORDERS_AT_ONCE)
