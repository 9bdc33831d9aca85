"""Asking venues what their accounts hold, until what they say is believed or settled.

Here: Reconciler. Not here: what is believed (decide.reconciling), when it is time (bootstrap).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from fixgate.application.inbox import Asked, Inbox
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.venue import VenuePort
from fixgate.decide.reconciling import BUSY_TIMES
from fixgate.domain import events as e
from fixgate.domain.balance import spot_assets
from fixgate.domain.frozen import value
from fixgate.domain.ids import VenueName
from fixgate.domain.inputs import BalancesReported, PositionsReported
from fixgate.domain.state import State

AGAIN_S: Final = 2.0
"""A trade that the venue has counted reaches us within that time, as a rule."""
ANSWER_S: Final = 120.0
"""Longer than a question may wait for its turn and its answer together."""
Report = BalancesReported | PositionsReported


@value
class Reconciled:
    """What came of asking one venue."""

    venue: VenueName
    told: tuple[str, ...] = ()  # alerts
    adopted: tuple[e.PositionReconciled, ...] = ()
    unclear: tuple[str, ...] = ()  # assets and symbols whose differences went on changing
    failure: str | None = None  # it was not asked, or did not answer


class Reconciler:
    """Asks one venue once at a time."""

    def __init__(
        self,
        ports: Mapping[VenueName, VenuePort],
        state: State,
        inbox: Inbox,
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ports = ports
        self._state = state
        self._inbox = inbox
        self._clock = clock
        self._sleep = sleep
        self._turns = {name: asyncio.Lock() for name in ports}
        self._waiting: dict[tuple[VenueName, type], asyncio.Future[tuple[e.Event, ...]]] = {}

    def hear(self, report: Report) -> None:
        """A venue has answered; whoever waits goes on when it is durable."""

        def answer(events: tuple[e.Event, ...]) -> None:
            waiting = self._waiting.pop((report.venue, type(report)), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(events)

        self._inbox.put(Asked(at_ns=self._clock.now_ns(), given=report, answer=answer))

    async def everywhere(self) -> None:
        """Reconcile every venue that is connected."""
        up = [name for name in self._ports if self._state.venues_up.get(name, False)]
        await asyncio.gather(*(self.reconcile(name) for name in up))

    async def reconcile(self, venue: VenueName) -> Reconciled:
        """Ask a venue, and again while it is not clear whether a difference is one."""
        if not self._state.venues_up.get(venue, False):
            return Reconciled(venue=venue, failure="it is not connected")
        async with self._turns[venue]:
            events: list[e.Event] = []
            for _ in range(BUSY_TIMES + 1):
                answered = await self._ask(venue)
                if answered is None:
                    return Reconciled(venue=venue, failure=f"no answer in {ANSWER_S:.0f} s")
                events += answered
                if not self._suspected(venue):
                    break
                await self._sleep(AGAIN_S)
            return Reconciled(
                venue=venue,
                told=tuple(each.text for each in events if isinstance(each, e.AlertRaised)),
                adopted=tuple(each for each in events if isinstance(each, e.PositionReconciled)),
                unclear=self._suspected(venue),
            )

    def _suspected(self, venue: VenueName) -> tuple[str, ...]:
        suspicions = self._state.positions.suspicions
        return tuple(
            subject for (at, subject), each in suspicions.items() if at == venue and not each.told
        )

    async def _ask(self, venue: VenueName) -> list[e.Event] | None:
        port = self._ports[venue]
        answers = [self._expect(venue, BalancesReported)]
        port.balances()
        if self._trades_derivatives(venue):
            answers.append(self._expect(venue, PositionsReported))
            port.positions()
        try:
            async with asyncio.timeout(ANSWER_S):
                return [event for each in await asyncio.gather(*answers) for event in each]
        except TimeoutError:
            return None

    def _expect(self, venue: VenueName, kind: type) -> "asyncio.Future[tuple[e.Event, ...]]":
        future: asyncio.Future[tuple[e.Event, ...]] = asyncio.get_running_loop().create_future()
        self._waiting[venue, kind] = future
        return future

    def _trades_derivatives(self, venue: VenueName) -> bool:
        listed = self._state.instruments.get(venue, {})
        return any(spot_assets(each.symbol) is None for each in listed.values())
