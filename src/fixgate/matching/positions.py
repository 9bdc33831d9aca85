"""What each account is long or short in each contract, by its trades here.

Here: Positions, and room(), how much an order may trade that is about a position.
Not here: prices of entry, profit, margins.
"""

from collections.abc import Iterable
from decimal import Decimal

from fixgate.domain.values import PositionEffect
from fixgate.matching.listing import Listing
from fixgate.matching.orders import ZERO, BookOrder


class Positions:
    """Net quantities; of contracts only."""

    __slots__ = ("_nets",)

    def __init__(self, listings: Iterable[Listing]) -> None:
        self._nets: dict[str, dict[str, Decimal]] = {
            each.symbol: {} for each in listings if each.is_contract
        }

    @property
    def contracts(self) -> frozenset[str]:
        """The symbols in which there can be positions."""
        return frozenset(self._nets)

    def qty(self, account: str, symbol: str) -> Decimal:
        """Above zero: long; below: short."""
        return self._nets.get(symbol, {}).get(account, ZERO)

    def set(self, account: str, symbol: str, qty: Decimal) -> None:
        """What it is at first."""
        self._nets[symbol][account] = qty

    def traded(self, order: BookOrder, qty: Decimal) -> None:
        """An order of an account has traded a contract."""
        nets = self._nets[order.symbol]
        net = nets.get(order.account, ZERO)
        nets[order.account] = net + qty if order.is_buy else net - qty

    def room(self, order: BookOrder) -> Decimal | None:
        """The most that the order may trade now; None: as much as it has."""
        if order.effect is None:
            return None
        net = self.qty(order.account, order.symbol)
        against = max(-net if order.is_buy else net, ZERO)
        if order.effect is PositionEffect.CLOSE:
            return against
        return ZERO if against else None
