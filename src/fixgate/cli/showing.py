"""What a FIX message looks like to people.

Here: shower() and show_raw(), which print one with its time; decoded(), its fields by name;
raw_text(), its text without passwords.
Not here: which messages (searching, following).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from fixgate.cli.console import say
from fixgate.cli.dictionary import NO_NAMES, Names
from fixgate.cli.fixtext import Message, parse, shown
from fixgate.cli.moments import microseconds

if TYPE_CHECKING:
    from fixgate.adapters.store.reader import StoredMessage

_SECRET: Final = frozenset({554, 925})  # Password, NewPassword
_SECRET_FIELD: Final = re.compile("\x01(554|925)=[^\x01]*")
# Said in the first line, or the same in every message of a session.
_LEFT_OUT: Final = frozenset({8, 9, 10, 34, 35, 49, 56})


def shower(names: Mapping[str, Names]) -> "Callable[[StoredMessage], None]":
    """What prints a message decoded, with these names."""

    def show(stored: "StoredMessage") -> None:
        message = parse(stored.message.text)
        if not stored.row.msg_type:  # bytes in which no message was found
            show_raw(stored)
            return
        known = names.get(message.get(8) or "", NO_NAMES)
        headline(stored, known.message(stored.row.msg_type))
        body = decoded(message, known)
        if body:
            say("    " + "  ".join(body))

    return show


def show_raw(stored: "StoredMessage") -> None:
    """Print a message as it was."""
    headline(stored, "")
    say("    " + raw_text(stored.message.text))


def raw_text(text: str) -> str:
    """A message as it was, but for passwords: a log is read over shoulders, and copied."""
    return shown(without_secrets(text))


def without_secrets(text: str) -> str:
    """A message's text, its passwords replaced."""
    return _SECRET_FIELD.sub("\x01\\1=***", text)


def headline(stored: "StoredMessage", name: str) -> None:
    """Print when, whose, which way, and what."""
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
