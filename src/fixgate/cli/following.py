"""`fixgate log`: the message log, with tags by name.

Here: the command, which messages it wants, and how one is shown.
Not here: SQL (adapters.store), names of tags (dictionary).
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.console import HERE, Home, load_configuration, open_journal, say, usage
from fixgate.cli.dictionary import NO_NAMES, Names, read_names
from fixgate.cli.fixtext import Message, parse, shown
from fixgate.cli.moments import microseconds, moment_ns

if TYPE_CHECKING:
    from fixgate.adapters.store.reader import MessageFilter, Reader, StoredMessage

_LAST: Final = 20
_ALL: Final = 1_000_000
_POLL_S: Final = 0.25
_SECRET: Final = frozenset({554, 925})  # Password, NewPassword
_SECRET_FIELD: Final = re.compile("\x01(554|925)=[^\x01]*")
# Said in the first line, or the same in every message of a session.
_LEFT_OUT: Final = frozenset({8, 9, 10, 34, 35, 49, 56})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages are to be shown."""

    session: str | None
    direction: str | None
    msg_types: frozenset[str]  # empty: all
    order: str | None  # a ClOrdID or an OrderID
    since_ns: int | None


def log(  # noqa: PLR0917 - typer gives every option by its name
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as more come.")] = False,  # noqa: FBT002
    session: Annotated[str | None, typer.Option(help="Name of a session.")] = None,
    order: Annotated[str | None, typer.Option(help="ClOrdID or OrderID.")] = None,
    types: Annotated[str | None, typer.Option("--type", help="MsgTypes, such as D,8.")] = None,
    direction: Annotated[str | None, typer.Option(help="in or out.")] = None,
    since: Annotated[
        str | None, typer.Option(help="10m, 2h, 14:30 or 2030-12-31T14:30, in UTC.")
    ] = None,
    last: Annotated[
        int | None, typer.Option(min=0, help="How many; default 20, or all with --since.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Messages as they are.")] = False,  # noqa: FBT002
    home: Home = HERE,
) -> None:
    """Show the FIX messages in and out, from the journal; the gateway need not run."""
    if direction not in (None, "in", "out"):
        usage(f"--direction {direction}: it is in or out")
    wanted = Wanted(
        session=session,
        direction=direction,
        msg_types=frozenset(each for each in (types or "").replace(" ", "").split(",") if each),
        order=order,
        since_ns=None if since is None else since_ns(since, SystemClock().now_ns()),
    )
    configuration = load_configuration(home)
    names = read_names(configuration.path(configuration.gateway.fix.dictionaries))
    reader = open_journal(configuration)
    count = last if last is not None else _LAST if since is None else _ALL
    show = _show_raw if raw else _shower(names)
    try:
        at = reader.last()[0]
        for stored in past(reader, wanted, count):
            show(stored)
        if follow:
            _follow(reader, wanted, at, show)
    except KeyboardInterrupt:
        return
    finally:
        reader.close()


def since_ns(text: str, now: int) -> int:
    """The time given with --since."""
    return moment_ns("--since", text, now)


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


def _follow(
    reader: "Reader", wanted: Wanted, at: int, show: "Callable[[StoredMessage], None]"
) -> None:
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


def _shower(names: Mapping[str, Names]) -> "Callable[[StoredMessage], None]":
    def show(stored: "StoredMessage") -> None:
        message = parse(stored.message.text)
        if not stored.row.msg_type:  # bytes in which no message was found
            _show_raw(stored)
            return
        known = names.get(message.get(8) or "", NO_NAMES)
        _headline(stored, known.message(stored.row.msg_type))
        body = decoded(message, known)
        if body:
            say("    " + "  ".join(body))

    return show


def _show_raw(stored: "StoredMessage") -> None:
    _headline(stored, "")
    say("    " + raw_text(stored.message.text))


def raw_text(text: str) -> str:
    """A message as it was, but for passwords: a log is read over shoulders, and copied."""
    return shown(_SECRET_FIELD.sub("\x01\\1=***", text))


def _headline(stored: "StoredMessage", name: str) -> None:
    row = stored.row
    way = "->" if row.direction == "in" else "<-"  # as the client sees it
    handling = stored.message.handling.value
    notes = [handling] if handling not in ("delivered", "engine", "report") else []
    notes += [stored.message.reason] if stored.message.reason else []
    note = f"  [{shown(': '.join(notes))}]" if notes else ""
    what = f"{name} ({row.msg_type})" if name else shown(row.msg_type)
    what = f"{what} #{row.msg_seq_num}" if row.msg_type else "no message"
    say(
        f"{microseconds(row.at_ns)}  {row.session or '(nobody)'} {way} {what}{note}",
        "cyan" if row.direction == "in" else "green",
    )


def decoded(message: Message, names: Names) -> Sequence[str]:
    """The fields of a message by name, those left out that say nothing about this one."""
    found = []
    for tag, given in message.fields:
        if tag in _LEFT_OUT:
            continue
        value = "***" if tag in _SECRET else given
        meaning = names.value(tag, value)
        text = f"{shown(value)} {meaning}" if meaning is not None else shown(value)
        found.append(f"{names.field(tag)}({tag})={text}")
    return found
