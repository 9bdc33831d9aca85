"""Whose turn it is: fair shares of the event loop among connections.

Here: Turns. Not here: what a connection does with its turn.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol


class Worker(Protocol):
    """Something with work that can be done in pieces."""

    scheduled: bool

    def work(self, most: int) -> tuple[int, bool]:
        """Do at most ``most`` units; how many were done, and whether more can be done at once."""
        ...


class Turns:
    """Round robin, at most ``per_turn`` units per turn of the event loop for all together.

    ``room`` says whether there is room for what the work produces; while there is not, nothing is
    done until ``resume`` is called.
    """

    def __init__(self, *, per_turn: int, per_worker: int, room: Callable[[], bool]) -> None:
        self._per_turn = per_turn
        self._per_worker = per_worker
        self._room = room
        self._ready: deque[Worker] = deque()
        self._is_scheduled = False

    def wake(self, worker: Worker) -> None:
        """The worker has something to do."""
        if not worker.scheduled:
            worker.scheduled = True
            self._ready.append(worker)
        self.resume()

    def take_now(self, worker: Worker) -> None:
        """As ``wake``, and its turn is now if nobody waits: a lone message need not wait a turn."""
        if not worker.scheduled:
            worker.scheduled = True
            self._ready.append(worker)
        if not self._is_scheduled:
            self._turn()

    def resume(self) -> None:
        """There may be room again."""
        if not self._is_scheduled and self._ready:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_scheduled = False
        left = self._per_turn
        try:
            while self._ready and left > 0 and self._room():
                worker = self._ready.popleft()
                worker.scheduled = False
                done, more = worker.work(min(left, self._per_worker))
                left -= max(done, 1)
                if more and not worker.scheduled:
                    worker.scheduled = True
                    self._ready.append(worker)
        finally:
            # Also when a worker raised: the others must not wait for it.
            if self._ready and self._room():
                self.resume()
