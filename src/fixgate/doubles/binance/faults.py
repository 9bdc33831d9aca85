"""Misbehaviour to order: what the next calls of an endpoint shall suffer.

Here: Fault, and FaultScript, from which each call takes its fault. Nothing here is random.
Not here: how a fault is carried out (rest, ws_api), faults of the user data stream (streams).
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import Enum, unique
from typing import Any, Final

_HOLD_MAX_S: Final = 60.0
_FAULTS_MAX: Final = 10_000


@unique
class FaultKind(Enum):
    """What goes wrong."""

    HOLD = "hold"  # no answer until the release, or for delay_s
    DROP = "drop"  # the connection is cut
    TOO_MANY_REQUESTS = "too_many_requests"  # 429 with Retry-After
    BANNED = "banned"  # 418 with Retry-After
    SERVER_ERROR = "server_error"  # ``status``, 503 if not said
    REFUSE = "refuse"  # ``status`` with ``code`` and ``msg``
    EMPTY = "empty"  # 200 with no body
    JUNK = "junk"  # 200 with something that is not JSON
    HTML = "html"  # 200 with a web page


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of one call. ``accepts``: the request is carried out all the same."""

    kind: FaultKind
    accepts: bool = False
    delay_s: float | None = None
    retry_after_s: int = 1
    status: int | None = None
    code: int = -1007
    msg: str = (
        "Timeout waiting for response from backend server. "
        "Send status unknown; execution status unknown."
    )

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "Fault":
        """From a request to the control endpoint. Raises ValueError, TypeError or KeyError."""
        values = {name: body[name] for name in cls.__slots__ if name in body}
        return cls(**(values | {"kind": FaultKind(body["kind"])}))


class FaultScript:
    """Faults by endpoint, first come first. ``*`` stands for any endpoint.

    REST endpoints are named ``POST /api/v3/order``, WebSocket API methods ``WS order.place``.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Fault]] = {}
        self._released = asyncio.Event()
        self.holding = 0
        self._held = asyncio.Condition()

    def add(self, endpoint: str, fault: Fault, *, times: int = 1) -> None:
        """The next ``times`` calls of the endpoint suffer this. Raises ValueError if too many."""
        waiting = self._waiting.setdefault(endpoint, deque())
        if not 0 < times <= _FAULTS_MAX - len(waiting):
            raise ValueError(f"between 1 and {_FAULTS_MAX} faults can wait at one endpoint")
        waiting.extend([fault] * times)

    def take(self, endpoint: str) -> Fault | None:
        """The fault of this call, if there is one."""
        for name in (endpoint, "*"):
            if self._waiting.get(name):
                return self._waiting[name].popleft()
        return None

    def clear(self) -> None:
        """Forget the faults that have not happened, and let go of the calls held."""
        self._waiting.clear()
        self.release()

    def release(self) -> None:
        """Let go of all calls that are held now."""
        self._released.set()
        self._released = asyncio.Event()

    async def hold(self, fault: Fault) -> None:
        """Wait for the release, or as long as the fault says, at most a minute."""
        released = self._released
        await self._count_held(1)
        try:
            async with asyncio.timeout(min(fault.delay_s or _HOLD_MAX_S, _HOLD_MAX_S)):
                await released.wait()
        except TimeoutError:
            return
        finally:
            await self._count_held(-1)

    async def wait_held(self, count: int = 1) -> None:
        """Return as soon as this many calls are being held."""
        async with self._held:
            await self._held.wait_for(lambda: self.holding >= count)

    async def _count_held(self, change: int) -> None:
        async with self._held:
            self.holding += change
            self._held.notify_all()
