"""The one queue between the noisy edges and the sequencer.

Here: Inbox and what may lie in it.
Not here: who fills it (adapters), who empties it (sequencer).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from fixgate.application.ports.fix import (
    FixDelivered,
    FixNoted,
    FixUntaken,
    ReportsUndelivered,
    SessionChanged,
)
from fixgate.domain.events import Event
from fixgate.domain.frozen import value
from fixgate.domain.inputs import Input

ROOM: Final = 4_096


@value
class Given:
    """An input that did not come over FIX: from a venue or the process itself."""

    at_ns: int
    given: Input


@value
class Asked:
    """An input whose giver wants to know what came of it.

    ``answer`` is called with the events it caused, once they are durable; never if they are not.
    """

    at_ns: int
    given: Input
    answer: Callable[[tuple[Event, ...]], None]


@value
class Mark:
    """Calls back once all that lay in the inbox before it is durable. Leaves no record."""

    reached: Callable[[], None]


Item = (
    FixDelivered
    | FixNoted
    | FixUntaken
    | SessionChanged
    | ReportsUndelivered
    | Given
    | Asked
    | Mark
)


class Inbox:
    """First in, first out; filled on the event loop's thread.

    What venues say is always taken: it is bounded by the orders we have there. FIX connections
    ask for room before they read on, and are told when there is room again.
    """

    def __init__(self, *, room: int = ROOM) -> None:
        self._items: deque[Item] = deque()
        self._room = room
        self._least = 1
        self._filled = asyncio.Event()  # there is what take() waits for
        self._closed = False
        self._failure: Exception | None = None

    def put(self, item: Item) -> None:
        """Append an item."""
        self._items.append(item)
        if len(self._items) >= self._least:
            self._filled.set()

    def __len__(self) -> int:
        """How many items wait."""
        return len(self._items)

    def has_room(self) -> bool:
        """Whether FIX connections should go on reading."""
        return len(self._items) < self._room

    def close(self) -> None:
        """Let ``take`` return nothing once the inbox is empty."""
        self._closed = True
        self._filled.set()

    def fail(self, error: Exception) -> None:
        """Let ``take`` raise ``error`` from now on."""
        self._failure = error
        self._filled.set()

    def want(self, least: int) -> None:
        """From now on ``take`` waits until so many items are there, or until it is closed."""
        self._least = least
        if len(self._items) >= least:
            self._filled.set()

    async def take(self, most: int) -> list[Item]:
        """Up to ``most`` items, once as many as are wanted wait; none once closed and drained."""
        while self._failure is not None or len(self._items) < self._least:
            if self._failure is not None:
                raise self._failure
            if self._closed:
                break
            self._filled.clear()
            await self._filled.wait()
        items = self._items
        if len(items) <= most:
            taken = list(items)
            items.clear()
            return taken
        return [items.popleft() for _ in range(most)]

    def take_since(self, waiting: int) -> list[Item]:
        """All that came since ``waiting`` items waited."""
        items = self._items
        came = [items.pop() for _ in range(len(items) - waiting)]
        came.reverse()
        return came

    def put_back(self, items: Sequence[Item]) -> None:
        """What was taken last and cannot be decided yet is first again."""
        self._items.extendleft(reversed(items))
        self._filled.set()

    def drain(self) -> list[Item]:
        """All that is left, at once; for a halt."""
        taken = list(self._items)
        self._items.clear()
        return taken
