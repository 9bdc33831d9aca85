"""Session hours over any week of any time zone, changes of the clock included."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgate.domain.hours import Hours, Resets, Window, instant, overlapping

ZONES = [
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",  # half an hour
    "America/Santiago",  # at midnight
    "Pacific/Apia",  # a whole day was left out
    "Asia/Tokyo",
    "Africa/Casablanca",  # back for Ramadan
    "UTC",
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
seconds = st.integers(0, 24 * 365 * 86_400).map(lambda count: timedelta(seconds=count))
instants = seconds.map(lambda later: datetime(2011, 12, 1, tzinfo=UTC) + later)
walls = instants.map(lambda at: at.replace(tzinfo=None))
times = st.times().map(lambda at: at.replace(microsecond=0))


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    """Windows whose ends alternate around the week, so that none overlap."""
    of_week = st.integers(0, 7 * 86_400 - 1)
    ends = sorted(draw(st.lists(of_week, min_size=2, max_size=8, unique=True)))
    ends = ends[: len(ends) // 2 * 2]
    if draw(st.booleans()):
        ends = [*ends[1:], ends[0] + 7 * 86_400]  # the last one reaches into the next week
    midnight = datetime(2026, 1, 5, tzinfo=UTC)
    windows = tuple(
        Window(
            day=opens // 86_400,
            opens=(midnight + timedelta(seconds=opens)).time(),
            length=timedelta(seconds=closes - opens),
        )
        for opens, closes in zip(ends[::2], ends[1::2], strict=True)
    )
    return Hours(zone=draw(zones), windows=windows)


@given(walls, walls, zones)
def test_later_on_the_wall_is_never_earlier_in_truth(one, other, zone):
    early, late = sorted((one, other))
    assert instant(early, zone) <= instant(late, zone)


@given(walls, zones)
def test_an_instant_is_the_first_at_which_the_wall_clock_has_come_so_far(wall, zone):
    at = instant(wall, zone)
    assert at.astimezone(zone).replace(tzinfo=None) >= wall
    before = (at - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
    assert before < wall


@given(hours(), instants)
def test_open_agrees_with_the_boundary_that_comes_next(open_hours, at):
    if open_hours.is_open(at):
        closes = open_hours.next_close(at)
        assert closes is not None
        assert closes > at
        assert open_hours.is_open(closes - timedelta(seconds=1))
        assert not open_hours.is_open(closes)
    else:
        opens = open_hours.next_open(at)
        assert opens > at
        assert open_hours.is_open(opens)
        assert not open_hours.is_open(opens - timedelta(seconds=1))
        assert open_hours.next_close(at) is None


@given(zones, times, st.one_of(st.none(), st.integers(0, 6)), instants, instants)
def test_a_boundary_lies_between_two_instants_if_the_next_after_the_first_does(
    zone, wall, day, one, other
):
    resets = Resets(zone=zone, at=wall, day=day)
    since, until = sorted((one, other))
    found = resets.between(since, until)
    assert (found is not None) is (resets.next(since) <= until)
    if found is not None:
        assert since < found <= until < resets.next(until)
    assert resets.last(until) <= until


@given(zones, times, instants)
def test_there_is_one_boundary_a_day_whatever_the_clock_does(zone, wall, at):
    resets = Resets(zone=zone, at=wall)
    gap = resets.next(at) - resets.last(at)
    assert gap == resets.next(at) - resets.last(resets.next(at) - timedelta(seconds=1))
    assert timedelta(hours=22) < gap <= timedelta(hours=48)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_new_york_opens_at_the_same_wall_time_on_both_sides_of_the_change():
    zone = ZoneInfo("America/New_York")
    week = Hours(
        zone=zone, windows=(Window(day=6, opens=time(17), length=timedelta(days=5)),)
    )  # Sunday 17:00 to Friday 17:00
    assert week.next_close(at("2026-03-02 12:00")) == at("2026-03-06 22:00")
    assert week.next_open(at("2026-03-07 12:00")) == at("2026-03-08 21:00")  # summer time
    assert week.next_close(at("2026-03-09 12:00")) == at("2026-03-13 21:00")
    assert week.next_open(at("2026-10-31 12:00")) == at("2026-11-01 22:00")  # winter time


def test_a_window_whose_hour_is_skipped_does_not_open_that_day():
    zone = ZoneInfo("Europe/London")
    night = Hours(
        zone=zone, windows=(Window(day=6, opens=time(1, 10), length=timedelta(minutes=30)),)
    )
    # On 29 March 2026 the clock goes from 01:00 to 02:00.
    assert not night.is_open(at("2026-03-29 01:00"))
    assert night.next_open(at("2026-03-28 12:00")) == at("2026-04-05 00:10")


def test_an_hour_that_comes_twice_is_open_from_its_first_time():
    zone = ZoneInfo("America/New_York")
    night = Hours(zone=zone, windows=(Window(day=6, opens=time(1, 30), length=timedelta(hours=1)),))
    assert night.next_open(at("2026-11-01 00:00")) == at("2026-11-01 05:30")
    assert night.next_close(at("2026-11-01 05:30")) == at("2026-11-01 07:30")


def test_touching_windows_are_one_and_a_full_week_never_closes():
    days = tuple(Window(day=day, opens=time(), length=timedelta(days=1)) for day in range(7))
    zone = ZoneInfo("Europe/Berlin")
    assert Hours(zone=zone, windows=days).next_close(at("2026-05-05 12:00")) is None
    weekdays = Hours(zone=zone, windows=days[:5])
    assert weekdays.next_close(at("2026-05-05 12:00")) == at("2026-05-08 22:00")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Window(day=0, opens=time(8), length=timedelta(hours=9)),
         Window(day=0, opens=time(16), length=timedelta(hours=1))),
        (Window(day=6, opens=time(20), length=timedelta(hours=6)),
         Window(day=0, opens=time(1), length=timedelta(hours=1))),
        (Window(day=3, opens=time(8), length=timedelta(hours=1)),
         Window(day=3, opens=time(8), length=timedelta(hours=1))),
    ],
)  # fmt: skip
def test_windows_that_share_a_moment_of_the_week_overlap(one, other):
    assert overlapping((one, other)) is not None
    assert overlapping((one,)) is None
