"""Looking up recorded trades for a TradeCaptureReportRequest, beside the sequencer.

Here: TradeLookups. What it finds comes to the sequencer as inputs, a page at a time, the next when
the one before is durable: so orders never wait for a long answer, and a replay, which sees
the same inputs, reads nothing.
Not here: reading (ports/trades), what is answered (decide/trade_reports).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from fixgate.application.inbox import Asked, Inbox
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.trades import TRADES_MAX, TooManyTrades, TradeSearch
from fixgate.domain.events import Event
from fixgate.domain.inputs import TradesFound
from fixgate.domain.trades import RecordedTrade, TradeRequest

PAGE: Final = 100
RESTARTED: Final = "The gateway was restarted while it looked; ask again"
WAITING_MAX: Final = 16
_BUSY: Final = "Too many requests for trades are waiting; ask again later"
_TOO_MANY: Final = f"More than {TRADES_MAX} trades fit; ask for a shorter time or one symbol"
_UNREADABLE: Final = "The record of trades cannot be read for now; ask again later"


class TradeLookups:
    """One request at a time, in the order they came."""

    def __init__(self, search: TradeSearch, inbox: Inbox, clock: Clock) -> None:
        self._search = search
        self._inbox = inbox
        self._clock = clock
        self._waiting: deque[TradeRequest] = deque()
        self._task: asyncio.Task[None] | None = None

    def want(self, request: TradeRequest) -> None:
        """Look up what fits, and say so in inputs. Returns at once."""
        if len(self._waiting) >= WAITING_MAX:
            self._put(TradesFound(request=request, failure=_BUSY), lambda _: None)
            return
        self._waiting.append(request)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="trade lookups")

    def stop(self) -> None:
        """Look up nothing more; a request that is not answered is asked again by its client."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while self._waiting:
            request = self._waiting.popleft()
            try:
                found = await self._search.find(request.query)
            except TooManyTrades:
                await self._give(TradesFound(request=request, failure=_TOO_MANY))
            except Exception:  # noqa: BLE001 - whatever the database says, the client is answered
                await self._give(TradesFound(request=request, failure=_UNREADABLE))
            else:
                await self._tell(request, found)

    async def _tell(self, request: TradeRequest, found: Sequence[RecordedTrade]) -> None:
        for first in range(0, max(len(found), 1), PAGE):
            page = tuple(found[first : first + PAGE])
            await self._give(
                TradesFound(request=request, total=len(found), first=first, trades=page)
            )

    def _give(self, given: TradesFound) -> "asyncio.Future[None]":
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def answer(_: object) -> None:
            if not durable.done():
                durable.set_result(None)

        self._put(given, answer)
        return durable

    def _put(self, given: TradesFound, answer: Callable[[tuple[Event, ...]], None]) -> None:
        self._inbox.put(Asked(at_ns=self._clock.now_ns(), given=given, answer=answer))
