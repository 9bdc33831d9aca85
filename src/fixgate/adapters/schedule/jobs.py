"""Jobs that run at their times, on the event loop.

APScheduler keeps the times and wakes us; a job only ever asks "what is due now?" of somebody who
knows. So one that was late, or that ran twice, does no harm, and neither does a clock that was put
right: missed runs are made up for at once, all of them by one.

Here: Jobs and Job. Not here: what is due.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from fixgate.application.ports.clock import Clock
from fixgate.domain.frozen import value

log = structlog.get_logger("fixgate.schedule")
NextTime = Callable[[datetime], datetime | None]
_NS: Final = 1_000_000_000


@value
class Job:
    """One thing that is done at its times.

    next_time: when it is due first after an instant; None: never again.
    """

    name: str
    help: str
    next_time: NextTime
    run: Callable[[], Awaitable[None] | None]


@value
class Listed:
    """A job and how it stands."""

    name: str
    help: str
    next_at: datetime | None
    last_at: datetime | None
    failure: str | None  # why its last run failed


class Jobs:
    """What is scheduled, from ``start`` to ``stop``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._jobs: dict[str, Job] = {}
        self._last: dict[str, tuple[datetime, str | None]] = {}

    def start(self) -> None:
        """Begin; on the event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """End; a job that runs now is the last."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def add(self, job: Job) -> None:
        """Have a job run at its times; one of the same name is replaced."""
        self._jobs[job.name] = job
        self._plan(job)

    def remove(self, name: str) -> None:
        """Forget a job."""
        self._jobs.pop(name, None)
        if self._scheduler.get_job(name) is not None:
            self._scheduler.remove_job(name)

    def listed(self) -> list[Listed]:
        """Every job, the next one first."""
        found = []
        for job in self._jobs.values():
            planned = self._scheduler.get_job(job.name)
            last_at, failure = self._last.get(job.name, (None, None))
            found.append(
                Listed(
                    name=job.name,
                    help=job.help,
                    next_at=None if planned is None else planned.trigger.run_date,
                    last_at=last_at,
                    failure=failure,
                )
            )
        end = datetime.max.replace(tzinfo=UTC)
        return sorted(found, key=lambda each: (each.next_at or end, each.name))

    def _plan(self, job: Job) -> None:
        next_at = job.next_time(self._now())
        if next_at is None:
            if self._scheduler.get_job(job.name) is not None:
                self._scheduler.remove_job(job.name)
            return
        self._scheduler.add_job(
            self._run,
            "date",
            run_date=next_at,
            args=[job.name],
            id=job.name,
            misfire_grace_time=None,  # late is better than never
            replace_existing=True,
            # It is planned again while it still counts as running. Were only one allowed, a next
            # run that is due at once would be skipped, and with it every later one.
            max_instances=2,
        )

    async def _run(self, name: str) -> None:
        """On the event loop, as a task of it; one that takes long is awaited."""
        job = self._jobs.get(name)
        if job is None:
            return
        failure = None
        try:
            begun = job.run()
            if begun is not None:
                await begun
        except asyncio.CancelledError:
            return  # the jobs were stopped; APScheduler would print it as a failure
        except Exception as error:
            # One job that fails must not keep the others, or its own next run, from their times.
            failure = f"{type(error).__name__}: {error}"
            log.exception("job failed", job=name)
        self._last[name] = (self._now(), failure)
        if self._jobs.get(name) is job:
            self._plan(job)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ns() / _NS, UTC)


def daily(at: timedelta) -> NextTime:
    """Every day at a time of day, UTC."""

    def next_time(now: datetime) -> datetime:
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        today = midnight + at
        return today if today > now else today + timedelta(days=1)

    return next_time
