"""`fixgate log`: FIX messages by what people know of them, from the journal, its archive or a file.

Here: the command, and a message as a row of an export.
Not here: SQL (adapters.store.searching), following (following), other engines' logs (fixlogs).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from fixgate.cli import following
from fixgate.cli.console import HERE, Home, Problem, load_configuration, open_journal, usage
from fixgate.cli.dictionary import NO_NAMES, Names, read_names
from fixgate.cli.exporting import Format, FormatOption, OutOption, Output, columns
from fixgate.cli.fixlogs import as_stored, read_log
from fixgate.cli.fixtext import parse
from fixgate.cli.moments import iso
from fixgate.cli.progress import remark
from fixgate.cli.records import Day, Since, Until, open_ledger, period, see_session
from fixgate.cli.showing import decoded, raw_text, show_raw, shower, without_secrets

if TYPE_CHECKING:
    from fixgate.adapters.store.ledger import Ledger
    from fixgate.adapters.store.reader import StoredMessage
    from fixgate.adapters.store.searching import Wanted
    from fixgate.bootstrap.settings import Configuration

_LAST: Final = 20
COLUMNS: Final = columns(
    ("seq", "msg_seq_num", "at_ns"),
    "seq", "time", "at_ns", "session", "direction", "msg_type", "msg_name", "msg_seq_num",
    "cl_ord_id", "order_id", "symbol", "handling", "peer", "reason", "text", "decoded",
)  # fmt: skip


def log(  # noqa: PLR0917 - typer gives every option by its name
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as more come.")] = False,  # noqa: FBT002
    session: Annotated[str | None, typer.Option(help="Name of a session.")] = None,
    order: Annotated[
        str | None, typer.Option(help="ClOrdID or OrderID: all about the order, by any name.")
    ] = None,
    cl_ord_id: Annotated[str | None, typer.Option(help="Messages with this ClOrdID (11).")] = None,
    order_id: Annotated[str | None, typer.Option(help="Messages with this OrderID (37).")] = None,
    symbol: Annotated[str | None, typer.Option(help="Symbol (55).")] = None,
    text: Annotated[str | None, typer.Option(help="Anywhere in the message.")] = None,
    types: Annotated[str | None, typer.Option("--type", help="MsgTypes, such as D,8.")] = None,
    direction: Annotated[str | None, typer.Option(help="in or out.")] = None,
    day: Day = None,
    since: Since = None,
    until: Until = None,
    last: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1_000_000_000,
            help="How many; default 20, or all of a period or into a file.",
        ),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Messages as they are.")] = False,  # noqa: FBT002
    form: FormatOption = Format.TEXT,
    out: OutOption = None,
    file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Search another engine's message log."),
    ] = None,
    home: Home = HERE,
) -> None:
    """Show the FIX messages in and out, from the journal; the gateway need not run."""
    if direction not in (None, "in", "out"):
        usage(f"--direction {direction}: it is in or out")
    if out is not None and form is Format.TEXT:
        usage("--out needs --format csv, json, parquet or fix")
    from fixgate.adapters.store.searching import Wanted  # noqa: PLC0415 - 0.3 s

    since_ns, until_ns = period(day, since, until)
    wanted = Wanted(
        session=session,
        direction=direction,
        msg_types=frozenset(each for each in (types or "").replace(" ", "").split(",") if each),
        cl_ord_id=cl_ord_id,
        order_id=order_id,
        symbol=symbol,
        text=text,
        since_ns=since_ns,
        until_ns=until_ns,
    )
    if last is None and form is Format.TEXT and since_ns is None and until_ns is None and not file:
        last = _LAST
    configuration = load_configuration(home)
    names = read_names(configuration.path(configuration.gateway.fix.dictionaries))
    if follow:
        others = (file, cl_ord_id, order_id, symbol, text, until_ns)
        if form is not Format.TEXT or any(each is not None for each in others):
            usage("--follow goes with --session, --order, --type, --direction, --since, --raw")
        _follow(configuration, wanted, order, last, show_raw if raw else shower(names))
    elif file is not None:
        _write(_newest(_in_file(file, wanted, order), last), names, form, out, raw=raw)
    else:
        with open_ledger(configuration) as ledger:
            see_session(configuration, ledger.connection, session)
            _write(_search(ledger, wanted, order, last), names, form, out, raw=raw)


def _follow(
    configuration: "Configuration",
    wanted: "Wanted",
    order: str | None,
    last: int | None,
    show: Any,
) -> None:
    simple = following.Wanted(
        session=wanted.session,
        direction=wanted.direction,
        msg_types=wanted.msg_types,
        order=order,
        since_ns=wanted.since_ns,
    )
    reader = open_journal(configuration)
    try:
        at = reader.last()[0]
        for stored in following.past(reader, simple, 1_000_000 if last is None else last):
            show(stored)
        following.follow(reader, simple, at, show)
    except KeyboardInterrupt:
        return
    finally:
        reader.close()


def _search(
    ledger: "Ledger", wanted: "Wanted", order: str | None, last: int | None
) -> "Iterator[StoredMessage]":
    from fixgate.adapters.store.errors import RecordUnreadable  # noqa: PLC0415 - 0.3 s
    from fixgate.adapters.store.searching import about_order, found  # noqa: PLC0415 - with it

    if order is not None:
        narrowed = about_order(ledger, wanted, order)
        if narrowed is None:
            raise Problem(f"no message names an order {order}")
        wanted = narrowed
    try:
        if last is None:
            yield from found(ledger, wanted)
        else:
            newest = list(islice(found(ledger, wanted, newest_first=True), last))
            yield from reversed(newest)
    except RecordUnreadable as problem:
        raise Problem(str(problem)) from None


def _in_file(path: Path, wanted: "Wanted", order: str | None) -> "Iterator[StoredMessage]":
    log = read_log(path)
    stored = list(as_stored(log))
    if order is not None:
        wanted = replace(wanted, **_names_in(stored, order))
    yield from (each for each in stored if wanted.fits(each.row) and wanted.says(each.message.text))
    if log.unread:
        remark(f"{path}: {len(log.unread)} lines hold no whole message, line {log.unread[0]} first")


def _names_in(stored: "list[StoredMessage]", order: str) -> Mapping[str, Any]:
    """The names of an order in a file, found as far as its messages link them."""
    names: set[str] = {order}
    grown = True
    while grown:
        before = len(names)
        for each in stored:
            message = parse(each.message.text)
            mine = {message.get(tag) for tag in (11, 37, 41)} - {None, "NONE"}
            if mine & names:
                names |= {name for name in mine if name is not None}
        grown = len(names) > before
    sessions = {each.row.session for each in stored}
    return {
        "orders": frozenset(names),
        "names": frozenset((session, name) for session in sessions for name in names),
    }


def _newest(found: "Iterator[StoredMessage]", last: int | None) -> "Iterator[StoredMessage]":
    return found if last is None else iter(deque(found, last))


def _write(
    found: "Iterator[StoredMessage]",
    names: Mapping[str, Names],
    form: Format,
    out: Path | None,
    *,
    raw: bool,
) -> None:
    if form is Format.TEXT:
        show = show_raw if raw else shower(names)
        count = 0
        for stored in found:
            show(stored)
            count += 1
        if not count:
            remark("no messages")
        return
    wanted = {name: kind for name, kind in COLUMNS.items() if not (raw and name == "decoded")}
    with Output(form, out, wanted) as output:
        for stored in found:
            output.row(as_row(stored, names, form, raw=raw))
    if out is not None:
        remark(f"{output.count:,} messages -> {out}")


def as_row(
    stored: "StoredMessage", names: Mapping[str, Names], form: Format, *, raw: bool
) -> dict[str, Any]:
    """A message as a row of COLUMNS. Passwords are left out."""
    row, message = stored.row, stored.message
    text = without_secrets(message.text)
    parsed = parse(text)
    known = names.get(parsed.get(8) or "", NO_NAMES)
    found = {
        "seq": row.seq,
        "time": iso(row.at_ns),
        "at_ns": row.at_ns,
        "session": row.session,
        "direction": row.direction,
        "msg_type": row.msg_type,
        "msg_name": known.message(row.msg_type),
        "msg_seq_num": row.msg_seq_num,
        "cl_ord_id": row.cl_ord_id,
        "order_id": row.order_id,
        "symbol": row.symbol or parsed.get(55),
        "handling": message.handling.value,
        "peer": message.peer,
        "reason": message.reason,
        "text": raw_text(text) if form is Format.CSV else text,
    }
    if not raw:
        if form is Format.JSON:
            found["decoded"] = {known.field(tag): value for tag, value in parsed.fields}
        else:
            found["decoded"] = "  ".join(decoded(parsed, known))
    return found
