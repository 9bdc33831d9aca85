"""Waiting, so that tests need not.

Here: Pace (a port of this adapter's own), its real form, waiting for an event or a time, and
exponential backoff.
Not here: the time of day, which is the Clock port.
"""

import asyncio
from typing import Protocol


class Pace(Protocol):
    """Measures and waits. Seconds."""

    def now(self) -> float:
        """Monotonic seconds since some moment."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        ...


class LoopPace:
    """The running event loop's own time."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Backoff:
    """Ever longer pauses: ``first_s``, doubled each time, at most ``max_s``."""

    def __init__(self, *, first_s: float, max_s: float) -> None:
        self._first_s = first_s
        self._max_s = max_s
        self._next_s = first_s

    def next_s(self) -> float:
        """How long to wait before the next try."""
        now = self._next_s
        self._next_s = min(now * 2, self._max_s)
        return now

    def reset(self) -> None:
        """It worked: begin with the shortest pause again."""
        self._next_s = self._first_s


async def is_set_within(seconds: float, event: asyncio.Event, pace: Pace) -> bool:
    """Return when the event is set, or after so many seconds; whether it is set."""
    waits = (asyncio.ensure_future(event.wait()), asyncio.ensure_future(pace.sleep(seconds)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
    return event.is_set()
