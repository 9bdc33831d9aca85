"""Venues that do badly are left out, and come back."""

from fixgate.application.health import HealthLimits, HealthWatch
from fixgate.domain.ids import VenueClOrdID, VenueName
from fixgate.domain.inputs import Outcome, VenueAnswered, VenueCall, VenueHealthChanged

W = VenueName("W")
S = 1_000_000_000
LIMITS = HealthLimits(
    latency_ms_max=100,
    error_share_max=0.2,
    calls_min=5,
    window_ns=60 * S,
    quotes_older_than_ns=30 * S,
    back_after_ns=10 * S,
)


def calls(watch: HealthWatch, count: int, *, late_ms: int, outcome: Outcome, at_s: int = 0) -> None:
    for number in range(count):
        name = VenueClOrdID(f"C{at_s}-{number}")
        watch.called(W, VenueCall.SUBMIT, name, at_s * S)
        answer = VenueAnswered(
            venue=W, call=VenueCall.SUBMIT, venue_cl_ord_id=name, outcome=outcome
        )
        watch.answered(answer, at_s * S + late_ms * 1_000_000)


def news(watch: HealthWatch, at_s: int) -> list[VenueHealthChanged]:
    return list(watch.changes(at_s * S))


def test_a_venue_that_answers_in_time_is_fit() -> None:
    watch = HealthWatch(LIMITS)
    calls(watch, 20, late_ms=50, outcome=Outcome.ACCEPTED)
    calls(watch, 2, late_ms=500, outcome=Outcome.REJECTED, at_s=1)  # fewer than one in ten
    assert news(watch, 2) == []


def test_a_slow_venue_is_unfit_and_is_said_so_once() -> None:
    watch = HealthWatch(LIMITS)
    calls(watch, 20, late_ms=150, outcome=Outcome.ACCEPTED)
    (change,) = news(watch, 1)
    assert (change.venue, change.fit) == (W, False)
    assert change.text == "one of ten answers takes more than 100 ms"
    assert news(watch, 2) == []


def test_calls_that_came_to_nothing_certain_make_a_venue_unfit() -> None:
    watch = HealthWatch(LIMITS)
    calls(watch, 8, late_ms=1, outcome=Outcome.ACCEPTED)
    calls(watch, 3, late_ms=1, outcome=Outcome.UNKNOWN)
    (change,) = news(watch, 1)
    assert change.text == "3 of 11 calls came to nothing certain"


def test_what_is_not_answered_yet_is_late_as_well() -> None:
    watch = HealthWatch(LIMITS)
    for number in range(5):
        watch.called(W, VenueCall.CANCEL, VenueClOrdID(f"C{number}"), 0)
    assert [each.fit for each in news(watch, 1)] == [False]


def test_too_few_calls_prove_nothing() -> None:
    watch = HealthWatch(LIMITS)
    calls(watch, 4, late_ms=900, outcome=Outcome.UNKNOWN)
    assert news(watch, 1) == []


def test_old_prices_make_a_venue_unfit() -> None:
    watch = HealthWatch(LIMITS)
    watch.quoted({W: 0})
    assert news(watch, 30) == []
    assert [each.text for each in news(watch, 31)] == ["its prices are older than 30 s"]


def test_it_comes_back_only_when_it_was_well_for_a_while_without_a_break() -> None:
    watch = HealthWatch(LIMITS)
    watch.quoted({W: 0})
    assert [each.fit for each in news(watch, 31)] == [False]
    watch.quoted({W: 32 * S})
    assert news(watch, 33) == []
    assert news(watch, 65) == []  # it fell back: the while begins again
    watch.quoted({W: 66 * S})
    assert news(watch, 66) == []
    assert news(watch, 75) == []
    assert [each.fit for each in news(watch, 76)] == [True]
