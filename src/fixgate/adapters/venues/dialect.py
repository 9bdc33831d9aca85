"""What an exchange's dialect has to say and to understand.

Here: the Dialect protocol, and the values it exchanges with the adapter.
Not here: any exchange's words (dialects/), calls on the network (ccxt_venue).

A dialect is an allow-list. ccxt silently sends something else for many combinations of order
type, time in force and option, so each combination that a dialect lists is written out in full and
has a test of the request as it goes over the wire; what is not listed is never sent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from fixgate.adapters.venues.depth import DepthChange, DepthSnapshot
from fixgate.adapters.venues.limiter import Allowance
from fixgate.application.ports.venue import CancelLeg, SubmitLeg
from fixgate.domain.ids import TradeID, VenueClOrdID, VenueOrderID
from fixgate.domain.inputs import LegState
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.values import ExecType, RestatementReason, Side


class UnlistedError(Exception):
    """The dialect has no way to send this exactly as it was asked. The text says what."""


class UnreadableError(Exception):
    """An answer or message is not what the venue documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireCall:
    """One request: a ccxt endpoint method, its parameters as text, and what it costs."""

    endpoint: str
    params: Mapping[str, str] = field(default_factory=dict)
    cost: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What the venue says of one order."""

    venue_cl_ord_id: VenueClOrdID
    venue_order_id: VenueOrderID
    state: LegState
    cum_qty: Decimal
    order_qty: Decimal
    price: Decimal | None = None
    exec_type: ExecType | None = None  # when closed, as in VenueLegReported
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeFacts:
    """What the venue says of one trade."""

    trade_id: TradeID
    last_qty: Decimal
    last_px: Decimal
    venue_order_id: VenueOrderID | None = None
    fee: Decimal | None = None
    fee_currency: str | None = None
    maker: bool | None = None
    at_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReport:
    """One message of the user data stream about one order. Its parts are told in this order."""

    venue_cl_ord_id: VenueClOrdID
    venue_order_id: VenueOrderID
    cum_qty: Decimal
    triggered: bool = False
    trade: TradeFacts | None = None
    restated_qty: Decimal | None = None
    restated_px: Decimal | None = None
    closed: ExecType | None = None
    restatement: RestatementReason | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnded:
    """The venue says that the stream is over although the socket is open."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPrint:
    """One message of the market's stream about one public trade."""

    venue_symbol: str
    px: Decimal
    qty: Decimal
    aggressor: Side | None
    at_ns: int


StreamMessage = StreamReport | StreamEnded
MarketMessage = DepthChange | MarketPrint
FindByVenueID = Callable[[str, VenueOrderID], VenueClOrdID | None]
"""Finds our id by the venue's symbol and order id."""


class Dialect(Protocol):
    """One exchange. Pure, but for those that subscribe; every reader raises UnreadableError."""

    @property
    def profile(self) -> VenueProfile:
        """What may be sent at all."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """The options ccxt needs for this exchange."""
        ...

    @property
    def allowances(self) -> tuple[Allowance, ...]:
        """The documented limits, until the venue states them itself."""
        ...

    @property
    def processing_window_ns(self) -> int:
        """How long the venue may still act on a request after it was sent."""
        ...

    def hosts(self, exchange: Any) -> frozenset[str]:
        """The host names this dialect calls, given the exchange with its URLs in place."""
        ...

    # What is sent

    def submit(self, call: SubmitLeg) -> WireCall:
        """The request for a new order. Raises UnlistedError."""
        ...

    def cancel(self, call: CancelLeg) -> WireCall:
        """The request to cancel an order."""
        ...

    def order(self, venue_cl_ord_id: VenueClOrdID, instrument: Instrument) -> WireCall:
        """The request for one order by our id."""
        ...

    def trades(
        self, venue_order_id: VenueOrderID, instrument: Instrument, after: TradeID | None
    ) -> WireCall:
        """The request for a page of one order's trades, the first or the one after a trade."""
        ...

    def order_of(self, venue_order_id: VenueOrderID, instrument: Instrument) -> WireCall:
        """The request for one order by the venue's id; answered as ``order`` is."""
        ...

    def account_trades(
        self, instrument: Instrument, since_ns: int, until_ns: int, after: TradeID | None
    ) -> WireCall:
        """The request for a page of all trades of the account in a period of up to 24 hours.

        The first page, or the one after a trade, which may go beyond the period. Answered as
        ``trades`` is, with both sides.
        """
        ...

    def open_orders(self, instruments: Sequence[Instrument]) -> tuple[WireCall, ...]:
        """The requests for all open orders in these instruments."""
        ...

    def account(self) -> WireCall:
        """The request for all that the account holds."""
        ...

    def markets(self) -> WireCall:
        """The request for what is traded."""
        ...

    def server_time(self) -> WireCall:
        """The request for the venue's clock."""
        ...

    # What is heard

    def read_submitted(self, body: Any) -> tuple[OrderFacts, tuple[TradeFacts, ...]]:
        """The answer to ``submit``, with the trades that are in it."""
        ...

    def read_canceled(self, body: Any) -> OrderFacts:
        """The answer to ``cancel``."""
        ...

    def read_order(self, body: Any) -> OrderFacts:
        """The answer to ``order``."""
        ...

    def read_open_orders(self, body: Any) -> tuple[OrderFacts, ...]:
        """The answer to one of ``open_orders``; orders that are not ours are left out."""
        ...

    def read_trades(self, body: Any, side: Side) -> tuple[tuple[TradeFacts, ...], bool]:
        """The answer to ``trades``, and whether there may be another page."""
        ...

    def read_account(self, body: Any) -> tuple[tuple[str, Decimal, Decimal], ...]:
        """The answer to ``account``: asset, free, locked."""
        ...

    def read_markets(
        self, exchange: Any, body: Any, symbols: frozenset[str]
    ) -> Iterable[Instrument]:
        """The answer to ``markets``: these unified symbols, or all if there are none.

        May be slow; called on another thread.
        """
        ...

    def read_allowances(self, body: Any) -> tuple[Allowance, ...]:
        """The limits the venue states in its answer to ``markets``; empty if it states none."""
        ...

    def read_server_time_ms(self, body: Any) -> int:
        """The answer to ``server_time``."""
        ...

    def read_used(self, headers: Mapping[str, str]) -> tuple[tuple[str, float, int], ...]:
        """The venue's own count of what we used: (kind, period in seconds, used)."""
        ...

    def read_stream(self, message: Any, find: FindByVenueID) -> StreamMessage | None:
        """A message of the stream; None if it is about none of our orders."""
        ...

    # What refusals mean

    def is_refusal(self, code: int | None, message: str) -> bool:
        """Whether this answer to a call proves that it was not carried out, now or before."""
        ...

    def is_denied(self, code: int | None) -> bool:
        """Whether it refuses our key, our signature or what the key may do."""
        ...

    def is_not_found(self, code: int | None) -> bool:
        """Whether this answer to ``order`` says that the venue has no such order."""
        ...

    def archived(self, code: int | None) -> bool:
        """Whether this answer to ``order`` says it ended long ago without a trade."""
        ...

    def is_clock_skew(self, code: int | None) -> bool:
        """Whether our clock and the venue's disagree."""
        ...

    def stream_url(self, exchange: Any) -> str:
        """The URL of the socket of the user data stream."""
        ...

    async def subscribe(self, exchange: Any) -> None:
        """Open the user data stream on a new socket. May raise anything."""
        ...

    # Prices

    def market_url(self, exchange: Any) -> str:
        """The URL of the socket of the market's stream; another one than ``stream_url``."""
        ...

    async def subscribe_market(self, exchange: Any, instruments: Sequence[Instrument]) -> None:
        """Open the stream of book changes and trades on a new socket. May raise anything."""
        ...

    def depth(self, instrument: Instrument) -> WireCall:
        """The request for a book's snapshot."""
        ...

    def read_depth(self, body: Any) -> DepthSnapshot:
        """The answer to ``depth``."""
        ...

    def read_market(self, message: Any) -> MarketMessage | None:
        """A message of the market's stream; None if it is of another kind."""
        ...
