"""Understanding Binance spot's prices: book snapshots, book changes, public trades.

Here: readers of Binance's JSON, and the names of the streams.
Not here: orders (binance_reading), putting a book together (depth).
Source: Binance's spot API documentation, web-socket-streams.md ("How to manage a local order book
correctly") and rest-api.md.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from fixgate.adapters.venues.depth import DepthChange, DepthSnapshot, Level
from fixgate.adapters.venues.dialect import MarketMessage, MarketPrint, UnreadableError
from fixgate.domain.instruments import Instrument
from fixgate.domain.rounding import within_limits
from fixgate.domain.values import Side

_MS_TO_NS = 1_000_000


def streams(instruments: Sequence[Instrument]) -> list[str]:
    """What to subscribe to."""
    names = [each.venue_symbol.lower() for each in instruments]
    return [f"{name}@{kind}" for name in names for kind in ("depth@100ms", "trade")]


def snapshot(body: Any) -> DepthSnapshot:
    """The answer to GET depth."""
    try:
        return DepthSnapshot(
            last_id=int(body["lastUpdateId"]),
            bids=_levels(body["bids"]),
            offers=_levels(body["asks"]),
        )
    except _BAD:
        raise UnreadableError("the book's snapshot is not what is documented") from None


def message(said: Any) -> MarketMessage | None:
    """A message of the market's stream."""
    kind = said.get("e") if isinstance(said, dict) else None
    try:
        match kind:
            case "depthUpdate":
                return _change(said)
            case "trade":
                return _trade(said)
            case _:
                return None
    except _BAD:
        raise UnreadableError("a message about prices is not what is documented") from None


_BAD = (KeyError, TypeError, ValueError, InvalidOperation)


def _change(said: Mapping[str, Any]) -> DepthChange:
    return DepthChange(
        venue_symbol=str(said["s"]),
        first_id=int(said["U"]),
        last_id=int(said["u"]),
        bids=_levels(said["b"]),
        offers=_levels(said["a"]),
    )


def _trade(said: Mapping[str, Any]) -> MarketPrint:
    return MarketPrint(
        venue_symbol=str(said["s"]),
        px=_px(said["p"]),
        qty=_number(said["q"]),
        # m: the buyer is the maker
        aggressor=Side.SELL if said["m"] is True else Side.BUY,
        at_ns=int(said["T"]) * _MS_TO_NS,
    )


def _levels(said: Any) -> tuple[Level, ...]:
    return tuple([(_px(px), _number(qty)) for px, qty in said])


def _number(said: Any) -> Decimal:
    number = Decimal(str(said))
    if not within_limits(number) or number < 0:
        raise ValueError(said)
    return number


def _px(said: Any) -> Decimal:
    px = _number(said)
    if not px:
        raise ValueError(said)
    return px
