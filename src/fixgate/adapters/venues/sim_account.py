"""What the gateway's account at the simulated venue holds, by the venue's own books.

Here: SimulatedAccount. It pays and is paid for every trade; nothing is refused for want of money.
Not here: how high a fee is; margins.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from fixgate.domain.balance import spot_assets
from fixgate.domain.ids import VenueName
from fixgate.domain.position import Position, after_trade
from fixgate.domain.positions import Positions
from fixgate.domain.rounding import ZERO, minus, notional, plus
from fixgate.domain.values import Side
from fixgate.matching import OrderSnapshot, Traded

GENEROUS: Final[Mapping[str, Decimal]] = {
    "USDT": Decimal(100_000_000),
    "BTC": Decimal(1_000),
    "ETH": Decimal(10_000),
    "SOL": Decimal(100_000),
}
"""What it holds at first."""


class SimulatedAccount:
    """Balances by asset, and positions in derivatives by symbol."""

    def __init__(self, venue: VenueName, deposits: Mapping[str, Decimal]) -> None:
        self._venue = venue
        self._held = dict(deposits)
        self._positions: dict[str, Position] = {}

    def take_over(self, known: Positions) -> None:
        """Go on where an earlier process ended: with what the journal says the account holds."""
        for venue, asset in known.balances:
            held = known.held(venue, asset)
            if venue == self._venue and held is not None:
                self._held[asset] = held
        for each in known.book.values():
            if each.venue == self._venue and spot_assets(each.symbol) is None:
                ours = self._position(each.symbol)
                ours = after_trade(ours, each.qty, each.avg_px).after if each.qty else ours
                self._positions[each.symbol] = ours

    def pay(self, trade: Traded, fee: Decimal | None, fee_currency: str) -> None:
        """A trade was made."""
        if fee:
            self._held[fee_currency] = minus(self._held.get(fee_currency, ZERO), fee)
        buys = trade.side is Side.BUY
        qty = trade.last_qty if buys else trade.last_qty.copy_negate()
        assets = spot_assets(trade.symbol)
        held = self._held
        if assets is not None:
            base, quote = assets
            held[base] = plus(held.get(base, ZERO), qty)
            held[quote] = minus(held.get(quote, ZERO), notional(qty, trade.last_px))
            return
        change = after_trade(self._position(trade.symbol), qty, trade.last_px)
        self._positions[trade.symbol] = change.after
        settled_in = trade.symbol.rpartition(":")[2]
        held[settled_in] = plus(held.get(settled_in, ZERO), change.realised)

    def balances(
        self, working: Iterable[OrderSnapshot]
    ) -> tuple[tuple[str, Decimal, Decimal], ...]:
        """Asset, free, locked, given the open orders that lock what they would pay."""
        locked: dict[str, Decimal] = {}
        for order in working:
            assets, px = spot_assets(order.symbol), order.price or order.stop_px
            if assets is None or px is None:
                continue
            base, quote = assets
            buys = order.side is Side.BUY
            amount = notional(order.leaves_qty, px) if buys else order.leaves_qty
            asset = quote if buys else base
            locked[asset] = plus(locked.get(asset, ZERO), amount)
        return tuple(
            (asset, minus(held, locked.get(asset, ZERO)), locked.get(asset, ZERO))
            for asset, held in sorted(self._held.items())
        )

    def positions(self) -> tuple[tuple[str, Decimal, Decimal], ...]:
        """Symbol, quantity and average entry price of what is open."""
        return tuple(
            (symbol, each.qty, each.avg_px)
            for symbol, each in sorted(self._positions.items())
            if each.qty
        )

    def _position(self, symbol: str) -> Position:
        known = self._positions.get(symbol)
        return known or Position(venue=self._venue, account=None, symbol=symbol)
