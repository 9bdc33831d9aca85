"""FIX text as the client of the command line reads and writes it, through simplefix.

Here: Message, compose(), and Stream, which turns received bytes into messages.
Not here: sequence numbers and everything else that makes a session (fixsession).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import simplefix

SOH: Final = "\x01"
Fields = Iterable[tuple[int, str]]
_TRAILER_BYTES: Final = len("10=000|")
_BUFFER_BYTES_MAX: Final = 1 << 20


class NotFix(Exception):  # noqa: N818 - it says what the bytes are
    """The peer sent something that no FIX message can be found in."""


@dataclass(frozen=True, slots=True)
class Message:
    """A complete message: its fields in order, and its text with one character per byte."""

    fields: tuple[tuple[int, str], ...]
    text: str

    def get(self, tag: int) -> str | None:
        """The first value of a tag."""
        return next((value for each, value in self.fields if each == tag), None)

    def number(self, tag: int) -> int:
        """The value of a tag that counts something; 0 where it is missing or no number."""
        value = self.get(tag) or ""
        return int(value) if value.isascii() and value.isdigit() else 0

    @property
    def msg_type(self) -> str:
        """Tag 35."""
        return self.get(35) or ""

    @property
    def msg_seq_num(self) -> int:
        """Tag 34."""
        return self.number(34)

    @property
    def poss_dup(self) -> bool:
        """Tag 43."""
        return self.get(43) == "Y"


def compose(begin_string: str, fields: Fields) -> Message:
    """A message from everything that follows BodyLength, MsgType first."""
    message = simplefix.FixMessage()
    message.append_pair(8, begin_string)
    for tag, value in fields:
        message.append_pair(tag, value.encode("latin-1", "replace"))
    return parse(message.encode())


def parse(raw: bytes | str) -> Message:
    """A message whose bytes are complete; text has one character per byte."""
    text = raw if isinstance(raw, str) else raw.decode("latin-1")
    pairs = (field.partition("=") for field in text.split(SOH) if field)
    return Message(
        tuple((int(tag), value) for tag, _, value in pairs if tag.isascii() and tag.isdigit()),
        text,
    )


def shown(text: str) -> str:
    """FIX text for people: ``|`` for SOH, and nothing that a terminal would obey."""
    return "".join(
        "|" if char == SOH else char if " " <= char <= "~" else f"\\x{ord(char):02x}"
        for char in text
    )


def utc_timestamp(at_ns: int) -> str:
    """UTCTimestamp in milliseconds, which FIX 4.2 and 4.4 both allow."""
    second, rest = divmod(at_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(second, tz=UTC)
    return f"{moment:%Y%m%d-%H:%M:%S}.{rest // 1_000_000:03d}"


class Stream:
    """Finds messages in what a socket delivers. A garbled message is left out, as FIX demands."""

    def __init__(self) -> None:
        self._parser = simplefix.FixParser(
            allow_empty_values=True, strip_fields_before_begin_string=True
        )
        self._waiting_bytes = 0
        self.garbled = 0

    def feed(self, received: bytes) -> Iterator[Message]:
        """The messages that are complete now.

        Raises:
            NotFix: the bytes cannot be FIX, or a message does not end.
        """
        self._parser.append_buffer(received)
        self._waiting_bytes += len(received)
        while (found := self._next()) is not None:
            self._waiting_bytes = len(self._parser.get_buffer())
            raw = found.encode(raw=True)
            if _is_whole(raw):
                yield parse(raw)
            else:
                self.garbled += 1
        if self._waiting_bytes > _BUFFER_BYTES_MAX:
            raise NotFix("a message does not end")

    def _next(self) -> simplefix.FixMessage | None:
        try:
            return self._parser.get_message()
        except Exception as problem:
            # simplefix has several kinds, and a plain ValueError for a tag that is no number.
            raise NotFix(f"it sent what is not FIX: {str(problem)[:80]}") from problem


def _is_whole(raw: bytes) -> bool:
    """Whether BodyLength (9) and CheckSum (10) are right."""
    end = len(raw) - _TRAILER_BYTES
    body_at = raw.find(b"\x01", raw.find(b"\x019=") + 1) + 1
    length = raw[raw.find(b"\x019=") + 3 : body_at - 1]
    return (
        length.isdigit()
        and int(length) == end - body_at
        and raw[end:] == b"10=%03d\x01" % (sum(raw[:end]) % 256)
    )
