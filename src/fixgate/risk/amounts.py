"""Controls 2, 3, 7, 10, 13 and 14: how much at once, how much in all.

Here: the most that an order, a client's open and traded value, a position and a leverage may be,
and whether a venue account can pay.
Not here: what they are compared with (domain.exposure follows it).
"""

from decimal import Decimal

from fixgate.domain.counting import NOTHING, Used, margin, says_margin
from fixgate.domain.errors import Refusal
from fixgate.domain.rounding import ZERO, minus, plus, to_wire
from fixgate.domain.values import RefusalReason as R
from fixgate.domain.values import Side
from fixgate.risk.case import Case


def order_qty(case: Case) -> Refusal | None:
    """Control 2."""
    most, qty = case.applied.limits.order_qty_max, case.terms.order_qty
    if most is None or qty <= most:
        return None
    return Refusal(
        R.EXCEEDS_LIMIT,
        f"OrderQty (38) {to_wire(qty)} is above the maximum order quantity {to_wire(most)}",
    )


def order_value(case: Case) -> Refusal | None:
    """Controls 3 and 7: the order's value, alone and with what the client has open and traded."""
    applied, worth = case.applied, case.worth
    if worth is None:
        return Refusal(R.NOT_PRICED, _not_valued(case))
    most, currency = applied.limits.order_value_max, applied.currency
    if most is not None and worth > most:
        return Refusal(
            R.EXCEEDS_LIMIT,
            f"The order is worth {to_wire(worth)} {currency}, which is above the maximum order"
            f" value {to_wire(most)} {currency}",
        )
    for used, credit_max in zip(
        case.way.used, (applied.limits.credit_max, applied.account_credit_max), strict=False
    ):
        refusal = None if credit_max is None else _credit(case, used, credit_max, worth)
        if refusal is not None:
            return refusal
    return None


def _credit(case: Case, client: Used, most: Decimal, worth: Decimal) -> Refusal | None:
    used = plus(client.open_worth, client.traded_worth)
    adds = worth if case.share is NOTHING else minus(worth, case.share.worth)
    if plus(used, adds) <= most or adds <= ZERO:
        return None
    kind, name = client.client
    currency = case.applied.currency
    return Refusal(
        R.EXCEEDS_LIMIT,
        f"The order adds {to_wire(adds)} {currency} to the {to_wire(used)} {currency} that {kind}"
        f" {name} has open and traded today; the credit limit is {to_wire(most)} {currency}",
    )


def _not_valued(case: Case) -> str:
    applied = case.applied
    if applied.rate is None:
        return (
            f"The value of the order is not known in {applied.currency}: there is no rate for"
            f" {applied.quote_currency}"
        )
    return (
        f"The value of the order is not known: no reference price of {case.about.symbol} at"
        f" {case.about.venue}"
    )


def position(case: Case) -> Refusal | None:
    """Control 10: the position at all venues together if all open orders of that side traded."""
    most = case.applied.limits.position_max
    if most is None:
        return None
    adds = ZERO if case.is_part else case.open_qty - case.share.qty
    # None is held at SMART, which is no place: what is routed is held where its parts traded.
    net = case.positions.net(case.about.account, case.about.symbol, case.venues)
    reached = case.way.open_qty.amount + adds
    reached = reached + net if case.about.side is Side.BUY else reached - net
    if reached <= most or (adds <= ZERO and not case.is_part):
        return None
    way = "long" if case.about.side is Side.BUY else "short"
    return Refusal(
        R.EXCEEDS_LIMIT,
        f"The position in {case.about.symbol} could come to {to_wire(reached)} {way}, open orders"
        f" included; the limit is {to_wire(most)}",
    )


def balance(case: Case) -> Refusal | None:
    """Control 13: the venue account can pay for the order beside all that is open there.

    By what the venue last said and our own trades since. Of a derivative only the margin that an
    order names itself, with its leverage, is known. A routed order is checked by its parts.
    """
    pays, about, amount = case.way.pays, case.about, case.amount
    if pays is None or not case.applied.limits.balance:
        return None
    if case.way.margined and not says_margin(case.terms):
        return None
    venue, asset = pays
    has = case.positions.held(venue, asset)
    sells = about.side is Side.SELL and not case.way.margined
    if has is None or (amount is None and not sells):
        what = f"the balance of {asset}" if has is None else f"a price of {about.symbol}"
        return Refusal(
            R.NOT_PRICED, f"The balance cannot be checked: {what} at {venue} is not known"
        )
    needs = case.open_qty if sells else amount or ZERO
    if case.way.margined:
        needs = margin(case.terms, needs)
    adds = minus(needs, case.share.lock)
    free = has if case.way.locked is None else minus(has, case.way.locked.amount)
    if adds <= free or adds <= ZERO:
        return None
    return Refusal(
        R.EXCEEDS_LIMIT,
        f"The order needs {to_wire(adds)} {asset} at {venue}; {to_wire(max(free, ZERO))} is free"
        " there",
    )


def leverage(case: Case) -> Refusal | None:
    """Control 14."""
    most, extras = case.applied.limits.leverage_max, case.terms.extras
    asked = None if extras is None else extras.leverage
    if most is None or asked is None or asked <= most:
        return None
    return Refusal(
        R.EXCEEDS_LIMIT,
        f"LeverageRatio (20001) {to_wire(asked)} is above the maximum leverage {to_wire(most)}",
    )
