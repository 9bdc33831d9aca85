"""What the tables of a session file may say: schedule, rates, client certificate.

Here: pydantic models, and what they come to in the words of the core and the door.
Not here: the session file itself (settings), what is done with it (adapters).
"""

import re
from datetime import time, timedelta
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from fixgate.domain.hours import DAYS, Hours, Resets, Window, overlapping

Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_DAY: Final = timedelta(days=1)
_LARGEST: Final = 10**9  # of seconds, thirty years: what is larger, or endless, is no time
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")


class Strict(BaseModel):
    """A model that refuses keys it does not know, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _has_an_end(cls, value: object) -> object:
        if isinstance(value, float) and not value <= _LARGEST:
            raise ValueError(f"must be {_LARGEST} or less")
        return value


def whole_second(at: time) -> time:
    """A time of day as files may say it; raises ValueError."""
    if at.tzinfo is not None or at.microsecond:
        raise ValueError("must be a time of day like 17:00 or 17:00:30, without a zone")
    return at


def _of_day(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


class OpenSettings(Strict):
    """[[schedule.open]]: on each of these days, from one time to another."""

    days: tuple[Day, ...] = Field(min_length=1)
    opens: time
    closes: time  # at or before ``opens``: on the day after
    closes_on: Day | None = None  # a later day of the week; then ``days`` has one day

    _times = field_validator("opens", "closes")(whole_second)

    @model_validator(mode="after")
    def _one_day_when_it_is_long(self) -> "OpenSettings":
        if len(set(self.days)) < len(self.days):
            raise ValueError("a day is named twice")
        if self.closes_on is not None and len(self.days) > 1:
            raise ValueError("closes_on goes with one day")
        return self

    def windows(self) -> tuple[Window, ...]:
        """One for each day."""
        return tuple(self._window(DAYS.index(each)) for each in self.days)

    def _window(self, day: int) -> Window:
        length = _of_day(self.closes) - _of_day(self.opens)
        if self.closes_on is not None:
            length += _DAY * ((DAYS.index(self.closes_on) - day) % len(DAYS))
            if length <= timedelta(0):
                length += _DAY * len(DAYS)
        elif length <= timedelta(0):
            length += _DAY
        return Window(day=day, opens=self.opens, length=length)


class ScheduleSettings(Strict):
    """[schedule]: when the session is open, and when its sequence numbers begin again."""

    time_zone: str
    open: tuple[OpenSettings, ...] | None = None  # None: always
    reset: Literal["never", "daily", "weekly"] = "never"
    reset_at: time | None = None
    reset_on: Day | None = None  # weekly

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"no time zone is named {name!r}; one is Europe/London") from None
        return name

    _times = field_validator("reset_at")(lambda at: at if at is None else whole_second(at))

    @model_validator(mode="after")
    def _fits_together(self) -> "ScheduleSettings":
        if self.open is not None and not self.open:
            raise ValueError("open is empty: the session could never log on")
        twice = overlapping(self._windows())
        if twice is not None:
            one, other = (f"{DAYS[each.day]} {each.opens:%H:%M:%S}" for each in twice)
            raise ValueError(f"the windows that open {one} and {other} overlap")
        if (self.reset == "never") is not (self.reset_at is None):
            raise ValueError("reset_at goes with reset = 'daily' or 'weekly'")
        if (self.reset == "weekly") is not (self.reset_on is not None):
            raise ValueError("reset_on goes with reset = 'weekly'")
        return self

    def _windows(self) -> tuple[Window, ...]:
        return tuple(window for each in self.open or () for window in each.windows())

    def hours(self) -> Hours | None:
        """When it is open; None: always."""
        if self.open is None:
            return None
        return Hours(zone=ZoneInfo(self.time_zone), windows=self._windows())

    def resets(self) -> Resets | None:
        """When numbers begin again; None: never by themselves."""
        if self.reset_at is None:
            return None
        day = None if self.reset_on is None else DAYS.index(self.reset_on)
        return Resets(zone=ZoneInfo(self.time_zone), at=self.reset_at, day=day)


class RateSettings(Strict):
    """[rates]: the bands for messages of one session, averaged over a second or so."""

    soft_per_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    hard_per_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    back_off_s: float = Field(default=30.0, ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _soft_comes_first(self) -> "RateSettings":
        soft, hard = self.soft_per_s, self.hard_per_s
        if soft is not None and hard is not None and soft >= hard:
            raise ValueError("soft_per_s must be below hard_per_s")
        return self


class MarketDataSettings(Strict):
    """[market_data]: what a session of that role may subscribe to, and how often it hears of it."""

    min_interval_ms: int = Field(
        default=100, ge=0, le=60_000
    )  # between messages of one subscription
    subscriptions_max: int = Field(default=1_000, ge=1, le=100_000)  # symbols
    stalled_s: float = Field(default=30.0, ge=1, le=3_600)  # without reading; then it is let go


class PositionSettings(Strict):
    """[positions]: subscriptions of RequestForPositions."""

    subscriptions_max: int = Field(default=10, ge=0, le=1_000)
    min_interval_ms: int = Field(default=1_000, ge=0, le=3_600_000)  # between updates of one


class CertificateSettings(Strict):
    """[client_certificate]: what the client's certificate must say; all that is given."""

    subject: Annotated[str, Field(min_length=1)] | None = None  # "CN=desk,O=Client" (RFC 4514)
    san: Annotated[str, Field(min_length=1)] | None = None  # a DNS name, e-mail, URI or address
    sha256: str | None = None  # of the certificate; colons are optional

    @field_validator("sha256")
    @classmethod
    def _is_a_fingerprint(cls, value: str | None) -> str | None:
        if value is None:
            return None
        plain = value.replace(":", "").lower()
        if _FINGERPRINT.fullmatch(plain) is None:
            raise ValueError("must be 64 hexadecimal digits, with or without colons")
        return plain

    @model_validator(mode="after")
    def _says_something(self) -> "CertificateSettings":
        if self.subject is None and self.san is None and self.sha256 is None:
            raise ValueError("needs subject, san or sha256")
        return self
