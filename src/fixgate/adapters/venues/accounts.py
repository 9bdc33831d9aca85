"""What an account at an exchange holds, asked for and told.

Here: Accountant.
Not here: when it is asked (application.reconciling), how an exchange puts it (dialects).
"""

import asyncio
from decimal import Decimal

from fixgate.adapters.venues.calls import VenueCalls
from fixgate.adapters.venues.dialect import Dialect
from fixgate.adapters.venues.limiter import Priority
from fixgate.adapters.venues.outcomes import words_of
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.venue import Hear
from fixgate.domain.ids import VenueName
from fixgate.domain.inputs import BalancesReported, PositionsReported

Held = tuple[tuple[str, Decimal, Decimal], ...]
"""Asset, free, locked."""


class Accountant:
    """Asks for balances. Whatever happens, there is an answer."""

    def __init__(
        self, venue: VenueName, dialect: Dialect, calls: VenueCalls, clock: Clock, hear: Hear
    ) -> None:
        self._venue = venue
        self._dialect = dialect
        self._calls = calls
        self._clock = clock
        self._hear = hear

    async def balances(self) -> None:
        """Ask, and tell."""
        asked_at_ns = self._clock.now_ns()
        try:
            answer = await self._calls.request(self._dialect.account(), Priority.QUERY)
            held = self._dialect.read_account(answer)
        except asyncio.CancelledError:
            self._tell(asked_at_ns, fault="The gateway stopped before the venue answered")
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the venue did not say
            self._tell(asked_at_ns, fault=words_of(error))
        else:
            self._tell(asked_at_ns, held=held)

    def positions(self) -> None:
        """There are none: no dialect trades derivatives."""
        self._hear(PositionsReported(venue=self._venue, asked_at_ns=self._clock.now_ns()))

    def _tell(self, asked_at_ns: int, *, held: Held = (), fault: str | None = None) -> None:
        self._hear(
            BalancesReported(venue=self._venue, asked_at_ns=asked_at_ns, balances=held, fault=fault)
        )
