"""Every input has its decider, and none falls over what is no longer configured."""

from typing import get_args

from fakes.core import FakeCore
from fixgate.decide import dispatch
from fixgate.decide.reporting import _MAKERS
from fixgate.domain import events as e
from fixgate.domain import inputs as i

SILENT = {
    e.TradesWanted,
    e.SessionPresenceSet,
    e.OrderRecalled,
    e.OrderRouted,
    e.LegAcknowledged,
    e.RequestReceived,
    e.CancelSent,
    e.ReplaceSent,
    e.RequestReturned,
    e.CancelDenied,
    e.ClosingNoted,
    e.QuerySent,
    e.OrderCalled,
    e.StopMoved,
    e.OrderSettled,
    e.AlertRaised,
    e.BalancesSet,
    e.DifferenceSuspected,
    e.PositionReconciled,
    e.PositionsSubscribed,
    e.PositionsUnsubscribed,
    e.PositionUpdatesTold,
    e.GatewayStarted,
    e.RoutingDecided,
    e.RoutingSet,
    e.VenueHealthSet,
    e.PriceGapDetected,
    e.SessionsSet,
    e.VenueSet,
    e.InstrumentsSet,
    e.VenueConnectionSet,
    e.OperatorActed,
    e.CommandRefused,
    e.KillSwitchSet,
    e.NumbersSet,
    e.SessionBarSet,
    e.WithdrawalOrdered,
    e.WithdrawalReturned,
    e.CancelOnDisconnectSet,
    e.SessionLeft,
    e.SessionReturned,
    e.StopBegan,
    e.LimitsChanged,
    e.DayBegan,
    e.SessionPaused,
    e.PauseEnded,
}


def test_every_input_is_decided() -> None:
    flat = {kind for member in get_args(i.Input) for kind in (get_args(member) or (member,))}
    assert set(dispatch._DECIDERS) == flat


def test_every_event_is_reported_or_known_to_be_silent() -> None:
    assert set(_MAKERS) | SILENT == set(get_args(e.Event))
    assert not set(_MAKERS) & SILENT


HEAD = "55=BTC/USDT|54=1|60=20231114-22:13:20|21=1"


def an_order_without_its_venue() -> FakeCore:
    core = FakeCore()
    core.send("D", f"11=X|{HEAD}|38=100|40=2|44=9")
    core.state.venues.clear()
    core.calls.clear()
    return core


def test_a_replace_at_a_venue_that_is_not_configured_any_more_is_refused() -> None:
    core = an_order_without_its_venue()
    core.send("G", f"11=Y|41=X|{HEAD}|38=110|40=2|44=9")
    assert "\x0135=9\x01" in core.sent[-1]
    assert "V is not configured" in core.sent[-1]


def test_a_new_order_at_a_venue_that_is_not_configured_any_more_is_refused() -> None:
    core = an_order_without_its_venue()
    core.send("D", f"11=Y|{HEAD}|38=110|40=2|44=9")
    assert "\x01150=8\x01" in core.sent[-1]


def test_requests_of_a_session_that_is_not_configured_any_more_are_refused() -> None:
    core = FakeCore()
    core.send("D", f"11=X|{HEAD}|38=100|40=2|44=9")
    core.state.sessions.clear()
    core.send("F", f"11=Y|41=X|{HEAD}")
    core.send("G", f"11=Z|41=X|{HEAD}|38=110|40=2|44=9")
    assert all("is not configured" in text for text in list(core.sent)[-2:])


def test_an_order_lost_at_its_venue_raises_an_alert_and_answers_the_cancel() -> None:
    core = FakeCore()
    core.send("D", f"11=X|{HEAD}|38=100|40=2|44=9")
    _, order = core.calls[-1]
    answered = i.VenueAnswered(
        venue=order.instruction.venue,
        call=i.VenueCall.SUBMIT,
        venue_cl_ord_id=order.venue_cl_ord_id,
        outcome=i.Outcome.ACCEPTED,
    )
    core.say(answered)
    core.send("F", f"11=Y|41=X|{HEAD}")
    core.say(
        i.VenueLegReported(
            venue=order.instruction.venue,
            venue_cl_ord_id=order.venue_cl_ord_id,
            state=i.LegState.NOT_FOUND,
        )
    )
    assert "does not know" in core.alerts[-1]
    assert "\x01150=4\x01" in core.sent[-1]
