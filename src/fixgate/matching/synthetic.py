"""A market to trade against: quotes around a reference price that wanders.

Here: SyntheticProfile (how one instrument is quoted) and SyntheticLiquidity (who quotes it).
Not here: the source of chance and the time, which the caller hands in; timers.

All prices are whole ticks and all quantities whole lots, so there is no rounding and no float.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from random import Random
from typing import Final

from fixgate.domain.frozen import value
from fixgate.domain.rounding import floor_to_lot
from fixgate.domain.values import Side
from fixgate.matching.engine import MatchingEngine
from fixgate.matching.events import Event
from fixgate.matching.listing import Listing
from fixgate.matching.orders import BookOrder

START_PX: Final[Mapping[str, Decimal]] = {
    "BTC": Decimal(50_000),
    "ETH": Decimal(3_000),
    "SOL": Decimal(150),
}
_BASIS_POINT: Final = Decimal("0.0001")


@value
class SyntheticProfile:
    """How one instrument is quoted. Prices are in ticks, quantities in lots."""

    listing: Listing
    start_ticks: int
    wander_ticks_max: int  # the reference never leaves start ± this
    step_ticks_max: int  # how far the reference moves in one step
    half_spread_ticks: int
    gap_ticks: int  # between two levels
    levels: int
    level_lots_min: int
    level_lots_max: int

    @classmethod
    def around(cls, listing: Listing, start_px: Decimal, *, levels: int = 10) -> "SyntheticProfile":
        """A profile in proportion to the price.

        5 % of wandering, 2 bp at most per step, a spread of 0.4 bp, levels 1 bp apart, each
        worth 200,000 to 600,000 in quote currency.
        """

        def ticks(part: Decimal) -> int:
            return max(1, int(start_px * part / listing.tick_size))

        def lots(value: int) -> int:
            return max(1, int(Decimal(value) / start_px / listing.lot_size))

        return cls(
            listing=listing,
            start_ticks=int(floor_to_lot(start_px, lot_size=listing.tick_size) / listing.tick_size),
            wander_ticks_max=int(start_px * 500 * _BASIS_POINT / listing.tick_size),
            step_ticks_max=ticks(2 * _BASIS_POINT),
            half_spread_ticks=ticks(_BASIS_POINT / 5),
            gap_ticks=ticks(_BASIS_POINT),
            levels=levels,
            level_lots_min=lots(200_000),
            level_lots_max=lots(600_000),
        )


class _Maker:
    """The quotes of one instrument."""

    __slots__ = ("asks", "bids", "profile", "ref_ticks")

    def __init__(self, profile: SyntheticProfile) -> None:
        self.profile = profile
        self.ref_ticks = profile.start_ticks
        self.bids: list[BookOrder] = []
        self.asks: list[BookOrder] = []

    def move(self, ticks: int) -> None:
        """Move the reference, and turn back what would leave its range."""
        low = self.profile.start_ticks - self.profile.wander_ticks_max
        high = self.profile.start_ticks + self.profile.wander_ticks_max
        self.ref_ticks = min(high, max(low, self.ref_ticks + ticks))


class SyntheticLiquidity:
    """Quotes both sides of each instrument in an engine, out of a seeded source of chance.

    Call ``step`` now and then, and ``replenish`` after each order. Both return the events of
    client orders that the quotes met, and the tape. Their cost depends on the number of
    levels only. The quotes take part in matching like any order, so a client order that the
    reference moves through is filled.
    """

    def __init__(
        self,
        engine: MatchingEngine,
        profiles: Iterable[SyntheticProfile],
        rng: Random,
        walk: Random | None = None,
    ) -> None:
        """Quote each instrument.

        walk: what the reference prices move by; None: ``rng`` too. Markets whose walks begin
        alike move together, whatever is traded on each.
        """
        self._engine = engine
        self._rng = rng
        self._walk = walk or rng
        self._makers = {each.listing.symbol: _Maker(each) for each in profiles}
        self._paused: dict[str, _Maker] = {}

    def reference_px(self, symbol: str) -> Decimal:
        """The reference price now. Raises KeyError on an instrument that is not quoted."""
        maker = self._makers[symbol]
        return maker.ref_ticks * maker.profile.listing.tick_size

    def step(self, now_ns: int) -> tuple[Event, ...]:
        """Move every reference price, quote anew around it, and print one trade each."""
        events: list[Event] = []
        for symbol, maker in self._makers.items():
            far = maker.profile.step_ticks_max
            self._step_one(symbol, maker, self._walk.randint(-far, far), now_ns, events)
        return tuple(events)

    def move_to(self, symbol: str, px: Decimal, now_ns: int) -> tuple[Event, ...]:
        """As a step of one instrument, to a price given; kept within the range of wandering.

        For tests and demonstrations that need the market to go somewhere.
        """
        maker = self._makers[symbol]
        ticks = int(px / maker.profile.listing.tick_size) - maker.ref_ticks
        events: list[Event] = []
        self._step_one(symbol, maker, ticks, now_ns, events)
        return tuple(events)

    def pause(self, symbol: str) -> None:
        """Quote one symbol no more, until ``resume``."""
        maker = self._paused[symbol] = self._makers.pop(symbol)
        self._withdraw(maker.bids)
        self._withdraw(maker.asks)

    def resume(self, symbol: str, now_ns: int) -> tuple[Event, ...]:
        """Quote it again, where the reference was."""
        maker = self._makers[symbol] = self._paused.pop(symbol)
        events: list[Event] = []
        self._step_one(symbol, maker, 0, now_ns, events)
        return tuple(events)

    def replenish(self, symbol: str, now_ns: int) -> tuple[Event, ...]:
        """Quote a side anew if half of its levels are used up; else nothing, at hardly any cost.

        The reference gives way by one spread, so that a flood of orders on one side moves the
        price instead of running the book dry.
        """
        maker = self._makers.get(symbol)
        if maker is None:
            return ()
        events: list[Event] = []
        if _is_used_up(maker.asks):
            maker.move(maker.profile.half_spread_ticks)
            self._quote_side(symbol, maker, Side.SELL, now_ns, events)
        if _is_used_up(maker.bids):
            maker.move(-maker.profile.half_spread_ticks)
            self._quote_side(symbol, maker, Side.BUY, now_ns, events)
        return tuple(events)

    def _step_one(
        self, symbol: str, maker: _Maker, ticks: int, now_ns: int, events: list[Event]
    ) -> None:
        self._withdraw(maker.bids)
        self._withdraw(maker.asks)
        maker.move(ticks)
        self._quote_side(symbol, maker, Side.BUY, now_ns, events)
        self._quote_side(symbol, maker, Side.SELL, now_ns, events)
        self._print(symbol, maker, now_ns, events)

    def _quote_side(
        self, symbol: str, maker: _Maker, side: Side, now_ns: int, events: list[Event]
    ) -> None:
        quotes, sign = (maker.bids, -1) if side is Side.BUY else (maker.asks, 1)
        self._withdraw(quotes)
        profile = maker.profile
        ticks = maker.ref_ticks + sign * profile.half_spread_ticks
        for _ in range(profile.levels):
            if ticks <= 0:
                break
            lots = self._rng.randint(profile.level_lots_min, profile.level_lots_max)
            order, caused = self._engine.quote(
                symbol,
                side,
                ticks * profile.listing.tick_size,
                lots * profile.listing.lot_size,
                now_ns,
            )
            quotes.append(order)
            events += caused
            ticks += sign * profile.gap_ticks

    def _withdraw(self, quotes: list[BookOrder]) -> None:
        for order in quotes:
            self._engine.withdraw(order)
        quotes.clear()

    def _print(self, symbol: str, maker: _Maker, now_ns: int, events: list[Event]) -> None:
        """A trade of others at the reference price, or the nearest price the book allows."""
        px = self.reference_px(symbol)
        bid, ask = self._engine.best_bid(symbol), self._engine.best_ask(symbol)
        if bid is not None and px < bid:
            px = bid
        elif ask is not None and px > ask:
            px = ask
        lot_size = maker.profile.listing.lot_size
        lots = self._rng.randint(1, max(1, maker.profile.level_lots_min // 20))
        events += self._engine.print_trade(symbol, px, lots * lot_size, now_ns)


def _is_used_up(quotes: list[BookOrder]) -> bool:
    # Quotes are taken from the best, so the middle one tells of half the side.
    return bool(quotes) and not quotes[len(quotes) // 2].leaves_qty
