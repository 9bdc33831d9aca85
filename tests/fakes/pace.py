"""Time that a test moves by hand.

Here: HandPace, a Pace whose sleepers wake only when the test lets time go by.
"""

import asyncio


class HandPace:
    """Time that moves only as far as the earliest sleeper, when the test lets it."""

    def __init__(self) -> None:
        self.at = 1_000.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        awake = asyncio.Event()
        self._sleepers.append((self.at + seconds, awake))
        await awake.wait()

    async def pass_until(self, at: float) -> None:
        """Let time go by, waking everybody who is due, in order."""
        await self._settle()
        while due := [each for each in self._sleepers if each[0] <= at]:
            first = min(due, key=lambda each: each[0])
            self._sleepers.remove(first)
            self.at = max(self.at, first[0])
            first[1].set()
            await self._settle()
        self.at = at

    async def _settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)
