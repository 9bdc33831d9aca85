"""Message logs of other FIX engines.

Here: read_log(), for QuickFIX's FIX.4.4-US-THEM.messages.current.log and for plain files with one
message in a line, whatever stands before it.
Not here: what is done with the messages.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fixgate.cli.console import Problem
from fixgate.cli.fixtext import SOH, Message, parse

if TYPE_CHECKING:
    from fixgate.adapters.store.reader import StoredMessage

_BEGIN: Final = re.compile(r"8=FIXT?\.\d\.\d(?P<separator>\x01|\||\^A|<SOH>|;)")
_STAMP: Final = re.compile(r"(\d{8})-(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?")
_FILE: Final = re.compile(r"FIXT?\.\d\.\d-(?P<us>[^-]+)-(?P<them>.+?)\.messages\b")
_END: Final = re.compile(r"10=\d{3}\x01?$")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Logged:
    """A message of a log: where it stands, when it was logged, and itself."""

    line: int
    at_ns: int
    message: Message

    @property
    def sender(self) -> str:
        """SenderCompID."""
        return self.message.get(49) or ""

    @property
    def target(self) -> str:
        """TargetCompID."""
        return self.message.get(56) or ""


@dataclass(frozen=True, slots=True)
class FixLog:
    """A file's messages, whose log it is if it says so, and lines that are no messages."""

    path: Path
    owner: str | None
    messages: tuple[Logged, ...]
    unread: tuple[int, ...]


def read_log(path: Path) -> FixLog:
    """Read a log; or end the command with what is wrong with it."""
    try:
        text = path.read_bytes().decode("latin-1")
    except OSError as problem:
        raise Problem(f"{path}: cannot be read: {problem.strerror}") from None
    found, unread = [], []
    for number, line in _lines(text):
        logged = _logged(number, line)
        if logged is not None:
            found.append(logged)
        elif line.strip():
            unread.append(number)
    if not found:
        raise Problem(f"{path}: no FIX message is in it")
    named = _FILE.search(path.name)
    return FixLog(path, named["us"] if named else None, tuple(found), tuple(unread))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines, and one of them for a message whose text has line breaks in it."""
    waiting, since = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        begins = _BEGIN.search(line) is not None
        if waiting and begins:
            yield since, waiting
            waiting = ""
        if waiting:
            waiting += "\n" + line
        elif begins and _END.search(line.rstrip("\r |;^A<SOH>").rstrip()) is None:
            waiting, since = line, number
            continue
        else:
            yield number, line
            continue
        if "10=" in line:
            yield since, waiting
            waiting = ""
    if waiting:
        yield since, waiting


def _logged(number: int, line: str) -> Logged | None:
    begins = _BEGIN.search(line)
    if begins is None:
        return None
    separator = begins["separator"]
    text = line[begins.start() :].rstrip("\r\n ")
    if separator != SOH:
        text = text.replace(separator, SOH)
    if not text.endswith(SOH):
        text += SOH
    message = parse(text)
    if not message.msg_type or _END.search(text) is None:
        return None
    at_ns = _time(line[: begins.start()]) or _time(message.get(52) or "")
    return None if at_ns is None else Logged(number, at_ns, message)


def _time(text: str) -> int | None:
    found = _STAMP.search(text)
    if found is None:
        return None
    day, hour, minute, second, fraction = found.groups()
    try:
        date = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    whole = (date - _EPOCH) // timedelta(seconds=1)
    whole += int(hour) * 3_600 + int(minute) * 60 + int(second)
    return whole * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


def as_stored(log: FixLog) -> "Iterator[StoredMessage]":
    """The messages as the journal's are, for search and display.

    Which way one went is known when the file's name says whose log it is; else the first message's
    sender is taken for the client.
    """
    from fixgate.adapters.store.reader import StoredMessage  # noqa: PLC0415 - 0.3 s
    from fixgate.application.ports.fix import Direction, FixMessage, Handling  # noqa: PLC0415
    from fixgate.application.ports.journal import FixRow  # noqa: PLC0415 - with it
    from fixgate.domain.ids import OrderID, SessionName  # noqa: PLC0415 - with it

    them = None if log.owner is not None else log.messages[0].sender
    for each in log.messages:
        outgoing = each.sender == log.owner if log.owner is not None else each.sender != them
        direction = Direction.OUT if outgoing else Direction.IN
        message = each.message
        order_id = message.get(37)
        row = FixRow(
            each.line,
            each.at_ns,
            SessionName(each.target if outgoing else each.sender),
            direction.value,
            message.msg_type,
            message.msg_seq_num,
            message.get(11),
            None if order_id is None else OrderID(order_id),
            message.get(55),
        )
        noted = FixMessage(
            direction=direction,
            handling=Handling.ENGINE,
            msg_type=message.msg_type,
            msg_seq_num=message.msg_seq_num,
            text=message.text,
        )
        yield StoredMessage(row=row, message=noted)
