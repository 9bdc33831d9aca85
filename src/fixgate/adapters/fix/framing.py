"""Bytes in, FIX messages out; no sockets.

Here: Framer, which finds messages in a stream and verifies BodyLength, CheckSum and the lengths
of DATA fields. Not here: sequence numbers, sessions, what is done with a garbled message.

FIX 4.4 vol. 2, "Garbled messages": a message that is not 8, 9, 35 in this order, or whose
BodyLength or CheckSum is wrong, is ignored and its MsgSeqNum is not counted.
"""

import re
from typing import Final, NamedTuple

from fixgate.adapters.fix.data_fields import PRESENT, Fault, fault_of
from fixgate.adapters.fix.fields import checksum

MESSAGE_BYTES_MAX: Final = 65_536
MSG_SEQ_NUM_MAX: Final = 999_999_999
_START: Final = b"8=FIX."
_HEAD: Final = re.compile(rb"8=FIX\.[0-9.]{1,6}\x019=([0-9]{1,20})\x0135=")
# Every beginning of a head, so that an incomplete one is told from a wrong one: 8(?:=(?:F(?:…)?)?)?
_HEAD_SO_FAR: Final = re.compile(
    b"(?:".join(rb"8 = F I X \. [0-9.]{0,6} \x01 9 = [0-9]{0,20} \x01 3 5 =".split()) + b")?" * 14
)
_HEAD_BYTES_MAX: Final = 48
_MSG_TYPE_BYTES_MAX: Final = 8
_TRAILER_BYTES: Final = 7  # 10=nnn|
_SOH: Final = 0x01


class Frame(NamedTuple):
    """One well-framed message. A tuple and not a dataclass: one is made for every message."""

    raw: bytes
    msg_type: str
    msg_seq_num: int  # 0: MsgSeqNum (34) is missing or not a number up to MSG_SEQ_NUM_MAX
    poss_dup: bool
    body_at: int  # where 35= begins
    fault: Fault | None = None  # why it must not be fed to the engine


class Garbage(NamedTuple):
    """Bytes that are not a message. ``fatal``: what follows cannot be trusted either."""

    raw: bytes
    reason: str
    fatal: bool = False


class _Bad(NamedTuple):
    reason: str
    fatal: bool = False


class Framer:
    """Feed it what a socket gives; it keeps at most one incomplete message.

    A message that says it is longer than ``bytes_max`` costs nothing: it is fatal at once.
    """

    def __init__(self, *, bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._rest = b""
        self._needed = 0

    @property
    def rest(self) -> bytes:
        """The bytes of a message that is not complete yet."""
        return self._rest

    def feed(self, data: bytes) -> list[Frame | Garbage]:
        """The messages and the garbage that are complete now, in order."""
        buffer = self._rest + data if self._rest else data
        found: list[Frame | Garbage] = []
        at = bad_from = 0
        bad: _Bad | None = None
        # Less than is needed for the next message: nothing to find yet.
        while len(buffer) - at >= self._needed and at < len(buffer):
            one = self._one(buffer, at)
            if one is None:
                break
            if isinstance(one, Frame):
                if bad is not None:
                    found.append(Garbage(buffer[bad_from:at], *bad))
                    bad = None
                found.append(one)
                at += len(one.raw)
                self._needed = 0
                continue
            if bad is None:
                bad, bad_from = one, at
            if one.fatal:
                found.append(Garbage(buffer[bad_from : bad_from + self._bytes_max], *one))
                self._rest = b""
                return found
            at = self._next_start(buffer, at)
        if bad is not None:
            found.append(Garbage(buffer[bad_from:at], *bad))
        self._rest = buffer[at:]
        return found

    def _one(self, buffer: bytes, at: int) -> Frame | _Bad | None:
        """The message at ``at``; why there is none; or None while it is incomplete."""
        self._needed = 0
        head = _HEAD.match(buffer, at)
        if head is None:
            so_far = _HEAD_SO_FAR.fullmatch(buffer[at : at + _HEAD_BYTES_MAX])
            return None if so_far is not None else _Bad("does not begin with 8=FIX, 9= and 35=")
        body_at = head.end() - 3  # 35=
        end = body_at + int(head[1])
        size = end + _TRAILER_BYTES - at
        if size > self._bytes_max:
            return _Bad(f"longer than {self._bytes_max} bytes", fatal=True)
        if at + size > len(buffer):
            self._needed = size
            return None
        return _verified(buffer, at, body_at, end)

    def _next_start(self, buffer: bytes, at: int) -> int:
        start = buffer.find(_START, at + 1)
        if start >= 0:
            return start
        # The last bytes may be the beginning of a message.
        for kept in range(min(len(_START) - 1, len(buffer) - at - 1), 0, -1):
            if buffer.endswith(_START[:kept]):
                return len(buffer) - kept
        return len(buffer)


def _verified(buffer: bytes, at: int, body_at: int, end: int) -> Frame | _Bad:
    stop = end + _TRAILER_BYTES
    if buffer[end - 1] != _SOH or buffer[stop - 1] != _SOH or not buffer.startswith(b"10=", end):
        return _Bad("BodyLength (9) is wrong")
    digits = buffer[end + 3 : stop - 1]
    if not digits.isdigit() or int(digits) != checksum(buffer[at:end]):
        return _Bad("CheckSum (10) is wrong")
    type_at = body_at + 3
    type_end = buffer.find(b"\x01", type_at, type_at + _MSG_TYPE_BYTES_MAX + 1)
    msg_type = buffer[type_at:type_end]
    if type_end < 0 or not msg_type.isalnum():
        return _Bad("MsgType (35) is not one")
    raw = buffer[at:stop]
    fault = fault_of(raw) if PRESENT.search(raw) is not None else None
    return Frame(
        raw,
        msg_type.decode("ascii"),
        _msg_seq_num(raw),
        b"\x0143=Y\x01" in raw,
        body_at - at,
        fault,
    )


def _msg_seq_num(raw: bytes) -> int:
    at = raw.find(b"\x0134=")
    if at < 0:
        return 0
    digits = raw[at + 4 : raw.find(b"\x01", at + 4)]
    if not digits.isdigit() or len(digits) > len(str(MSG_SEQ_NUM_MAX)):
        return 0
    return int(digits)
