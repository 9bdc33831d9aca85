"""The verb that shows how the venues are.

Here: VenueVerbs: venues.
Not here: counting calls (adapters.venues.limiter), judging health (application.health).
"""

from collections.abc import Mapping

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.venue import CallsUse, Silence, VenuePort
from fixgate.domain.ids import VenueName
from fixgate.domain.state import State


class VenueVerbs:
    """What may be asked of these venues."""

    def __init__(
        self, ports: Mapping[VenueName, VenuePort], state: State, clock: Clock, verbs: Verbs
    ) -> None:
        self._ports = ports
        self._clock = clock
        self._state = state
        verbs.add("venues", self._venues, help="How the venues are, and how far they are used")

    async def _venues(self, _: Call) -> Json:
        return {name: self._shown(name) for name in sorted(self._ports)}

    def _shown(self, venue: VenueName) -> Json:
        use = self._ports[venue].calls_use()
        return {
            "up": self._state.venues_up.get(venue, False),
            "unfit": self._state.unfit.get(venue),
            "calls": None if use is None else _calls(use, self._clock.now_ns()),
        }


def _calls(use: CallsUse, now_ns: int) -> Json:
    return {
        "allowances": [
            {
                "kind": each.kind,
                "period_s": each.period_s,
                "limit": each.limit,
                "most": each.most,
                "used": each.used,
            }
            for each in use.allowances
        ],
        "waiting": dict(use.waiting),
        "silence": None if use.silence is None else _silence(use.silence, now_ns),
    }


def _silence(silence: Silence, now_ns: int) -> Json:
    over = silence.until_ns <= now_ns
    return {"status": silence.status, "until_ns": silence.until_ns, "over": over}
