"""Virtual time, and an event loop for each simulated process in it.

Here: World, which holds what is going to happen and when; Loop, an asyncio event loop in that
time, of which the World takes one step after the other and may stop for ever between any two.
Not here: what happens.

The same seed gives the same run: nothing here or above it looks at a real clock, at hashes of
text, or at anything else that differs from one run to the next.
"""

import asyncio
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any, Final

START_NS: Final = 1_800_000_000_000_000_000
SECOND: Final = 1_000_000_000
_STEP_NS: Final = 20_000  # what one step of a process takes
_CLOSES: Final = 20


class BugFound(Exception):  # noqa: N818 - it names a fact
    """Something was seen that must never be."""


class Loop(asyncio.AbstractEventLoop):
    """The event loop of one process. Dead, it does nothing more."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.ready: deque[asyncio.Handle] = deque()
        self.tasks: list[asyncio.Task[Any]] = []
        self.dead = False
        self.on_error: Callable[[dict[str, Any]], None] = lambda _: None

    # --- what asyncio asks for

    def time(self) -> float:
        return (self._world.now_ns - START_NS) / SECOND

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self.dead

    def is_closed(self) -> bool:
        return self.dead

    def call_soon(self, callback, *args, context=None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self.ready.append(handle)
        return handle

    def call_later(self, delay, callback, *args, context=None) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(self, when, callback, *args, context=None) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._world.at(START_NS + round(when * SECOND), lambda: self._due(timer))
        return timer

    def _timer_handle_cancelled(self, _: asyncio.TimerHandle) -> None:
        """Nothing to do: a cancelled timer is passed over when it is due."""

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(self, coro, *, name=None, context=None) -> "asyncio.Task[Any]":
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        self.tasks.append(task)
        task.add_done_callback(self.tasks.remove)
        return task

    def run_in_executor(self, executor, func, *args) -> "asyncio.Future[Any]":
        """What another thread would do takes no time here."""
        future = self.create_future()
        future.set_result(func(*args))
        return future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.on_error(context)

    # --- the world's side

    def step(self) -> None:
        """Run one callback: from one await to the next."""
        handle = self.ready.popleft()
        if handle.cancelled():
            return
        events._set_running_loop(self)
        try:
            handle._run()
        finally:
            events._set_running_loop(None)

    def kill(self) -> None:
        """The process is gone, wherever it was."""
        self.dead = True
        self.on_error = lambda _: None
        events._set_running_loop(self)
        try:
            for task in [*self.tasks]:
                task._log_destroy_pending = False
                _forget(task.get_coro())
        finally:
            events._set_running_loop(None)
        self.ready.clear()
        self.tasks.clear()

    def _due(self, timer: asyncio.TimerHandle) -> None:
        if not self.dead and not timer.cancelled():
            self.ready.append(timer)


def _forget(coroutine: Any) -> None:
    """Let Python have its frames back; what it does meanwhile reaches nobody."""
    for _ in range(_CLOSES):
        try:
            coroutine.close()
        except Exception:  # noqa: BLE001, S112 - cleaning up is not part of dying
            continue
        return


class World:
    """What is going to happen, in order."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now_ns = START_NS
        self.loop: Loop | None = None  # of the process that lives
        self.stalled_until_ns = 0  # it is paused, or its machine is
        self.steps = 0
        self.on_step: Callable[[], None] = lambda: None
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, at_ns: int, happen: Callable[[], None]) -> None:
        """Let something happen then, or now if that is past."""
        self._count += 1
        heapq.heappush(self._heap, (max(at_ns, self.now_ns), self._count, happen))

    def after(self, seconds: float, happen: Callable[[], None]) -> None:
        """Let something happen so much later."""
        self.at(self.now_ns + int(seconds * SECOND), happen)

    def chance(self, probability: float) -> bool:
        """Whether something happens that happens with this probability."""
        return self.random.random() < probability

    @property
    def hours(self) -> float:
        """How long the world has existed."""
        return (self.now_ns - START_NS) / SECOND / 3600

    def run(self, *, until_ns: int) -> None:
        """Let everything happen up to that time."""
        heap = self._heap
        while True:
            loop = self.loop
            awake = loop is not None and loop.ready and self.now_ns >= self.stalled_until_ns
            if heap and (not awake or heap[0][0] <= self.now_ns):
                if heap[0][0] > until_ns:
                    break
                at_ns, _, happen = heapq.heappop(heap)
                self.now_ns = max(at_ns, self.now_ns)
                happen()
            elif awake and loop is not None:
                self.steps += 1
                self.now_ns += _STEP_NS
                self.on_step()
                if not loop.dead:
                    loop.step()
            else:
                break
        self.now_ns = max(self.now_ns, until_ns)

    def stall(self, seconds: float) -> None:
        """The process does nothing for so long, while the world goes on."""
        self.stalled_until_ns = self.now_ns + int(seconds * SECOND)
        self.after(seconds, lambda: None)
