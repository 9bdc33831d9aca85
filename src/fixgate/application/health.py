"""How well the venues do, by their answers and their prices: measured here, told to the core.

Here: HealthWatch. A venue that is slow, fails or has no fresh prices is unfit for routed orders,
and fit again when it was well for a while without a break.
Not here: what follows (decide.routing, decide.placing); timers.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from fixgate.domain.frozen import value
from fixgate.domain.ids import VenueClOrdID, VenueName
from fixgate.domain.inputs import Outcome, VenueAnswered, VenueCall, VenueHealthChanged

_SAMPLES_MAX: Final = 1_000
_WAITING_MAX: Final = 10_000
_NS_PER_MS: Final = 1_000_000
_NINE_OF_TEN: Final = 0.9
_NOTHING_CERTAIN: Final = (Outcome.UNKNOWN, Outcome.NOT_SENT)


@value
class HealthLimits:
    """Beyond which a venue is not well."""

    latency_ms_max: float
    error_share_max: float
    calls_min: int
    window_ns: int
    quotes_older_than_ns: int
    back_after_ns: int


@dataclass(slots=True)
class _Venue:
    answers: deque[tuple[int, float, bool]] = field(
        default_factory=lambda: deque(maxlen=_SAMPLES_MAX)
    )  # when, how late in ms, whether it came to nothing certain
    waiting: dict[tuple[VenueClOrdID, VenueCall], int] = field(default_factory=dict)
    quoted_ns: int | None = None  # the freshest of its prices
    fit: bool = True
    well_since_ns: int | None = None


class HealthWatch:
    """Remembers calls and answers of the last while, in bounded memory."""

    def __init__(self, limits: HealthLimits) -> None:
        self.limits = limits
        self._venues: dict[VenueName, _Venue] = {}

    def called(
        self, venue: VenueName, call: VenueCall, venue_cl_ord_id: VenueClOrdID, now_ns: int
    ) -> None:
        """A call was made."""
        waiting = self._venue(venue).waiting
        if len(waiting) >= _WAITING_MAX:
            del waiting[next(iter(waiting))]
        waiting[venue_cl_ord_id, call] = now_ns

    def answered(self, answer: VenueAnswered, now_ns: int) -> None:
        """It was answered."""
        known = self._venue(answer.venue)
        called_ns = known.waiting.pop((answer.venue_cl_ord_id, answer.call), None)
        if called_ns is not None:
            late_ms = (now_ns - called_ns) / _NS_PER_MS
            known.answers.append((now_ns, late_ms, answer.outcome in _NOTHING_CERTAIN))

    def quoted(self, freshest: Mapping[VenueName, int]) -> None:
        """When each venue last confirmed any of its prices; those without prices are left out."""
        for venue, at_ns in freshest.items():
            self._venue(venue).quoted_ns = at_ns

    def changes(self, now_ns: int) -> Iterator[VenueHealthChanged]:
        """The venues that became unfit, or fit again, since this was last asked."""
        for name, known in self._venues.items():
            wrong = self._wrong(known, now_ns)
            if wrong is not None:
                known.well_since_ns = None
                if known.fit:
                    known.fit = False
                    yield VenueHealthChanged(venue=name, fit=False, text=wrong)
            elif not known.fit:
                since_ns = known.well_since_ns = known.well_since_ns or now_ns
                well_ns = now_ns - since_ns
                if well_ns >= self.limits.back_after_ns:
                    known.fit = True
                    text = f"it has been well for {well_ns // 1_000_000_000} s"
                    yield VenueHealthChanged(venue=name, fit=True, text=text)

    def _venue(self, name: VenueName) -> _Venue:
        known = self._venues.get(name)
        if known is None:
            known = self._venues[name] = _Venue()
        return known

    def _wrong(self, known: _Venue, now_ns: int) -> str | None:
        limits = self.limits
        while known.answers and known.answers[0][0] < now_ns - limits.window_ns:
            known.answers.popleft()
        if known.quoted_ns is not None and now_ns - known.quoted_ns > limits.quotes_older_than_ns:
            return f"its prices are older than {limits.quotes_older_than_ns // 10**9} s"
        # What is not answered yet is at least so late.
        late = [ms for _, ms, _ in known.answers]
        waiting = ((now_ns - at_ns) / _NS_PER_MS for at_ns in known.waiting.values())
        late += [ms for ms in waiting if ms > limits.latency_ms_max]
        if len(late) < limits.calls_min:
            return None
        nearly_all = sorted(late)[min(len(late) - 1, int(len(late) * _NINE_OF_TEN))]
        if nearly_all > limits.latency_ms_max:
            return f"one of ten answers takes more than {limits.latency_ms_max:g} ms"
        failed = sum(bad for _, _, bad in known.answers)
        if failed > limits.error_share_max * len(late):
            return f"{failed} of {len(late)} calls came to nothing certain"
        return None
