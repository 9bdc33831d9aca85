"""What the configuration schedules: when sessions open and close, and when numbers begin again.

Here: Timetable, which puts a session's times among the jobs and takes them out again, and shows
the jobs to operations.
Not here: waiting for a time (adapters.schedule), what is done then (adapters.fix).
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json
from fixgate.adapters.schedule.jobs import Job, Jobs, daily
from fixgate.bootstrap.settings import Configuration, SessionFile
from fixgate.domain.hours import Hours

DROP_COPIES_EVERY_S: Final = 30.0


class Timetable:
    """The jobs of sessions."""

    def __init__(self, jobs: Jobs, keep_hours: Callable[[], None], verbs: Verbs) -> None:
        self._jobs = jobs
        self._keep_hours = keep_hours
        verbs.add("jobs", self._show, help="What is scheduled, and when it ran last")

    def add(self, session: SessionFile) -> None:
        """A session is configured; its times may have changed."""
        self.remove(session.name)
        if session.schedule is None:
            return
        hours, resets = session.schedule.hours(), session.schedule.resets()
        if hours is not None:
            self._add(_hours(session.name), "the session opens or closes", next_change(hours))
        if resets is not None:
            text = f"its sequence numbers begin again ({session.schedule.reset})"
            self._add(_reset(session.name), text, resets.next)

    def archive(self, configuration: Configuration) -> None:
        """Archive closed days every day, if the configuration says so."""
        settings = configuration.gateway.archive
        if settings.daily:
            at = settings.daily_at
            self._jobs.add(
                Job(
                    name="archive",
                    help="closed days go to the archive",
                    next_time=daily(timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)),
                    run=lambda: archive_closed_days(configuration.home),
                )
            )

    def reconcile(self, every_s: float, run: Callable[[], Awaitable[None]]) -> None:
        """Ask the venues what their accounts hold: at once, and every so often."""
        if every_s:
            text = "venues are asked for balances and positions"
            self._jobs.add(
                Job(name="reconcile", help=text, next_time=at_once_and_every(every_s), run=run)
            )

    def reconcile_trades(self, every_s: float, run: Callable[[], Awaitable[None]]) -> None:
        """Hold trades against drop copies and venues: at once, and every so often."""
        if every_s:
            text = "trades are compared with drop copies and venues"
            next_time = at_once_and_every(every_s)
            self._jobs.add(Job(name="trades", help=text, next_time=next_time, run=run))

    def compare_drop_copies(self, run: Callable[[], Awaitable[None]]) -> None:
        """Hold what drop copy sessions got against what was to be copied."""
        text = "drop copies are compared with what they copy"
        next_time = at_once_and_every(DROP_COPIES_EVERY_S)
        self._jobs.add(Job(name="drop copies", help=text, next_time=next_time, run=run))

    def remove(self, name: str) -> None:
        """A session is configured no more."""
        self._jobs.remove(_hours(name))
        self._jobs.remove(_reset(name))

    def _add(self, name: str, text: str, times: Callable[[datetime], datetime | None]) -> None:
        self._jobs.add(Job(name=name, help=text, next_time=times, run=self._keep_hours))

    async def _show(self, _: Call) -> Json:
        return {
            each.name: {
                "help": each.help,
                "next": None if each.next_at is None else each.next_at.isoformat(),
                "last": None if each.last_at is None else each.last_at.isoformat(),
                "failure": each.failure,
            }
            for each in self._jobs.listed()
        }


async def archive_closed_days(home: Path) -> None:
    """`fixgate archive`, in a process of its own: it computes for long, and orders come first.

    Raises:
        RuntimeError: it failed; the message is what it said.
    """
    words = ("archive", "--home", str(home), "--by", "schedule", "--reason", "the daily archive")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fixgate.cli",
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        raise RuntimeError(said.decode(errors="replace").strip() or f"status {process.returncode}")


def at_once_and_every(seconds: float) -> Callable[[datetime], datetime]:
    """When something is due that is due from the start on, so long after it was last done."""
    begun = False

    def next_time(now: datetime) -> datetime:
        nonlocal begun
        wait_s, begun = seconds if begun else 0.0, True
        return now + timedelta(seconds=wait_s)

    return next_time


def next_change(hours: Hours) -> Callable[[datetime], datetime | None]:
    """When a session opens or closes next; None: it never closes."""

    def next_time(now: datetime) -> datetime | None:
        return hours.next_close(now) if hours.is_open(now) else hours.next_open(now)

    return next_time


def _hours(name: str) -> str:
    return f"hours {name}"


def _reset(name: str) -> str:
    return f"reset {name}"
