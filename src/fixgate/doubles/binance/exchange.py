"""The exchange: orders in, matching, balances, and news of what happened.

Here: Exchange: place, cancel, amend and step the market; it books what the engine reports.
Not here: HTTP, WebSocket, signatures, rate limits, JSON of requests.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_DOWN, Decimal
from itertools import count
from random import Random
from typing import Any, Final, Protocol

from fixgate.doubles.binance import errors, reports
from fixgate.doubles.binance.filters import check_filters, check_lot_size
from fixgate.doubles.binance.ledger import Account
from fixgate.doubles.binance.orders import Fill, OrderRequest, SpotOrder
from fixgate.doubles.binance.symbols import SpotSymbol, amount
from fixgate.matching import (
    Accepted,
    Canceled,
    CancelReason,
    CancelRejected,
    Event,
    Expired,
    MatchingEngine,
    NewOrder,
    OrdType,
    Printed,
    Rejected,
    RejectReason,
    Replaced,
    Replacement,
    ReplaceRejected,
    SelfTradePrevention,
    Side,
    SyntheticLiquidity,
    SyntheticProfile,
    TimeInForce,
    Traded,
    Triggered,
)

_SATOSHI: Final = Decimal("0.00000001")
_ZERO: Final = Decimal(0)
_DEPTH_ALL: Final = 5_000
_FILLS_SHOWN_MAX: Final = 1_000
_ORD_TYPES: Final[Mapping[str, OrdType]] = {
    "LIMIT": OrdType.LIMIT,
    "LIMIT_MAKER": OrdType.LIMIT,
    "MARKET": OrdType.MARKET,
    "STOP_LOSS": OrdType.STOP,
    "TAKE_PROFIT": OrdType.STOP,
    "STOP_LOSS_LIMIT": OrdType.STOP_LIMIT,
    "TAKE_PROFIT_LIMIT": OrdType.STOP_LIMIT,
}
_TIMES_IN_FORCE: Final[Mapping[str, TimeInForce]] = {
    "GTC": TimeInForce.GOOD_TILL_CANCEL,
    "IOC": TimeInForce.IMMEDIATE_OR_CANCEL,
    "FOK": TimeInForce.FILL_OR_KILL,
}
_STP_MODES: Final[Mapping[str, SelfTradePrevention | None]] = {
    "NONE": None,
    "EXPIRE_TAKER": SelfTradePrevention.CANCEL_NEWEST,
    "EXPIRE_MAKER": SelfTradePrevention.CANCEL_OLDEST,
    "EXPIRE_BOTH": SelfTradePrevention.CANCEL_BOTH,
}


class Audience(Protocol):
    """Who hears what happens."""

    def user_event(self, account: str, event: dict[str, Any]) -> None:
        """Something happened to an account."""

    def trade(self, symbol: str, event: dict[str, Any]) -> None:
        """A trade is on the tape."""


class Exchange:
    """A spot exchange in memory. ``now_ns`` is its clock, ``rng`` its market's chance.

    ``kept_max`` bounds the closed orders and the trades remembered per account.
    """

    def __init__(
        self,
        symbols: Iterable[SpotSymbol],
        accounts: Mapping[str, Mapping[str, Decimal]],
        *,
        now_ns: Callable[[], int],
        rng: Random,
        commission_rate: Decimal,
        kept_max: int,
        audience: Audience,
    ) -> None:
        self.symbols = {each.name: each for each in symbols}
        self.accounts = {
            name: Account(deposits, kept_max=kept_max) for name, deposits in accounts.items()
        }
        listings = {name: each.listing() for name, each in self.symbols.items()}
        self.engine = MatchingEngine(
            listings.values(), id_prefix="", closed_max=kept_max, trades_max=kept_max
        )
        self.market = SyntheticLiquidity(
            self.engine,
            [
                SyntheticProfile.around(listings[name], each.start_px)
                for name, each in self.symbols.items()
            ],
            rng,
        )
        self._now_ns = now_ns
        self.commission_rate = commission_rate
        self._audience = audience
        self._execution_ids = count(1)
        self._client_ids = count(1)
        self._placing: SpotOrder | None = None
        self._cancel_client_id: str | None = None
        self._tape_id = 0
        self.step()

    # Time and market

    def now_ms(self) -> int:
        """The exchange's clock."""
        return self._now_ns() // 1_000_000

    def step(self) -> None:
        """Let the market move on."""
        self._book(self.market.step(self._now_ns()))

    def move_to(self, symbol: str, px: Decimal) -> None:
        """Let the market of one symbol go to a price, within its range."""
        self._book(self.market.move_to(self.symbol(symbol).name, px, self._now_ns()))

    def symbol(self, name: str) -> SpotSymbol:
        """A listed symbol. Raises -1121."""
        found = self.symbols.get(name)
        if found is None:
            raise errors.invalid_symbol()
        return found

    def next_client_order_id(self) -> str:
        """For orders and cancels that come without one."""
        return f"double{next(self._client_ids):016d}"

    # Requests

    def check(self, account: str, request: OrderRequest) -> Decimal:
        """What POST order/test does. Returns the quantity in base currency.

        Raises BinanceError: a filter (-1013) or a refusal (-2010).
        """
        quantity = self._quantity(request)
        last_px = self.engine.last_px(request.symbol.name) or request.symbol.start_px
        check_filters(request, quantity, last_px)
        mine = self.accounts[account]
        known = mine.find(None, request.client_order_id)
        if known is not None and known.is_open:
            raise errors.duplicate_order()
        if len(mine.open_orders(request.symbol.name)) >= request.symbol.open_orders_max:
            raise errors.filter_failure("MAX_NUM_ORDERS")
        if _triggers_at_once(request, last_px):
            raise errors.would_trigger()
        asset, cost = self._cost(request, quantity)
        if cost > mine.balances.free(asset):
            raise errors.insufficient_balance()
        return quantity

    def place(self, account: str, request: OrderRequest) -> SpotOrder:
        """Enter an order. Raises what ``check`` raises, and -2010 if the book refuses."""
        quantity = self.check(account, request)
        now_ns = self._now_ns()
        order = SpotOrder(
            account=account,
            request=request,
            quantity=quantity,
            client_order_id=request.client_order_id,
            time_ms=now_ns // 1_000_000,
            update_ms=now_ns // 1_000_000,
            is_working=request.stop_price is None,
        )
        events = self.engine.submit(_engine_order(account, request, quantity), now_ns)
        first = events[0]
        if isinstance(first, Rejected):
            raise _refusal(first.reason)
        self._placing = order
        self._book(events)
        self._book(self.market.replenish(request.symbol.name, now_ns))
        return order

    def cancel(self, account: str, order: SpotOrder, *, cancel_client_order_id: str) -> SpotOrder:
        """Cancel an open order. Raises -2011."""
        self._cancel_client_id = cancel_client_order_id
        try:
            self._book(
                self.engine.cancel(account, self._now_ns(), venue_order_id=str(order.order_id))
            )
        finally:
            self._cancel_client_id = None
        return order

    def amend(
        self, account: str, order: SpotOrder, new_qty: Decimal, new_client_order_id: str
    ) -> SpotOrder:
        """Reduce an order and keep its place in the queue. Raises -1013, -2038."""
        check_lot_size(order.request.symbol, new_qty)
        if new_qty == order.quantity:
            raise errors.amend_rejected("The requested action would change no state; rejecting.")
        if new_qty > order.quantity:
            raise errors.amend_rejected("Order amend (quantity increase) is not supported.")
        change = Replacement(order_qty=new_qty, cl_ord_id=new_client_order_id)
        self._book(
            self.engine.replace(account, change, self._now_ns(), venue_order_id=str(order.order_id))
        )
        return order

    def deposit(self, account: str, asset: str, change: Decimal) -> None:
        """Pay in, or out if negative."""
        balances = self.accounts[account].balances
        balances.add(asset, change)
        now_ms = self.now_ms()
        self._audience.user_event(account, reports.balance_update(asset, change, now_ms))
        position = reports.account_position(balances, (asset,), now_ms)
        self._audience.user_event(account, position)

    # Money

    def _quantity(self, request: OrderRequest) -> Decimal:
        """The base quantity; for quoteOrderQty, what the book gives for that money."""
        if request.quantity is not None:
            return request.quantity
        money, quantity = request.quote_order_qty or _ZERO, _ZERO
        for price, qty in self._other_side(request):
            taken = min(qty, money / price)
            quantity += taken
            money -= taken * price
            if money <= _ZERO:
                break
        return quantity - quantity % request.symbol.lot_size

    def _cost(self, request: OrderRequest, quantity: Decimal) -> tuple[str, Decimal]:
        if request.side == "SELL":
            return request.symbol.base, quantity
        price = request.price or request.stop_price
        if price is not None:
            return request.symbol.quote, quantity * price
        cost, left = _ZERO, quantity
        for level_px, qty in self._other_side(request):
            taken = min(qty, left)
            cost += taken * level_px
            left -= taken
        return request.symbol.quote, cost

    def _other_side(self, request: OrderRequest) -> tuple[tuple[Decimal, Decimal], ...]:
        depth = self.engine.depth(request.symbol.name, _DEPTH_ALL)
        return depth.asks if request.side == "BUY" else depth.bids

    # What the engine reports

    def _book(self, events: Iterable[Event]) -> None:
        for event in events:
            match event:
                case Accepted():
                    self._accepted(event)
                case Traded():
                    self._traded(event)
                case Printed():
                    self._tape(event, buyer_is_maker=False)
                case Triggered():
                    order = self._order_of(event)
                    order.is_working = True
                    self._report(order, "NEW", event.at_ns)
                case Canceled():
                    self._canceled(event)
                case Expired():
                    self._ended(self._order_of(event), event, "EXPIRED", "EXPIRED")
                case Replaced():
                    self._replaced(event)
                case ReplaceRejected():
                    raise _amend_refusal(event.reason)
                case CancelRejected():
                    raise errors.cancel_rejected()
                case Rejected():
                    raise _refusal(event.reason)

    def _order_of(self, event: Traded | Triggered | Canceled | Expired | Replaced) -> SpotOrder:
        order = self.accounts[event.account].find(int(event.venue_order_id), None)
        if order is None:
            raise KeyError(event.venue_order_id)
        return order

    def _accepted(self, event: Accepted) -> None:
        order, self._placing = self._placing, None
        if order is None:
            raise KeyError(event.cl_ord_id)
        order.order_id = int(event.venue_order_id)
        mine = self.accounts[order.account]
        mine.add(order)
        mine.balances.lock(order.lock_asset, order.quantity * order.lock_rate)
        self._report(order, "NEW", event.at_ns)

    def _traded(self, event: Traded) -> None:
        order = self._order_of(event)
        symbol, mine = order.request.symbol, self.accounts[order.account]
        value = event.last_px * event.last_qty
        is_buy = event.side is Side.BUY
        received, paid = (event.last_qty, value) if is_buy else (value, event.last_qty)
        commission = (received * self.commission_rate).quantize(_SATOSHI, ROUND_DOWN)
        fill = Fill(
            trade_id=int(event.trade_id),
            order_id=order.order_id,
            symbol=symbol.name,
            price=event.last_px,
            qty=event.last_qty,
            commission=commission,
            commission_asset=symbol.base if is_buy else symbol.quote,
            is_buyer=is_buy,
            is_maker=event.maker,
            time_ms=event.at_ns // 1_000_000,
        )
        mine.balances.lock(order.lock_asset, -event.last_qty * order.lock_rate)
        mine.balances.add(symbol.quote if is_buy else symbol.base, -paid)
        mine.balances.add(fill.commission_asset, received - commission)
        mine.trades.append(fill)
        if len(order.fills) < _FILLS_SHOWN_MAX:
            order.fills.append(fill)
        order.executed = event.cum_qty
        order.cum_quote += value
        order.status = "PARTIALLY_FILLED" if event.leaves_qty else "FILLED"
        if not event.leaves_qty:
            mine.close(order)
        self._report(order, "TRADE", event.at_ns, fill=fill)
        self._tape(event, buyer_is_maker=is_buy is event.maker)

    def _canceled(self, event: Canceled) -> None:
        order = self._order_of(event)
        match event.reason:
            case CancelReason.REQUESTED:
                self._ended(order, event, "CANCELED", "CANCELED")
            case CancelReason.SELF_TRADE:
                self._ended(order, event, "EXPIRED_IN_MATCH", "TRADE_PREVENTION")
            case (
                CancelReason.NO_LIQUIDITY
                | CancelReason.IMMEDIATE_OR_CANCEL
                | CancelReason.FILL_OR_KILL
                | CancelReason.HALTED
                | CancelReason.MIN_QTY
                | CancelReason.POSITION
                | CancelReason.WOULD_CROSS
            ):
                self._ended(order, event, "EXPIRED", "EXPIRED")

    def _ended(
        self, order: SpotOrder, event: Canceled | Expired, status: str, execution_type: str
    ) -> None:
        mine = self.accounts[order.account]
        mine.balances.lock(order.lock_asset, -event.canceled_qty * order.lock_rate)
        order.status = status
        mine.close(order)
        self._report(order, execution_type, event.at_ns)

    def _replaced(self, event: Replaced) -> None:
        order = self._order_of(event)
        mine = self.accounts[order.account]
        given_up = order.quantity - event.order_qty
        mine.balances.lock(order.lock_asset, -given_up * order.lock_rate)
        order.quantity = event.order_qty
        if event.cl_ord_id != order.client_order_id:
            mine.rename(order, event.cl_ord_id)
        self._report(order, "REPLACED", event.at_ns)

    def _report(
        self, order: SpotOrder, execution_type: str, at_ns: int, *, fill: Fill | None = None
    ) -> None:
        order.update_ms = at_ns // 1_000_000
        cancel_id = None
        if execution_type == "CANCELED":
            cancel_id = self._cancel_client_id or self.next_client_order_id()
        report = reports.execution_report(
            order,
            execution_type,
            execution_id=next(self._execution_ids),
            fill=fill,
            cancel_client_order_id=cancel_id,
        )
        self._audience.user_event(order.account, report)
        symbol = order.request.symbol
        balances = self.accounts[order.account].balances
        assets = (symbol.base, symbol.quote)
        position = reports.account_position(balances, assets, order.update_ms)
        self._audience.user_event(order.account, position)

    def _tape(self, event: Traded | Printed, *, buyer_is_maker: bool) -> None:
        number = int(event.trade_id)
        if number <= self._tape_id:
            return  # the other side of a trade that is on the tape already
        self._tape_id = number
        time_ms = event.at_ns // 1_000_000
        self._audience.trade(
            event.symbol,
            {
                "e": "trade",
                "E": time_ms,
                "s": event.symbol,
                "t": number,
                "p": amount(event.last_px),
                "q": amount(event.last_qty),
                "T": time_ms,
                "m": buyer_is_maker,
                "M": True,
            },
        )


def _engine_order(account: str, request: OrderRequest, quantity: Decimal) -> NewOrder:
    return NewOrder(
        symbol=request.symbol.name,
        account=account,
        cl_ord_id=request.client_order_id,
        side=Side.BUY if request.side == "BUY" else Side.SELL,
        ord_type=_ORD_TYPES[request.type],
        order_qty=quantity,
        price=request.price,
        stop_px=request.stop_price,
        time_in_force=_TIMES_IN_FORCE[request.time_in_force],
        post_only=request.type == "LIMIT_MAKER",
        if_touched=request.type.startswith("TAKE_PROFIT"),
        self_trade=_STP_MODES[request.stp_mode],
        max_floor=request.iceberg_qty and min(request.iceberg_qty, quantity),
    )


def _triggers_at_once(request: OrderRequest, last_px: Decimal) -> bool:
    if request.stop_price is None:
        return False
    waits_for_rise = (request.side == "BUY") is not request.type.startswith("TAKE_PROFIT")
    return last_px >= request.stop_price if waits_for_rise else last_px <= request.stop_price


def _refusal(reason: RejectReason) -> errors.BinanceError:
    if reason is RejectReason.WOULD_CROSS:
        return errors.would_match()
    if reason is RejectReason.DUPLICATE_CL_ORD_ID:
        return errors.duplicate_order()
    if reason is RejectReason.TOO_MANY_ORDERS:
        return errors.filter_failure("EXCHANGE_MAX_NUM_ORDERS")
    return errors.new_order_rejected(f"Order rejected: {reason.value}.")


def _amend_refusal(reason: RejectReason) -> errors.BinanceError:
    if reason is RejectReason.DUPLICATE_CL_ORD_ID:
        return errors.duplicate_order()
    return errors.amend_rejected(f"Order amend rejected: {reason.value}.")
