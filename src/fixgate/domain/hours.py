"""When a session is open and when its sequence numbers begin again, by the clock on a wall.

Here: Window, Hours and Resets, pure arithmetic from times of the week in a time zone to instants.
A wall clock is put forward and back: a time it skips means the moment it jumps over it, a time it
shows twice means the first. So times keep their order, and windows that touch go on touching.
Not here: files (configuration), waiting for an instant (adapters/schedule), sessions.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from fixgate.domain.errors import require
from fixgate.domain.frozen import value

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEK: Final = timedelta(days=7)
_SECOND: Final = timedelta(seconds=1)


@value
class Window:
    """Open from a time of one weekday (0: Monday) until ``length`` later by the wall clock."""

    day: int
    opens: time
    length: timedelta

    def __post_init__(self) -> None:
        """At most a week, and not nothing."""
        require(0 <= self.day < len(DAYS), "a day of no week")
        require(timedelta(0) < self.length <= _WEEK, "a window that is empty or never ends")

    @property
    def start(self) -> timedelta:
        """Since Monday 00:00."""
        at = self.opens
        return timedelta(days=self.day, hours=at.hour, minutes=at.minute, seconds=at.second)


def overlapping(windows: tuple[Window, ...]) -> tuple[Window, Window] | None:
    """Two windows that are open at the same time of the week, if there are any."""
    ordered = sorted(windows, key=lambda each: each.start)
    for index, each in enumerate(ordered):
        last = index + 1 == len(ordered)
        after = ordered[0] if last else ordered[index + 1]
        if each.start + each.length > after.start + (_WEEK if last else timedelta(0)):
            return each, after
    return None


@value
class Hours:
    """The windows of a week, in one time zone."""

    zone: tzinfo
    windows: tuple[Window, ...]

    def __post_init__(self) -> None:
        """Some, and none of them twice."""
        require(bool(self.windows), "hours without a window")
        require(overlapping(self.windows) is None, "hours that overlap")

    def is_open(self, at: datetime) -> bool:
        """Whether the session is open at an instant."""
        return any(opens <= at < closes for opens, closes in self._around(at))

    def next_close(self, at: datetime) -> datetime | None:
        """When the session, open now, closes; None: it never does, or is closed already."""
        spans = self._around(at)
        now = next((span for span in spans if span[0] <= at < span[1]), None)
        if now is None:
            return None
        end = now[1]
        for opens, closes in spans:
            if opens <= end < closes:
                end = closes
        # Windows that touch all the way round the week: nothing ever closes.
        return None if end - at > _WEEK and self.is_open(end) else end

    def next_open(self, at: datetime) -> datetime:
        """When the session opens next, from an instant at which it is closed; ``at`` if open."""
        if self.is_open(at):
            return at
        return min(opens for opens, closes in self._around(at) if opens > at and closes > opens)

    def _around(self, at: datetime) -> list[tuple[datetime, datetime]]:
        """What is open from a week before to two weeks after, in order."""
        monday = _monday(at, self.zone)
        spans = [
            (
                instant(monday + _WEEK * week + each.start, self.zone),
                instant(monday + _WEEK * week + each.start + each.length, self.zone),
            )
            for week in (-2, -1, 0, 1, 2)
            for each in self.windows
        ]
        return sorted(spans)


@value
class Resets:
    """When sequence numbers begin again: every day at a time, or one day of the week."""

    zone: tzinfo
    at: time
    day: int | None = None  # None: every day

    def last(self, at: datetime) -> datetime:
        """The latest boundary that is not after an instant."""
        return max(each for each in self._around(at) if each <= at)

    def next(self, at: datetime) -> datetime:
        """The first boundary after an instant."""
        return min(each for each in self._around(at) if each > at)

    def between(self, since: datetime, until: datetime) -> datetime | None:
        """The latest boundary after ``since`` and not after ``until``; None: there is none."""
        last = self.last(until)
        return last if last > since else None

    def _around(self, at: datetime) -> Iterator[datetime]:
        monday = _monday(at, self.zone)
        offset = timedelta(hours=self.at.hour, minutes=self.at.minute, seconds=self.at.second)
        days = range(len(DAYS)) if self.day is None else (self.day,)
        for week in (-2, -1, 0, 1, 2):
            for day in days:
                yield instant(monday + _WEEK * week + timedelta(days=day) + offset, self.zone)


def closed_text(hours: Hours, at: datetime) -> str:
    """When a closed session opens, for people: by the clock of its zone, and in UTC."""
    opens = hours.next_open(at)
    here = opens.astimezone(hours.zone)
    return f"The session is closed; it opens {here:%a %Y-%m-%d %H:%M %Z} ({opens:%H:%M} UTC)"


def instant(wall: datetime, zone: tzinfo) -> datetime:
    """The first instant at which a clock in ``zone`` shows ``wall`` or later."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return first
    # The clock skips it. One reading of it lies before the jump, the other after it.
    before, after = sorted((first, wall.replace(tzinfo=zone, fold=1).astimezone(UTC)))
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _monday(at: datetime, zone: tzinfo) -> datetime:
    """Monday 00:00 of the week, as the wall clock shows it."""
    wall = at.astimezone(zone).replace(tzinfo=None, fold=0)
    return datetime.combine(wall.date() - timedelta(days=wall.weekday()), time())
