"""Request weight per minute and orders per ten seconds, in fixed windows as at Binance.

Here: RateLimits and the headers that report them.
Not here: how much an endpoint weighs.
"""

from dataclasses import dataclass
from typing import Any, Final

from fixgate.doubles.binance import errors

_MINUTE_MS: Final = 60_000
_TEN_SECONDS_MS: Final = 10_000


@dataclass(slots=True)
class _Window:
    length_ms: int
    start_ms: int = 0
    used: int = 0

    def add(self, count: int, now_ms: int) -> int:
        start = now_ms - now_ms % self.length_ms
        if start != self.start_ms:
            self.start_ms, self.used = start, 0
        self.used += count
        return self.used

    def left_s(self, now_ms: int) -> int:
        """Whole seconds until the window ends, at least one."""
        return max(1, -(-(self.start_ms + self.length_ms - now_ms) // 1_000))


class RateLimits:
    """Counts and refuses. Weight is counted for all, orders per account."""

    def __init__(self, *, weight_max_1m: int, orders_max_10s: int) -> None:
        self.weight_max_1m = weight_max_1m
        self.orders_max_10s = orders_max_10s
        self._weight = _Window(_MINUTE_MS)
        self._orders: dict[str, _Window] = {}

    def weigh(self, weight: int, now_ms: int) -> None:
        """Count a request. Raises -1003 (429) beyond the limit."""
        if self._weight.add(weight, now_ms) > self.weight_max_1m:
            raise errors.too_many_requests(self.weight_max_1m, self._weight.left_s(now_ms))

    def count_order(self, account: str, now_ms: int) -> None:
        """Count an order. Raises -1015 (429) beyond the limit."""
        window = self._orders.setdefault(account, _Window(_TEN_SECONDS_MS))
        if window.add(1, now_ms) > self.orders_max_10s:
            raise errors.too_many_orders(self.orders_max_10s, window.left_s(now_ms))

    def headers(self, account: str | None, now_ms: int, *, is_order: bool) -> dict[str, str]:
        """What Binance adds to each answer."""
        headers = {"X-MBX-USED-WEIGHT-1M": str(self._weight.add(0, now_ms))}
        headers["X-MBX-USED-WEIGHT"] = headers["X-MBX-USED-WEIGHT-1M"]
        if is_order and account is not None:
            window = self._orders.setdefault(account, _Window(_TEN_SECONDS_MS))
            headers["X-MBX-ORDER-COUNT-10S"] = str(window.add(0, now_ms))
        return headers

    def to_json(self) -> list[dict[str, Any]]:
        """As in exchangeInfo."""
        return [
            {
                "rateLimitType": "REQUEST_WEIGHT",
                "interval": "MINUTE",
                "intervalNum": 1,
                "limit": self.weight_max_1m,
            },
            {
                "rateLimitType": "ORDERS",
                "interval": "SECOND",
                "intervalNum": 10,
                "limit": self.orders_max_10s,
            },
        ]
