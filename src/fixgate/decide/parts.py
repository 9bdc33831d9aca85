"""Routed orders and their parts.

A routed order's venue is SMART, which is no place: what SMART is told is carried out here, by parts
that are orders at real venues, and what becomes of the parts is what SMART says of the order. It
says so as any venue would, in the same turn (docs/decisions/0024).

Here: followed(), which lets every event have its consequences for the other side.
Not here: where parts go (placing), what an answer of a venue means (answers, fills, closing).
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from fixgate.decide.placing import opened, placed, policy_of
from fixgate.decide.turn import Turn
from fixgate.decide.withdrawing import withdraw
from fixgate.decide.working import in_doubt
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import ORDER_ID_LENGTH, OrderID, TradeID, VenueName
from fixgate.domain.order import Order, Request, RequestPhase, Terms, Withdrawal
from fixgate.domain.rounding import ZERO, to_wire
from fixgate.domain.routing import SMART, marked
from fixgate.domain.values import ExecType as X
from fixgate.domain.values import OrdStatus as S
from fixgate.domain.values import RestatementReason
from fixgate.routing import Asked

Hear = Callable[[Turn, i.VenueInput], Iterator[e.Event]]
Ended = e.OrderClosed | e.OrderRejected | e.OrderRestated | e.Traded

_WITH_ITS_ORDER: Final = "The order that it is a part of is being canceled"
_ENDS: Final[Mapping[S, X]] = {S.EXPIRED: X.EXPIRED, S.DONE_FOR_DAY: X.DONE_FOR_DAY}


def followed(
    turn: Turn, given: i.Input, deciding: Iterator[e.Event], hear: Hear
) -> Iterator[e.Event]:
    """The events of ``deciding``, and all that follows from them for routed orders.

    What follows is decided when ``deciding`` is done, as if it had been said to it then.
    """
    named = getattr(given, "venue_cl_ord_id", None)
    if named is not None and _is_smart(turn, named):
        text = f"{getattr(given, 'venue', '')} speaks of {named}, which was sent to no venue"
        yield e.AlertRaised(subject="venue answer", text=text)
        return
    yield from carried_out(turn, deciding, hear)


def carried_out(turn: Turn, deciding: Iterator[e.Event], hear: Hear) -> Iterator[e.Event]:
    """The events of ``deciding``, with what SMART is told carried out."""
    following = _Following(turn, hear)
    yield from following.watch(deciding)
    while following.waiting:
        yield from following.watch(following.waiting.popleft())


@dataclass(slots=True)
class _Following:
    turn: Turn
    hear: Hear
    waiting: deque[Iterator[e.Event]] = field(default_factory=deque)

    def watch(self, deciding: Iterator[e.Event]) -> Iterator[e.Event]:
        orders = self.turn.state.orders
        for event in deciding:
            yield event
            kind = type(event)
            if kind in _OF_A_PART:
                order = orders.get(_order_id(event))
                if order is not None and order.part_of is not None:
                    self.waiting.append(_OF_A_PART[kind](self, order, event))
            if kind in _TO_SMART:
                order = orders.get(_order_id(event))
                if order is not None and order.instruction.venue == SMART:
                    self.waiting.append(_TO_SMART[kind](self, order, event))

    # --- what SMART is told -----------------------------------------------------------------

    def route(self, order: Order, event: e.OrderRouted) -> Iterator[e.Event]:
        """Submit: choose venues and open the parts."""
        order = self.turn.order(order.order_id)
        if order.leg != event.leg:
            return
        refusal = yield from self._place(order, event.terms, event.qty, {})
        if refusal is not None:
            yield from self._say_submit(order, i.Outcome.REJECTED, refusal)

    def cancel(self, order: Order, event: e.CancelSent) -> Iterator[e.Event]:
        """Cancel: every part; answered when the last of them is over."""
        order = self.turn.order(order.order_id)
        forced = event.cl_ord_id is None and order.withdrawn is not None and order.withdrawn.forced
        yield from self._withdraw_parts(order, forced=forced)
        if not self.turn.state.open_parts(order.order_id):
            yield from self._answer_cancel(self.turn.order(order.order_id))

    def query(self, order: Order, _: e.QuerySent) -> Iterator[e.Event]:
        """Query: each part's venue is asked."""
        for part in self.turn.state.open_parts(order.order_id):
            yield e.QuerySent(order_id=part.order_id, cl_ord_id=in_doubt(part))

    # --- what becomes of the parts ----------------------------------------------------------

    def acknowledged(self, part: Order, _: e.OrderAcknowledged) -> Iterator[e.Event]:
        """The first part that works makes the order work."""
        order = self._whole(part)
        if _unanswered(order) and part.part_of == order.venue_cl_ord_id:
            yield from self._say_submit(order, i.Outcome.ACCEPTED)

    def traded(self, part: Order, event: e.Traded) -> Iterator[e.Event]:
        """A part's trade is the order's trade, at the part's venue."""
        assert part.part_of is not None  # noqa: S101 - narrows
        trade = event.execution
        yield from self.hear(
            self.turn,
            i.VenueTraded(
                venue=part.instruction.venue,
                venue_cl_ord_id=part.part_of,
                trade_id=marked(part.instruction.venue, trade.trade_id),
                last_qty=trade.last_qty,
                last_px=trade.last_px,
                fee=event.fee,
                fee_currency=event.fee_currency,
                maker=event.maker,
            ),
        )
        yield from self._balance(part, event)

    def corrected(self, part: Order, event: e.TradeCorrected) -> Iterator[e.Event]:
        """So is its correction."""
        trade = event.execution
        yield from self._correct(part, trade.trade_id, trade.last_qty, trade.last_px)

    def busted(self, part: Order, event: e.TradeBusted) -> Iterator[e.Event]:
        """And its bust."""
        yield from self._correct(part, event.trade_id, ZERO, ZERO)

    def _correct(
        self, part: Order, trade_id: TradeID, qty: Decimal, px: Decimal
    ) -> Iterator[e.Event]:
        assert part.part_of is not None  # noqa: S101 - narrows
        yield from self.hear(
            self.turn,
            i.VenueTradeCorrected(
                venue=part.instruction.venue,
                venue_cl_ord_id=part.part_of,
                trade_id=marked(part.instruction.venue, trade_id),
                last_qty=qty,
                last_px=px,
            ),
        )

    def triggered(self, part: Order, _: e.OrderTriggered) -> Iterator[e.Event]:
        """A stop order is never divided: its one part is the order."""
        assert part.part_of is not None  # noqa: S101 - narrows
        yield from self.hear(self.turn, i.VenueTriggered(venue=SMART, venue_cl_ord_id=part.part_of))

    def ended(self, part: Order, event: Ended) -> Iterator[e.Event]:
        """A part is over, or works less than it was sent for."""
        yield from self._balance(part, event)

    def _balance(self, part: Order, event: Ended) -> Iterator[e.Event]:
        """Compare what is open of the order with what works of it.

        ``part`` is as the event left it: more of it may have happened in the same turn, which
        then has its consequences in its own turn.
        """
        order = self._whole(part)
        parts = self.turn.state.open_parts(order.order_id)
        works = sum((each.leaves_qty for each in parts), ZERO)
        wanted = _open_qty(order)
        if works > wanted:
            yield from self._too_much(order, works - wanted)
        if part.part_of != order.venue_cl_ord_id:
            return  # what works of the order now is another leg
        if works < wanted and not isinstance(event, e.Traded) and not _ending(order):
            yield from self._too_little(order, part, event, wanted - works)
        if part.is_terminal and not self.turn.state.open_parts(order.order_id):
            yield from self._over(self.turn.order(order.order_id), part, event)

    def _too_much(self, order: Order, excess: Decimal) -> Iterator[e.Event]:
        """A venue traded more than it was asked, or late: no more of the order may trade."""
        text = f"{to_wire(excess)} more is open at venues than the order may trade"
        parts = self.turn.state.open_parts(order.order_id)
        if all(each.withdrawn is not None for each in parts):
            return  # as it was said before
        yield e.AlertRaised(subject="venue order", text=text, order_id=order.order_id)
        if not order.is_terminal and order.withdrawn is None:
            end = Withdrawal(text=text, restatement=RestatementReason.OTHER)
            yield from withdraw(self.turn, order.order_id, end)
        yield from self._withdraw_parts(self.turn.order(order.order_id), forced=False)

    def _too_little(
        self, order: Order, part: Order, event: Ended, missing: Decimal
    ) -> Iterator[e.Event]:
        """What a part does not work goes to another venue, or the order ends.

        An order never stands there with more open than works. What an immediate order cannot
        trade ends with it, and so does what has expired.
        """
        terms = _terms(order)
        asked = Asked(side=order.instruction.side, qty=missing, terms=terms)
        refused = isinstance(event, e.OrderRejected)
        if part.stage in _ENDS or (asked.at_once and not refused):
            return
        if part.is_terminal:  # else its venue made it smaller
            missing = min(missing, part.terms.order_qty - part.cum_qty)
        policy = policy_of(self.turn.state, order.instruction.session)
        text = f"{part.instruction.venue}: {getattr(event, 'text', None) or 'canceled its part'}"
        goes_on = self.turn.state.stopping is None and part.withdrawn is None
        if goes_on and policy is not None and policy.reroute:
            excluded = self._given_up(order) | {part.instruction.venue: text}
            refusal = yield from self._place(order, terms, missing, excluded)
            if refusal is None:
                return
            text = f"{text}. {refusal}"
        works = bool(self.turn.state.open_parts(order.order_id))
        if (asked.at_once and works) or (_unanswered(order) and not works):
            return  # it ends by itself
        yield from withdraw(self.turn, order.order_id, _end(part, event, text))

    def _given_up(self, order: Order) -> dict[VenueName, str]:
        """Venues that had a part of this leg and do not work it, as far as memory goes."""
        state = self.turn.state
        parts = (state.orders[each] for each in state.parts.get(order.order_id, ()))
        return {
            each.instruction.venue: "it did not work its part"
            for each in parts
            if each.part_of == order.venue_cl_ord_id and each.stage in (S.REJECTED, S.CANCELED)
        }

    def _over(self, order: Order, part: Order, event: Ended) -> Iterator[e.Event]:
        """Nothing works of the order any more: the answer that it waits for, or its end."""
        text = getattr(event, "text", None)
        if _in_flight(order) is not None or _withdrawal_sent(order):
            yield from self._answer_cancel(order)
        elif order.is_terminal:
            return
        elif _unanswered(order):
            told = f"{part.instruction.venue}: {text or 'refused without a reason'}"
            yield from self._say_submit(order, i.Outcome.REJECTED, told)
        else:
            closed = event if isinstance(event, e.OrderClosed) else None
            yield from self.hear(
                self.turn,
                i.VenueClosed(
                    venue=SMART,
                    venue_cl_ord_id=order.venue_cl_ord_id,
                    exec_type=self._end_of(order),
                    leg_cum_qty=order.leg_cum_qty,
                    restatement=None if closed is None else closed.restatement,
                    text=text,
                ),
            )

    def _end_of(self, order: Order) -> X:
        """How its parts ended: expired or done for the day if one did, else canceled."""
        state = self.turn.state
        parts = (state.orders[each] for each in state.parts.get(order.order_id, ()))
        ends = (_ENDS.get(each.stage) for each in parts if each.part_of == order.venue_cl_ord_id)
        return next((each for each in ends if each is not None), X.CANCELED)

    def _place(
        self, order: Order, terms: Terms, qty: Decimal, excluded: Mapping[VenueName, str]
    ) -> Generator[e.Event, None, str | None]:
        """Open parts for ``qty``; returns why not, if no venue can take it."""
        asked = Asked(side=order.instruction.side, qty=qty, terms=terms)
        policy = policy_of(self.turn.state, order.instruction.session)
        found = placed(self.turn, order.instruction, asked, policy, excluded)
        yield from opened(self.turn, order, asked, found)
        return found.plan.refusal

    def _withdraw_parts(self, order: Order, *, forced: bool) -> Iterator[e.Event]:
        end = Withdrawal(
            text=_WITH_ITS_ORDER, restatement=RestatementReason.BROKER_OPTION, forced=forced
        )
        for part in self.turn.state.open_parts(order.order_id):
            if part.withdrawn is None or (forced and not part.withdrawn.forced):
                yield from withdraw(self.turn, part.order_id, end)

    def _say_submit(
        self, order: Order, outcome: i.Outcome, text: str | None = None
    ) -> Iterator[e.Event]:
        answer = i.VenueAnswered(
            venue=SMART,
            call=i.VenueCall.SUBMIT,
            venue_cl_ord_id=order.venue_cl_ord_id,
            outcome=outcome,
            text=text,
        )
        yield from self.hear(self.turn, answer)

    def _answer_cancel(self, order: Order) -> Iterator[e.Event]:
        """The last of the parts is over: so is the cancel of the whole, if one waits for that."""
        head = _in_flight(order)
        if head is None and (order.is_terminal or not _withdrawal_sent(order)):
            return
        answer = i.VenueAnswered(
            venue=SMART,
            call=i.VenueCall.CANCEL,
            venue_cl_ord_id=order.venue_cl_ord_id,
            outcome=i.Outcome.ACCEPTED,
            request=None if head is None else head.cl_ord_id,
            leg_cum_qty=order.leg_cum_qty,
        )
        yield from self.hear(self.turn, answer)

    def _whole(self, part: Order) -> Order:
        """The order that it is a part of."""
        parent = part.parent
        assert parent is not None  # noqa: S101 - narrows; only parts come here
        return self.turn.order(parent)


def _is_smart(turn: Turn, named: str) -> bool:
    order = turn.state.orders.get(OrderID(named[:ORDER_ID_LENGTH]))
    return order is not None and order.instruction.venue == SMART


def _order_id(event: Any) -> OrderID:
    order_id: OrderID = event.order_id
    return order_id


def _unanswered(order: Order) -> bool:
    """Whether its working leg was sent and nobody has said yet that it works."""
    head = order.requests[0] if order.requests else None
    submitting = head is not None and head.phase is RequestPhase.SUBMITTING
    return order.stage is S.PENDING_NEW or submitting


def _in_flight(order: Order) -> Request | None:
    """The client's request for which the parts are being canceled."""
    head = order.requests[0] if order.requests else None
    canceling = (RequestPhase.SENT, RequestPhase.CANCELING)
    return head if head is not None and head.phase in canceling else None


def _withdrawal_sent(order: Order) -> bool:
    """Whether our own cancel of it waits for its parts."""
    return order.withdrawn is not None and order.withdrawn.sent


def _ending(order: Order) -> bool:
    """Whether what is left of it is not wanted any more, at least not as it is."""
    if order.is_terminal or order.withdrawn is not None or _in_flight(order) is not None:
        return True
    return any(each.is_cancel for each in order.requests)


def _terms(order: Order) -> Terms:
    """Those that its working leg was sent for."""
    head = order.requests[0] if order.requests else None
    if head is not None and head.phase is RequestPhase.SUBMITTING and head.terms is not None:
        return head.terms
    return order.terms


def _open_qty(order: Order) -> Decimal:
    """How much of it may still trade."""
    return ZERO if order.is_terminal else max(ZERO, _terms(order).order_qty - order.cum_qty)


def _end(part: Order, event: Ended, text: str) -> Withdrawal:
    """The end of an order whose part came to nothing. What we did ourselves, the client is told."""
    if part.withdrawn is not None:
        return Withdrawal(text=part.withdrawn.text, restatement=part.withdrawn.restatement)
    restatement = event.restatement if isinstance(event, e.OrderClosed) else None
    return Withdrawal(text=text, restatement=restatement or RestatementReason.VENUE_CANCEL)


_TO_SMART: Final[Mapping[type, Callable[[_Following, Order, Any], Iterator[e.Event]]]] = {
    e.OrderRouted: _Following.route,
    e.CancelSent: _Following.cancel,
    e.QuerySent: _Following.query,
}
_OF_A_PART: Final[Mapping[type, Callable[[_Following, Order, Any], Iterator[e.Event]]]] = {
    e.OrderAcknowledged: _Following.acknowledged,
    e.Traded: _Following.traded,
    e.TradeCorrected: _Following.corrected,
    e.TradeBusted: _Following.busted,
    e.OrderTriggered: _Following.triggered,
    e.OrderRejected: _Following.ended,
    e.OrderClosed: _Following.ended,
    e.OrderRestated: _Following.ended,
}
