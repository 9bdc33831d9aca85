"""What trades left in one instrument, at one venue, for one account.

Here: Position, what a trade makes of it (after_trade) and what a venue's word does (adjusted), and
the profit or loss that follows; exact, by weighted average entry price.
Not here: which positions there are (positions), prices of the market.

A cost that is shared between what is closed and what is left loses nothing, however the share was
rounded. So realised plus unrealised is the cash that moved plus the quantity at its price, to the
last digit (docs/decisions/0021).
"""

from decimal import Decimal
from enum import Enum, unique

from fixgate.domain.frozen import changed, value
from fixgate.domain.ids import VenueName
from fixgate.domain.rounding import ZERO, avg_px, minus, notional, plus, share


@unique
class Move(Enum):
    """What happened to a position."""

    OPEN = "open"
    INCREASE = "increase"
    DECREASE = "decrease"
    CLOSE = "close"
    FLIP = "flip"  # closed, and opened on the other side, by one trade
    RECONCILE = "reconcile"  # the venue said otherwise


Fees = tuple[tuple[str, Decimal], ...]
"""What was paid in each currency, by its name."""


@value
class Position:
    """Quantities are signed: above zero is long, below is short."""

    venue: VenueName
    account: str | None
    symbol: str  # unified
    qty: Decimal = ZERO
    cost: Decimal = ZERO  # what ``qty`` was bought (above zero) or sold for
    realised: Decimal = ZERO  # before fees
    fees: Fees = ()
    # What went (above zero) or came without cash was worth: fees in the base currency of a spot
    # instrument, at their trades' prices, and what a venue said.
    cashless: Decimal = ZERO
    last_px: Decimal = ZERO  # of the last trade

    @property
    def avg_px(self) -> Decimal:
        """The average entry price, rounded only here; 0 while it is flat."""
        return avg_px(self.cost, self.qty)

    @property
    def cash(self) -> Decimal:
        """What its trades paid in, less what they cost; before fees."""
        return minus(minus(self.realised, self.cost), self.cashless)

    def unrealised(self, px: Decimal) -> Decimal:
        """Profit or loss if all of it were closed at ``px``."""
        return minus(notional(self.qty, px), self.cost)


@value
class PositionChange:
    """One step of a position, and what it is then."""

    move: Move
    qty: Decimal  # by how much it changed, signed
    px: Decimal
    realised: Decimal  # by this step
    after: Position


def after_trade(position: Position, qty: Decimal, px: Decimal) -> PositionChange:
    """What a trade of signed ``qty`` at ``px`` makes of it."""
    before, cost, made = position.qty, position.cost, ZERO
    after = plus(before, qty)
    if not before:
        move, cost = Move.OPEN, plus(cost, notional(qty, px))
    elif (before > ZERO) is (qty > ZERO):
        move, cost = Move.INCREASE, plus(cost, notional(qty, px))
    else:
        move, closed, opened = _against(before, after, qty)
        taken = share(cost, closed, before)
        made = minus(notional(closed, px), taken)
        cost = minus(cost, taken)
        if opened:
            cost = plus(cost, notional(opened, px))
    return PositionChange(
        move=move,
        qty=qty,
        px=px,
        realised=made,
        after=Position(
            venue=position.venue,
            account=position.account,
            symbol=position.symbol,
            qty=after,
            cost=cost,
            realised=plus(position.realised, made) if made else position.realised,
            fees=position.fees,
            cashless=position.cashless,
            last_px=px,
        ),
    )


def _against(before: Decimal, after: Decimal, qty: Decimal) -> tuple[Move, Decimal, Decimal]:
    """How much a change against the position closes of it, and opens on the other side."""
    if not after:
        return Move.CLOSE, before, ZERO
    if (after > ZERO) is (before > ZERO):
        return Move.DECREASE, qty.copy_negate(), ZERO
    return Move.FLIP, before, after


def adjusted(position: Position, qty: Decimal, px: Decimal) -> PositionChange:
    """The position once ``qty`` was added that no trade of ours explains.

    It makes no profit and no loss: what goes away goes at its average entry price, and what is new
    on a side comes at that price too, or at ``px`` where there was nothing.
    """
    before, after = position.qty, plus(position.qty, qty)
    if not before:
        cost = notional(after, px)
    elif (qty > ZERO) is (before > ZERO):
        cost = plus(position.cost, share(position.cost, qty, before))
    else:
        _, closed, opened = _against(before, after, qty)
        cost = minus(position.cost, share(position.cost, closed, before))
        cost = plus(cost, notional(opened, px))
    return PositionChange(
        move=Move.RECONCILE,
        qty=qty,
        px=px,
        realised=ZERO,
        after=changed(
            position,
            qty=after,
            cost=cost,
            cashless=minus(position.cashless, minus(cost, position.cost)),
        ),
    )


def with_fee(position: Position, fee: Decimal, currency: str) -> Position:
    """The position once a fee was paid; below zero it is a rebate."""
    fees = dict(position.fees)
    fees[currency] = plus(fees.get(currency, ZERO), fee)
    return changed(position, fees=tuple(sorted(fees.items())))
