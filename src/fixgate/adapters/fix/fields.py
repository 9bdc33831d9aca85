"""Bytes and text of single FIX messages: checksum, fields, changes that keep a message valid.

Here: small functions on one message, for the door and the sessions. Not here: finding messages in
a stream (framing), what a field means (codec), sessions.
"""

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from zlib import adler32

from fixgate.adapters.fix.tags import SOH

_TRAILER_BYTES: Final = 7  # 10=nnn|
# While the sum fits, Adler-32 has the sum of the bytes, plus one, in its lower half.
_ADLER_EXACT_BYTES: Final = 256
_ADLER_EXACT_ASCII: Final = 512
_SECRET: Final = re.compile(rb"(?:(?<=\x01)|^)(554|925)=[^\x01]*")  # Password, NewPassword
_SUBSTITUTE: Final = "\x1a"  # ASCII SUB: stands where a character was invalid
_ONE_FIELD: Final = re.compile(r"([^=\x01]*)=([^\x01]*)\x01")


def checksum(data: bytes) -> int:
    """The sum of the bytes modulo 256, as FIX defines CheckSum (10); five times sum()'s speed."""
    size = len(data)
    if size <= _ADLER_EXACT_BYTES or (size <= _ADLER_EXACT_ASCII and data.isascii()):
        return (adler32(data) - 1) & 0xFF
    return sum(
        (adler32(data[at : at + _ADLER_EXACT_BYTES]) & 0xFFFF) - 1
        for at in range(0, len(data), _ADLER_EXACT_BYTES)
    ) & 0xFF  # fmt: skip


def compose(begin_string: str, fields: Iterable[tuple[int, str]]) -> str:
    """A complete message: BeginString, BodyLength, the fields in the order given, CheckSum."""
    inside = "".join(f"{tag}={value}{SOH}" for tag, value in fields)
    return enclose(f"8={begin_string}{SOH}", inside)


def enclose(begin: str, inside: str) -> str:
    """Put BodyLength and CheckSum around fields; ``begin`` is ``8=…|``."""
    size = len(inside) if inside.isascii() else len(inside.encode())
    text = f"{begin}9={size}{SOH}{inside}"
    return f"{text}10={checksum(text.encode()):03d}{SOH}"


def value_of(text: str, tag: int) -> str | None:
    """The value of the first field with this tag; None if absent. Not for BeginString (8)."""
    start = text.find(f"\x01{tag}=")
    if start < 0:
        return None
    start = text.index("=", start) + 1
    return text[start : text.index(SOH, start)]


def pairs(text: str) -> list[tuple[str, str]]:
    """Every field as tag and value, in order. Length-prefixed fields are not looked at."""
    return _ONE_FIELD.findall(text)


def tell(text: str) -> tuple[str, int]:
    """MsgType and MsgSeqNum of a message whose framing is known to be right."""
    kind = text.index("\x0135=") + 4
    number = text.index("\x0134=") + 4
    return text[kind : text.index(SOH, kind)], int(text[number : text.index(SOH, number)])


def with_values(text: str, changes: Mapping[int, str]) -> str:
    """The message with some fields' values replaced, and its length and checksum put right."""
    begin, _, rest = text.partition(SOH)
    fields = pairs(rest)[1:-1]
    inside = "".join(
        f"{tag}={changes.get(int(tag), value) if tag.isdigit() else value}{SOH}"
        for tag, value in fields
    )
    return enclose(begin + SOH, inside)


def repeated(text: str, sending_time: str) -> str:
    """A message of ours sent again: PossDupFlag (43), its first time in OrigSendingTime (122)."""
    begin, _, rest = text.partition(SOH)
    inside = rest[rest.index(SOH) + 1 : -_TRAILER_BYTES]
    first_time = value_of(text, 52)
    inside = inside.replace(
        f"{SOH}52={first_time}{SOH}",
        f"{SOH}43=Y{SOH}52={sending_time}{SOH}122={first_time}{SOH}",
        1,
    )
    return enclose(begin + SOH, inside)


def sent_again(text: str, *, msg_seq_num: int, sending_time: str) -> str:
    """A message of ours under a new number, with PossResend (97): it may have arrived before."""
    begin, _, rest = text.partition(SOH)
    inside = rest[rest.index(SOH) + 1 : -_TRAILER_BYTES]
    for tag, value in ((34, str(msg_seq_num)), (52, sending_time)):
        inside = inside.replace(
            f"{SOH}{tag}={value_of(text, tag)}{SOH}", f"{SOH}{tag}={value}{SOH}", 1
        )
    if value_of(text, 97) is None:
        target = f"{SOH}56={value_of(text, 56)}{SOH}"
        inside = inside.replace(target, f"{target}97=Y{SOH}", 1)
    return enclose(begin + SOH, inside)


def without(text: str, tag: int) -> str:
    """The message without the fields of one tag."""
    begin, _, rest = text.partition(SOH)
    kept = [(each, value) for each, value in pairs(rest)[1:-1] if each != str(tag)]
    return enclose(begin + SOH, "".join(f"{each}={value}{SOH}" for each, value in kept))


def only_leading(text: str, tags: frozenset[str]) -> str:
    """The message cut off before its first field that is not one of ``tags``."""
    begin, _, rest = text.partition(SOH)
    kept: list[str] = []
    for tag, value in pairs(rest)[1:-1]:
        if tag not in tags:
            break
        kept.append(f"{tag}={value}{SOH}")
    return enclose(begin + SOH, "".join(kept))


def engine_text(raw: bytes) -> str:
    """The text the engine is fed: valid UTF-8 without NUL.

    Bytes that are neither become SUB characters, one for one, and CheckSum is put right. A NUL
    that the engine echoes and stores would cut the stored message, and resends of it never end.
    SUB cannot be mistaken for what a client meant: an order whose ClOrdID has one is refused.
    """
    if raw.isascii() and b"\0" not in raw:
        return raw.decode("ascii")
    text = raw.decode("utf-8", "fixgate_substitute").replace("\0", _SUBSTITUTE)
    if text.encode() == raw:
        return text
    body = text[:-_TRAILER_BYTES]
    return f"{body}10={checksum(body.encode()):03d}{SOH}"


def wire_bytes(text: str) -> bytes:
    """The bytes of a text that came from the engine."""
    return text.encode("utf-8", "surrogateescape")


def record_text(raw: bytes) -> str:
    """One character per byte, for the record, with passwords masked (CheckSum stays)."""
    if b"554=" in raw or b"925=" in raw:
        raw = _SECRET.sub(rb"\1=***", raw)
    return raw.decode("latin-1")


def twice(fields: Sequence[tuple[str, str]]) -> str | None:
    """The first tag that occurs twice; None if none does."""
    seen: set[str] = set()
    for tag, _ in fields:
        if tag in seen:
            return tag
        seen.add(tag)
    return None


def _substitute(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _SUBSTITUTE * (error.end - error.start), error.end


codecs.register_error("fixgate_substitute", _substitute)
