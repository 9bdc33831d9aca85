"""TradeCaptureReportRequests that the process before did not answer to the end.

Here: unanswered(), for a start: what was being looked up is not looked up any more.
Not here: what their clients are told (the core).
"""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.history import FOUND
from fixgate.adapters.store.kinds import KINDS, decode, json_of
from fixgate.domain.events import TradesWanted
from fixgate.domain.trades import TradeRequest

_LOOKED_AT: Final = 200_000
"""The newest FIX messages, of which a request that is still being looked up is one."""

_REQUESTS_MAX: Final = 100
_NEAR: Final = 4  # records of one input, of which its intent is one
_WANTED: Final = next(kind for kind, cls in KINDS.items() if cls is TradesWanted)
_LAST: Final = ("\x01912=Y\x01", "\x01750=1\x01", "\x01750=2\x01")
"""What the last message about a request says: LastRptRequested, or that there is nothing more."""


def unanswered(connection: Connection) -> list[TradeRequest]:
    """The requests, oldest first; of several of one session with one id, the newest."""
    columns = t.fix_messages.c
    newest = select(columns.seq).order_by(columns.seq.desc()).offset(_LOOKED_AT).limit(1)
    query = (
        select(columns.seq)
        .where(columns.seq > (connection.execute(newest).scalar() or 0))
        .where(columns.msg_type == "AD", columns.direction == "in")
        .order_by(columns.seq.desc())
        .limit(_REQUESTS_MAX)
    )
    seen: set[tuple[str, str]] = set()
    found: list[TradeRequest] = []
    for seq in connection.execute(query).scalars().all():
        request = _wanted(connection, seq)
        if request is None or (request.session, request.req_id) in seen:
            continue
        seen.add((request.session, request.req_id))
        if not _is_answered(connection, request, seq):
            found.append(request)
    return found[::-1]


def _wanted(connection: Connection, seq: int) -> TradeRequest | None:
    """What a request asks to be looked up; None: it was refused at once."""
    columns = t.journal.c
    query = select(columns.payload).where(
        columns.seq.between(seq + 1, seq + _NEAR), columns.cause == seq, columns.kind == _WANTED
    )
    payload = connection.execute(query).scalar()
    return None if payload is None else decode(_WANTED, payload).request


def _is_answered(connection: Connection, request: TradeRequest, seq: int) -> bool:
    """Whether the newest message about it is the last of its answer."""
    columns, payload = t.fix_messages.c, t.journal.c.payload
    names_it = json_of(f"\x01568={request.req_id}\x01").decode()[1:-1]
    position = getattr(sa.func, FOUND[connection.dialect.name])
    same = (t.journal.c.seq == columns.seq) & (t.journal.c.at_ns == columns.at_ns)
    query: sa.Select[Any] = (
        select(t.journal.c.kind, payload)
        .select_from(t.fix_messages.join(t.journal, same))
        .where(columns.seq > seq, columns.session == request.session)
        .where(columns.msg_type.in_(("AQ", "AE")), position(payload, names_it) > 0)
        .order_by(columns.seq.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return row is not None and any(each in decode(row.kind, row.payload).text for each in _LAST)
