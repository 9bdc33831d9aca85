"""What was decided on routed orders, and what came of it.

Here: decisions_of() an order; outcomes() of a period, by policy and venue: how the prices of the
parts compare with the books seen.
Not here: deciding (routing), words for people (cli).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.kinds import read_json
from fixgate.adapters.store.rows import order_from
from fixgate.domain.events import RoutingDecided
from fixgate.domain.ids import OrderID
from fixgate.domain.order import Order
from fixgate.domain.rounding import ZERO, avg_px, in_bp, notional, plus
from fixgate.domain.routing import Choice
from fixgate.domain.values import OrdStatus, Side

_DECISION: Final = msgspec.json.Decoder(RoutingDecided)
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, and where it stands in the journal."""

    seq: int
    at_ns: int
    decided: RoutingDecided


@dataclass(slots=True)
class Outcome:
    """What came of the parts that a policy sent to a venue."""

    policy: str
    venue: str
    parts: int = 0
    refused: int = 0  # of them, by the venue
    sent: Decimal = ZERO  # quantities of any instrument, summed up for the share that traded
    traded: Decimal = ZERO
    measured: int = 0  # parts of which the book showed something, and no more than that traded
    worth: Decimal = ZERO  # by the prices seen
    paid: Decimal = ZERO  # by the prices traded, counted as above

    @property
    def slippage_bp(self) -> Decimal | None:
        """How much worse the trades were than the book seen; below zero: better."""
        return in_bp(self.paid - self.worth, self.worth) if self.worth else None


def decisions_of(connection: Connection, order_id: OrderID) -> list[Decision]:
    """The decisions on an order, oldest first."""
    columns = t.routing_decisions.c
    query = select(columns.seq, columns.at_ns, columns.body).where(columns.order_id == order_id)
    return [_decision(row) for row in connection.execute(query.order_by(columns.seq))]


def order_of(connection: Connection, order_id: OrderID) -> Order | None:
    """An order as it is now; None: there is none, or it was refused at once."""
    columns = t.orders.c
    query = select(columns.body, columns.venue).where(columns.order_id == order_id)
    row = connection.execute(query).first()
    found = None if row is None else order_from(row.body, refused=row.venue is None)
    return found if isinstance(found, Order) else None


def outcomes(connection: Connection, since_ns: int) -> list[Outcome]:
    """What came of all decisions since a time."""
    found: dict[tuple[str, str], Outcome] = {}
    for decision in _since(connection, since_ns):
        policy = decision.decided.policy
        for choice in decision.decided.choices:
            part = None if choice.order_id is None else order_of(connection, choice.order_id)
            if part is not None:
                key = (policy, choice.venue)
                _count(found.setdefault(key, Outcome(*key)), choice, part)
    return [found[key] for key in sorted(found)]


def _since(connection: Connection, since_ns: int) -> Iterator[Decision]:
    columns = t.routing_decisions.c
    last = ("", 0)
    while True:
        order_id, seq = last
        after = (columns.order_id > order_id) | (
            (columns.order_id == order_id) & (columns.seq > seq)
        )
        query = (
            select(columns.order_id, columns.seq, columns.at_ns, columns.body)
            .where(columns.at_ns >= since_ns, after)
            .order_by(columns.order_id, columns.seq)
            .limit(_AT_ONCE)
        )
        rows: Sequence[Any] = connection.execute(query).fetchall()
        if not rows:
            return
        for row in rows:
            yield _decision(row)
        last = (rows[-1].order_id, rows[-1].seq)


def _decision(row: Any) -> Decision:
    decided: RoutingDecided = read_json(_DECISION, row.body)
    return Decision(row.seq, row.at_ns, decided)


def _count(into: Outcome, choice: Choice, part: Order) -> None:
    into.parts += 1
    into.refused += part.stage is OrdStatus.REJECTED
    into.sent = plus(into.sent, choice.qty)
    into.traded = plus(into.traded, part.cum_qty)
    if not part.cum_qty or part.cum_qty > choice.expected_qty:
        return  # what rested first has no price to be compared with
    into.measured += 1
    seen = notional(part.cum_qty, choice.expected_px)
    paid = notional(part.cum_qty, avg_px(part.notional, part.cum_qty))
    worse = paid - seen if part.instruction.side is Side.BUY else seen - paid
    into.worth = plus(into.worth, seen)
    into.paid = plus(into.paid, plus(seen, worse))
