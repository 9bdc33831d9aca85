"""All that the core knows, and evolve(), which changes it by one event.

Here: State, its look-ups, and how each event changes it. Memory is bounded: orders that are
over are forgotten, oldest first, once there are more than ``terminal_max`` of them; the edge
recalls one when an input names it.
Not here: decisions; loading or saving.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Final

from fixgate.domain import events as e
from fixgate.domain.errors import require
from fixgate.domain.exposure import Exposure
from fixgate.domain.frozen import changed
from fixgate.domain.ids import ClOrdID, Ids, OrderID, SessionName, TradeID, VenueName
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.lifecycle import apply, corrected
from fixgate.domain.limit_book import LimitBook
from fixgate.domain.operations import Coverage, Kill
from fixgate.domain.order import Execution, Order, RefusedOrder, UsedID
from fixgate.domain.position_watch import PositionWatch
from fixgate.domain.positions import Positions
from fixgate.domain.rounding import ZERO
from fixgate.domain.routing import SMART, RoutingPolicy, VenueFees, smart_instrument
from fixgate.domain.sessions import SessionRules, drop_copies

TERMINAL_MAX: Final = 4_000
LOST: Final = "order lost at venue"  # the subject of the alert that says so


ListKey = tuple[SessionName, str]
"""A session, and the ListID (66) of one of its lists."""


class State:
    """Orders and reference data. Changed only by ``evolve``; ``forget`` loses what is over."""

    __slots__ = (
        "aliases",
        "cancels",
        "copies",
        "disabled",
        "executions",
        "expiring",
        "exposure",
        "fees",
        "ids",
        "instruments",
        "kills",
        "leaving",
        "limits",
        "lists",
        "lost",
        "names",
        "order_ids",
        "orders",
        "parts",
        "policies",
        "positions",
        "present",
        "refused",
        "refused_at_end",
        "sessions",
        "stopping",
        "terminal",
        "terminal_max",
        "unfit",
        "unsettled",
        "used",
        "venues",
        "venues_up",
        "waiting",
        "watch",
        "withdrawing",
    )

    def __init__(self, ids: Ids, *, terminal_max: int = TERMINAL_MAX) -> None:
        self.ids = ids
        self.terminal_max = terminal_max
        self.sessions: dict[SessionName, SessionRules] = {}
        # Who gets drop copies of a session's ExecutionReports; follows from ``sessions``.
        self.copies: dict[SessionName, tuple[SessionName, ...]] = {}
        self.aliases: dict[str, str] = {}
        self.venues: dict[VenueName, VenueProfile] = {}
        self.venues_up: dict[VenueName, bool] = {}
        # Per venue, by unified symbol and by the venue's own.
        self.instruments: dict[VenueName, dict[str, Instrument]] = {}
        self.orders: dict[OrderID, Order] = {}
        self.refused: dict[OrderID, RefusedOrder] = {}
        self.used: dict[OrderID, UsedID] = {}  # ClOrdIDs of requests that are no orders
        # Sessions that the earlier process told, at its end, that it takes nothing more.
        self.refused_at_end: frozenset[SessionName] = frozenset()
        self.stopping: str | None = None  # why new orders are not taken any more
        self.executions: dict[OrderID, dict[TradeID, Execution]] = {}
        self.order_ids: dict[tuple[SessionName, ClOrdID], OrderID] = {}
        self.names: dict[OrderID, list[ClOrdID]] = {}  # what order_ids holds of each order
        # Orders that are over, in the order they ended. Linked, not a plain dict: to find the first
        # of a dict whose first ones were taken out is to pass by the holes that they left.
        self.terminal: OrderedDict[OrderID, None] = OrderedDict()
        # Open orders of an earlier process, until their venue has said what became of them.
        self.unsettled: dict[OrderID, None] = {}
        # What operations decided, until they decide otherwise.
        self.kills: dict[Coverage, Kill] = {}
        self.disabled: dict[SessionName, None] = {}
        # Sessions whose open orders are canceled when their connection ends; those whose
        # connection has ended, and when what is to be canceled will be.
        self.cancels: dict[SessionName, None] = {}
        self.leaving: dict[SessionName, int] = {}
        self.present: dict[SessionName, None] = {}  # sessions whose clients are logged on
        self.withdrawing: dict[OrderID, None] = {}  # orders that we cancel and that are not over
        # Orders that we end, and when; those that wait with us for a price, by venue and symbol.
        self.expiring: dict[OrderID, int] = {}
        self.waiting: dict[tuple[VenueName, str], dict[OrderID, None]] = {}
        self.limits = LimitBook()
        self.exposure = Exposure()  # what counts against them
        self.lost: dict[OrderID, None] = {}  # orders that their venue says it does not have
        self.positions = Positions()
        self.watch = PositionWatch()  # which clients are told of changes of them
        # Of each list of orders, those that memory has; an order says which list it is of.
        self.lists: dict[ListKey, dict[OrderID, None]] = {}
        # Of each routed order in memory its parts that are there, open or over.
        self.parts: dict[OrderID, dict[OrderID, None]] = {}
        self.policies: dict[str, RoutingPolicy] = {}  # by name, the default first
        self.fees: dict[VenueName, VenueFees] = {}
        self.unfit: dict[VenueName, str] = {}  # venues that routed orders do not go to, and why

    def find(self, session: SessionName, cl_ord_id: ClOrdID) -> Order | RefusedOrder | None:
        """The order that ``cl_ord_id`` names in ``session``, by any name it has or had."""
        order_id = self.order_ids.get((session, cl_ord_id))
        if order_id is None:
            return None
        return self.orders.get(order_id) or self.refused.get(order_id)

    def knows(self, session: SessionName, cl_ord_id: ClOrdID) -> bool:
        """Whether ``cl_ord_id`` is taken, as far as memory goes."""
        return (session, cl_ord_id) in self.order_ids

    def instrument(self, venue: VenueName, symbol: str) -> Instrument | None:
        """The instrument that ``symbol`` (alias, unified or venue's own) means at ``venue``."""
        listed = self.instruments.get(venue)
        if listed is None:
            return None
        return listed.get(self.aliases.get(symbol, symbol)) or listed.get(symbol)

    def open_orders(self) -> Iterable[Order]:
        """Orders that are not over."""
        return (each for each in self.orders.values() if not each.is_terminal)

    def open_parts(self, order_id: OrderID) -> list[Order]:
        """The parts of a routed order that are not over, in the order they were made."""
        known = (self.orders[each] for each in self.parts.get(order_id, ()))
        return [each for each in known if not each.is_terminal]

    def is_due(self, now_ns: int) -> bool:
        """Whether something waited for a time that has come."""
        return (
            any(at_ns <= now_ns for at_ns in self.leaving.values())
            or any(at_ns <= now_ns for at_ns in self.expiring.values())
            or any(self._may_cancel_again(order_id, now_ns) for order_id in self.withdrawing)
            or self.limits.due(now_ns) is not None
            or self.exposure.day_is_over(now_ns)
        )

    def _may_cancel_again(self, order_id: OrderID, now_ns: int) -> bool:
        order = self.orders.get(order_id)
        withdrawn = order.withdrawn if order is not None else None
        if order is None or withdrawn is None or withdrawn.sent or not withdrawn.attempts:
            return False
        up = self.venues_up.get(order.instruction.venue, False)
        return up and withdrawn.again_ns <= now_ns

    def load(self, order: Order, executions: Iterable[Execution], names: Iterable[ClOrdID]) -> None:
        """Put an order there as the store holds it; at start only."""
        self.keep(order)
        if order.withdrawn is not None and not order.is_terminal:
            self.withdrawing[order.order_id] = None
        for name in (*names, *(each.cl_ord_id for each in order.requests if not each.mass)):
            self.name(order.instruction.session, name, order.order_id)
        for each in executions:
            self.executions.setdefault(order.order_id, {})[each.trade_id] = each

    def name(self, session: SessionName, cl_ord_id: ClOrdID, order_id: OrderID) -> None:
        """Let ``cl_ord_id`` mean that order."""
        if (session, cl_ord_id) not in self.order_ids:
            self.names.setdefault(order_id, []).append(cl_ord_id)
        self.order_ids[session, cl_ord_id] = order_id

    def unname(self, session: SessionName, cl_ord_id: ClOrdID) -> None:
        """Free a ClOrdID that was refused."""
        order_id = self.order_ids.pop((session, cl_ord_id), None)
        if order_id is not None:
            self.names[order_id].remove(cl_ord_id)

    def keep(self, order: Order) -> None:
        """Remember the order as it is now."""
        before = self.orders.get(order.order_id)
        if before is order:
            return
        self.orders[order.order_id] = order
        if before is None:
            self._note_parts(order)
        if self.exposure.follows:
            self.exposure.moved(before, order, self.limits)
        was_terminal = before is not None and before.is_terminal
        if order.is_terminal and not was_terminal:
            if order.part_of is None:  # a part is forgotten with its order
                self.terminal[order.order_id] = None
            if self.withdrawing or self.lost:
                self.withdrawing.pop(order.order_id, None)
                self.lost.pop(order.order_id, None)
        elif was_terminal and not order.is_terminal:
            self.terminal.pop(order.order_id, None)  # reopened
        if before is None and order.member is not None:
            key = order.instruction.session, order.member.list_id
            self.lists.setdefault(key, {})[order.order_id] = None
        if order.held is not None or (before is not None and before.held is not None):
            self._hold(order)

    def _hold(self, order: Order) -> None:
        """Remember what the gateway has to do for the order, or that it has not any more."""
        order_id, about, held = order.order_id, order.instruction, order.held
        expire_at_ns = None if held is None else held.expire_at_ns
        if order.is_terminal or order.withdrawn is not None or expire_at_ns is None:
            self.expiring.pop(order_id, None)
        else:
            self.expiring[order_id] = expire_at_ns
        key = (about.venue, about.symbol)
        if order.awaits_price and not order.is_terminal:
            self.waiting.setdefault(key, {})[order_id] = None
        else:
            self._let_go(key, order_id)

    def _let_go(self, key: tuple[VenueName, str], order_id: OrderID) -> None:
        waiting = self.waiting.get(key, {})
        waiting.pop(order_id, None)
        if not waiting:
            self.waiting.pop(key, None)

    def _note_parts(self, order: Order) -> None:
        if order.instruction.venue == SMART:
            self.parts.setdefault(order.order_id, {})
        elif order.parent is not None:
            self.parts.setdefault(order.parent, {})[order.order_id] = None

    def note_all_parts(self) -> None:
        """Which orders are parts of which, as memory has it by now."""
        self.parts = {}
        for order_id in sorted(self.orders):
            self._note_parts(self.orders[order_id])

    def members(self, key: ListKey) -> list[Order]:
        """The orders of a list that memory has, by ListSeqNo."""
        found = [self.orders[each] for each in self.lists.get(key, ())]
        return sorted(found, key=lambda order: order.member.seq if order.member else 0)

    def forget(self) -> None:
        """Forget the oldest orders that are over, beyond ``terminal_max``.

        Called before each input is looked at, and never within one: an input that names two
        orders must find both, one in memory and the other recalled.
        """
        too_many = len(self.terminal) - self.terminal_max
        if too_many > 0:
            for each in tuple(islice(self.terminal, too_many)):
                order = self.orders.get(each)
                if order is None or (order.is_over and not self.open_parts(each)):
                    self.drop(each)  # else it still owes an answer

    def drop(self, order_id: OrderID) -> None:
        """Forget an order, its parts and its names."""
        for each in self.parts.pop(order_id, ()):
            self.drop(each)
        order, refused = self.orders.pop(order_id, None), self.refused.pop(order_id, None)
        self.executions.pop(order_id, None)
        self.unsettled.pop(order_id, None)
        self.terminal.pop(order_id, None)
        self.withdrawing.pop(order_id, None)
        self.lost.pop(order_id, None)
        if order is not None and order.held is not None:
            self.expiring.pop(order_id, None)
            self._let_go((order.instruction.venue, order.instruction.symbol), order_id)
        if order is not None and order.member is not None:
            key = order.instruction.session, order.member.list_id
            members = self.lists.get(key, {})
            members.pop(order_id, None)
            if not members:
                self.lists.pop(key, None)
        used = self.used.pop(order_id, None)
        session = order.instruction.session if order else refused.session if refused else None
        if used is not None:
            session = used.session
        for cl_ord_id in self.names.pop(order_id, ()):
            if session is not None:
                self.order_ids.pop((session, cl_ord_id), None)

    def refuse(self, refused: RefusedOrder) -> None:
        """Remember a refused order and its ClOrdID."""
        self.refused[refused.order_id] = refused
        self.name(refused.session, refused.cl_ord_id, refused.order_id)
        self.terminal[refused.order_id] = None

    def use_up(self, used: UsedID) -> None:
        """Remember a ClOrdID that names no order."""
        self.used[used.order_id] = used
        self.name(used.session, used.cl_ord_id, used.order_id)
        self.terminal[used.order_id] = None


def _order_received(state: State, event: e.OrderReceived) -> None:
    order = event.order
    state.keep(order)
    if order.part_of is not None:
        return
    state.name(order.instruction.session, order.cl_ord_id, order.order_id)
    if state.exposure.counted.duplicate_within_ms:
        state.exposure.received(order)


def _order_recalled(state: State, event: e.OrderRecalled) -> None:
    if event.refused is not None:
        state.refuse(event.refused)
    if event.order is not None:
        state.load(event.order, event.executions, event.cl_ord_ids)
    if event.used is not None:
        state.use_up(event.used)


def _request_received(state: State, event: e.RequestReceived) -> None:
    order = state.orders[event.order_id]
    state.keep(apply(order, event))
    if not event.request.mass:  # else it is one name for many orders
        state.name(order.instruction.session, event.request.cl_ord_id, order.order_id)


def _request_refused(state: State, event: e.RequestRefused) -> None:
    order = state.orders[event.order_id]
    # Only the id of an open request is freed: a refused duplicate must not free its namesake.
    request = None if event.at_once else order.request(event.cl_ord_id)
    if request is not None and not (request.mass or request.own):
        state.unname(order.instruction.session, event.cl_ord_id)
    state.keep(apply(order, event))


def _traded(state: State, event: e.Traded) -> None:
    state.keep(apply(state.orders[event.order_id], event))
    trades = state.executions.setdefault(event.order_id, {})
    trade = event.execution
    trades[trade.trade_id] = trade
    state.positions.traded(
        state.orders[event.order_id].instruction,
        trade.last_qty,
        trade.last_px,
        event.fee,
        event.fee_currency,
    )
    if state.watch.moved:  # looked at here: a call would cost every trade more than the look
        _watch(state)
    if event.at_ns is not None:
        state.exposure.traded(state.orders[event.order_id].instruction, event.at_ns)


def _trade_corrected(state: State, event: e.TradeCorrected) -> None:
    trades = state.executions[event.order_id]
    old = trades[event.execution.trade_id]
    state.keep(corrected(state.orders[event.order_id], old=old, new=event.execution))
    new = trades[event.execution.trade_id] = event.execution
    about = state.orders[event.order_id].instruction
    state.positions.corrected(
        about,
        (old.last_qty, old.last_px),
        (new.last_qty, new.last_px),
        event.fee,
        event.fee_currency,
    )
    _watch(state)


def _trade_busted(state: State, event: e.TradeBusted) -> None:
    trades = state.executions[event.order_id]
    old = trades[event.trade_id]
    state.keep(corrected(state.orders[event.order_id], old=old, new=None))
    # It stays known: the same trade told again must not count again.
    trades[event.trade_id] = changed(old, exec_id=event.exec_id, last_qty=ZERO)
    about = state.orders[event.order_id].instruction
    state.positions.corrected(
        about, (old.last_qty, old.last_px), None, event.fee, event.fee_currency
    )
    _watch(state)


def _watch(state: State) -> None:
    """Positions have changed."""
    state.watch.note(state.positions.changes)


def _gateway_started(state: State, event: e.GatewayStarted) -> None:
    require(event.epoch == state.ids.epoch, "this journal belongs to another epoch")
    parts, state.parts = state.parts, {}  # each is dropped, or stays, for itself
    for order_id in (*state.terminal, *(each for held in parts.values() for each in held)):
        order = state.orders.get(order_id)
        if order is None or order.is_over:
            state.drop(order_id)
    state.note_all_parts()
    # What is over but owes an answer stays; sorted, for memory was loaded in any order.
    whole = sorted(each.order_id for each in state.orders.values() if each.part_of is None)
    state.terminal = OrderedDict.fromkeys(each for each in whole if state.orders[each].is_terminal)
    # A routed order is as its parts are.
    smart = [each for each in whole if state.orders[each].instruction.venue == SMART]
    # What waits with us is at no venue, which could not say what became of it.
    here = [each for each in whole if state.orders[each].waits]
    state.unsettled = dict.fromkeys(sorted(state.orders.keys() - smart - set(here)))
    state.kills = {each.coverage: each for each in event.kills}
    state.disabled = dict.fromkeys(event.disabled)
    state.refused_at_end = frozenset(event.refused)
    state.limits, state.exposure = LimitBook(), Exposure()
    state.watch = PositionWatch()  # its clients come back, and ask again
    state.exposure.paused.update(event.paused)
    state.stopping = None
    open_orders = sorted(state.open_orders(), key=lambda order: order.order_id)
    withdrawn = [each.order_id for each in open_orders if each.withdrawn is not None]
    state.withdrawing = dict.fromkeys(withdrawn)
    for table in (
        state.sessions,
        state.aliases,
        state.venues,
        state.venues_up,
        state.cancels,
        state.leaving,
        state.present,
        state.lost,
        state.copies,
        state.policies,
        state.fees,
        state.unfit,
    ):
        table.clear()
    state.instruments.clear()
    state.positions.suspicions.clear()


def _stop_began(state: State, event: e.StopBegan) -> None:
    state.stopping = event.text


def _limits_changed(state: State, event: e.LimitsChanged) -> None:
    state.limits.move(event.step, event.change)
    state.exposure.day_ends_ns = event.day_ends_ns
    state.exposure.follow(state.limits, state.orders.values(), event.dealt)


def _day_began(state: State, event: e.DayBegan) -> None:
    state.exposure.begin_day(event.day_ends_ns)


def _session_paused(state: State, event: e.SessionPaused) -> None:
    state.exposure.paused[event.session] = event.text


def _pause_ended(state: State, event: e.PauseEnded) -> None:
    state.exposure.released(event.session)


def _sessions_set(state: State, event: e.SessionsSet) -> None:
    state.sessions = {each.name: each for each in event.sessions}
    state.copies = drop_copies(event.sessions)
    state.aliases = dict(event.aliases)


def _venue_set(state: State, event: e.VenueSet) -> None:
    venue = event.profile.venue
    state.venues[venue] = event.profile
    state.positions.policies[venue] = event.differences
    if venue == SMART:  # not a place: it can always be reached
        state.venues_up[SMART] = True
        _list_at_smart(state, {symbol for each in state.instruments.values() for symbol in each})


def _instruments_set(state: State, event: e.InstrumentsSet) -> None:
    listed = state.instruments.setdefault(event.venue, {})
    # What is gone stays known, inactive: open orders in it can still be canceled and queried.
    gone = [listed[symbol] for symbol in event.removed if symbol in listed]
    for each in (*event.instruments, *(changed(one, active=False) for one in gone)):
        listed[each.venue_symbol] = each
        listed[each.symbol] = each
    if SMART in state.venues:
        _list_at_smart(state, {each.symbol for each in event.instruments} | {*event.removed})


def _list_at_smart(state: State, symbols: set[str]) -> None:
    """What SMART lists follows from what the venues list, by unified symbol."""
    smart = state.instruments.setdefault(SMART, {})
    for symbol in sorted(symbols):
        found = [
            each
            for venue, listed in state.instruments.items()
            if venue != SMART and (each := listed.get(symbol)) is not None
        ]
        named = [each for each in found if each.symbol == symbol]
        if named:
            smart[symbol] = smart_instrument(named)


def _venue_connection_set(state: State, event: e.VenueConnectionSet) -> None:
    state.venues_up[event.venue] = event.up


def _order_settled(state: State, event: e.OrderSettled) -> None:
    state.unsettled.pop(event.order_id, None)


def _order_refused(state: State, event: e.OrderRefused) -> None:
    state.refuse(event.refused)


def _apply(state: State, event: Any) -> None:
    state.keep(apply(state.orders[event.order_id], event))


def _kill_switch_set(state: State, event: e.KillSwitchSet) -> None:
    if event.on:
        state.kills[event.kill.coverage] = event.kill
    else:
        state.kills.pop(event.kill.coverage, None)


def _session_bar_set(state: State, event: e.SessionBarSet) -> None:
    _switch(state.disabled, event.session, on=event.barred)


def _cancel_on_disconnect_set(state: State, event: e.CancelOnDisconnectSet) -> None:
    _switch(state.cancels, event.session, on=event.on)


def _switch(names: dict[SessionName, None], name: SessionName, *, on: bool) -> None:
    if on:
        names[name] = None
    else:
        names.pop(name, None)


def _session_presence_set(state: State, event: e.SessionPresenceSet) -> None:
    _switch(state.present, event.session, on=event.present)


def _session_left(state: State, event: e.SessionLeft) -> None:
    state.leaving[event.session] = event.cancel_at_ns


def _session_returned(state: State, event: e.SessionReturned) -> None:
    state.leaving.pop(event.session, None)


def _withdrawal_ordered(state: State, event: e.WithdrawalOrdered) -> None:
    _apply(state, event)
    state.withdrawing[event.order_id] = None


def _alert_raised(state: State, event: e.AlertRaised) -> None:
    if event.subject == LOST and event.order_id in state.orders:
        state.lost[event.order_id] = None


def _mass_cancel_taken(state: State, event: e.MassCancelTaken) -> None:
    state.use_up(event.used)


def _balances_set(state: State, event: e.BalancesSet) -> None:
    for each in event.balances:
        state.positions.balances[each.venue, each.asset] = each


def _difference_suspected(state: State, event: e.DifferenceSuspected) -> None:
    if event.suspicion is None:
        state.positions.suspicions.pop((event.venue, event.subject), None)
    else:
        state.positions.suspicions[event.venue, event.subject] = event.suspicion


def _position_reconciled(state: State, event: e.PositionReconciled) -> None:
    key = (event.venue, event.account, event.symbol)
    state.positions.reconciled(key, event.qty, event.px)
    _watch(state)


def _positions_subscribed(state: State, event: e.PositionsSubscribed) -> None:
    state.watch.begin(event.request, event.accounts)


def _positions_unsubscribed(state: State, event: e.PositionsUnsubscribed) -> None:
    state.watch.end((event.session, event.req_id))


def _position_updates_told(state: State, event: e.PositionUpdatesTold) -> None:
    for each in event.told:
        key = (each.session, each.req_id)
        state.watch.told(key, through=each.through, next_ns=each.next_ns)


def _routing_set(state: State, event: e.RoutingSet) -> None:
    state.policies = {each.name: each for each in event.policies}
    state.fees = {each.venue: each for each in event.fees}


def _venue_health_set(state: State, event: e.VenueHealthSet) -> None:
    if event.fit:
        state.unfit.pop(event.venue, None)
    else:
        state.unfit[event.venue] = event.text


def _nothing(_: State, __: Any) -> None:
    """The event is an answer or an intent; it leaves no trace in memory."""


_STEPS: Final[Mapping[type, Callable[[State, Any], None]]] = {
    e.OrderReceived: _order_received,
    e.OrderRefused: _order_refused,
    e.DuplicateRefused: _nothing,
    e.OrderRecalled: _order_recalled,
    e.OrderRouted: _apply,
    e.RoutingDecided: _nothing,
    e.OrderAcknowledged: _apply,
    e.LegAcknowledged: _apply,
    e.OrderRejected: _apply,
    e.Traded: _traded,
    e.TradeCorrected: _trade_corrected,
    e.TradeBusted: _trade_busted,
    e.RequestReceived: _request_received,
    e.RequestPended: _apply,
    e.CancelSent: _apply,
    e.ReplaceSent: _apply,
    e.RequestReturned: _apply,
    e.CancelDenied: _apply,
    e.RequestRefused: _request_refused,
    e.UnknownOrderRefused: _nothing,
    e.OrderReplaced: _apply,
    e.ClosingNoted: _apply,
    e.OrderClosed: _apply,
    e.OrderRestated: _apply,
    e.OrderTriggered: _apply,
    e.OrderHeld: _apply,
    e.OrderCalled: _apply,
    e.StopMoved: _apply,
    e.QuerySent: _apply,
    e.OrderSettled: _order_settled,
    e.ReportOwedAgain: _nothing,
    e.StatusReported: _nothing,
    e.UnknownStatusReported: _nothing,
    e.MassCancelTaken: _mass_cancel_taken,
    e.MassCancelRefused: _nothing,
    e.MassStatusReported: _nothing,
    e.EmptyMassStatusReported: _nothing,
    e.TradesWanted: _nothing,
    e.PositionRequestAnswered: _nothing,
    e.PositionShown: _nothing,
    e.PositionsSubscribed: _positions_subscribed,
    e.PositionsUnsubscribed: _positions_unsubscribed,
    e.PositionUpdatesTold: _position_updates_told,
    e.TradeRequestAnswered: _nothing,
    e.TradeReported: _nothing,
    e.SecuritiesListed: _nothing,
    e.NewsTold: _nothing,
    e.OrderReleased: _apply,
    e.ListStatusReported: _nothing,
    e.SessionPresenceSet: _session_presence_set,
    e.MessageRejected: _nothing,
    e.BusinessMessageRejected: _nothing,
    e.AlertRaised: _alert_raised,
    e.BalancesSet: _balances_set,
    e.DifferenceSuspected: _difference_suspected,
    e.PositionReconciled: _position_reconciled,
    e.GatewayStarted: _gateway_started,
    e.LimitsChanged: _limits_changed,
    e.DayBegan: _day_began,
    e.SessionPaused: _session_paused,
    e.PauseEnded: _pause_ended,
    e.StopBegan: _stop_began,
    e.SessionsSet: _sessions_set,
    e.VenueSet: _venue_set,
    e.RoutingSet: _routing_set,
    e.VenueHealthSet: _venue_health_set,
    e.PriceGapDetected: _nothing,
    e.InstrumentsSet: _instruments_set,
    e.VenueConnectionSet: _venue_connection_set,
    e.OperatorActed: _nothing,
    e.CommandRefused: _nothing,
    e.NumbersSet: _nothing,
    e.KillSwitchSet: _kill_switch_set,
    e.SessionBarSet: _session_bar_set,
    e.WithdrawalOrdered: _withdrawal_ordered,
    e.WithdrawalReturned: _apply,
    e.CancelOnDisconnectSet: _cancel_on_disconnect_set,
    e.SessionLeft: _session_left,
    e.SessionReturned: _session_returned,
}


def evolve(state: State, event: e.Event) -> None:
    """Let ``event`` have happened.

    Raises:
        InvariantBroken: it cannot happen in this state; memory must not be used any more.
    """
    _STEPS[type(event)](state, event)
