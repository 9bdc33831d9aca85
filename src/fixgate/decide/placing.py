"""Where a routed order goes: the venues as they stand, the plan, and the parts it makes.

Here: placed(), the plan for an order or what is left of it; opened(), which makes the parts.
Not here: choosing (routing), what becomes of the parts (parts).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from fixgate.decide.new_order import halted
from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.errors import Refusal
from fixgate.domain.frozen import changed, value
from fixgate.domain.holding import carried, held_for
from fixgate.domain.ids import ClOrdID, SessionName, VenueName
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.market import Book, Quote
from fixgate.domain.order import Instruction, Order, Terms
from fixgate.domain.routing import NO_FEES, SMART, Choice, RoutingPolicy
from fixgate.domain.state import State
from fixgate.domain.values import Side
from fixgate.risk.admission import check_part
from fixgate.risk.capabilities import unsupported
from fixgate.risk.case import Case, case_of
from fixgate.routing import Asked, Place, Plan, plan

_NS_PER_MS: Final = 1_000_000


@value
class Placed:
    """What was decided, and by what."""

    policy: str
    plan: Plan
    books: tuple[Book, ...] = ()


def policy_of(state: State, session: SessionName) -> RoutingPolicy | None:
    """The policy by which a session's orders are routed; None: routing is not configured."""
    rules = state.sessions.get(session)
    named = state.policies.get(rules.routing) if rules is not None and rules.routing else None
    return named or next(iter(state.policies.values()), None)


def placed(
    turn: Turn,
    about: Instruction,
    asked: Asked,
    policy: RoutingPolicy | None,
    excluded: Mapping[VenueName, str],
) -> Placed:
    """The plan for ``asked``, by the books that the input saw.

    A part that its venue's own rules forbid is planned again without that venue.
    """
    if policy is None:
        return Placed(policy="", plan=Plan(choices=(), refusal="Routing is not configured"))
    refused = dict(excluded)
    while True:
        places = [
            _place(turn, changed(about, venue=venue), asked, policy, refused.get(venue))
            for venue in sorted(turn.state.venues)
            if venue != SMART
        ]
        made = plan(asked, places, policy)
        wrong = _wrong_part(turn, about, asked.terms, made)
        if wrong is None:
            return Placed(policy=policy.name, plan=made, books=_sides(places, asked.side))
        refused[wrong[0]] = wrong[1].text


def opened(turn: Turn, order: Order, asked: Asked, found: Placed) -> Iterator[e.Event]:
    """The decision for the record, and the parts it makes of the order's working leg."""
    choices = tuple(
        changed(each, order_id=turn.part_id()) if each.qty else each for each in found.plan.choices
    )
    yield e.RoutingDecided(
        order_id=order.order_id,
        leg=order.leg,
        qty=asked.qty,
        policy=found.policy,
        choices=choices,
        books=found.books,
        refusal=found.plan.refusal,
    )
    for each in choices:
        if each.qty:
            yield from _open(turn, order, asked.terms, each)


def _open(turn: Turn, order: Order, terms: Terms, choice: Choice) -> Iterator[e.Event]:
    instrument = turn.state.instruments[choice.venue][order.instruction.symbol]
    assert choice.order_id is not None  # noqa: S101 - narrows; a chosen venue has a part
    asked = changed(terms, order_qty=choice.qty)
    profile = turn.state.venues[choice.venue]
    about = _instruction(order.instruction, instrument)
    case = _case(turn, about, asked)
    part = Order(
        order_id=choice.order_id,
        instruction=about,
        terms=asked,
        cl_ord_id=ClOrdID(""),
        leg_qty=choice.qty,
        received_at_ns=turn.moment.at_ns,
        part_of=order.venue_cl_ord_id,
        valued_px=case.reference_px if case is not None and case.applied.priced else None,
        held=held_for(asked, profile, turn.moment.at_ns),
    )
    yield e.OrderReceived(order=part, exec_id=turn.exec_id())
    yield e.OrderRouted(
        order_id=part.order_id, leg=0, qty=choice.qty, terms=carried(asked, profile)
    )


def _instruction(about: Instruction, instrument: Instrument) -> Instruction:
    return changed(about, venue=instrument.venue, venue_symbol=instrument.venue_symbol, echo=())


def _place(
    turn: Turn, about: Instruction, asked: Asked, policy: RoutingPolicy, refused: str | None
) -> Place:
    """A venue as it stands. ``about`` is the order's instruction, as if it went there."""
    state, venue = turn.state, about.venue
    instrument = state.instruments.get(venue, {}).get(about.symbol)
    fees = state.fees.get(venue)
    return Place(
        venue=venue,
        instrument=instrument,
        book=_fresh_book(turn, venue, policy),
        fees=NO_FEES if fees is None else fees.of(about.symbol),
        unfit=refused or _unfit(state, about, policy, asked.terms, instrument),
    )


def _unfit(
    state: State,
    about: Instruction,
    policy: RoutingPolicy,
    terms: Terms,
    instrument: Instrument | None,
) -> str | None:
    venue, rules = about.venue, state.sessions.get(about.session)
    permitted = rules.venues - {SMART} if rules is not None else frozenset()
    if policy.venues and venue not in policy.venues:
        return "the policy does not list it"
    if permitted and venue not in permitted:
        return "it is not permitted on this session"
    if not state.venues_up.get(venue, False):
        return "it is not connected"
    if venue in state.unfit:
        return state.unfit[venue]
    if state.kills and halted(state, about) is not None:
        return "the kill switch is on for it"
    return None if instrument is None else _untaken(terms, state.venues[venue], instrument)


def _untaken(terms: Terms, profile: VenueProfile, instrument: Instrument) -> str | None:
    refusal = unsupported(terms, profile, instrument)
    if refusal is not None:
        return refusal.text
    itself = carried(terms, profile).ord_type is terms.ord_type
    return None if itself else f"{profile.venue} has no such orders of its own"


def _fresh_book(turn: Turn, venue: VenueName, policy: RoutingPolicy) -> Book | None:
    oldest_ns = turn.moment.at_ns - policy.book_age_ms_max * _NS_PER_MS
    books = turn.seen.books if turn.seen is not None else ()
    return next((each for each in books if each.venue == venue and each.at_ns >= oldest_ns), None)


def _wrong_part(
    turn: Turn, about: Instruction, terms: Terms, made: Plan
) -> tuple[VenueName, Refusal] | None:
    """The first part that must not go to its venue as it is."""
    state = turn.state
    for each in made.choices:
        if each.qty:
            instrument = state.instruments[each.venue][about.symbol]
            there, asked = _instruction(about, instrument), changed(terms, order_qty=each.qty)
            verdict = check_part(
                there,
                asked,
                instrument=instrument,
                profile=state.venues[each.venue],
                at_ns=turn.moment.at_ns,
                case=_case(turn, there, asked),
            )
            if isinstance(verdict, Refusal):
                return each.venue, verdict
    return None


def _case(turn: Turn, about: Instruction, terms: Terms) -> Case | None:
    """A part before what its venue alone asks for; None: it asks for nothing."""
    state = turn.state
    applied = state.limits.of_part(about)
    if applied is None:
        return None
    return case_of(
        about,
        terms,
        applied,
        state.exposure.way(about, state.limits),
        exposure=state.exposure,
        positions=state.positions,
        venues=state.venues,
        at_ns=turn.moment.at_ns,
        quote=_quote(turn, about),
        is_part=True,
    )


def _quote(turn: Turn, about: Instruction) -> Quote | None:
    """The best prices of a venue's book, as the input saw it."""
    books = turn.seen.books if turn.seen is not None else ()
    book = next((each for each in books if each.venue == about.venue), None)
    if book is None:
        return None
    return Quote(
        venue=about.venue,
        symbol=about.symbol,
        bid_px=book.bids[0][0] if book.bids else None,
        offer_px=book.offers[0][0] if book.offers else None,
        last_px=None,
        at_ns=book.at_ns,
    )


def _sides(places: Sequence[Place], side: Side) -> tuple[Book, ...]:
    """The books that were looked at: of each the side that the order could trade with."""
    other = {"bids": ()} if side is Side.BUY else {"offers": ()}
    return tuple(changed(each.book, **other) for each in places if each.book is not None)
