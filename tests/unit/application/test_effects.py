"""Calls to venues, once what they follow from is durable."""

from fakes.core import VENUE, FakeCore
from fixgate.application.effects import Venues
from fixgate.application.ports.venue import CancelLeg, QueryLeg, VenuePort
from fixgate.domain import events as e
from fixgate.domain import inputs as i

HEAD = "1=A|60=20231114-22:13:20|21=1|55=BTC/USDT|54=1|38=1|40=2|44=9"


class Port:
    """Remembers what it was told."""

    keeps_nothing = False

    def __init__(self) -> None:
        self.told: list[object] = []

    def cancel(self, call: CancelLeg) -> None:
        self.told.append(call)

    def query(self, call: QueryLeg) -> None:
        self.told.append(call)


def test_an_order_whose_symbol_is_not_listed_at_a_restart_is_canceled_and_asked_about() -> None:
    """The venue may work it still. Nothing new goes there."""
    core, port, heard = FakeCore(), Port(), list[i.VenueInput]()
    core.send("D", f"11=X|{HEAD}")
    routed, order = core.calls.pop()
    core.instruments = ()
    core.restart()
    venues = Venues({VENUE: _port(port)}, core.state, heard.append)

    for intent in (
        e.CancelSent(order_id=order.order_id, cl_ord_id=None),
        e.QuerySent(order_id=order.order_id),
    ):
        venues.call(intent, order, core.at_ns)
    venues.cancel_now(order)
    assert [type(each) for each in port.told] == [CancelLeg, QueryLeg, CancelLeg]
    named = {each.instrument.venue_symbol for each in port.told if isinstance(each, CancelLeg)}
    assert named == {"BTCUSDT"}
    assert heard == []

    venues.call(routed, order, core.at_ns)
    (answer,) = heard
    assert isinstance(answer, i.VenueAnswered)
    assert answer.outcome is i.Outcome.NOT_SENT
    assert len(port.told) == 3


def _port(port: Port) -> VenuePort:
    return port  # type: ignore[return-value]  # what is not there must not be called
