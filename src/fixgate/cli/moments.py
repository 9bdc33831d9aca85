"""Times and days as a person types and reads them, all UTC.

Here: moment_ns(), past_ns(), day_ns(), microseconds(), length().
Not here: any one command.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from fixgate.cli.console import usage

SECOND_NS: Final = 1_000_000_000
DAY_NS: Final = 86_400 * SECOND_NS
_AGO: Final = re.compile(r"(\d+)([smhd])")
_SECONDS: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_CLOCK_TIME: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?")
# What the journal can number: nanoseconds since 1970 in 63 bits.
_LAST_NS: Final = 2**63 - 1 - DAY_NS
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment_ns(option: str, text: str, now: int) -> int:
    """A time that a person typed, as UTC nanoseconds since 1970; ``now`` is the same."""
    ago = _AGO.fullmatch(text)
    if ago is not None:
        at_ns = now - int(ago[1]) * _SECONDS[ago[2]] * SECOND_NS
        return _within(option, text, at_ns)
    full = text
    if _CLOCK_TIME.fullmatch(text):
        today = (_EPOCH + timedelta(seconds=now // SECOND_NS)).date()
        full = f"{today}T{text.zfill(5) if text.count(':') == 1 else text.zfill(8)}"
    try:
        moment = datetime.fromisoformat(full)
    except ValueError:
        usage(f"{option} {text}: a time like 10m, 2h, 14:30 or 2030-12-31T14:30")
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    return _within(option, text, (moment - _EPOCH) // timedelta(microseconds=1) * 1_000)


def past_ns(option: str, text: str, now: int) -> int:
    """A time that a person typed and that has come."""
    at_ns = moment_ns(option, text, now)
    if at_ns > now:
        usage(f"{option} {text}: that time has not come")
    return at_ns


def day_ns(option: str, text: str, now: int) -> int:
    """The beginning of a day that a person typed."""
    today = now - now % DAY_NS
    if text in ("today", "yesterday"):
        return today if text == "today" else today - DAY_NS
    try:
        day = date.fromisoformat(text)
    except ValueError:
        usage(f"{option} {text}: a day like 2030-12-31, today or yesterday")
    return _within(option, text, (day - _EPOCH.date()).days * DAY_NS)


def _within(option: str, text: str, at_ns: int) -> int:
    """A time that the journal can have, or end the command."""
    if not 0 <= at_ns <= _LAST_NS:
        usage(f"{option} {text}: a time from 1970 to 2262")
    return at_ns


def microseconds(at_ns: int) -> str:
    """A time in full: 2030-12-31 14:30:00.123456."""
    return f"{_EPOCH + timedelta(microseconds=at_ns // 1_000):%Y-%m-%d %H:%M:%S.%f}"


def iso(at_ns: int) -> str:
    """A time for machines: 2030-12-31T14:30:00.123456Z."""
    return microseconds(at_ns).replace(" ", "T") + "Z"


def length(ns: int) -> str:
    """How long something took, in the unit that suits it."""
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    if ns < 1_000_000:
        return f"{sign}{ns / 1_000:.0f} us"
    if ns < SECOND_NS:
        return f"{sign}{ns / 1_000_000:.3f} ms"
    if ns < 120 * SECOND_NS:
        return f"{sign}{ns / SECOND_NS:.3f} s"
    return f"{sign}{timedelta(seconds=ns // SECOND_NS)}"
