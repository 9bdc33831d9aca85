"""The only place where money is multiplied, divided or rounded.

Here: exact products and sums, AvgPx, tick and lot arithmetic, the wire form of a Decimal.
Not here: float.
"""

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    Inexact,
)
from typing import Final

ZERO: Final = Decimal(0)
INTEGER_DIGITS_MAX: Final = 15
FRACTION_DIGITS_MAX: Final = 12
_EXPONENT_MAX: Final = 40  # of prices, fees and balances
_BP_STEP: Final = Decimal("0.01")
_AVG_PX_STEP: Final = Decimal(1).scaleb(-FRACTION_DIGITS_MAX)
# Any number the edges let in has at most 27 digits, so sums fit the default context of 28.
# Products do not; they are made here, and a result that would be rounded raises.
# Room for prices of any magnitude beside each other; unused digits cost nothing.
_EXACT: Final = Context(prec=300, traps=[Inexact])
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_SHARED: Final = Context(prec=300, rounding=ROUND_HALF_EVEN)
_SHARE_STEP: Final = Decimal(1).scaleb(-2 * FRACTION_DIGITS_MAX)


def within_limits(value: Decimal) -> bool:
    """Whether ``value`` is finite and has at most 15 integer and 12 fraction digits."""
    text = str(value)
    # A decimal tells its exponent only beside a tuple of its digits; most are too short to ask.
    if len(text) <= FRACTION_DIGITS_MAX and value.is_finite() and "E" not in text:
        return True
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        return False
    return exponent >= -FRACTION_DIGITS_MAX and value.adjusted() < INTEGER_DIGITS_MAX


def summable(amount: Decimal) -> bool:
    """Whether sums with ``amount`` stay exact.

    Some assets have 18 decimal places, and venues give them.
    """
    if within_limits(amount):  # most are, and it is the cheaper look
        return True
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int):
        return False
    return exponent >= -_EXPONENT_MAX and amount.adjusted() <= _EXPONENT_MAX


# Bound, not wrapped: each trade takes a dozen of them.
notional: Final = _EXACT.multiply
"""``qty * px``, exact."""
plus: Final = _EXACT.add
"""``total + addend``, exact, for sums of notionals."""
minus: Final = _EXACT.subtract
"""``total - part``, exact. Not ``plus(total, -part)``: a unary minus rounds to 28 digits."""


def fee(amount: Decimal, bp: Decimal) -> Decimal:
    """``bp`` basis points of an amount, exact."""
    return notional(amount, bp).scaleb(-4, context=_EXACT)


def in_bp(part: Decimal, whole: Decimal) -> Decimal:
    """``part`` of ``whole`` in basis points, rounded half-even to two places."""
    return _WIDE.divide(part, whole).scaleb(4, context=_WIDE).quantize(_BP_STEP, context=_WIDE)


def avg_px(total_notional: Decimal, cum_qty: Decimal) -> Decimal:
    """AvgPx (6), rounded half-even to 12 places; 0 while nothing has traded."""
    if not cum_qty:
        return ZERO
    return _WIDE.divide(total_notional, cum_qty).quantize(_AVG_PX_STEP, context=_WIDE)


def rounded(amount: Decimal) -> Decimal:
    """An exact amount as it is told: rounded half-even to 12 places."""
    return amount.quantize(_AVG_PX_STEP, context=_SHARED)


def share(total: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """``total * part / whole``, rounded half-even to 24 places; all of it is exact.

    Who takes a share of a sum away keeps what is left of it, so nothing is lost by the rounding.
    """
    if part == whole:
        return total
    made = _SHARED.divide(_EXACT.multiply(total, part), whole)
    rounded = made.quantize(_SHARE_STEP, context=_SHARED)
    return made if made == rounded else rounded  # without the zeros where it is exact


def floor_to_lot(qty: Decimal, *, lot_size: Decimal) -> Decimal:
    """The largest multiple of ``lot_size`` that is not above ``qty``."""
    return (qty / lot_size).to_integral_value(rounding=ROUND_DOWN) * lot_size


def base_qty(cash: Decimal, *, px: Decimal, lot_size: Decimal) -> Decimal:
    """The largest multiple of ``lot_size`` that ``cash`` pays for at ``px``; both above zero."""
    lots = _EXACT.divide_int(cash, _EXACT.multiply(px, lot_size))
    return _EXACT.multiply(lots, lot_size)


def to_tick(px: Decimal, *, tick_size: Decimal, up: bool) -> Decimal:
    """The nearest multiple of ``tick_size`` that is not below ``px`` (up), or not above it."""
    rounding = ROUND_CEILING if up else ROUND_FLOOR
    ticks = _WIDE.divide(px, tick_size).to_integral_value(rounding=rounding)
    return _EXACT.multiply(ticks, tick_size)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether ``value`` lies on the grid of ``step`` (a tick or a lot)."""
    return not _WIDE.remainder(value, step)


def to_wire(value: Decimal) -> str:
    """``value`` as FIX writes it: no exponent, no trailing zeros, no negative zero."""
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text
