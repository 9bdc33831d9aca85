"""How far this machine's clock may be off (control 31).

Here: ClockWatch, which reads what the kernel's clock discipline says (adjtimex) and compares the
wall clock with the one that is never put forward or back.
Not here: what follows (decide.operator); setting clocks.
"""

import ctypes
import ctypes.util
import time
from collections.abc import Iterator
from typing import Final

from fixgate.domain.frozen import value
from fixgate.domain.inputs import ClockChecked

_NS: Final = 1_000_000_000
_EVERY_NS: Final = 3_600 * _NS
_STA_UNSYNC: Final = 0x0040
_STA_NANO: Final = 0x2000
_ERROR: Final = -1


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2), as far as it is read, and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


@value
class Discipline:
    """What the kernel says of its clock."""

    offset_us: int
    error_us: int  # the most that it may be off
    synchronised: bool


def discipline() -> Discipline | None:
    """As of now; None: this system does not say."""
    try:
        libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
        found = _Timex()
        if libc.adjtimex(ctypes.byref(found)) == _ERROR:
            return None
    except (OSError, AttributeError):
        return None
    nano = bool(found.status & _STA_NANO)
    return Discipline(
        offset_us=int(found.offset) // (1_000 if nano else 1),
        error_us=int(found.maxerror),
        synchronised=not found.status & _STA_UNSYNC,
    )


class ClockWatch:
    """Looks once a second; notes for the journal at the start, every hour, and when it is off."""

    def __init__(self, *, offset_max_ms: int) -> None:
        self._offset_max_us = offset_max_ms * 1_000
        self._apart_ns: int | None = None
        self._noted_ns = 0
        self._off = False

    def look(self, now_ns: int) -> Iterator[ClockChecked]:
        """A reading that the journal should have."""
        apart_ns = now_ns - time.monotonic_ns()
        stepped_us = 0 if self._apart_ns is None else (apart_ns - self._apart_ns) // 1_000
        self._apart_ns = apart_ns
        read = discipline()
        known = read is not None and read.synchronised
        checked = ClockChecked(
            offset_us=read.offset_us if read is not None and known else None,
            error_us=read.error_us if read is not None and known else None,
            stepped_us=stepped_us,
            offset_max_us=self._offset_max_us,
        )
        due = now_ns - self._noted_ns >= _EVERY_NS
        news = checked.is_off and not self._off
        self._off = checked.is_off
        if due or news:
            self._noted_ns = now_ns
            yield checked
