"""NewOrderSingle (D): taken, refused, or recognised as a duplicate.

Here: the order of the checks, and the routing intent of an order that passed.
Not here: the checks themselves (risk).
"""

from collections.abc import Iterator
from typing import Final

from fixgate.decide.completing import completed
from fixgate.decide.exits import protected, unprotectable
from fixgate.decide.holding import blind
from fixgate.decide.limited import limited
from fixgate.decide.limits import new_day
from fixgate.decide.status import status_of
from fixgate.decide.stopping import not_taken
from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.errors import Refusal
from fixgate.domain.frozen import maker
from fixgate.domain.holding import carried, held_for
from fixgate.domain.ids import VenueName
from fixgate.domain.inputs import NewOrderSingle
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.order import Instruction, Order, RefusedOrder, Terms
from fixgate.domain.sessions import SessionRules
from fixgate.domain.state import State
from fixgate.domain.values import RefusalReason as R
from fixgate.risk.admission import RiskApproved, check
from fixgate.risk.conduct import paused

_order: Final = maker(Order)
_instruction: Final = maker(Instruction)
_received: Final = maker(e.OrderReceived)
_routed: Final = maker(e.OrderRouted)


def new_order(turn: Turn, message: NewOrderSingle) -> Iterator[e.Event]:
    """Decide on a NewOrderSingle.

    Matrices F.1.a (duplicate ClOrdID) and F.1.b (PossResend: a known id is answered with its
    status, a new id is a new order).
    """
    known = turn.state.find(message.session, message.cl_ord_id)
    if known is not None:
        yield status_of(turn, known) if message.poss_resend else _duplicate(turn, message)
        return
    if turn.state.used and turn.state.knows(message.session, message.cl_ord_id):
        yield _duplicate(turn, message)  # of a mass cancel
        return
    if turn.state.stopping is not None:
        yield not_taken(message, turn.state.stopping)
        return
    yield from new_day(turn)
    verdict = message.fault or admitted(turn, message)
    if isinstance(verdict, Refusal):
        refused = _refused(turn, message, verdict)
        yield e.OrderRefused(refused=refused, exec_id=turn.exec_id())
        return
    terms, profile = verdict.terms, turn.state.venues[verdict.instruction.venue]
    if terms.extras is not None and terms.extras.is_protected:
        yield from protected(turn, message.cl_ord_id, verdict)
        return
    held = held_for(terms, profile, turn.moment.at_ns)
    order = _order(
        order_id=turn.order_id(),
        instruction=verdict.instruction,
        terms=terms,
        cl_ord_id=message.cl_ord_id,
        leg_qty=terms.order_qty,
        received_at_ns=turn.moment.at_ns,
        valued_px=verdict.valued_px,
        held=held,
    )
    yield _received(order=order, exec_id=turn.exec_id())
    if held is None:
        yield _routed(order_id=order.order_id, leg=0, qty=terms.order_qty, terms=terms)
    elif order.waits:
        yield e.OrderHeld(order_id=order.order_id, exec_id=turn.exec_id())
    else:
        sent = carried(terms, profile)
        yield _routed(order_id=order.order_id, leg=0, qty=terms.order_qty, terms=sent)


def _duplicate(turn: Turn, message: NewOrderSingle) -> e.DuplicateRefused:
    refusal = Refusal(R.DUPLICATE_ORDER, f"ClOrdID (11) {message.cl_ord_id} was used before")
    return e.DuplicateRefused(refused=_refused(turn, message, refusal), exec_id=turn.exec_id())


def _refused(turn: Turn, message: NewOrderSingle, refusal: Refusal) -> RefusedOrder:
    return RefusedOrder(
        order_id=turn.order_id(),
        session=message.session,
        cl_ord_id=message.cl_ord_id,
        reason=refusal.reason,
        text=refusal.text,
        echo=message.echo,
        account=message.account,
        side=message.side,
        terms=message.terms,
    )


def admitted(turn: Turn, message: NewOrderSingle) -> RiskApproved | Refusal:
    """The order as it is taken, or why it is not."""
    rules = turn.state.sessions.get(message.session)
    if rules is None:
        return Refusal(R.NOT_PERMITTED, f"Session {message.session} is not configured")
    if message.side is None or message.terms is None:
        return Refusal(R.UNSUPPORTED, "Side (54) or order type is not supported")
    place = destination(turn.state, rules, message.destination, message.symbol)
    if isinstance(place, Refusal):
        return place
    profile, instrument = place
    instruction = _instruction(
        session=message.session,
        venue=profile.venue,
        symbol=instrument.symbol,
        venue_symbol=instrument.venue_symbol,
        side=message.side,
        account=message.account or rules.default_account,
        echo=message.echo,
        on_disconnect=message.on_disconnect,
    )
    if (stopped := halted(turn.state, instruction)) is not None:
        return stopped
    if message.terms.extras is None and not message.terms.ord_type.waits:
        return admit(turn, instruction, message.terms, instrument)
    return _admit_rare(turn, message, instruction, instrument)


def _admit_rare(
    turn: Turn, message: NewOrderSingle, instruction: Instruction, instrument: Instrument
) -> RiskApproved | Refusal:
    """The same of an order whose terms may need to see the market."""
    assert message.terms is not None  # noqa: S101 - narrows
    whole = completed(turn, message.terms, instruction.side, instrument)
    if isinstance(whole, Refusal):
        return whole
    unseen = blind(turn, whole, turn.state.venues[instruction.venue])
    verdict = unseen or admit(turn, instruction, whole, instrument)
    if isinstance(verdict, Refusal):
        return verdict
    return unprotectable(turn, message.cl_ord_id, instruction, whole, instrument) or verdict


def halted(state: State, instruction: Instruction) -> Refusal | None:
    """Control 16: a kill switch that covers the order. Control 6: its session is paused."""
    for coverage in state.kills:
        if coverage.covers(instruction):
            text = f"The kill switch is on for {coverage.words}: no new orders until it is released"
            return Refusal(R.HALTED, text)
    return paused(instruction, state.exposure) if state.exposure.paused else None


def admit(
    turn: Turn,
    instruction: Instruction,
    terms: Terms,
    instrument: Instrument,
    before: Order | None = None,
) -> RiskApproved | Refusal:
    """Run the checks on an order, or on what a replace would make of ``before``."""
    state = turn.state
    return check(
        instruction,
        terms,
        rules=state.sessions[instruction.session],
        instrument=instrument,
        profile=state.venues[instruction.venue],
        at_ns=turn.moment.at_ns,
        case=limited(turn, instruction, terms, before),
    )


def destination(
    state: State, rules: SessionRules, wanted: str | None, symbol: str
) -> tuple[VenueProfile, Instrument] | Refusal:
    """Where an order goes: ExDestination (100) or SecurityExchange (207), else the default."""
    venue = VenueName(wanted) if wanted else rules.default_venue
    profile = state.venues.get(venue)
    if profile is None:
        return Refusal(R.UNSUPPORTED, f"Venue {venue} (100, 207) is not known here")
    if rules.venues and venue not in rules.venues:
        return Refusal(R.NOT_PERMITTED, f"Venue {venue} is not permitted on this session")
    if not state.venues_up.get(venue, False):
        return Refusal(R.VENUE_DOWN, f"Venue {venue} is not connected; try again later")
    instrument = state.instrument(venue, symbol)
    if instrument is None:
        return Refusal(R.UNKNOWN_SYMBOL, f"Symbol (55) {symbol} is not known at {venue}")
    if not instrument.active:
        return Refusal(R.UNKNOWN_SYMBOL, f"Symbol (55) {symbol} is not trading at {venue}")
    return profile, instrument
