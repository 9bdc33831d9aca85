"""Messages as they come: `fixgate log --follow`.

Here: past() and follow(), which read the newest messages of the database.
Not here: the command and its search (searching); how a message is shown (showing).
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fixgate.cli.fixtext import parse

if TYPE_CHECKING:
    from fixgate.adapters.store.reader import MessageFilter, Reader, StoredMessage

_ALL: Final = 1_000_000
_POLL_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages are to be shown."""

    session: str | None
    direction: str | None
    msg_types: frozenset[str]  # empty: all
    order: str | None  # a ClOrdID or an OrderID
    since_ns: int | None


def past(reader: "Reader", wanted: Wanted, count: int) -> "list[StoredMessage]":
    """The ``count`` newest messages that are wanted, oldest first."""
    if count == 0:
        return []
    found: dict[int, StoredMessage] = {}
    for each in _filters(reader, wanted):
        found.update((stored.row.seq, stored) for stored in reader.messages(each, count))
    return [found[seq] for seq in sorted(found)][-count:]


def _filters(reader: "Reader", wanted: Wanted) -> "Iterator[MessageFilter]":
    """The journal's filter knows one value of each; several are asked for one by one."""
    from dataclasses import replace  # noqa: PLC0415 - beside its one use

    for about in _about(reader, wanted):
        kinds: list[str | None] = [*sorted(wanted.msg_types)]
        for msg_type in kinds or [None]:
            yield replace(about, msg_type=msg_type)


def _about(reader: "Reader", wanted: Wanted) -> "Iterator[MessageFilter]":
    from fixgate.adapters.store.reader import MessageFilter  # noqa: PLC0415 - 0.3 s
    from fixgate.domain.ids import SessionName  # noqa: PLC0415 - with it

    session = None if wanted.session is None else SessionName(wanted.session)

    def about(cl_ord_id: str | None = None, order_id: str | None = None) -> MessageFilter:
        return MessageFilter(
            session=session,
            since_ns=wanted.since_ns,
            cl_ord_id=cl_ord_id,
            order_id=order_id,
            direction=wanted.direction,
        )

    if wanted.order is None:
        yield about()
        return
    yield about(order_id=wanted.order)
    yield about(cl_ord_id=wanted.order)
    # A request of the same order goes by another ClOrdID, and its reports too.
    named = reader.messages(MessageFilter(session=session, cl_ord_id=wanted.order), _ALL)
    for order_id in {each.row.order_id for each in named if each.row.order_id is not None}:
        yield about(order_id=order_id)


def follow(
    reader: "Reader", wanted: Wanted, at: int, show: "Callable[[StoredMessage], None]"
) -> None:
    """Show what is wanted after record ``at``, as it comes; until it is interrupted."""
    from dataclasses import replace  # noqa: PLC0415 - beside its one use

    names: set[str] = set() if wanted.order is None else {wanted.order}
    for each in past(reader, wanted, _ALL) if names else []:
        names |= _names(each)
    every = next(_about(reader, replace(wanted, order=None)))
    while True:
        before = at
        found, at = reader.messages_after(at, every)
        for stored in found:
            if wanted.order is not None:
                mine = _names(stored)
                if not mine & names:
                    continue
                names |= mine
            if not wanted.msg_types or stored.row.msg_type in wanted.msg_types:
                show(stored)
        if at == before:
            time.sleep(_POLL_S)


def _names(stored: "StoredMessage") -> set[str]:
    message = parse(stored.message.text)
    given = {stored.row.order_id, *(message.get(tag) for tag in (11, 37, 41))}
    return {each for each in given if each is not None and each != "NONE"}
