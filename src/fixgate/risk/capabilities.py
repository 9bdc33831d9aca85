"""Whether an order makes sense in itself, and whether its venue takes such orders.

Here: unsupported(), by the venue's capability table; contradiction(), which no venue changes.
Not here: the table (domain.instruments); quantities and prices against the instrument (admission).
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from fixgate.domain.capabilities import DERIVATIVES_ONLY, WORDS, Option
from fixgate.domain.errors import Refusal
from fixgate.domain.extras import Extras
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.order import Terms
from fixgate.domain.rounding import ZERO, is_multiple, to_wire
from fixgate.domain.values import (
    MarginMode,
    OrdType,
    PositionEffect,
    SelfTradePrevention,
    TimeInForce,
    Value,
)
from fixgate.domain.values import RefusalReason as R

_IMMEDIATE: Final = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)
_PEGGED: Final = OrdType.PEGGED
_PLAIN: Final = Extras()
_ONE: Final = Decimal(1)
_BY_VALUE: Final[Mapping[Value, Option]] = {
    SelfTradePrevention.CANCEL_NEWEST: Option.STP_CANCEL_NEWEST,
    SelfTradePrevention.CANCEL_OLDEST: Option.STP_CANCEL_OLDEST,
    SelfTradePrevention.CANCEL_BOTH: Option.STP_CANCEL_BOTH,
    PositionEffect.OPEN: Option.OPENING,
    PositionEffect.CLOSE: Option.REDUCE_ONLY,
    MarginMode.CROSS: Option.CROSS_MARGIN,
    MarginMode.ISOLATED: Option.ISOLATED_MARGIN,
}


def unsupported(terms: Terms, profile: VenueProfile, instrument: Instrument) -> Refusal | None:
    """Why the venue does not take an order of these terms, if so."""
    kind = (terms.ord_type, terms.time_in_force)
    if kind not in profile.accepts and kind not in profile.held:
        return Refusal(R.UNSUPPORTED, f"{profile.venue} does not take {_kind(terms)}")
    if not terms.post_only and terms.extras is None and terms.ord_type is not _PEGGED:
        return None
    return contradiction(terms) or _options(terms, profile, instrument)


def _kind(terms: Terms) -> str:
    return f"{terms.ord_type.name} with TimeInForce {terms.time_in_force.name}"


def asked(terms: Terms) -> Iterator[Option]:
    """The options that these terms ask for."""
    if terms.post_only:
        yield Option.POST_ONLY
    extras = terms.extras
    if extras is None:
        return
    if extras.cash_order_qty is not None:
        yield Option.CASH_ORDER_QTY
    if extras.max_floor is not None:
        yield Option.ICEBERG
    if extras.min_qty is not None:
        yield Option.MIN_QTY
    if extras.leverage is not None:
        yield Option.LEVERAGE
    if extras.stop_loss_px is not None:
        yield Option.STOP_LOSS
    if extras.take_profit_px is not None:
        yield Option.TAKE_PROFIT
    for each in (extras.self_trade, extras.position_effect, extras.margin_mode):
        if each is not None:
            yield _BY_VALUE[each]


def _options(terms: Terms, profile: VenueProfile, instrument: Instrument) -> Refusal | None:
    for option in asked(terms):
        if option in DERIVATIVES_ONLY and not instrument.is_derivative:
            text = f"{WORDS[option]} is for derivatives; {instrument.symbol} is not one"
            return Refusal(R.UNSUPPORTED, text)
        if not profile.takes(option, terms.ord_type, terms.time_in_force):
            return Refusal(R.UNSUPPORTED, _not_taken(option, terms, profile))
    return None


def _not_taken(option: Option, terms: Terms, profile: VenueProfile) -> str:
    text = f"{profile.venue} does not take {WORDS[option]}"
    with_others = any(listed is option for listed, _, _ in profile.options)
    return f"{text} with {_kind(terms)}" if with_others else text


def contradiction(terms: Terms) -> Refusal | None:
    """Why these terms make no sense together, if so."""
    immediate = terms.time_in_force in _IMMEDIATE
    if terms.post_only and not terms.ord_type.needs_price:
        return Refusal(R.UNSUPPORTED, f"Post-only (18=6) contradicts {terms.ord_type.name} orders")
    if terms.post_only and immediate:
        return Refusal(R.UNSUPPORTED, "Post-only (18=6) contradicts immediate TimeInForce (59)")
    return _of_extras(terms, terms.extras or _PLAIN, immediate=immediate)


def _of_extras(terms: Terms, extras: Extras, *, immediate: bool) -> Refusal | None:
    if extras.leverage is not None and extras.leverage < _ONE:
        text = f"LeverageRatio (20001) {to_wire(extras.leverage)} must be 1 or more"
        return Refusal(R.OTHER, text)
    return (
        _of_floor(terms, extras.max_floor, immediate=immediate)
        or _of_least(terms, extras.min_qty)
        or _of_peg(terms, extras)
    )


def _of_peg(terms: Terms, extras: Extras) -> Refusal | None:
    offset = extras.peg_offset
    if (offset is not None) is not (terms.ord_type is _PEGGED):
        return Refusal(R.UNSUPPORTED, "PegOffsetValue (211) and OrdType (40) P go together")
    if offset is None and extras.peg_offset_type is not None:
        return Refusal(R.UNSUPPORTED, "PegOffsetType (836) goes with PegOffsetValue (211)")
    if offset is not None and offset <= ZERO:
        text = f"PegOffsetValue (211) {to_wire(offset)} is a distance; it must be above zero"
        return Refusal(R.INCORRECT_PRICE, text)
    return None


def _of_floor(terms: Terms, floor: Decimal | None, *, immediate: bool) -> Refusal | None:
    if floor is None:
        return None
    if immediate or not terms.ord_type.needs_price:
        return Refusal(R.UNSUPPORTED, f"MaxFloor (111) contradicts {_kind(terms)}: nothing rests")
    if not ZERO < floor <= terms.order_qty:
        text = f"MaxFloor (111) {to_wire(floor)} must be above zero and at most OrderQty (38)"
        if floor == ZERO:
            text += ": no venue hides it all"
        return Refusal(R.INCORRECT_QUANTITY, text)
    return None


def _of_least(terms: Terms, least: Decimal | None) -> Refusal | None:
    if least is None:
        return None
    if terms.time_in_force is not TimeInForce.IMMEDIATE_OR_CANCEL:
        return Refusal(R.UNSUPPORTED, "MinQty (110) needs TimeInForce (59) 3, immediate or cancel")
    if not ZERO < least <= terms.order_qty:
        text = f"MinQty (110) {to_wire(least)} must be above zero and at most OrderQty (38)"
        return Refusal(R.INCORRECT_QUANTITY, text)
    return None


def off_lot(extras: Extras, instrument: Instrument) -> Refusal | None:
    """Why a quantity among the extras cannot trade, if so."""
    for name, qty in (("MaxFloor (111)", extras.max_floor), ("MinQty (110)", extras.min_qty)):
        if qty is not None and not is_multiple(qty, instrument.lot_size):
            lot = to_wire(instrument.lot_size)
            text = f"{name} {to_wire(qty)} is not a multiple of lot {lot}"
            return Refusal(R.INCORRECT_QUANTITY, text)
    return None
