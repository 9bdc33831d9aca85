"""An eye on the venues: their health and the gaps between their prices, by the settings in force.

Here: Markets. Not here: measuring (application.health, application.gaps), when (pulse).
"""

from collections.abc import Iterator, Mapping
from typing import Final

import structlog

from fixgate.application.gaps import GapLimits, GapWatch
from fixgate.application.health import HealthLimits, HealthWatch
from fixgate.application.ports.venue import VenuePort
from fixgate.application.seeing import VenuesMarket
from fixgate.bootstrap.routing_settings import RoutingFile
from fixgate.domain.ids import VenueName
from fixgate.domain.inputs import PriceGapFound, VenueAnswered, VenueHealthChanged, VenueInput
from fixgate.domain.state import State

_NS_PER_S: Final = 1_000_000_000
log = structlog.get_logger("fixgate")


class Markets:
    """Says what the core should know of the venues."""

    def __init__(
        self, state: State, venues: Mapping[VenueName, VenuePort], settings: RoutingFile
    ) -> None:
        self.market = VenuesMarket(venues)
        self.health = HealthWatch(health_limits(settings))
        self._gaps = GapWatch(state, self.market, gap_limits(settings))
        # A venue inside this process is neither late nor in doubt.
        self.outside = frozenset(n for n, each in venues.items() if not each.keeps_nothing)

    def reconfigure(self, settings: RoutingFile) -> None:
        """Judge by these settings from now on."""
        self.health.limits = health_limits(settings)
        self._gaps.limits = gap_limits(settings)

    def heard(self, given: VenueInput, now_ns: int) -> None:
        """A venue said something."""
        if isinstance(given, VenueAnswered) and given.venue in self.outside:
            self.health.answered(given, now_ns)

    def news(self, now_ns: int) -> Iterator[PriceGapFound | VenueHealthChanged]:
        """What changed since this was last asked."""
        for gap in self._gaps.look(now_ns):
            log.info(
                "price gap",
                symbol=gap.symbol,
                bid=f"{gap.bid_px} at {gap.bid_venue}",
                offer=f"{gap.offer_px} at {gap.offer_venue}",
                gain_bp=str(gap.gain_bp),
            )
            yield gap
        self.health.quoted(self._gaps.freshest)
        yield from self.health.changes(now_ns)


def health_limits(settings: RoutingFile) -> HealthLimits:
    """[health] in the application's words."""
    health = settings.health
    return HealthLimits(
        latency_ms_max=health.latency_ms_max,
        error_share_max=health.error_share_max,
        calls_min=health.calls_min,
        window_ns=int(health.window_s * _NS_PER_S),
        quotes_older_than_ns=int(health.quotes_older_than_s * _NS_PER_S),
        back_after_ns=int(health.back_after_s * _NS_PER_S),
    )


def gap_limits(settings: RoutingFile) -> GapLimits:
    """[gaps] in the application's words."""
    gaps = settings.gaps
    return GapLimits(
        enabled=gaps.enabled,
        gain_bp_min=gaps.gain_bp_min,
        again_after_ns=int(gaps.again_after_s * _NS_PER_S),
        quotes_older_than_ns=int(settings.health.quotes_older_than_s * _NS_PER_S),
    )
