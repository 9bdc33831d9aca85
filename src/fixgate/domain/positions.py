"""All positions and balances, as State holds them.

Here: Positions, changed only by ``evolve``, and the look-ups that decisions need.
Not here: the arithmetic of one position (position), totals for people (position_views).

There is one position for each venue, account and symbol that ever traded. Where accounts are free
text, a client could make any number of them, so beyond ``KEYS_MAX`` new ones share one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from fixgate.domain.balance import Balance, Differences, Suspicion, spot_assets
from fixgate.domain.frozen import changed
from fixgate.domain.ids import VenueName
from fixgate.domain.order import Instruction
from fixgate.domain.position import Position, PositionChange, adjusted, after_trade, with_fee
from fixgate.domain.rounding import ZERO, minus, notional, plus
from fixgate.domain.routing import SMART
from fixgate.domain.values import Side

KEYS_MAX: Final = 100_000
_BUY: Final = Side.BUY  # the name is looked up once, not with every trade
OTHERS: Final = "(others)"  # the account of positions beyond KEYS_MAX

Key = tuple[VenueName, str | None, str]


@dataclass(slots=True)
class Net:
    """What all accounts together traded in one symbol at one venue."""

    qty: Decimal = ZERO
    cash: Decimal = ZERO


class Positions:
    """Positions by (venue, account, symbol), and balances by (venue, asset)."""

    __slots__ = (
        "balances",
        "book",
        "changes",
        "fees",
        "nets",
        "policies",
        "suspicions",
        "trading",
    )

    def __init__(self) -> None:
        self.book: dict[Key, Position] = {}
        self.balances: dict[tuple[VenueName, str], Balance] = {}
        self.policies: dict[VenueName, Differences] = {}
        self.suspicions: dict[tuple[VenueName, str], Suspicion] = {}  # by asset or symbol
        self.nets: dict[tuple[VenueName, str], Net] = {}
        # Spot symbols that move an asset at a venue; and whether it is their base currency.
        self.trading: dict[tuple[VenueName, str], dict[str, bool]] = {}
        # Paid at a venue, but for what a spot instrument's own quantity shows.
        self.fees: dict[tuple[VenueName, str], Decimal] = {}
        self.changes: tuple[PositionChange, ...] = ()  # by the last event that changed any

    # --- look-ups -------------------------------------------------------------------------

    def qty(self, venue: VenueName, account: str | None, symbol: str) -> Decimal:
        """How much an account is long (above zero) or short at a venue."""
        position = self.book.get((venue, account, symbol))
        return ZERO if position is None else position.qty

    def net(self, account: str | None, symbol: str, venues: Iterable[VenueName]) -> Decimal:
        """The same over several venues."""
        total = ZERO
        for venue in venues:
            position = self.book.get((venue, account, symbol))
            if position is not None:
                total = plus(total, position.qty)
        return total

    def net_at(self, venue: VenueName, symbol: str) -> Decimal:
        """The same for all accounts together at one venue."""
        net = self.nets.get((venue, symbol))
        return ZERO if net is None else net.qty

    def moved(self, venue: VenueName, asset: str) -> Decimal:
        """By how much our trades and their fees changed what a venue account holds of an asset.

        Trades of derivatives are not in it: when their profit is paid is the venue's to say.
        """
        total = self.fees.get((venue, asset), ZERO).copy_negate()
        for symbol, is_base in self.trading.get((venue, asset), {}).items():
            net = self.nets[venue, symbol]
            total = plus(total, net.qty if is_base else net.cash)
        return total

    def held(self, venue: VenueName, asset: str) -> Decimal | None:
        """What a venue account holds of an asset by now; None: the venue has not said yet.

        What was last reported, and what our trades have moved since; open orders lock some of it.
        """
        balance = self.balances.get((venue, asset))
        return None if balance is None else plus(balance.baseline, self.moved(venue, asset))

    def holders(self, venue: VenueName, symbol: str) -> Iterator[Position]:
        """The positions of every account in a symbol at a venue, flat ones too."""
        for each in self.book.values():
            if each.symbol == symbol and each.venue == venue:
                yield each

    # --- changes --------------------------------------------------------------------------

    def load(self, positions: Iterable[Position], balances: Iterable[Balance]) -> None:
        """Put there what the store holds; at start only."""
        for each in positions:
            self.book[each.venue, each.account, each.symbol] = each
            net = self._net(each.venue, each.symbol)
            net.qty = plus(net.qty, each.qty)
            net.cash = plus(net.cash, each.cash)
            for currency, fee in each.fees:
                self._pay(each.venue, each.symbol, fee, currency)
        for balance in balances:
            self.balances[balance.venue, balance.asset] = balance

    def traded(
        self,
        about: Instruction,
        last_qty: Decimal,
        last_px: Decimal,
        fee: Decimal | None = None,
        fee_currency: str | None = None,
    ) -> None:
        """A trade of an order; its quantity below zero takes an earlier one back.

        A routed order's trades are those of its parts, and were counted where they were.
        """
        if about.venue == SMART:
            self.changes = ()
            return
        venue, symbol = about.venue, about.symbol
        key = (venue, about.account, symbol)
        before = self.book.get(key)
        if before is None:
            before, key = self._new(key)
        gross = qty = last_qty if about.side is _BUY else last_qty.copy_negate()
        if fee and fee_currency is not None:
            before, qty = self._paid(before, gross, last_px, fee, fee_currency)
        change = after_trade(before, qty, last_px)
        self.changes = (change,)
        self.book[key] = change.after
        net = self.nets.get((venue, symbol)) or self._net(venue, symbol)
        net.qty = plus(net.qty, qty)
        net.cash = minus(net.cash, notional(gross, last_px))

    def _paid(
        self, before: Position, gross: Decimal, px: Decimal, fee: Decimal, currency: str
    ) -> tuple[Position, Decimal]:
        """The position with a trade's fee, and the quantity that the trade comes to."""
        self._pay(before.venue, before.symbol, fee, currency)
        paid = with_fee(before, fee, currency)
        assets = spot_assets(before.symbol)
        if assets is None or assets[0] != currency:
            return paid, gross
        # The account holds that much less; what it was worth is a fee and no loss.
        cashless = plus(before.cashless, notional(fee, px))
        return changed(paid, cashless=cashless), minus(gross, fee)

    def corrected(
        self,
        about: Instruction,
        old: tuple[Decimal, Decimal],
        new: tuple[Decimal, Decimal] | None,
        fee: Decimal | None = None,
        fee_currency: str | None = None,
    ) -> None:
        """A trade's quantity and price were ``old``, and are ``new``; None: it was busted.

        The fee is what was taken with the change or, below zero, given back.
        """
        undone = old[0].copy_negate(), old[1]
        if new is None:
            self.traded(about, *undone, fee, fee_currency)
            return
        self.traded(about, *undone)
        before = self.changes
        self.traded(about, *new, fee, fee_currency)
        self.changes = before + self.changes

    def reconciled(self, key: Key, qty: Decimal, px: Decimal) -> None:
        """The venue holds ``qty`` more than our trades say."""
        before = self.book.get(key)
        if before is None:
            before, key = self._new(key)
        change = adjusted(before, qty, px)
        self.changes = (change,)
        self.book[key] = change.after
        net = self._net(key[0], key[2])
        net.qty = plus(net.qty, qty)

    def _new(self, key: Key) -> tuple[Position, Key]:
        venue, account, symbol = key
        if len(self.book) >= KEYS_MAX:
            account = OTHERS
        key = (venue, account, symbol)
        return self.book.get(key) or Position(venue=venue, account=account, symbol=symbol), key

    def _net(self, venue: VenueName, symbol: str) -> Net:
        net = self.nets.get((venue, symbol))
        if net is None:
            net = self.nets[venue, symbol] = Net()
            assets = spot_assets(symbol)
            if assets is not None:
                base, quote = assets
                self.trading.setdefault((venue, base), {})[symbol] = True
                self.trading.setdefault((venue, quote), {})[symbol] = False
        return net

    def _pay(self, venue: VenueName, symbol: str, fee: Decimal, currency: str) -> None:
        assets = spot_assets(symbol)
        if assets is None or assets[0] != currency:
            paid = self.fees.get((venue, currency), ZERO)
            self.fees[venue, currency] = plus(paid, fee)
