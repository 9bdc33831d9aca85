"""What people and clients are told when something is wrong: all of it, once, and nothing else."""

from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.core import VENUE, FakeCore
from fixgate.application.alarms import Alarms, Repeats
from fixgate.application.health import HealthWatch
from fixgate.application.noticing import VenueWatch
from fixgate.application.ports.journal import AlertRow
from fixgate.application.watching import StuckWatch, uncertain
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import OrderID, VenueClOrdID, VenueName
from property.core_hostile import Hostile, Step, scripts
from scenarios.invariants import fields_of
from unit.application.test_health import LIMITS

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
S = 1_000_000_000
W = VenueName("W")
LONG_NS = 20 * S


@FEW
@given(st.lists(st.sampled_from(["order", "order", "down", "up", "restart"]), max_size=30))
def test_no_order_goes_to_a_venue_that_is_away_and_its_client_is_told_at_once(
    story: list[str],
) -> None:
    """Property: unavailability. As soon as it is back, orders are taken again."""
    core, up = FakeCore(), True
    for number, what in enumerate(story):
        core.sent.clear()
        core.calls.clear()
        if what == "order":
            core.send(
                "D", f"11=N{number}|55=BTC/USDT|54=1|38=1|40=2|44=9|60=20231114-22:13:20|21=1"
            )
            routed = [each for each, _ in core.calls if isinstance(each, e.OrderRouted)]
            assert bool(routed) is up
            told = [dict(fields_of(text)) for text in core.sent]
            refused = [each for each in told if each["150"] == "8"]
            assert len(refused) == (not up)
            assert all(f"Venue {VENUE} is not connected" in each["58"] for each in refused)
        elif what == "restart":
            core.restart()
        else:
            up = what == "up"
            core.say(i.VenueConnection(venue=VENUE, up=up))


class Doubts:
    """Which orders are uncertain and since when, looked at after every step."""

    def __init__(self, core: FakeCore) -> None:
        self.core = core
        self.since: dict[tuple[OrderID, str], int] = {}
        self.told: set[tuple[OrderID, str]] = set()
        self.watch = StuckWatch(core.state, after_ns=LONG_NS)

    def look(self) -> None:
        """Those that have been for too long, and were not told of yet, are told of now."""
        state, now_ns = self.core.state, self.core.at_ns
        why = {each.order_id: uncertain(state, each) for each in state.open_orders()}
        doubts = {(order_id, text) for order_id, text in why.items() if text is not None}
        self.since = {each: self.since.get(each, now_ns) for each in doubts}
        self.told &= doubts
        late = {each for each, since in self.since.items() if now_ns - since >= LONG_NS}
        self.watch.look(now_ns)
        found = {(order_id, text.partition(": ")[2]) for order_id, text in self.watch.news(now_ns)}
        assert found == late - self.told
        self.told |= late


@FEW
@given(scripts(restarts=False))
def test_every_order_in_doubt_for_too_long_is_told_once_and_no_other(script: list[Step]) -> None:
    """Property: stuck orders. Whatever clients and venues say meanwhile."""
    core = FakeCore()
    doubts = Doubts(core)

    def after_each() -> None:
        core.at_ns += 3 * S
        doubts.look()

    Hostile(core).run(script, after_each)


alerts = st.builds(
    e.AlertRaised,
    subject=st.sampled_from(["venue down", "reject rate"]),
    text=st.sampled_from(["one", "two"]),
    about=st.sampled_from(["SIM", "BINANCE", "DEMO44"]),
)


@given(st.lists(st.tuples(alerts, st.integers(0, 200)), max_size=40))
def test_an_alert_reaches_everybody_once_in_its_while_and_each_repetition_counts(
    story: list[tuple[e.AlertRaised, int]],
) -> None:
    """Property: error alerting."""
    heard: tuple[list[AlertRow], list[AlertRow]] = ([], [])
    alarms = Alarms([each.append for each in heard], after_ns=300 * S)
    repeats = Repeats(after_ns=300 * S)
    last: dict[tuple[str, str], tuple[int, int]] = {}
    news, at_s = [], 0
    for number, (alert, later_s) in enumerate(story):
        at_s += later_s
        key = (alert.subject, alert.about or "")
        first_s, times = last.get(key, (at_s - 301, 0))
        is_news = at_s - first_s > 300
        last[key] = (at_s, 1) if is_news else (first_s, times + 1)
        if is_news:
            news.append((at_s * S, *key))
        alarms.take(alert, at_s * S)
        assert repeats.row(number, at_s * S, alert).times == last[key][1]
    for each in heard:
        assert [(row.at_ns, row.subject, row.about) for row in each] == news


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 12)), max_size=40))
def test_a_venue_that_stays_away_is_noticed_once_and_once_more_when_it_is_back(
    story: list[tuple[bool, int]],
) -> None:
    """Property: quality alerts. A short interruption is none."""
    up, told, down_s = True, False, None
    watch = VenueWatch([W], lambda _: up, after_ns=10 * S)
    now_s = 0
    for up, later_s in story:
        now_s += later_s
        found = [each.subject for each in watch.look(now_s * S)]
        if up:
            assert found == (["venue up"] if told else [])
            told, down_s = False, None
            continue
        down_s = now_s if down_s is None else down_s
        long = now_s - down_s >= 10
        assert found == (["venue down"] if long and not told else [])
        told = told or long


OUTCOMES = [i.Outcome.ACCEPTED] * 4 + [i.Outcome.UNKNOWN, i.Outcome.REJECTED]
seen = st.lists(
    st.tuples(
        st.integers(0, 15),  # seconds later
        st.integers(0, 6),  # calls, all with
        st.sampled_from([10, 10, 10, 900]),  # this latency, in ms, and
        st.sampled_from(OUTCOMES),
    ),
    max_size=30,
)


def calls(
    watch: HealthWatch, now_s: int, count: int, late_ms: int, outcome: i.Outcome
) -> Iterator[tuple[int, int, bool]]:
    """Make them; what is to be remembered of each."""
    for number in range(count):
        name = VenueClOrdID(f"C{now_s}-{number}")
        watch.called(W, i.VenueCall.SUBMIT, name, now_s * S - late_ms * 1_000_000)
        answer = i.VenueAnswered(
            venue=W, call=i.VenueCall.SUBMIT, venue_cl_ord_id=name, outcome=outcome
        )
        watch.answered(answer, now_s * S)
        yield now_s, late_ms, outcome is i.Outcome.UNKNOWN


@given(seen)
def test_a_venue_that_does_badly_is_left_out_at_once_and_comes_back_after_a_good_while(
    story: list[tuple[int, int, int, i.Outcome]],
) -> None:
    """Property: quality alerts. Told when it changes, and only then."""
    watch, fit, well_since_s = HealthWatch(LIMITS), True, None
    samples: list[tuple[int, int, bool]] = []
    now_s = 100
    for later_s, count, late_ms, outcome in story:
        now_s += later_s
        samples += calls(watch, now_s, count, late_ms, outcome)
        recent = [each for each in samples if each[0] >= now_s - 60]
        slow = sum(ms > 100 for _, ms, _ in recent)
        failed = sum(bad for *_, bad in recent)
        enough = len(recent) >= 5
        # Slow: of the answers in order, the one at nine tenths.
        bad = enough and (len(recent) - slow <= int(len(recent) * 0.9) or failed * 5 > len(recent))
        well_since_s = None if bad else (now_s if well_since_s is None else well_since_s)
        changes = [each.fit for each in watch.changes(now_s * S)]
        if bad:
            assert changes == ([False] if fit else [])
            fit = False
        elif not fit:
            back = now_s - (well_since_s or now_s) >= 10
            assert changes == ([True] if back else [])
            fit = back
        else:
            assert changes == []
