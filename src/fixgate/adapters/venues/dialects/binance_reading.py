"""Understanding Binance spot: answers, the user data stream, the list of symbols.

Here: readers of Binance's JSON. Each raises UnreadableError rather than guess.
Not here: requests (binance), what codes mean (binance_codes).
Source: Binance's spot API documentation, rest-api.md, user-data-stream.md, enums.md.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

from fixgate.adapters.venues.dialect import (
    FindByVenueID,
    OrderFacts,
    StreamEnded,
    StreamMessage,
    StreamReport,
    TradeFacts,
    UnreadableError,
)
from fixgate.adapters.venues.limiter import Allowance
from fixgate.domain.ids import TradeID, VenueClOrdID, VenueName, VenueOrderID, order_of
from fixgate.domain.inputs import LegState
from fixgate.domain.instruments import Instrument
from fixgate.domain.rounding import ZERO, to_wire, within_limits
from fixgate.domain.values import ExecType, Side

_N = TypeVar("_N")
_MS_TO_NS: Final = 1_000_000
_STP: Final = "Self-trade prevention"
# Order status -> how a leg ended; None while it works.
_ENDED: Final[Mapping[str, ExecType | None]] = {
    "NEW": None,
    "PENDING_NEW": None,
    "PARTIALLY_FILLED": None,
    "PENDING_CANCEL": None,
    "FILLED": ExecType.TRADE,
    "CANCELED": ExecType.CANCELED,
    "REJECTED": ExecType.REJECTED,
    "EXPIRED": ExecType.EXPIRED,
    # Self-trade prevention ended it; FIX calls that canceled (scenario X4).
    "EXPIRED_IN_MATCH": ExecType.CANCELED,
}
_KINDS: Final[Mapping[str, str]] = {"REQUEST_WEIGHT": "weight", "ORDERS": "orders"}
_INTERVALS_S: Final[Mapping[str, float]] = {
    "SECOND": 1.0,
    "MINUTE": 60.0,
    "HOUR": 3_600.0,
    "DAY": 86_400.0,
}
_USED_HEADERS: Final = (
    ("x-mbx-used-weight-1m", "weight", 60.0),
    ("x-mbx-order-count-10s", "orders", 10.0),
    ("x-mbx-order-count-1d", "orders", 86_400.0),
)


def submitted(body: Any) -> tuple[OrderFacts, tuple[TradeFacts, ...]]:
    """The FULL answer to a new order. Its fills are those of a taker."""
    facts = order(body, id_field="clientOrderId")
    symbol, side = _text(body, "symbol"), _side(_text(body, "side"))
    fills = body.get("fills", [])
    if not isinstance(fills, list):
        raise UnreadableError("fills is not a list")
    return facts, tuple(
        TradeFacts(
            trade_id=_trade_id(symbol, each, "tradeId", side),
            last_qty=_above_zero(each, "qty"),
            last_px=_above_zero(each, "price"),
            venue_order_id=facts.venue_order_id,
            fee=_decimal(each, "commission"),
            fee_currency=_text(each, "commissionAsset"),
            maker=False,
            at_ns=_integer(body, "transactTime") * _MS_TO_NS,
        )
        for each in fills
    )


def order(body: Any, *, id_field: str) -> OrderFacts:
    """One order, as most answers show it."""
    status = _text(body, "status")
    if status not in _ENDED:
        raise UnreadableError(f"order status {status} is not known")
    ended = _ENDED[status]
    return OrderFacts(
        venue_cl_ord_id=VenueClOrdID(_text(body, id_field)),
        venue_order_id=VenueOrderID(str(_integer(body, "orderId"))),
        state=LegState.WORKING if ended is None else LegState.CLOSED,
        cum_qty=_decimal(body, "executedQty"),
        order_qty=_above_zero(body, "origQty"),
        price=_decimal(body, "price") or None,  # market orders have price 0
        exec_type=ended,
        text=_STP if status == "EXPIRED_IN_MATCH" else None,
    )


def orders(body: Any) -> tuple[OrderFacts, ...]:
    """A list of orders; those that do not carry an id of ours are somebody else's.

    One that cannot be read is left out: others may trade on the account in ways that are not known
    here, and one of ours that is missing is asked about by itself.
    """
    if not isinstance(body, list):
        raise UnreadableError("not a list of orders")
    found: list[OrderFacts] = []
    for each in body:
        with suppress(UnreadableError):
            found.append(order(each, id_field="clientOrderId"))
    return tuple(found)


def trades(body: Any, side: Side, *, page: int) -> tuple[tuple[TradeFacts, ...], bool]:
    """A page of an order's trades, oldest first."""
    if not isinstance(body, list):
        raise UnreadableError("not a list of trades")
    found = [_trade(each) for each in body if _side_of_trade(each) is side]
    found.sort(key=lambda each: number_of(each.trade_id))
    return tuple(found), len(body) >= page


def _trade(body: Any) -> TradeFacts:
    return TradeFacts(
        trade_id=_trade_id(_text(body, "symbol"), body, "id", _side_of_trade(body)),
        last_qty=_above_zero(body, "qty"),
        last_px=_above_zero(body, "price"),
        venue_order_id=VenueOrderID(str(_integer(body, "orderId"))),
        fee=_decimal(body, "commission"),
        fee_currency=_text(body, "commissionAsset"),
        maker=body.get("isMaker") is True,
        at_ns=_integer(body, "time") * _MS_TO_NS,
    )


def _side_of_trade(body: Any) -> Side:
    return Side.BUY if _field(body, "isBuyer") is True else Side.SELL


def _trade_id(symbol: str, body: Any, name: str, side: Side) -> TradeID:
    number = _integer(body, name)
    if number < 0:  # -1 stands for "no trade"
        raise UnreadableError(f"{name} is not the number of a trade")
    # Binance numbers trades by symbol, and both sides of one trade alike; should both orders
    # be ours, each side needs an id of its own.
    return TradeID(f"{symbol}-{number}{'B' if side is Side.BUY else 'S'}")


def balances(body: Any) -> tuple[tuple[str, Decimal, Decimal], ...]:
    """``balances`` of an account: asset, free, locked."""
    rows = _field(body, "balances")
    if not isinstance(rows, list):
        raise UnreadableError("balances is not a list")
    return tuple(
        (_text(each, "asset"), _decimal(each, "free"), _decimal(each, "locked")) for each in rows
    )


def number_of(trade_id: TradeID) -> int:
    """Binance's own number in a trade id."""
    return int(trade_id.rsplit("-", 1)[1][:-1])


def stream(message: Any, find: FindByVenueID) -> StreamMessage | None:
    """A message of the user data stream."""
    if not isinstance(message, dict):
        return None
    event = message.get("event", message)  # the WebSocket API wraps events
    kind = event.get("e") if isinstance(event, dict) else None
    if kind in ("eventStreamTerminated", "serverShutdown"):
        return StreamEnded(text=f"Binance says {kind}")
    if kind != "executionReport":
        return None
    our_id = _our_id(event, find)
    return None if our_id is None else _report(event, our_id)


def _our_id(event: Mapping[str, Any], find: FindByVenueID) -> VenueClOrdID | None:
    """A canceled or amended order has a new id in ``c``, and its own one in ``C``."""
    for name in ("C", "c"):
        given = event.get(name)
        if isinstance(given, str) and order_of(VenueClOrdID(given)) is not None:
            return VenueClOrdID(given)
    return find(_text(event, "s"), VenueOrderID(str(_integer(event, "i"))))


def _report(event: Mapping[str, Any], our_id: VenueClOrdID) -> StreamReport:
    what, status = _text(event, "x"), _text(event, "X")
    ended = _ENDED.get(status)
    if status not in _ENDED:
        raise UnreadableError(f"order status {status} is not known")
    amended = what == "REPLACED" and ended is None
    stops = _text(event, "o").startswith(("STOP_LOSS", "TAKE_PROFIT"))
    return StreamReport(
        venue_cl_ord_id=our_id,
        venue_order_id=VenueOrderID(str(_integer(event, "i"))),
        cum_qty=_decimal(event, "z"),
        # A stop order is reported NEW twice: when it is taken, and when it goes on the book (w).
        triggered=stops and what == "NEW" and event.get("w") is True,
        trade=_stream_trade(event) if what == "TRADE" else None,
        restated_qty=_decimal(event, "q") if amended else None,
        restated_px=(_decimal(event, "p") or None) if amended else None,
        # A filled order needs no word about its end: its trades say it.
        closed=None if ended is ExecType.TRADE else ended,
        text=_why(event, what, status),
    )


def _stream_trade(event: Mapping[str, Any]) -> TradeFacts:
    symbol, side = _text(event, "s"), _side(_text(event, "S"))
    fee_currency = event.get("N")
    return TradeFacts(
        trade_id=_trade_id(symbol, event, "t", side),
        last_qty=_above_zero(event, "l"),
        last_px=_above_zero(event, "L"),
        venue_order_id=VenueOrderID(str(_integer(event, "i"))),
        fee=_decimal(event, "n") if fee_currency is not None else None,
        fee_currency=str(fee_currency) if fee_currency is not None else None,
        maker=event.get("m") is True,
        at_ns=_integer(event, "T") * _MS_TO_NS,
    )


def _why(event: Mapping[str, Any], what: str, status: str) -> str | None:
    if what == "TRADE_PREVENTION" or status == "EXPIRED_IN_MATCH":
        return _STP
    reason = event.get("r")
    return str(reason) if reason not in (None, "NONE") else None


def markets(
    exchange: Any, body: Any, venue: VenueName, symbols: frozenset[str]
) -> Iterator[Instrument]:
    """The spot symbols. One that lacks a tick or a lot cannot be traded and is left out.

    So is one that cannot be read: it does not keep the others away.
    """
    names = {each.replace("/", "") for each in symbols}
    stated = _field(body, "symbols")
    if not isinstance(stated, list):
        raise UnreadableError("symbols is not a list")
    for each in stated:
        if names and not (isinstance(each, dict) and each.get("symbol") in names):
            continue
        try:
            found = _instrument(exchange, each, venue)
        except Exception:  # noqa: BLE001, S112 - ccxt may raise anything; what is missing is logged
            continue
        if found is not None:
            yield found


def _instrument(exchange: Any, stated: Any, venue: VenueName) -> Instrument | None:
    for market in exchange.parse_markets([stated]):
        precision, limits = market["precision"], market["limits"]
        tick_size, lot_size = _step(precision["price"]), _step(precision["amount"])
        if not market["spot"] or tick_size is None or lot_size is None:
            continue
        return Instrument(
            venue=venue,
            symbol=market["symbol"],
            venue_symbol=market["id"],
            tick_size=tick_size,
            lot_size=lot_size,
            min_qty=_step(limits["amount"]["min"]) or ZERO,
            max_qty=_step(limits["amount"]["max"]),
            min_notional=_step(limits["cost"]["min"]) or ZERO,
            active=bool(market["active"]),
        )
    return None


def _step(value: Any) -> Decimal | None:
    return Decimal(to_wire(Decimal(str(value)))) if value else None


def allowances(body: Any) -> tuple[Allowance, ...]:
    """``rateLimits``; RAW_REQUESTS counts connections and is far above the others.

    One that cannot be read holds nobody up: what it limits, the venue itself still counts.
    """
    stated = body.get("rateLimits") if isinstance(body, dict) else None
    return tuple(
        found
        for each in (stated if isinstance(stated, list) else ())
        if (found := _allowance(each)) is not None
    )


def _allowance(stated: Any) -> Allowance | None:
    try:
        kind, interval = _text(stated, "rateLimitType"), _text(stated, "interval")
        count, times = _integer(stated, "limit"), _integer(stated, "intervalNum")
    except UnreadableError:
        return None
    if kind not in _KINDS or interval not in _INTERVALS_S or min(count, times) <= 0:
        return None
    return Allowance(kind=_KINDS[kind], count=count, period_s=_INTERVALS_S[interval] * times)


def server_time_ms(body: Any) -> int:
    """``serverTime``."""
    return _integer(body, "serverTime")


def used(headers: Mapping[str, str]) -> tuple[tuple[str, float, int], ...]:
    """What Binance counts, for this address and account."""
    small = {name.lower(): value for name, value in headers.items()}
    return tuple(
        (kind, period_s, int(value))
        for name, kind, period_s in _USED_HEADERS
        if (value := small.get(name, "")).isdecimal()
    )


def _field(body: Any, name: str) -> Any:
    if not isinstance(body, dict) or name not in body:
        raise UnreadableError(f"{name} is missing")
    return body[name]


def _text(body: Any, name: str) -> str:
    value = _field(body, name)
    if not isinstance(value, str):
        raise UnreadableError(f"{name} is not a text")
    return value


def _integer(body: Any, name: str) -> int:
    return _number(body, name, int)


def _decimal(body: Any, name: str) -> Decimal:
    value = _number(body, name, Decimal)
    # Binance's own numbers have 8 fraction digits, and 11 before them.
    if not within_limits(value):
        raise UnreadableError(f"{name} is not a number that can be")
    return value


def _above_zero(body: Any, name: str) -> Decimal:
    value = _decimal(body, name)
    if value <= ZERO:
        raise UnreadableError(f"{name} is not above zero")
    return value


def _number(body: Any, name: str, of: Callable[[str], _N]) -> _N:
    try:
        return of(str(_field(body, name)))
    except (ValueError, InvalidOperation):
        raise UnreadableError(f"{name} is not a number") from None


def _side(value: str) -> Side:
    if value not in ("BUY", "SELL"):
        raise UnreadableError(f"side {value} is not known")
    return Side.BUY if value == "BUY" else Side.SELL
