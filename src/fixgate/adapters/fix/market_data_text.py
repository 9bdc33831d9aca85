"""What MarketDataSnapshotFullRefresh (W) and MarketDataIncrementalRefresh (X) say.

Here: View, which is all that a subscriber may know of a market at an instant, and the bodies of the
messages that tell it whole, or what is different from another. A price level is known by
MDEntryType (269) and MDEntryPx (270) alone: a W carries no MDEntryID in either version.
Not here: sequence numbers and who gets what (market_data_subscriber).
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from fixgate.adapters.fix.fields import checksum
from fixgate.adapters.fix.tags import SOH, utc_timestamp
from fixgate.domain.frozen import value
from fixgate.domain.market import MarketTrade
from fixgate.domain.rounding import to_wire

BID, OFFER, TRADE = "0", "1", "2"  # MDEntryType (269)
_NEW, _CHANGE, _DELETE = "0", "1", "2"  # MDUpdateAction (279)
_OPEN, _CLOSED = "A", "B"  # QuoteCondition (276)
_SIDES: Final = ((BID, "bids"), (OFFER, "offers"))
Levels = tuple[tuple[Decimal, Decimal], ...]


@value
class Shown:
    """Which market, in the words of the one who asked."""

    symbol: str  # 55
    venue: str  # 207
    entry_types: frozenset[str]


@value
class View:
    """What can be told of a market. ``why_not``: there are no prices that hold, and this is why."""

    bids: Levels = ()
    offers: Levels = ()
    trade: MarketTrade | None = None  # the last one
    last_px: Decimal | None = None  # its price, where the trade itself was not heard
    why_not: str | None = None

    @property
    def trades_to(self) -> int:
        """The number of the last trade."""
        return 0 if self.trade is None else self.trade.number


class Body(NamedTuple):
    """A part of a message, ready to be sent, with what the frame around it needs."""

    msg_type: str
    data: bytes
    sum: int  # of its bytes


def full(shown: Shown, view: View) -> Body:
    """All of it. Each type that was asked for has an entry: with size 0 if there is nothing."""
    entries: list[str] = []
    for entry_type, side in _SIDES:
        if entry_type in shown.entry_types:
            levels: Levels = getattr(view, side)
            entries += [_level(entry_type, each) for each in levels]
            if not levels:
                entries.append(_nothing(entry_type, view))
    if TRADE in shown.entry_types:
        entries.append(_last_trade(view))
    instrument = f"55={shown.symbol}{SOH}207={shown.venue}{SOH}"
    return _body("W", f"{instrument}268={len(entries)}{SOH}", entries)


def changes(
    shown: Shown, before: View, now: View, trades: Sequence[MarketTrade], missed: int
) -> Body | None:
    """What is different, in the order in which it must be applied; None: nothing that is shown.

    trades: those between the two views that are still known; ``missed`` is how many are not.
    """
    instrument = f"55={shown.symbol}{SOH}207={shown.venue}{SOH}"
    entries: list[str] = []
    for entry_type, side in _SIDES:
        if entry_type in shown.entry_types:
            entries += _moves(entry_type, instrument, getattr(before, side), getattr(now, side))
    if TRADE in shown.entry_types:
        for each in trades:
            said = f"279={_NEW}{SOH}{_trade(each, instrument)}"
            if missed:
                said += f"58={missed} earlier trades are left out{SOH}"
                missed = 0
            entries.append(said)
    return _body("X", f"268={len(entries)}{SOH}", entries) if entries else None


def _moves(entry_type: str, instrument: str, before: Levels, now: Levels) -> Iterable[str]:
    if before == now:
        return
    old, new = dict(before), dict(now)
    for px in old:
        if px not in new:
            key = f"279={_DELETE}{SOH}269={entry_type}{SOH}{instrument}"
            yield f"{key}270={to_wire(px)}{SOH}"
    for px, qty in new.items():
        if old.get(px) != qty:
            action = _CHANGE if px in old else _NEW
            key = f"279={action}{SOH}269={entry_type}{SOH}{instrument}"
            yield f"{key}270={to_wire(px)}{SOH}271={to_wire(qty)}{SOH}"


def _level(entry_type: str, level: tuple[Decimal, Decimal]) -> str:
    px, qty = level
    return f"269={entry_type}{SOH}270={to_wire(px)}{SOH}271={to_wire(qty)}{SOH}"


def _nothing(entry_type: str, view: View) -> str:
    """FIX 4.2 requires a price, and both versions at least one entry."""
    said = f"269={entry_type}{SOH}270=0{SOH}271=0{SOH}"
    if view.why_not is None:
        return f"{said}276={_OPEN}{SOH}"
    return f"{said}276={_CLOSED}{SOH}58={view.why_not}{SOH}"


def _last_trade(view: View) -> str:
    if view.why_not is None and view.trade is not None:
        return _trade(view.trade)
    if view.why_not is None and view.last_px is not None:
        return f"269={TRADE}{SOH}270={to_wire(view.last_px)}{SOH}"
    return _nothing(TRADE, view)


def _trade(trade: MarketTrade, instrument: str = "") -> str:
    day, _, time = utc_timestamp(trade.at_ns).partition("-")
    return (
        f"269={TRADE}{SOH}{instrument}270={to_wire(trade.px)}{SOH}271={to_wire(trade.qty)}{SOH}"
        f"272={day}{SOH}273={time}{SOH}"
    )


def _body(msg_type: str, head: str, entries: Sequence[str]) -> Body:
    data = (head + "".join(entries)).encode()
    return Body(msg_type, data, checksum(data))
