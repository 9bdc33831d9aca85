"""One call to the venue: its turn, its timeout, what its failure means for the next.

Here: VenueCalls.
Not here: which call, and what its answer means.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from fixgate.adapters.venues.dialect import Dialect, WireCall
from fixgate.adapters.venues.limiter import Entry, Priority, RateLimiter
from fixgate.adapters.venues.outcomes import NotSentError, VenueSaid

_PAUSE_S: Final[Mapping[int, float]] = {429: 10.0, 418: 120.0}  # where no Retry-After says more
_GRACE_S: Final = 1.0
_LOOK_S: Final = 0.05
_NEW_AT_THE_VENUE: Final = frozenset({Priority.ORDER, Priority.REPLACE})

Owned = Callable[[], bool]
"""Whether this process surely still is the one that trades."""


def always_owned() -> bool:
    """Where nobody else can take over."""
    return True


class VenueCalls:
    """The only way to the exchange's REST side. Nothing is ever sent twice from here."""

    def __init__(
        self,
        exchange: Any,
        dialect: Dialect,
        limiter: RateLimiter,
        *,
        call_s: float,
        owned: Owned = always_owned,
    ) -> None:
        self._exchange = exchange
        self._dialect = dialect
        self._limiter = limiter
        self._call_s = call_s
        self._owned = owned
        self.clock_is_off = False  # the venue said so; the next cancel, audit or connection looks

    async def request(self, call: WireCall, priority: Priority) -> Any:
        """Wait for a turn, send, and return the decoded answer.

        Raises NotSentError without a turn, VenueSaid for an error in the venue's words,
        TimeoutError, and whatever ccxt raises; ``outcomes`` tells them apart.
        """
        entry = await self._limiter.enter(priority, call.cost)
        if entry is not Entry.GRANTED:
            raise NotSentError(entry)
        if priority in _NEW_AT_THE_VENUE:
            await self._still_ours()
        try:
            # ccxt's own timeout comes first; this one holds where ccxt's does not.
            async with asyncio.timeout(self._call_s + _GRACE_S):
                return await getattr(self._exchange, call.endpoint)(dict(call.params))
        except VenueSaid as said:
            if said.asks_for_silence:
                seconds = said.retry_after_s or _PAUSE_S.get(said.status, 0.0)
                self._limiter.pause(seconds, status=said.status)
            if self._dialect.is_clock_skew(said.code):
                self.clock_is_off = True
            raise

    async def _still_ours(self) -> None:
        """A process that slept may have been replaced: it learns that before it adds an order.

        Raises:
            NotSentError: it has not learned in time that it was not.
        """
        left_s = self._call_s
        while not self._owned():
            if left_s <= 0:
                raise NotSentError(Entry.LATE)
            await asyncio.sleep(_LOOK_S)
            left_s -= _LOOK_S

    def note_headers(self, headers: Mapping[str, str]) -> None:
        """The venue's own count of what was used."""
        for kind, period_s, used in self._dialect.read_used(headers):
            self._limiter.note_used(kind, period_s, used)

    async def set_clock(self) -> None:
        """Measure how far our clock is from the venue's, and sign with the venue's time."""
        before_ms = self._exchange.milliseconds()
        answer = await self.request(self._dialect.server_time(), Priority.QUERY)
        after_ms = self._exchange.milliseconds()
        server_ms = self._dialect.read_server_time_ms(answer)
        self._exchange.options["timeDifference"] = (before_ms + after_ms) // 2 - server_ms
        self.clock_is_off = False
