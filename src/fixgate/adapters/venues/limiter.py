"""Keeping within a venue account's allowance, cancels first.

Here: RateLimiter, which lets calls through in order of priority, keeps room for cancels, obeys
the venue when it asks for a pause, and refuses rather than queue without end.
Not here: what a call costs at which venue (dialects).
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, IntEnum, unique

from fixgate.adapters.venues.settings import RateLimits
from fixgate.adapters.venues.timing import Pace
from fixgate.application.ports.venue import AllowanceUse, CallsUse, Silence

_SLOTS = 60  # a window forgets in steps of a sixtieth of its length
_RECHECK_MAX_S = 1.0


@unique
class Priority(IntEnum):
    """Who goes first."""

    CANCEL = 0
    REPLACE = 1
    ORDER = 2
    QUERY = 3


@unique
class Entry(Enum):
    """What became of a wish to call."""

    GRANTED = "granted"
    FULL = "full"  # too many are waiting
    LATE = "late"  # it would have to wait, or has waited, for too long


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """One limit of a venue: ``count`` of ``kind`` in any ``period_s``."""

    kind: str  # "weight" for every call, "orders" for new orders only
    count: int
    period_s: float


class Window:
    """A sliding window. In any period of its length no more than ``count`` is ever used."""

    def __init__(self, allowance: Allowance, *, share: float) -> None:
        self.allowance = allowance
        self.most = max(1, int(allowance.count * share))
        self._slot_s = allowance.period_s / _SLOTS
        self._slots: deque[tuple[int, int]] = deque()  # (slot number, used in it)
        self._used = 0

    def used(self, now: float) -> int:
        """What was used within the last period."""
        oldest = int((now - self.allowance.period_s) // self._slot_s)
        while self._slots and self._slots[0][0] < oldest:
            self._used -= self._slots.popleft()[1]
        return self._used

    def take(self, amount: int, now: float) -> None:
        """Note a use."""
        self.used(now)
        slot = int(now // self._slot_s)
        if self._slots and self._slots[-1][0] == slot:
            self._slots.append((slot, self._slots.pop()[1] + amount))
        else:
            self._slots.append((slot, amount))
        self._used += amount

    def at_least(self, used: int, now: float) -> None:
        """The venue counts ``used``: somebody else may use the same account or address."""
        missing = used - self.used(now)
        if missing > 0:
            self.take(missing, now)

    def frees_in_s(self, now: float) -> float:
        """Seconds until something is forgotten; far away if nothing was used."""
        if not self.used(now):
            return self.allowance.period_s
        return max(0.0, (self._slots[0][0] + 1) * self._slot_s + self.allowance.period_s - now)


@dataclass(slots=True, eq=False)
class _Waiting:
    cost: Mapping[str, int]
    deadline: float
    entry: "asyncio.Future[Entry]"


class RateLimiter:
    """One for each account. All methods belong to the event loop's thread."""

    def __init__(self, limits: RateLimits, pace: Pace) -> None:
        self._limits = limits
        self._pace = pace
        self._windows: list[Window] = []
        self._queues: dict[Priority, deque[_Waiting]] = {each: deque() for each in Priority}
        self._paused_until = 0.0
        self._silenced_by: int | None = None  # the HTTP status that asked for the last pause
        self._stopped = False
        self._pump: asyncio.Task[None] | None = None
        self._queue_max = {
            Priority.CANCEL: limits.cancel_queue_max,
            Priority.REPLACE: limits.order_queue_max,
            Priority.ORDER: limits.order_queue_max,
            Priority.QUERY: limits.query_queue_max,
        }
        self._wait_max_s = {
            Priority.CANCEL: limits.cancel_wait_max_s,
            Priority.REPLACE: limits.order_wait_max_s,
            Priority.ORDER: limits.order_wait_max_s,
            Priority.QUERY: limits.query_wait_max_s,
        }

    def configure(self, allowances: tuple[Allowance, ...]) -> None:
        """The venue's limits, as it states them; what was used under the same ones stays."""
        kept = {each.allowance: each for each in self._windows}
        self._windows = [
            kept.get(each) or Window(each, share=self._limits.share) for each in allowances
        ]

    def pause(self, seconds: float, *, status: int) -> None:
        """The venue asked for silence (429, 418): nothing at all is let through until then."""
        until = self._pace.now() + seconds
        if until >= self._paused_until:
            self._paused_until, self._silenced_by = until, status

    def note_used(self, kind: str, period_s: float, used: int) -> None:
        """The venue's own count, from its answer."""
        now = self._pace.now()
        for window in self._windows:
            if window.allowance.kind == kind and window.allowance.period_s == period_s:
                window.at_least(used, now)

    def waiting(self, priority: Priority) -> int:
        """How many calls of that priority wait."""
        return len(self._queues[priority])

    def use(self, now_ns: int) -> CallsUse:
        """How far the allowance is used, who waits, and until when there was or is silence.

        now_ns: the time of day, of which the limiter otherwise knows nothing.
        """
        now = self._pace.now()
        silence = None
        if self._silenced_by is not None:
            until_ns = now_ns + round((self._paused_until - now) * 1e9)
            silence = Silence(status=self._silenced_by, until_ns=until_ns)
        return CallsUse(
            allowances=tuple(
                AllowanceUse(
                    kind=each.allowance.kind,
                    period_s=each.allowance.period_s,
                    limit=each.allowance.count,
                    most=each.most,
                    used=each.used(now),
                )
                for each in self._windows
            ),
            waiting=tuple((each.name.lower(), self.waiting(each)) for each in Priority),
            silence=silence,
        )

    async def enter(self, priority: Priority, cost: Mapping[str, int]) -> Entry:
        """Wait for a turn. Whoever is GRANTED has used its cost, whether it calls or not."""
        now = self._pace.now()
        ahead = any(self._queues[each] for each in Priority if each <= priority)
        if not ahead and self._fits(priority, cost, now):
            self._take(cost, now)
            return Entry.GRANTED
        queue = self._queues[priority]
        deadline = now + self._wait_max_s[priority]
        if len(queue) >= self._queue_max[priority]:
            return Entry.FULL
        if self._stopped or self._paused_until > deadline:
            return Entry.LATE
        waiting = _Waiting(cost, deadline, asyncio.get_running_loop().create_future())
        queue.append(waiting)
        if self._pump is None:
            self._pump = asyncio.create_task(self._pump_until_empty(), name="limiter")
        try:
            return await waiting.entry
        except asyncio.CancelledError:
            with suppress(ValueError):
                queue.remove(waiting)
            raise

    async def stop(self) -> None:
        """Refuse all who wait, and whoever would have to wait from now on."""
        self._stopped = True
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
        for queue in self._queues.values():
            for each in queue:
                _settle(each, Entry.LATE)
            queue.clear()

    def _fits(self, priority: Priority, cost: Mapping[str, int], now: float) -> bool:
        if now < self._paused_until:
            return False
        for window in self._windows:
            amount = cost.get(window.allowance.kind, 0)
            if amount and window.used(now) + amount > self._ceiling(window, priority):
                return False
        return True

    def _ceiling(self, window: Window, priority: Priority) -> int:
        """Cancels may use everything; orders leave room for them; queries leave room for both."""
        reserved = int(window.most * self._limits.cancel_reserve)
        if window.allowance.kind != "weight" or priority is Priority.CANCEL:
            return window.most
        return window.most - (2 * reserved if priority is Priority.QUERY else reserved)

    def _take(self, cost: Mapping[str, int], now: float) -> None:
        for window in self._windows:
            amount = cost.get(window.allowance.kind, 0)
            if amount:
                window.take(amount, now)

    async def _pump_until_empty(self) -> None:
        try:
            while any(self._queues.values()):
                now = self._pace.now()
                self._drop_late(now)
                self._let_in(now)
                if any(self._queues.values()):
                    await self._pace.sleep(self._next_look_s(now))
        finally:
            self._pump = None

    def _drop_late(self, now: float) -> None:
        for queue in self._queues.values():
            # Within a queue all wait equally long, so the first is the first to be late.
            while queue and (queue[0].deadline <= now or queue[0].entry.done()):
                _settle(queue.popleft(), Entry.LATE)

    def _let_in(self, now: float) -> None:
        for priority, queue in self._queues.items():
            while queue and self._fits(priority, queue[0].cost, now):
                waiting = queue.popleft()
                if not waiting.entry.done():
                    self._take(waiting.cost, now)
                    waiting.entry.set_result(Entry.GRANTED)

    def _next_look_s(self, now: float) -> float:
        """Until a window frees something, the pause ends, or somebody is too late."""
        paused_s = self._paused_until - now
        soon = [paused_s] if paused_s > 0 else [each.frees_in_s(now) for each in self._windows]
        soon += [queue[0].deadline - now for queue in self._queues.values() if queue]
        return min(_RECHECK_MAX_S, max(0.001, min(soon)))


def _settle(waiting: _Waiting, entry: Entry) -> None:
    if not waiting.entry.done():
        waiting.entry.set_result(entry)
