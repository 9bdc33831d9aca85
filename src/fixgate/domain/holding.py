"""What the gateway makes itself where a venue cannot: stops, trailing stops, and the end of a day.

Here: with_held(), which says so in a venue's profile; carried(), an order as the venue gets it;
when a held stop goes off, where a trailing one stands, when an order is to be ended.
Not here: who decides on it (decide.holding); prices, which are attached to the input.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from fixgate.domain.capabilities import Option
from fixgate.domain.extras import Extras
from fixgate.domain.frozen import changed
from fixgate.domain.instruments import ReplaceStyle, VenueProfile
from fixgate.domain.market import Quote
from fixgate.domain.order import Held, HoldPhase, Terms
from fixgate.domain.rounding import ZERO, notional, to_tick
from fixgate.domain.values import OrdType, PegOffsetType, Side, TimeInForce

_DAY_NS: Final = 86_400 * 10**9
_BASIS_POINT: Final = Decimal("0.0001")
# What a stop order becomes when its price has come.
_ACTIVE: Final[Mapping[OrdType, OrdType]] = {
    OrdType.STOP: OrdType.MARKET,
    OrdType.STOP_LIMIT: OrdType.LIMIT,
    OrdType.PEGGED: OrdType.MARKET,
}
_ENDING: Final = (TimeInForce.DAY, TimeInForce.GOOD_TILL_DATE)


def carried(terms: Terms, profile: VenueProfile) -> Terms:
    """These terms as the venue gets them once the order is sent there; its own where it can."""
    kind = _carrying(terms.ord_type, terms.time_in_force, profile)
    if kind is None or kind == (terms.ord_type, terms.time_in_force):
        return terms
    ord_type, time_in_force = kind
    active = ord_type is not terms.ord_type
    return changed(
        terms,
        ord_type=ord_type,
        time_in_force=time_in_force,
        stop_px=None if active else terms.stop_px,
        expire_at_ns=terms.expire_at_ns if time_in_force is terms.time_in_force else None,
        extras=_without_peg(terms.extras),
    )


def _without_peg(extras: Extras | None) -> Extras | None:
    if extras is None or extras.peg_offset is None:
        return extras
    rest = changed(extras, peg_offset=None, peg_offset_type=None)
    return None if rest == Extras() else rest


def _carrying(
    ord_type: OrdType, time_in_force: TimeInForce, profile: VenueProfile
) -> tuple[OrdType, TimeInForce] | None:
    """The kind of order that the venue gets; None: there is none that would do."""
    times = [time_in_force]
    if time_in_force in _ENDING:
        times.append(TimeInForce.GOOD_TILL_CANCEL)
    for kind in (ord_type, _ACTIVE.get(ord_type, ord_type)):
        for each in times:
            if (kind, each) in profile.accepts:
                return kind, each
    return None


def with_held(profile: VenueProfile, kinds: Iterable[tuple[OrdType, TimeInForce]]) -> VenueProfile:
    """The profile with these kinds of orders besides, and the options that they can have."""
    options, made = set(profile.options), set(profile.made)
    for ord_type, time_in_force in kinds:
        carrier = _carrying(ord_type, time_in_force, profile)
        for option in Option if carrier is not None else ():
            for rows in (options, made):
                if carrier is not None and (option, *carrier) in rows:
                    rows.add((option, ord_type, time_in_force))
    return changed(profile, held=frozenset(kinds), options=frozenset(options), made=frozenset(made))


def protects(profile: VenueProfile) -> VenueProfile:
    """The profile with StopLossPx (20003) and TakeProfitPx (20004), where orders that do it are.

    Fixgate makes them of orders of their own, a stop, which it may hold, and a limit order, whose
    quantity follows what is traded: without a replace it could not.
    """
    if profile.replace is ReplaceStyle.NONE:
        return profile
    gtc = TimeInForce.GOOD_TILL_CANCEL
    kinds = profile.accepts | profile.held
    options = []
    if (OrdType.STOP, gtc) in kinds and any(kind is OrdType.MARKET for kind, _ in profile.accepts):
        options.append(Option.STOP_LOSS)
    if (OrdType.LIMIT, gtc) in profile.accepts:
        options.append(Option.TAKE_PROFIT)
    made = {(option, *kind) for option in options for kind in kinds}
    return changed(profile, made=profile.made | made)


def gone_off(terms: Terms, profile: VenueProfile) -> Terms:
    """What goes to the venue once the price of a stop order has come."""
    ord_type = _ACTIVE.get(terms.ord_type, terms.ord_type)
    times = (terms.time_in_force, TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.DAY)
    taken = (each for each in times if (ord_type, each) in profile.accepts)
    return changed(
        terms,
        ord_type=ord_type,
        time_in_force=next(taken, terms.time_in_force),
        stop_px=None,
    )


def held_for(terms: Terms, profile: VenueProfile, at_ns: int) -> Held | None:
    """What the gateway has to do for an order that is taken at ``at_ns``; None: nothing."""
    if (terms.ord_type, terms.time_in_force) in profile.accepts:
        return None
    sent = carried(terms, profile)
    waits = sent.ord_type is not terms.ord_type
    ends = waits or sent.time_in_force is not terms.time_in_force
    return Held(
        phase=HoldPhase.WAITING if waits else None,
        expire_at_ns=end_of(terms, at_ns) if ends else None,
    )


def end_of(terms: Terms, at_ns: int) -> int | None:
    """When it ends: at its ExpireTime, or with the day in UTC."""
    if terms.time_in_force is TimeInForce.DAY:
        return (at_ns // _DAY_NS + 1) * _DAY_NS
    return terms.expire_at_ns


def watched_px(quote: Quote, side: Side) -> Decimal | None:
    """The price that a held stop goes by: the last trade's, else what the order would get."""
    if quote.last_px is not None:
        return quote.last_px
    return quote.offer_px if side is Side.BUY else quote.bid_px


def has_come(terms: Terms, side: Side, px: Decimal) -> bool:
    """Whether a stop order goes off at this price."""
    if terms.stop_px is None:
        return False
    return px >= terms.stop_px if side is Side.BUY else px <= terms.stop_px


def trailed(terms: Terms, side: Side, px: Decimal, tick_size: Decimal) -> Decimal | None:
    """Where a trailing stop stands after this price; None: where it stood.

    It follows the market and never gives way: a sell's only rises, a buy's only falls.
    """
    extras = terms.extras
    if extras is None or extras.peg_offset is None:
        return None
    distance = extras.peg_offset
    if extras.peg_offset_type is PegOffsetType.BASIS_POINTS:
        distance = notional(notional(px, distance), _BASIS_POINT)
    elif extras.peg_offset_type is PegOffsetType.TICKS:
        distance = notional(distance, tick_size)
    buys, before = side is Side.BUY, terms.stop_px
    if before is not None and (before - px if buys else px - before) <= distance:
        return None  # as nearly always
    stop_px = to_tick(px + distance if buys else px - distance, tick_size=tick_size, up=buys)
    if stop_px <= ZERO:
        return None
    if before is not None and (stop_px >= before if buys else stop_px <= before):
        return None
    return stop_px
