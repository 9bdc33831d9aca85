"""Orders in doubt: which they are, since when, and that each is told once."""

import pytest

from fakes.core import START_NS, VENUE, FakeCore
from fixgate.application.watching import StuckWatch, uncertain
from fixgate.domain import inputs as i
from fixgate.domain.order import Order

SECOND = 1_000_000_000


@pytest.fixture
def core() -> FakeCore:
    return FakeCore()


def an_order(core: FakeCore) -> Order:
    core.send("D", "11=X|55=BTC/USDT|54=1|38=10|40=2|44=9|60=20231114-22:13:20")
    return the(core)


def the(core: FakeCore) -> Order:
    (order,) = core.state.orders.values()
    return order


def answer(core: FakeCore, call: i.VenueCall) -> None:
    venue_cl_ord_id, accepted = the(core).venue_cl_ord_id, i.Outcome.ACCEPTED
    core.say(
        i.VenueAnswered(venue=VENUE, call=call, venue_cl_ord_id=venue_cl_ord_id, outcome=accepted)
    )


def test_an_order_is_in_doubt_until_its_venue_has_spoken(core: FakeCore) -> None:
    assert uncertain(core.state, an_order(core)) == "V has not answered the order"
    answer(core, i.VenueCall.SUBMIT)
    assert uncertain(core.state, the(core)) is None
    core.send("F", "11=Y|41=X|55=BTC/USDT|54=1|60=20231114-22:13:20")
    assert uncertain(core.state, the(core)) == "V has not answered the client's cancel Y"


def test_an_order_that_we_cancel_is_in_doubt_until_it_is_gone(core: FakeCore) -> None:
    order = an_order(core)
    answer(core, i.VenueCall.SUBMIT)
    core.say(i.OrderForceCanceled(order_id=order.order_id, person="ops", reason="x"))
    assert uncertain(core.state, the(core)) == "V has not confirmed our cancel"
    answer(core, i.VenueCall.CANCEL)
    assert the(core).is_terminal


def test_an_order_of_an_earlier_process_is_in_doubt_until_it_is_settled(core: FakeCore) -> None:
    an_order(core)
    answer(core, i.VenueCall.SUBMIT)
    core.restart()
    said = "V has not said what became of it since the start"
    assert uncertain(core.state, the(core)) == said


def test_an_order_that_its_venue_lost_is_in_doubt(core: FakeCore) -> None:
    an_order(core)
    answer(core, i.VenueCall.SUBMIT)
    core.say(
        i.VenueLegReported(
            venue=VENUE, venue_cl_ord_id=the(core).venue_cl_ord_id, state=i.LegState.NOT_FOUND
        )
    )
    assert uncertain(core.state, the(core)) == "V says that it does not have the order"


def test_it_is_told_once_after_the_time_allowed_and_again_when_it_is_stuck_anew(
    core: FakeCore,
) -> None:
    order = an_order(core)
    watch = StuckWatch(core.state, after_ns=10 * SECOND)
    for second, told in ((0, False), (9, False), (10, True), (11, False)):
        now_ns = START_NS + second * SECOND
        watch.look(now_ns)
        news = watch.news(now_ns)
        assert bool(news) is told
        if told:
            assert news == ((order.order_id, "For 10 s: V has not answered the order"),)
    (found,) = watch.stuck(START_NS + 12 * SECOND)
    assert found.since_ns == START_NS
    answer(core, i.VenueCall.SUBMIT)
    watch.look(START_NS + 13 * SECOND)
    assert list(watch.stuck(START_NS + 60 * SECOND)) == []
    core.send("F", "11=Y|41=X|55=BTC/USDT|54=1|60=20231114-22:13:20")
    watch.look(START_NS + 14 * SECOND)
    watch.look(START_NS + 30 * SECOND)
    assert [why for _, why in watch.news(START_NS + 30 * SECOND)] == [
        "For 16 s: V has not answered the client's cancel Y"
    ]


def test_the_core_raises_the_alert_for_an_order_that_is_still_open(core: FakeCore) -> None:
    order = an_order(core)
    core.say(i.StuckFound(orders=((order.order_id, "For 30 s: why"),)))
    assert core.alerts == ["For 30 s: why"]
