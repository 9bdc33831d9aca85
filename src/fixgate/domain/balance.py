"""What a venue account holds of an asset, as its venue last said.

Here: Balance, Suspicion (a difference that was seen and is not believed yet), and which assets a
symbol trades.
Not here: what our own trades have moved since (positions).
"""

from decimal import Decimal
from enum import Enum, unique
from functools import lru_cache

from fixgate.domain.frozen import value
from fixgate.domain.ids import VenueName
from fixgate.domain.rounding import plus


@unique
class Differences(Enum):
    """What is done where a venue's account is not as our trades say."""

    ADOPT = "adopt"  # an alert, and the positions become what the venue says
    TELL = "tell"  # an alert, and the positions stay the sum of our trades
    IGNORE = "ignore"  # others trade on this account: neither


@value
class Balance:
    """Of one asset in one venue account."""

    venue: VenueName
    asset: str
    free: Decimal
    locked: Decimal
    at_ns: int  # when the venue was asked
    # What was there before our first trade: what our trades moved is added to it.
    baseline: Decimal

    @property
    def reported(self) -> Decimal:
        """Free and locked together, as the venue said."""
        return plus(self.free, self.locked)


@value
class Suspicion:
    """The venue says more (above zero) or less than our trades do; a trade may be under way."""

    difference: Decimal
    moved: Decimal  # by our trades, when it was seen
    times: int = 1  # seen in so many reports, one after the other
    told: bool = False  # there was an alert, and it is left as it is


def quote_of(symbol: str) -> str:
    """The currency that a unified symbol is priced in."""
    return symbol.partition("/")[2].partition(":")[0] or symbol


@lru_cache(maxsize=4_096)
def settled_in(symbol: str) -> str:
    """The currency that trades of a unified symbol are paid in."""
    return symbol.replace(":", "/").rpartition("/")[2].partition("-")[0]


def spot_assets(symbol: str) -> tuple[str, str] | None:
    """Base and quote currency of a unified spot symbol; None: it is a derivative."""
    base, slash, quote = symbol.partition("/")
    return None if ":" in quote or not slash else (base, quote)
