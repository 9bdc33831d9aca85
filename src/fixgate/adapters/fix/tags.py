"""FIX text and its pieces: splitting, time stamps, decimals.

Here: functions that know FIX's syntax but no message.
Not here: which message carries what (decode, encode), framing of bytes (framing).
"""

import re
from calendar import timegm
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from fixgate.domain.rounding import FRACTION_DIGITS_MAX, within_limits

SOH: Final = "\x01"
TEXT_LENGTH_MAX: Final = 512
# Said of what to_decimal() does not take.
NO_DECIMAL: Final = "is not a number of at most 15 integer and 12 fraction digits"
_DECIMAL: Final = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")  # \d would take other scripts
_TIMESTAMP: Final = re.compile(r"[0-9]{8}-[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?")
_DATE: Final = re.compile(r"[0-9]{8}")
_NS: Final = 1_000_000_000
_DAY_NS: Final = 86_400 * _NS


def split(text: str) -> dict[str, str]:
    """The fields of a message by tag. Of a repeated tag (in groups) the last one stands."""
    return dict([field.split("=", 1) for field in text.split(SOH) if "=" in field])


def to_decimal(text: str) -> Decimal | None:
    """A FIX float exactly; None if it is none, or has more digits than we can hold."""
    if _DECIMAL.fullmatch(text) is None:
        return None
    if "." in text:
        text = text.rstrip("0").rstrip(".") or "0"
    value = Decimal(text if text not in ("-", "") else "0")
    # So few characters are within limits.
    return value if len(text) <= FRACTION_DIGITS_MAX or within_limits(value) else None


@lru_cache(maxsize=4)
def _to_the_second(second: int) -> str:
    return datetime.fromtimestamp(second, tz=UTC).strftime("%Y%m%d-%H:%M:%S")


def utc_timestamp(at_ns: int) -> str:
    """UTCTimestamp in milliseconds, which FIX 4.2 and 4.4 both allow."""
    second, rest = divmod(at_ns, _NS)
    return f"{_to_the_second(second)}.{rest // 1_000_000:03d}"


def to_ns(text: str) -> int | None:
    """A UTCTimestamp with up to nine fraction digits, in nanoseconds since 1970."""
    if _TIMESTAMP.fullmatch(text) is None:
        return None
    whole, _, fraction = text.partition(".")
    try:
        moment = datetime.strptime(whole, "%Y%m%d-%H:%M:%S")  # noqa: DTZ007 - UTC by definition
    except ValueError:
        return None
    return timegm(moment.timetuple()) * _NS + int(fraction.ljust(9, "0"))


def end_of_day_ns(text: str) -> int | None:
    """The last nanosecond of a LocalMktDate; our markets' local time is UTC."""
    if _DATE.fullmatch(text) is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return timegm(day.timetuple()) * _NS + _DAY_NS - 1


def clean(text: str) -> str:
    """Text (58) that no venue or client can break the message with."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return text[:TEXT_LENGTH_MAX] or " "
