"""Time for what waits for it, and an eye on orders in doubt and on the venues.

Here: Pulse, a timer on the event loop. It gives the core time only when something is due, so that
a quiet gateway writes nothing.
Not here: what follows (decide.connection, decide.operator).
"""

import asyncio
from collections.abc import Callable
from typing import Final

from fixgate.application.holding import worth_telling
from fixgate.application.inbox import Asked, Given, Inbox
from fixgate.application.ports.clock import Clock
from fixgate.application.seeing import positions_due
from fixgate.application.watching import StuckWatch
from fixgate.bootstrap.markets import Markets
from fixgate.domain.inputs import PricesSeen, StuckFound, Ticked
from fixgate.domain.state import State

PERIOD_S: Final = 0.25
_LOOKS: Final = 4  # every so many beats it looks at the open orders


class Pulse:
    """Beats from ``start`` to ``stop``."""

    def __init__(
        self,
        state: State,
        watch: StuckWatch,
        markets: Markets,
        inbox: Inbox,
        clock: Clock,
        *,
        notice: Callable[[int], None],
    ) -> None:
        self._notice = notice
        self._state = state
        self._markets = markets
        self._watch = watch
        self._inbox = inbox
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._beats = 0
        self._waiting = False  # for a tick that was given and is not durable yet
        self._telling = False  # the same of prices
        self._showing = False  # and of positions

    def start(self) -> None:
        """Begin."""
        self._timer = asyncio.get_running_loop().call_later(PERIOD_S, self._beat)

    def stop(self) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()

    def _beat(self) -> None:
        self.start()
        now_ns = self._clock.now_ns()
        self._beats += 1
        if not self._waiting and self._state.is_due(now_ns):
            self._waiting = True
            self._inbox.put(Asked(at_ns=now_ns, given=Ticked(), answer=self._ticked))
        if self._state.waiting and not self._telling:
            self._look(now_ns)
        if self._state.watch.subscriptions and not self._showing:
            self._show(now_ns)
        if self._beats % _LOOKS == 0:
            self._notice(now_ns)
            self._watch.look(now_ns)
            news = self._watch.news(now_ns)
            if news:
                self._inbox.put(Given(at_ns=now_ns, given=StuckFound(orders=news)))
            for found in self._markets.news(now_ns):
                self._inbox.put(Given(at_ns=now_ns, given=found))

    def _look(self, now_ns: int) -> None:
        """Tell prices that an order which we hold waits for."""
        quotes = worth_telling(self._state, self._markets.market)
        if quotes:
            self._telling = True
            given = PricesSeen(quotes=quotes)
            self._inbox.put(Asked(at_ns=now_ns, given=given, answer=self._told))

    def _show(self, now_ns: int) -> None:
        """Have clients told of positions that have changed."""
        given = positions_due(self._state, self._markets.market, now_ns)
        if given is not None:
            self._showing = True
            self._inbox.put(Asked(at_ns=now_ns, given=given, answer=self._shown))

    def _shown(self, _: object) -> None:
        self._showing = False

    def _ticked(self, _: object) -> None:
        self._waiting = False

    def _told(self, _: object) -> None:
        self._telling = False
