"""What drop copy sessions were sent, against what the sessions they cover were (control 21).

Here: compared(), which counts trades on both sides by ExecID, from what is durable.
Not here: when it is done (bootstrap), what a drop copy is (application.step).
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.kinds import FIX_MESSAGE_KINDS, decode
from fixgate.application.ports.fix import Direction, FixMessage, Handling
from fixgate.domain.frozen import value
from fixgate.domain.ids import SessionName
from fixgate.domain.rounding import ZERO, notional, plus

_OUT: Final = FIX_MESSAGE_KINDS[Direction.OUT]
_REPORT: Final = "\x0135=8\x01"
_AGAIN: Final = "\x0197=Y\x01"  # PossResend: it was sent before, under another number
_SHOWN_MAX: Final = 3


@value
class Sent:
    """The ExecutionReports that one side got: by ExecID (17), what each traded."""

    trades: Mapping[str, Decimal]  # LastQty times LastPx; zero where it is no trade

    @property
    def total(self) -> Decimal:
        """All of it."""
        total = ZERO
        for each in self.trades.values():
            total = plus(total, each)
        return total


def compared(
    connection: Connection,
    copies: Mapping[SessionName, tuple[SessionName, ...]],
    after_seq: int,
    through_seq: int,
) -> dict[SessionName, str]:
    """What differs, by drop copy session; nothing where all is as it must be.

    copies: of each session whose reports are copied, to whom.
    A report and its copies are in the same commit, so that both or neither are in the range.
    """
    sides = {*copies, *(each for to in copies.values() for each in to)}
    sent = _sent(connection, sides, after_seq, through_seq)
    found = {}
    for drop in sorted({each for to in copies.values() for each in to}):
        covered: dict[str, Decimal] = {}
        for session, to in copies.items():
            if drop in to:
                covered |= sent[session].trades
        text = _difference(Sent(trades=covered), sent[drop])
        if text is not None:
            found[drop] = text
    return found


def _difference(covered: Sent, copied: Sent) -> str | None:
    missing = [each for each in covered.trades if each not in copied.trades]
    extra = [each for each in copied.trades if each not in covered.trades]
    parts = []
    if missing:
        parts.append(f"{len(missing)} reports were not copied ({_some(missing)})")
    if extra:
        parts.append(f"{len(extra)} copies have no report ({_some(extra)})")
    if covered.total != copied.total:
        parts.append(f"the trades come to {covered.total} and {copied.total}")
    return "; ".join(parts) or None


def _some(exec_ids: list[str]) -> str:
    more = ", ..." if len(exec_ids) > _SHOWN_MAX else ""
    return ", ".join(exec_ids[:_SHOWN_MAX]) + more


def _sent(
    connection: Connection, sessions: Iterable[SessionName], after_seq: int, through_seq: int
) -> dict[SessionName, Sent]:
    found: dict[SessionName, dict[str, Decimal]] = {each: {} for each in sessions}
    for session, text in _texts(connection, after_seq, through_seq):
        if session in found and _REPORT in text and _AGAIN not in text:
            fields = dict(each.partition("=")[::2] for each in text.split("\x01"))
            traded = notional(Decimal(fields.get("32", 0)), Decimal(fields.get("31", 0)))
            found[session][fields["17"]] = traded
    return {session: Sent(trades=trades) for session, trades in found.items()}


def _texts(
    connection: Connection, after_seq: int, through_seq: int
) -> Iterator[tuple[SessionName, str]]:
    columns = t.journal.c
    query = select(columns.session, columns.kind, columns.payload).where(
        columns.seq > after_seq, columns.seq <= through_seq, columns.kind == _OUT
    )
    for row in connection.execute(query):
        message = decode(row.kind, row.payload)
        if isinstance(message, FixMessage) and message.handling is Handling.REPORT:
            yield row.session, message.text
