"""What an account owns: free, and locked by its open orders.

Here: Balances of one account.
Not here: why something is locked or paid (exchange).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from fixgate.doubles.binance.symbols import amount

_ZERO: Final = Decimal(0)


class Balances:
    """Free and locked amounts by asset."""

    def __init__(self, deposits: Mapping[str, Decimal]) -> None:
        self._free = dict(deposits)
        self._locked: dict[str, Decimal] = {}

    def free(self, asset: str) -> Decimal:
        """What can be spent."""
        return self._free.get(asset, _ZERO)

    def locked(self, asset: str) -> Decimal:
        """What open orders have reserved."""
        return self._locked.get(asset, _ZERO)

    def add(self, asset: str, change: Decimal) -> None:
        """Pay in, or out if negative."""
        self._free[asset] = self.free(asset) + change

    def lock(self, asset: str, qty: Decimal) -> None:
        """Reserve, or give back if negative."""
        self._free[asset] = self.free(asset) - qty
        self._locked[asset] = self.locked(asset) + qty

    def assets(self) -> tuple[str, ...]:
        """All assets ever held."""
        return tuple(self._free)

    def to_json(self) -> list[dict[str, Any]]:
        """As in GET account."""
        return [
            {"asset": each, "free": amount(self.free(each)), "locked": amount(self.locked(each))}
            for each in self._free
        ]

    def to_event(self, assets: tuple[str, ...]) -> list[dict[str, Any]]:
        """As in outboundAccountPosition."""
        return [
            {"a": each, "f": amount(self.free(each)), "l": amount(self.locked(each))}
            for each in assets
        ]
