"""A price-time matching engine, and liquidity to trade against.

Here: the engine, its events, its order book, and a seeded synthetic market.
Not here: clocks, chance that was not handed in, I/O, wire protocols, FIX. Time is an argument.
"""

from fixgate.domain.values import OrdType, SelfTradePrevention, Side, TimeInForce
from fixgate.matching.engine import MatchingEngine
from fixgate.matching.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Expired,
    Printed,
    Rejected,
    Replaced,
    ReplaceRejected,
    Traded,
    Triggered,
)
from fixgate.matching.listing import Listing
from fixgate.matching.orders import Depth, NewOrder, OrderSnapshot, Replacement
from fixgate.matching.reasons import CancelReason, OrderState, RejectReason
from fixgate.matching.synthetic import SyntheticLiquidity, SyntheticProfile

__all__ = [
    "Accepted",
    "CancelReason",
    "CancelRejected",
    "Canceled",
    "Depth",
    "Event",
    "Expired",
    "Listing",
    "MatchingEngine",
    "NewOrder",
    "OrdType",
    "OrderSnapshot",
    "OrderState",
    "Printed",
    "RejectReason",
    "Rejected",
    "ReplaceRejected",
    "Replaced",
    "Replacement",
    "SelfTradePrevention",
    "Side",
    "SyntheticLiquidity",
    "SyntheticProfile",
    "TimeInForce",
    "Traded",
    "Triggered",
]
