"""Jobs run at their times, whatever becomes of the others."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from fixgate.adapters.schedule.jobs import Job, Jobs, daily

LIMIT_S = 20


class Clock:
    def now_ns(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_REALTIME)


def soon(count: int):
    """So many times, a moment apart, and never again."""
    left = iter(range(count))

    def next_time(now: datetime) -> datetime | None:
        return None if next(left, None) is None else now + timedelta(milliseconds=5)

    return next_time


async def test_a_job_runs_at_each_of_its_times_and_then_never_again():
    jobs = Jobs(Clock())
    runs: list[int] = []
    third = asyncio.Event()

    def run() -> None:
        runs.append(1)
        if len(runs) == 3:
            third.set()

    jobs.add(Job(name="often", help="three times", next_time=soon(3), run=run))
    jobs.start()
    async with asyncio.timeout(LIMIT_S):
        await third.wait()
    await asyncio.sleep(0)
    (listed,) = jobs.listed()
    assert (listed.name, listed.next_at, listed.failure) == ("often", None, None)
    assert listed.last_at is not None
    jobs.stop()


async def test_a_job_that_fails_says_so_and_runs_again():
    jobs = Jobs(Clock())
    ran_again = asyncio.Event()
    tries: list[int] = []

    def run() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("no such disk")
        ran_again.set()

    jobs.add(Job(name="weak", help="", next_time=soon(2), run=run))
    jobs.add(Job(name="later", help="", next_time=daily(timedelta(hours=3)), run=run))
    jobs.start()
    async with asyncio.timeout(LIMIT_S):
        await ran_again.wait()
    assert {each.name: each.failure for each in jobs.listed()} == {"weak": None, "later": None}
    jobs.stop()


async def test_a_job_under_way_when_the_jobs_stop_is_no_failure(
    caplog: pytest.LogCaptureFixture,
):
    jobs = Jobs(Clock())
    begun, ended = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    jobs.add(Job(name="long", help="", next_time=soon(1), run=run))
    jobs.start()
    async with asyncio.timeout(LIMIT_S):
        await begun.wait()
        jobs.stop()
        await ended.wait()
    await asyncio.sleep(0)
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


async def test_a_job_that_was_removed_or_replaced_does_not_run():
    jobs = Jobs(Clock())
    done = asyncio.Event()
    wrong: list[str] = []
    jobs.add(Job(name="a", help="", next_time=soon(1), run=lambda: wrong.append("a")))
    jobs.add(Job(name="b", help="", next_time=soon(1), run=lambda: wrong.append("b")))
    jobs.remove("a")
    jobs.add(Job(name="b", help="", next_time=soon(1), run=done.set))
    jobs.start()
    async with asyncio.timeout(LIMIT_S):
        await done.wait()
    assert wrong == []
    assert [each.name for each in jobs.listed()] == ["b"]
    jobs.stop()


@pytest.mark.parametrize(
    ("now", "expected"),
    [("2026-03-29 02:59", "2026-03-29 03:00"), ("2026-03-29 03:00", "2026-03-30 03:00")],
)
def test_daily_is_the_next_time_that_comes(now, expected):
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    wanted = datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert daily(timedelta(hours=3))(at) == wanted
