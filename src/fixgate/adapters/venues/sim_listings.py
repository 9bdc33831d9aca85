"""What the simulated venue lists, and which orders it takes.

Here: SimulatedSettings, the listed instruments, the capability table.
Not here: trading (simulated).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from fixgate.adapters.venues.sim_account import GENEROUS
from fixgate.domain.capabilities import Option, each_of
from fixgate.domain.holding import protects, with_held
from fixgate.domain.ids import VenueName
from fixgate.domain.instruments import Instrument, ReplaceStyle, VenueProfile
from fixgate.domain.routing import VenueFees
from fixgate.domain.values import OrdType, SelfTradePrevention, TimeInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of the venue's list. Steps and limits as in Instrument."""

    symbol: str
    venue_symbol: str
    start_px: Decimal
    tick_size: Decimal
    lot_size: Decimal
    min_notional: Decimal = Decimal(5)


SIM: Final = VenueName("SIM")
LISTED: Final = (
    Listed(
        symbol="BTC/USDT",
        venue_symbol="BTCUSDT",
        start_px=Decimal(50_000),
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.00001"),
    ),
    Listed(
        symbol="ETH/USDT",
        venue_symbol="ETHUSDT",
        start_px=Decimal(3_000),
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.0001"),
    ),
    Listed(
        symbol="SOL/USDT",
        venue_symbol="SOLUSDT",
        start_px=Decimal(150),
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.001"),
    ),
    Listed(
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT-PERP",
        start_px=Decimal(50_000),
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.001"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedSettings:
    """How the simulated venue behaves.

    The same ``seed`` and the same orders give the same market. ``reference_px`` moves the
    start of the reference price, by unified symbol. ``self_trade`` holds for orders that do not say
    themselves what it is to be. With ``done_for_day`` day orders end done for the day, not expired.
    ``step_period_s`` is how often the market
    moves by itself; None leaves it to ``SimulatedVenue.advance``. ``deposits`` is what the account
    holds at first, by asset.
    """

    name: VenueName = SIM
    seed: int = 1
    walk_seed: int | None = None  # venues with the same one move together
    reference_px: Mapping[str, Decimal] = field(default_factory=dict)
    step_period_s: float | None = 0.25
    self_trade: SelfTradePrevention | None = None
    done_for_day: bool = False
    listed: tuple[Listed, ...] = LISTED
    deposits: Mapping[str, Decimal] = field(default_factory=lambda: GENEROUS)
    fees: VenueFees | None = None  # taken of each trade, in the currency that it is settled in


def instrument(listed: Listed, venue: VenueName) -> Instrument:
    """The core's view of a line of the list."""
    return Instrument(
        venue=venue,
        symbol=listed.symbol,
        venue_symbol=listed.venue_symbol,
        tick_size=listed.tick_size,
        lot_size=listed.lot_size,
        min_qty=listed.lot_size,
        min_notional=listed.min_notional,
    )


_RESTING: Final = (TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL, TimeInForce.GOOD_TILL_DATE)
_IMMEDIATE: Final = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)
_SELF_TRADE: Final = (
    Option.STP_CANCEL_NEWEST,
    Option.STP_CANCEL_OLDEST,
    Option.STP_CANCEL_BOTH,
)
_OF_CONTRACTS: Final = (
    Option.OPENING,
    Option.REDUCE_ONLY,
    # There are no margins here, so that these change nothing but what an order says.
    Option.LEVERAGE,
    Option.CROSS_MARGIN,
    Option.ISOLATED_MARGIN,
)
_PRICED: Final = (OrdType.LIMIT, OrdType.STOP_LIMIT)


def profile(venue: VenueName) -> VenueProfile:
    """Limit orders in every time in force; market orders never rest; stops rest.

    Trailing stops are held by the gateway, which remembers them when this venue does not.
    """
    market = (TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL, *_IMMEDIATE)
    accepts = frozenset(
        {(OrdType.LIMIT, each) for each in (*_RESTING, *_IMMEDIATE)}
        | {(OrdType.MARKET, each) for each in market}
        | {(OrdType.STOP, each) for each in _RESTING}
        | {(OrdType.STOP_LIMIT, each) for each in _RESTING}
    )
    own = VenueProfile(
        venue=venue,
        accepts=accepts,
        options=each_of((Option.POST_ONLY, Option.ICEBERG), _PRICED, _RESTING)
        | each_of((Option.MIN_QTY,), (OrdType.LIMIT, OrdType.MARKET), _IMMEDIATE[:1])
        | {(option, *kind) for option in (*_SELF_TRADE, *_OF_CONTRACTS) for kind in accepts},
        made=frozenset((Option.CASH_ORDER_QTY, *kind) for kind in accepts),
        replace=ReplaceStyle.NATIVE,
    )
    return protects(with_held(own, [(OrdType.PEGGED, each) for each in _RESTING]))
