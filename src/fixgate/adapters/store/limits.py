"""What a start needs of the store for limits: those that stand, and what was traded today.

Here: standing_limits() and dealt_since(), each over a reader's connection.
Not here: what the limits mean (domain).
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.kinds import read_json
from fixgate.domain.limit_book import LimitBook
from fixgate.domain.limits import Dealt, LimitChange, LimitStep, StandingLimits
from fixgate.domain.rounding import ZERO, notional, plus
from fixgate.domain.routing import SMART
from fixgate.domain.values import ExecType

_CHANGE: Final = msgspec.json.Decoder(LimitChange)
_TRADES: Final = (ExecType.TRADE.value, ExecType.TRADE_CORRECT.value, ExecType.TRADE_CANCEL.value)


def standing_limits(connection: Connection) -> StandingLimits:
    """The limits in force, and those that wait for a person or their time."""
    book = LimitBook()
    for row in connection.execute(select(t.limits).order_by(t.limits.c.seq)):
        book.move(LimitStep(row.step), read_json(_CHANGE, row.body))
    return book.standing


def dealt_since(connection: Connection, at_ns: int) -> tuple[Dealt, ...]:
    """What each client traded since then, by instrument; corrected and busted trades as they are.

    A trade from before that was corrected since counts for nothing.
    """
    standing: dict[str, dict[str, Decimal]] = defaultdict(dict)  # by OrderID and ExecID
    about: dict[str, tuple[str, str | None, str, str]] = {}
    for row in connection.execute(_trades_since(at_ns)):
        trades = standing[row.order_id]
        known = row.exec_ref_id is None or trades.pop(row.exec_ref_id, None) is not None
        if known and row.last_qty is not None and row.last_px is not None:
            trades[row.exec_id] = notional(Decimal(row.last_qty), Decimal(row.last_px))
        about[row.order_id] = (row.session, row.account, row.venue, row.symbol)
    sums: dict[tuple[str, str | None, str, str], Decimal] = {}
    for order_id, trades in standing.items():
        sums[about[order_id]] = _sum(sums.get(about[order_id], ZERO), trades.values())
    return tuple(
        Dealt(session=session, account=account, venue=venue, symbol=symbol, notional=total)
        for (session, account, venue, symbol), total in sorted(
            sums.items(), key=lambda item: [each or "" for each in item[0]]
        )
        if total
    )


def _sum(total: Decimal, more: Iterable[Decimal]) -> Decimal:
    for each in more:
        total = plus(total, each)
    return total


def _trades_since(at_ns: int) -> Select[Any]:
    reports, orders = t.executions.c, t.orders.c
    return (
        select(
            reports.order_id,
            reports.exec_id,
            reports.exec_ref_id,
            reports.last_qty,
            reports.last_px,
            orders.session,
            orders.account,
            orders.venue,
            orders.symbol,
        )
        .select_from(t.executions.join(t.orders, orders.order_id == reports.order_id))
        # A routed order's trades are those of its parts.
        .where(reports.at_ns >= at_ns, reports.exec_type.in_(_TRADES), orders.venue != SMART)
        .order_by(reports.at_ns, reports.exec_id)
    )
