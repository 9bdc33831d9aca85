"""Which decider each kind of input goes to.

Here: the table, and decide().
Not here: any decision.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from fixgate.decide import (
    answers,
    connection,
    fills,
    limits,
    lists,
    operator,
    parts,
    reconciling,
    requests,
    routing,
    settle,
    status,
    stopping,
)
from fixgate.decide.holding import prices_seen
from fixgate.decide.mass_cancel import mass_cancel
from fixgate.decide.mass_status import mass_status
from fixgate.decide.new_order import new_order
from fixgate.decide.position_reports import position_request
from fixgate.decide.position_updates import positions_due
from fixgate.decide.securities import securities
from fixgate.decide.trade_reports import trade_request, trades_found
from fixgate.decide.turn import Turn
from fixgate.domain import inputs as i
from fixgate.domain.events import Event, OrderRecalled
from fixgate.domain.frozen import maker
from fixgate.domain.market import Seen
from fixgate.domain.routing import SMART
from fixgate.domain.state import State

_turn: Final = maker(Turn)

_DECIDERS: Final[Mapping[type, Callable[[Turn, Any], Iterator[Event]]]] = {
    i.NewOrderSingle: new_order,
    i.OrderCancelRequest: requests.cancel,
    i.OrderCancelReplaceRequest: requests.replace,
    i.OrderStatusRequest: status.status,
    i.OrderMassCancelRequest: mass_cancel,
    i.OrderMassStatusRequest: mass_status,
    i.TradeCaptureReportRequest: trade_request,
    i.TradesFound: trades_found,
    i.SecurityRequest: securities,
    i.RequestForPositions: position_request,
    i.NewOrderList: lists.new_list,
    i.ListRequest: lists.list_request,
    i.BadMessage: status.bad_message,
    i.UnservedMessage: status.unserved,
    i.MessageNotTaken: status.not_taken_before,
    i.VenueAnswered: answers.answered,
    i.VenueTraded: fills.traded,
    i.VenueTradeCorrected: fills.corrected,
    i.VenueClosed: answers.closed,
    i.VenueRestated: answers.changed,
    i.VenueTriggered: answers.triggered,
    i.VenueLegReported: settle.leg_reported,
    i.VenueConnection: status.venue_connection,
    i.VenueDenied: status.venue_denied,
    i.InstrumentsLoaded: status.instruments_loaded,
    i.BalancesReported: reconciling.balances_reported,
    i.PositionsReported: reconciling.positions_reported,
    i.Started: status.started,
    i.ReportsMissed: status.reports_missed,
    i.SessionsConfigured: status.sessions_configured,
    i.VenueConfigured: status.venue_configured,
    i.RoutingConfigured: routing.configured,
    i.VenueHealthChanged: routing.health_changed,
    i.PriceGapFound: routing.gap_found,
    i.LimitsConfigured: limits.configured,
    i.LimitsGiven: limits.given,
    i.LimitsAgreed: limits.agreed,
    i.LimitsDropped: limits.dropped,
    i.SessionReleased: limits.released,
    i.SessionConnection: connection.session_connection,
    i.Ticked: connection.ticked,
    i.PricesSeen: prices_seen,
    i.PositionsDue: positions_due,
    i.Stopping: stopping.stopping,
    i.KillSwitchTurned: operator.kill_switch,
    i.CancelAllOrdered: operator.cancel_all,
    i.SessionBarred: operator.bar_session,
    i.OrderQueried: operator.query,
    i.OrderForceCanceled: operator.force_cancel,
    i.OrderResolved: operator.resolve,
    i.NumbersReset: operator.numbers_reset,
    i.OperatorNoted: operator.noted,
    i.StuckFound: operator.stuck,
    i.Noticed: operator.noticed,
    i.ClockChecked: operator.clock_checked,
}


def decide(
    state: State,
    moment: i.Moment,
    given: i.Input,
    recalled: tuple[i.Recalled, ...] = (),
    seen: Seen | None = None,
) -> Iterator[Event]:
    """Decide on one input, yielding each event before the next is decided.

    Args:
        state: what is known; the caller applies every event to it before asking for the next.
        moment: the input's number in the journal and its time.
        given: the input.
        recalled: orders it names that memory had forgotten, loaded by the edge.
        seen: what it saw of the market, attached by the edge.

    """
    for each in recalled:
        yield OrderRecalled(
            order=each.order,
            refused=each.refused,
            executions=each.executions,
            cl_ord_ids=each.cl_ord_ids,
            used=each.used,
        )
    turn = _turn(state, moment, seen)
    deciding = _DECIDERS[type(given)](turn, given)
    # Where memory has no routed order, nothing follows but from one that comes now.
    routes = bool(state.parts or (state.policies and _is_routed(state, given)))
    if routes:
        deciding = parts.followed(turn, given, deciding, hear)
    if state.lists or type(given) is i.NewOrderList:  # one of its orders may end at once
        carry_out = partial(parts.carried_out, turn, hear=hear) if routes else None
        deciding = lists.linked(turn, deciding, carry_out)
    yield from deciding


def _is_routed(state: State, given: i.Input) -> bool:
    """Whether it is a new order to SMART, or a list with one."""
    if type(given) is i.NewOrderList:
        return any(_is_routed(state, each) for each in given.orders)
    if type(given) is not i.NewOrderSingle:
        return False
    rules = state.sessions.get(given.session)
    wanted = given.destination or (None if rules is None else rules.default_venue)
    return wanted == SMART


def hear(turn: Turn, given: i.Input) -> Iterator[Event]:
    """What SMART says of an order, which follows from its parts, within the same turn."""
    return _DECIDERS[type(given)](turn, given)
