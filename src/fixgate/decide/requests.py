"""OrderCancelRequest (F) and OrderCancelReplaceRequest (G) as they arrive.

Here: which request is taken, and which is refused at once.
Not here: how a taken request is carried out (working); the fate of its venue call (answers).
"""

from collections.abc import Iterator

from fixgate.decide.completing import completed
from fixgate.decide.exits import misplaced_now
from fixgate.decide.limits import new_day
from fixgate.decide.new_order import admit
from fixgate.decide.status import status_of
from fixgate.decide.turn import Turn
from fixgate.decide.working import advance, may_reopen, too_late
from fixgate.domain import events as e
from fixgate.domain.errors import Refusal
from fixgate.domain.extras import Extras, fixed_but_changed, merged
from fixgate.domain.frozen import changed
from fixgate.domain.ids import ClOrdID
from fixgate.domain.inputs import OrderCancelReplaceRequest, OrderCancelRequest
from fixgate.domain.instruments import Instrument, ReplaceStyle
from fixgate.domain.order import SYMBOL, Instruction, Order, RefusedOrder, Request, Terms
from fixgate.domain.rounding import ZERO
from fixgate.domain.sessions import WhilePending
from fixgate.domain.values import CxlRejResponseTo
from fixgate.domain.values import RefusalReason as R
from fixgate.risk.admission import RiskApproved, check_part, prices, quantity
from fixgate.risk.conduct import paused

Message = OrderCancelRequest | OrderCancelReplaceRequest


def cancel(turn: Turn, message: OrderCancelRequest) -> Iterator[e.Event]:
    """Decide on an OrderCancelRequest."""
    if (known := _taken_before(turn, message)) is not None:
        yield status_of(turn, known)
        return
    order = turn.state.find(message.session, message.orig_cl_ord_id)
    if not isinstance(order, Order):
        yield _not_working(message, order, CxlRejResponseTo.CANCEL)
        return
    refusal = _common_refusal(turn, message, order)
    if refusal is None and any(each.is_cancel for each in order.requests):
        refusal = Refusal(R.ALREADY_PENDING, "A cancel of this order is already pending")
    if refusal is not None:
        yield _refused(order, message.cl_ord_id, CxlRejResponseTo.CANCEL, refusal)
        return
    yield from take(turn, order, Request(cl_ord_id=message.cl_ord_id))


def replace(turn: Turn, message: OrderCancelReplaceRequest) -> Iterator[e.Event]:
    """Decide on an OrderCancelReplaceRequest."""
    if (known := _taken_before(turn, message)) is not None:
        yield status_of(turn, known)
        return
    order = turn.state.find(message.session, message.orig_cl_ord_id)
    if not isinstance(order, Order):
        yield _not_working(message, order, CxlRejResponseTo.REPLACE)
        return
    yield from new_day(turn)
    terms = _whole_terms(message, order)
    refusal = (
        _common_refusal(turn, message, order)
        or _replace_refusal(turn, message, order)
        or message.fault
        or paused(order.instruction, turn.state.exposure)
    )
    if refusal is None and terms is not None and terms.extras is not None:
        resized = _resized(turn, message, order, terms)
        terms, refusal = (terms, resized) if isinstance(resized, Refusal) else (resized, None)
    refusal = refusal or _terms_refusal(turn, order, terms)
    if refusal is not None:
        yield _refused(order, message.cl_ord_id, CxlRejResponseTo.REPLACE, refusal)
        return
    request = Request(cl_ord_id=message.cl_ord_id, terms=terms, echo=message.echo)
    yield from take(turn, order, request)


def _taken_before(turn: Turn, message: Message) -> Order | RefusedOrder | None:
    """Matrix F.1.b: what a possible repetition of a request that was taken is about."""
    return turn.state.find(message.session, message.cl_ord_id) if message.poss_resend else None


def _not_working(
    message: Message, refused: RefusedOrder | None, response_to: CxlRejResponseTo
) -> e.UnknownOrderRefused:
    return e.UnknownOrderRefused(
        session=message.session,
        cl_ord_id=message.cl_ord_id,
        orig_cl_ord_id=message.orig_cl_ord_id,
        response_to=response_to,
        refused=refused,
    )


def _refused(
    order: Order, cl_ord_id: ClOrdID, response_to: CxlRejResponseTo, refusal: Refusal
) -> e.RequestRefused:
    return e.RequestRefused(
        order_id=order.order_id,
        cl_ord_id=cl_ord_id,
        response_to=response_to,
        reason=refusal.reason,
        text=refusal.text,
        at_once=True,
    )


def _common_refusal(turn: Turn, message: Message, order: Order) -> Refusal | None:
    if turn.state.knows(message.session, message.cl_ord_id):
        return Refusal(R.DUPLICATE_ORDER, f"ClOrdID (11) {message.cl_ord_id} was used before")
    mismatch = _mismatch(turn, message, order)
    if mismatch is not None:
        return mismatch
    rules = turn.state.sessions.get(message.session)
    if rules is None:
        return Refusal(R.NOT_PERMITTED, f"Session {message.session} is not configured")
    asked = [each for each in order.requests if not each.own]
    if len(asked) >= rules.open_requests_max:
        return Refusal(R.ALREADY_PENDING, "Too many requests on this order are pending")
    if order.is_terminal and not _may_still_change(turn, message, order):
        return Refusal(R.TOO_LATE, too_late(order))
    return None


def _mismatch(turn: Turn, message: Message, order: Order) -> Refusal | None:
    if message.side is not None and message.side is not order.instruction.side:
        return Refusal(R.OTHER, "Side (54) is not the side of the order")
    if message.account not in (None, order.instruction.account):
        return Refusal(R.OTHER, "Account (1) is not the account of the order")
    if not _same_symbol(turn, message.symbol, order.instruction):
        return Refusal(R.OTHER, "Symbol (55) is not the symbol of the order")
    wanted = message.destination if isinstance(message, OrderCancelReplaceRequest) else None
    if wanted not in (None, order.instruction.venue):
        text = f"The venue (100, 207) cannot be changed: the order is at {order.instruction.venue}"
        return Refusal(R.OTHER, text)
    return None


def _same_symbol(turn: Turn, symbol: str, about: Instruction) -> bool:
    named = turn.state.instrument(about.venue, symbol)
    if named is not None:
        return named.symbol == about.symbol
    # What its venue no longer lists still has the names that the order has.
    return symbol in (about.symbol, about.venue_symbol, dict(about.echo).get(SYMBOL))


def _may_still_change(turn: Turn, message: Message, order: Order) -> bool:
    terms = message.terms if isinstance(message, OrderCancelReplaceRequest) else None
    return terms is not None and may_reopen(turn.state, order, terms)


def _replace_refusal(
    turn: Turn, message: OrderCancelReplaceRequest, order: Order
) -> Refusal | None:
    if turn.state.stopping is not None:
        return Refusal(R.OTHER, turn.state.stopping)  # it would be a new order at some venues
    rules = turn.state.sessions[message.session]
    asked = [each for each in order.requests if not each.own]
    current = [order.cl_ord_id, *(each.cl_ord_id for each in asked)]
    if message.orig_cl_ord_id not in current:
        # FIX Appendix D: OrigClOrdID is the last one that was not rejected.
        now = current[-1]
        return Refusal(R.OTHER, f"OrigClOrdID (41) {message.orig_cl_ord_id} is now {now}")
    if asked and rules.while_pending is WhilePending.REFUSE:
        return Refusal(R.ALREADY_PENDING, "A cancel or replace of this order is already pending")
    if order.withdrawn is not None or any(each.is_cancel for each in order.requests):
        return Refusal(R.ALREADY_PENDING, "A cancel of this order is already pending")
    if message.on_disconnect not in (None, order.instruction.on_disconnect):
        return Refusal(R.UNSUPPORTED, "Q and H of ExecInst (18) cannot be changed")
    return _venue_refusal(turn, order)


def _venue_refusal(turn: Turn, order: Order) -> Refusal | None:
    profile = turn.state.venues.get(order.instruction.venue)
    if profile is None:
        return Refusal(R.VENUE_DOWN, f"Venue {order.instruction.venue} is not configured")
    if profile.replace is ReplaceStyle.NONE:
        return Refusal(R.UNSUPPORTED, f"{order.instruction.venue} cannot replace orders")
    return None


def _whole_terms(message: OrderCancelReplaceRequest, order: Order) -> Terms | None:
    """The terms asked for, completed by the order's own where the message has none."""
    terms = message.terms
    if terms is None:
        return None
    if "time_in_force" in message.keeps:
        terms = changed(
            terms,
            time_in_force=order.terms.time_in_force,
            expire_at_ns=order.terms.expire_at_ns,
        )
    if "post_only" in message.keeps:
        terms = changed(terms, post_only=order.terms.post_only)
    if order.protects:  # it is what there is to protect, and no client's to say
        terms = changed(terms, order_qty=order.terms.order_qty)
    if order.terms.extras is not None:
        terms = changed(terms, extras=merged(order.terms.extras, terms.extras))
        if terms.stop_px is None and _same_distance(terms.extras, order.terms.extras):
            terms = changed(terms, stop_px=order.terms.stop_px)  # it trails on from where it is
    return terms


def _same_distance(one: Extras | None, other: Extras | None) -> bool:
    if one is None or other is None or one.peg_offset is None:
        return False
    return (one.peg_offset, one.peg_offset_type) == (other.peg_offset, other.peg_offset_type)


def _by_money(terms: Terms | None) -> bool:
    extras = None if terms is None else terms.extras
    return extras is not None and extras.cash_order_qty is not None


def _resized(
    turn: Turn, message: OrderCancelReplaceRequest, order: Order, terms: Terms
) -> Terms | Refusal:
    if _by_money(message.terms) is not _by_money(order.terms):
        text = "OrderQty (38) and CashOrderQty (152) cannot take each other's place"
        return Refusal(R.UNSUPPORTED, text)
    about = order.instruction
    instrument = turn.state.instrument(about.venue, about.symbol)
    return terms if instrument is None else completed(turn, terms, about.side, instrument, order)


def _terms_refusal(turn: Turn, order: Order, terms: Terms | None) -> Refusal | None:
    instruction = order.instruction
    instrument = turn.state.instrument(instruction.venue, instruction.symbol)
    if terms is None or instrument is None:
        return Refusal(R.UNKNOWN_SYMBOL, f"{instruction.symbol} is no longer listed")
    verdict = (
        _fixed(order, terms)
        or misplaced_now(turn, instruction.side, terms)
        or _admit(turn, order, terms, instrument)
    )
    if isinstance(verdict, Refusal):
        return verdict
    rest = terms.order_qty - order.cum_qty
    if order.cum_qty and rest > ZERO:
        # What is left must be able to stand alone where the venue has to start a new leg.
        alone = changed(terms, order_qty=rest)
        return quantity(rest, instrument) or prices(alone, instrument)
    return None


def _admit(
    turn: Turn, order: Order, terms: Terms, instrument: Instrument
) -> RiskApproved | Refusal:
    """The checks; what an order that protects another takes back was counted with that."""
    about = order.instruction
    if not order.protects:
        return admit(turn, about, terms, instrument, order)
    profile = turn.state.venues[about.venue]
    return check_part(about, terms, instrument=instrument, profile=profile, at_ns=turn.moment.at_ns)


def _fixed(order: Order, terms: Terms) -> Refusal | None:
    """What cannot be replaced on this order."""
    if terms.ord_type is not order.terms.ord_type and not _type_may_change(order, terms):
        return Refusal(R.UNSUPPORTED, "OrdType (40) cannot be replaced on this order")
    if order.has_gone_off and terms.stop_px != order.terms.stop_px:
        return Refusal(R.TOO_LATE, "StopPx (99) cannot be changed: the stop has gone off")
    if order.protects and terms.time_in_force is not order.terms.time_in_force:
        text = "TimeInForce (59) cannot be changed: the order protects as long as it is needed"
        return Refusal(R.UNSUPPORTED, text)
    fixed = None if terms.extras is None else fixed_but_changed(order.terms.extras, terms.extras)
    return None if fixed is None else Refusal(R.UNSUPPORTED, f"{fixed} cannot be changed")


def _type_may_change(order: Order, terms: Terms) -> bool:
    """Only a limit order may become a market order: the price is given up, nothing is held."""
    return order.terms.price is not None and not terms.ord_type.waits and not order.waits


def take(turn: Turn, order: Order, request: Request) -> Iterator[e.Event]:
    """Begin to carry out a request that may be carried out."""
    yield e.RequestReceived(order_id=order.order_id, request=request)
    rules = turn.state.sessions[order.instruction.session]
    behind = any(not each.own for each in order.requests)
    if not behind or rules.while_pending is WhilePending.PENDING_FIRST:
        yield e.RequestPended(
            order_id=order.order_id, cl_ord_id=request.cl_ord_id, exec_id=turn.exec_id()
        )
    if not order.is_unanswered:
        yield from advance(turn, order.order_id)
