"""Whether orders that protect an entry (StopLossPx 20003, TakeProfitPx 20004) make sense with it.

Here: contradicted(), what an order that is to be protected cannot be; misplaced(), prices on the
wrong side of the entry's.
Not here: what the venue takes, and the steps of its prices, which hold for every order (admission).
"""

from decimal import Decimal

from fixgate.domain.errors import Refusal
from fixgate.domain.extras import NAMES, Extras
from fixgate.domain.ids import VenueName
from fixgate.domain.rounding import ZERO, to_wire
from fixgate.domain.routing import SMART
from fixgate.domain.values import PositionEffect, Side
from fixgate.domain.values import RefusalReason as R

_PROTECTING = ("stop_loss_px", "take_profit_px")


def first_name(extras: Extras) -> str:
    """The tag to speak of."""
    return NAMES[_PROTECTING[0] if extras.stop_loss_px is not None else _PROTECTING[1]]


def contradicted(extras: Extras, venue: VenueName) -> Refusal | None:
    """What an order whose trades are to be protected cannot be."""
    if extras.position_effect is PositionEffect.CLOSE:
        text = f"{first_name(extras)} contradicts PositionEffect (77) C, which opens nothing"
        return Refusal(R.UNSUPPORTED, text)
    if venue == SMART:
        text = f"{first_name(extras)} needs a venue: what a routed order trades is at several"
        return Refusal(R.UNSUPPORTED, text)
    return None


def misplaced(extras: Extras, side: Side, px: Decimal | None) -> Refusal | None:
    """A loss is on the one side of the entry's price, a profit on the other."""
    buys = side is Side.BUY
    stop_loss, take_profit = extras.stop_loss_px, extras.take_profit_px
    return _beyond(NAMES["stop_loss_px"], stop_loss, px, below=buys) or _beyond(
        NAMES["take_profit_px"], take_profit, stop_loss if px is None else px, below=not buys
    )


def _beyond(name: str, found: Decimal | None, px: Decimal | None, *, below: bool) -> Refusal | None:
    if found is None:
        return None
    if found <= ZERO:
        return Refusal(R.INCORRECT_PRICE, f"{name} {to_wire(found)} must be above zero")
    if px is None or (found < px if below else found > px):
        return None
    where = "below" if below else "above"
    text = f"{name} {to_wire(found)} must be {where} {to_wire(px)}, the price that the order gets"
    return Refusal(R.INCORRECT_PRICE, text)
