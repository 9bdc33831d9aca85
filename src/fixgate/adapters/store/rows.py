"""What a batch and a payload look like as rows.

Here: the only functions that turn the application's values into the columns of each table, and
back; the writer uses them, and whatever rebuilds the query tables does too. Column order is that
of ``tables``.
Not here: SQL, connections.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import msgspec

from fixgate.adapters.store.chain import link
from fixgate.adapters.store.kinds import encode, json_of, read_json
from fixgate.application.ports.journal import AlertRow, Batch, ExecutionRow, PositionRow, Record
from fixgate.domain.balance import Balance
from fixgate.domain.ids import ExecID, OrderID, SessionName, TradeID, VenueName
from fixgate.domain.order import Execution, Order, RefusedOrder
from fixgate.domain.position import Fees, Position
from fixgate.domain.positions import Key
from fixgate.domain.values import ExecType, OrdStatus

_ORDER: Final = msgspec.json.Decoder(Order)
_REFUSED: Final = msgspec.json.Decoder(RefusedOrder)
_FEES: Final = msgspec.json.Decoder(Fees)
_TABLES: Final = (
    "journal",
    "orders",
    "cl_ord_ids",
    "executions",
    "fix_messages",
    "venue_calls",
    "sessions",
    "operator_actions",
    "alerts",
    "positions",
    "position_history",
    "balances",
    "limits",
    "routing_decisions",
)
_WITH_A_TRADE: Final = (ExecType.TRADE.value, ExecType.TRADE_CORRECT.value)
_INTEGER_MAX: Final = 2**63 - 1


class Rows:
    """The rows of one transaction, each table's in one flat list: cheap to build and to bind."""

    __slots__ = (
        "_changed",
        "_known",
        "alerts",
        "balances",
        "cl_ord_ids",
        "executions",
        "fix_messages",
        "journal",
        "last_hash",
        "last_seq",
        "limits",
        "operator_actions",
        "orders",
        "payload_bytes",
        "position_history",
        "positions",
        "routing_decisions",
        "sessions",
        "venue_calls",
    )

    def __init__(
        self, last_seq: int, last_hash: bytes, known: Mapping[SessionName, tuple[Any, ...]]
    ) -> None:
        self._known = known
        self.last_seq = last_seq
        self.last_hash = last_hash
        self.payload_bytes = 0
        self.journal: list[Any] = []
        self.orders: list[Any] = []
        self.cl_ord_ids: list[Any] = []
        self.executions: list[Any] = []
        self.fix_messages: list[Any] = []
        self.venue_calls: list[Any] = []
        self.sessions: list[Any] = []
        self.operator_actions: list[Any] = []
        self.alerts: list[Any] = []
        self.positions: list[Any] = []
        self.position_history: list[Any] = []
        self.balances: list[Any] = []
        self.limits: list[Any] = []
        self.routing_decisions: list[Any] = []
        self._changed: dict[SessionName, list[Any]] = {}

    def fill(self, batches: Sequence[Batch]) -> None:
        """Add what the batches make durable; of an order that changed twice, the last state."""
        latest: dict[OrderID, tuple[Order, int, int]] = {}
        held: dict[Key, tuple[Position, int]] = {}
        balances: dict[tuple[VenueName, str], Balance] = {}
        alerts: dict[int, AlertRow] = {}
        for batch in batches:
            self._add_records(batch.records)
            alerts.update((each.seq, each) for each in batch.alerts)
            for order in batch.orders.values():
                first = latest.get(order.order_id)
                created_ns = batch.at_ns if first is None else first[1]
                latest[order.order_id] = (order, created_ns, batch.at_ns)
            for refused in batch.refused:
                self.orders += refused_row(refused, batch.at_ns)
            for name in batch.names:
                self.cl_ord_ids += name
            self._add_query_rows(batch)
            if batch.position_history:
                self.add_history(batch.position_history)
                held.update({key: (each, batch.at_ns) for key, each in batch.positions.items()})
            if batch.balances:
                balances.update(batch.balances)
            self._note_sessions(batch)
        for order, created_ns, updated_ns in latest.values():
            self.orders += order_row(order, created_ns, updated_ns)
        for position, at_ns in held.values():
            self.positions += position_row(position, at_ns)
        for b in balances.values():
            self.balances += (
                b.venue, b.asset, str(b.free), str(b.locked), b.at_ns, str(b.baseline),
            )  # fmt: skip
        for row in self._changed.values():
            self.sessions += row
        for a in alerts.values():
            self.alerts += (
                a.seq, a.at_ns, a.subject, a.text, a.order_id, a.about, a.times, a.last_ns,
            )  # fmt: skip

    def _add_query_rows(self, batch: Batch) -> None:
        for e in batch.executions:
            self.executions += (
                e.order_id, e.exec_id, e.at_ns, e.exec_type, e.ord_status,
                e.last_qty, e.last_px, e.trade_id, e.leg, e.exec_ref_id,
            )  # fmt: skip
        for m in batch.fix_messages:
            self.fix_messages += (
                m.seq, m.at_ns, m.session, m.direction, m.msg_type,
                m.msg_seq_num, m.cl_ord_id, m.order_id, m.symbol, int(m.repeats),
            )  # fmt: skip
        for c in batch.venue_calls:
            self.venue_calls += (c.venue_cl_ord_id, c.seq, c.at_ns, c.venue, c.call, c.outcome)
        for o in batch.operator_actions:
            self.operator_actions += (
                o.seq, o.at_ns, o.person, o.action, o.subject, o.detail, o.reason,
            )  # fmt: skip
        for r in batch.routing_decisions:
            d = r.decided
            self.routing_decisions += (
                d.order_id, r.seq, r.at_ns, d.leg, d.policy, str(d.qty), d.refusal,
                json_of(d).decode(),
            )  # fmt: skip
        for n in batch.limits:
            self.limits += (n.seq, n.at_ns, n.step.value, json_of(n.change).decode())

    def add_history(self, steps: Iterable[PositionRow]) -> None:
        """Add steps of positions."""
        for step in steps:
            change = step.change
            after = change.after
            self.position_history += (
                step.seq, step.part, step.at_ns, step.cause,
                after.venue, after.account or "", after.symbol,
                change.move.value, str(change.qty), str(change.px),
                str(after.qty), str(after.cost), str(after.realised),
                _text(step.fee), step.fee_currency,
            )  # fmt: skip

    def _note_sessions(self, batch: Batch) -> None:
        for name, last_in in batch.last_in.items():
            self._session(name)[1] = last_in
        for name, last_out in batch.last_out.items():
            self._session(name)[2] = last_out
        for name, (connected, peer, since_ns) in batch.connected.items():
            self._session(name)[3:6] = int(connected), peer, since_ns
        for name, cancel_after_ms in batch.cancel_after_ms.items():
            self._session(name)[6] = cancel_after_ms

    def _session(self, name: SessionName) -> list[Any]:
        row = self._changed.get(name)
        if row is None:
            row = self._changed[name] = [*self._known.get(name, (name, 0, 0, 0, "", 0, None))]
        return row

    def _add_records(self, records: Iterable[Record]) -> None:
        """Link each record to the one before and add its row."""
        journal, tip, length = self.journal, self.last_hash, 0
        # sqlite3 binds a bytearray directly, and looks for an adapter of bytes first.
        prev_hash = bytearray(tip)
        for record in records:
            seq, at_ns, session, cause = record.seq, record.at_ns, record.session, record.cause
            kind, payload = encode(record.payload)
            tip = link(tip, seq, at_ns, cause, kind, session, payload)
            made = bytearray(tip)
            journal += (seq, at_ns, kind, session, cause, payload.decode(), prev_hash, made)
            prev_hash = made
            length += len(payload)
            self.last_seq = seq
        self.last_hash = tip
        self.payload_bytes += length

    def make_storable(self, *, holds_nul: bool = True) -> None:
        """Replace what the database cannot hold in a column: lone surrogates and huge numbers.

        The journal's payload keeps them as they came.
        """
        for _, values in self.tables():
            values[:] = [_storable_value(each, holds_nul=holds_nul) for each in values]

    def tables(self) -> Iterator[tuple[str, list[Any]]]:
        """The name of each table, and its rows."""
        for name in _TABLES:
            yield name, getattr(self, name)

    def session_rows(self) -> Mapping[SessionName, tuple[Any, ...]]:
        """The rows of the sessions that changed, by name."""
        return {name: tuple(row) for name, row in self._changed.items()}


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def order_row(order: Order, created_ns: int, updated_ns: int) -> tuple[Any, ...]:
    """The row of an order as it is now."""
    about, terms = order.instruction, order.terms
    return (
        order.order_id,
        about.session,
        order.cl_ord_id,
        about.venue,
        about.symbol,
        about.side.value,
        terms.ord_type.value,
        terms.time_in_force.value,
        str(terms.order_qty),
        _text(terms.price),
        _text(terms.stop_px),
        about.account,
        order.ord_status.value,
        str(order.cum_qty),
        str(order.avg_px),
        created_ns,
        updated_ns,
        0 if order.is_over else 1,
        json_of(order).decode(),
    )


def position_row(position: Position, updated_ns: int) -> tuple[Any, ...]:
    """The row of a position as it is now."""
    return (
        position.venue,
        position.account or "",
        position.symbol,
        str(position.qty),
        str(position.cost),
        str(position.realised),
        json_of(position.fees).decode() if position.fees else "[]",
        str(position.cashless),
        str(position.last_px),
        updated_ns,
    )


def refused_row(refused: RefusedOrder, at_ns: int) -> tuple[Any, ...]:
    """The row of an order that never worked."""
    return (
        refused.order_id,
        refused.session,
        refused.cl_ord_id,
        *(None,) * 9,
        OrdStatus.REJECTED.value,
        "0",
        "0",
        at_ns,
        at_ns,
        0,
        json_of(refused).decode(),
    )


def storable(text: str, *, holds_nul: bool = True) -> str:
    """``text`` as a column holds it: lone surrogates become six characters each.

    So does U+0000 where the database cannot hold it.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode(errors="backslashreplace").decode()
    return text if holds_nul else text.replace("\x00", "\\u0000")


def same_stored(values: Sequence[Any], stored: Sequence[Any]) -> bool:
    """Whether a row is what was to be stored, also where it could not be held as it was."""
    return all(
        value == there
        or there
        in (_storable_value(value, holds_nul=True), _storable_value(value, holds_nul=False))
        for value, there in zip(values, stored, strict=True)
    )


def _storable_value(value: Any, *, holds_nul: bool) -> Any:
    if isinstance(value, str):
        return storable(value, holds_nul=holds_nul)
    if isinstance(value, int):
        return max(-_INTEGER_MAX, min(value, _INTEGER_MAX))
    return value


def order_from(body: str, *, refused: bool) -> Order | RefusedOrder:
    """The order that a row's ``body`` holds.

    Raises:
        msgspec.MsgspecError, InvariantBroken: it is not one.
    """
    order: Order | RefusedOrder = read_json(_REFUSED if refused else _ORDER, body)
    return order


def position_from(row: Sequence[Any]) -> Position:
    """The position that a row of ``positions`` holds."""
    venue, account, symbol, qty, cost, realised, fees, cashless, last_px, _ = row
    return Position(
        venue=VenueName(venue),
        account=account or None,
        symbol=symbol,
        qty=Decimal(qty),
        cost=Decimal(cost),
        realised=Decimal(realised),
        fees=read_json(_FEES, fees),
        cashless=Decimal(cashless),
        last_px=Decimal(last_px),
    )


def execution_from(row: Sequence[Any]) -> ExecutionRow:
    """The report that a row of ``executions`` holds."""
    order_id, exec_id, at_ns, exec_type, ord_status, *rest = row
    last_qty, last_px, trade_id, leg, exec_ref_id = rest
    return ExecutionRow(
        exec_id=exec_id,
        order_id=order_id,
        at_ns=at_ns,
        exec_type=exec_type,
        ord_status=ord_status,
        last_qty=last_qty,
        last_px=last_px,
        trade_id=trade_id,
        leg=leg,
        exec_ref_id=exec_ref_id,
    )


def _report_number(row: ExecutionRow) -> tuple[str, int]:
    """Where a report stands among its order's: an ExecID ends in a number, "-9" before "-10"."""
    stem, _, index = row.exec_id.rpartition("-")
    return stem, int(index) if index.isdecimal() else 0


def in_order(rows: Iterable[ExecutionRow]) -> list[ExecutionRow]:
    """The reports of one order as they were decided."""
    return sorted(rows, key=_report_number)


def trades(rows: Iterable[ExecutionRow]) -> tuple[Execution, ...]:
    """The trades of one order as last corrected, from its reports."""
    standing: dict[ExecID, Execution] = {}
    for row in in_order(rows):
        void = None if row.exec_ref_id is None else standing.pop(row.exec_ref_id, None)
        if void is not None and row.exec_type == ExecType.TRADE_CANCEL.value:
            # A busted trade stays known, so that it does not count when it is told again.
            standing[row.exec_id] = replace(void, exec_id=row.exec_id, last_qty=Decimal(0))
        if row.trade_id is not None and row.exec_type in _WITH_A_TRADE:
            standing[row.exec_id] = Execution(
                exec_id=row.exec_id,
                trade_id=TradeID(row.trade_id),
                leg=row.leg,
                last_qty=Decimal(row.last_qty or 0),
                last_px=Decimal(row.last_px or 0),
            )
    return tuple(standing.values())
