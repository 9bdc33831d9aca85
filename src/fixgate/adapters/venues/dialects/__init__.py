"""What is said to each exchange, and what its answers mean.

Here: one dialect for each exchange that may be configured, and where to find it.
Not here: calls on the network.
"""

from collections.abc import Callable, Mapping
from typing import Final

from fixgate.adapters.venues.dialect import Dialect
from fixgate.adapters.venues.dialects.binance import BinanceDialect
from fixgate.domain.ids import VenueName

DIALECTS: Final[Mapping[str, Callable[[VenueName], Dialect]]] = {"binance": BinanceDialect}
