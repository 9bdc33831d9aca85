"""The parts of the Binance double that need no server: limits, windows, what is forgotten."""

from decimal import Decimal
from random import Random
from typing import Any

import pytest

from fixgate.doubles.binance import DEFAULT_SYMBOLS, RequestRecord
from fixgate.doubles.binance.auth import Keyring, payload_of, sign
from fixgate.doubles.binance.errors import BinanceError
from fixgate.doubles.binance.exchange import Exchange
from fixgate.doubles.binance.limits import RateLimits
from fixgate.doubles.binance.listen_keys import ListenKeys
from fixgate.doubles.binance.order_form import read_order
from fixgate.doubles.binance.orders import SpotOrder
from fixgate.doubles.binance.parameters import Parameters

BTC = DEFAULT_SYMBOLS[0]
HOUR_MS = 3_600_000


class _Heard:
    """An audience that remembers."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.trades: list[dict[str, Any]] = []

    def user_event(self, account: str, event: dict[str, Any]) -> None:
        self.events.append({"account": account} | event)

    def trade(self, symbol: str, event: dict[str, Any]) -> None:
        self.trades.append({"symbol": symbol} | event)


def _an_exchange(heard: _Heard, kept_max: int = 100) -> Exchange:
    deposits = {"USDT": Decimal(1_000_000), "BTC": Decimal(10)}
    return Exchange(
        DEFAULT_SYMBOLS,
        {"A": deposits, "B": deposits},
        now_ns=lambda: 1_000_000_000,
        rng=Random(1),
        commission_rate=Decimal(0),
        kept_max=kept_max,
        audience=heard,
    )


def _place(exchange: Exchange, account: str = "A", **params: str) -> SpotOrder:
    values = {
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.5",
        "price": "48000",
    } | params
    request = read_order(
        Parameters(values.items()), BTC, default_client_order_id=exchange.next_client_order_id()
    )
    return exchange.place(account, request)


def test_the_example_of_the_documentation_is_signed_as_printed_there():
    """Binance spot API documentation, "Request security", HMAC example."""
    secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
    payload = (
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
        "&recvWindow=5000&timestamp=1499827319559"
    )
    expected = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
    assert sign(secret, payload) == expected


def test_query_and_body_are_signed_together_without_the_signature():
    assert payload_of("a=1&signature=x", "b=2&signature=y&c=3") == "a=1b=2&c=3"


def test_a_request_is_good_until_its_window_closes():
    keyring = Keyring({"key": "secret"})

    def verify(now_ms: int) -> str:
        payload = "timestamp=10000&recvWindow=100"
        text = f"{payload}&signature={sign('secret', payload)}"
        return keyring.verify("key", Parameters.of_text(text), payload, now_ms)

    for now_ms in (9_000, 10_100):
        assert verify(now_ms) == "key"
    for now_ms in (8_999, 10_101):
        with pytest.raises(BinanceError) as refused:
            verify(now_ms)
        assert refused.value.code == -1021


def test_a_rate_limit_opens_again_with_the_next_window():
    limits = RateLimits(weight_max_1m=10, orders_max_10s=1)
    limits.weigh(10, 0)
    with pytest.raises(BinanceError) as refused:
        limits.weigh(1, 30_000)
    assert refused.value.retry_after_s == 30
    limits.weigh(10, 60_000)
    limits.count_order("A", 0)
    limits.count_order("B", 0)
    with pytest.raises(BinanceError):
        limits.count_order("A", 9_999)
    limits.count_order("A", 10_000)


def test_a_listen_key_ends_an_hour_after_it_was_last_kept_alive():
    keys = ListenKeys()
    key = keys.start("A", 0)
    keys.keep("A", key, HOUR_MS - 1)
    assert keys.account_of(key, 2 * HOUR_MS - 2) == "A"
    assert keys.account_of(key, 2 * HOUR_MS) is None
    with pytest.raises(BinanceError):
        keys.keep("A", key, 2 * HOUR_MS)
    assert keys.start("A", 2 * HOUR_MS) != key


def test_a_listen_key_belongs_to_its_account():
    keys = ListenKeys()
    key = keys.start("A", 0)
    with pytest.raises(BinanceError):
        keys.stop("B", key)
    assert keys.start("B", 0) != key


def test_the_record_forgets_the_oldest_requests():
    record = RequestRecord(2)
    for number in range(3):
        record.add(f"GET /{number}", number)
    assert [each["endpoint"] for each in record.to_json()] == ["GET /1", "GET /2"]
    record.clear()
    assert record.to_json() == []


def test_closed_orders_and_trades_are_forgotten_beyond_the_limit():
    exchange = _an_exchange(_Heard(), kept_max=2)
    for number in range(3):
        _place(exchange, newClientOrderId=f"c{number}", price="51000", quantity="0.001")
    mine = exchange.accounts["A"]
    assert [each.client_order_id for each in mine.orders(None)] == ["c1", "c2"]
    assert mine.find(None, "c0") is None
    assert len(mine.trades) == 2


def test_a_trade_between_two_accounts_moves_money_and_is_on_the_tape_once():
    heard = _Heard()
    exchange = _an_exchange(heard)
    bid = exchange.engine.best_bid("BTCUSDT")
    assert bid is not None
    price = str(bid + Decimal("0.01"))
    _place(exchange, "A", price=price)
    heard.trades.clear()
    _place(exchange, "B", side="SELL", price=price)
    assert len(heard.trades) == 1
    assert heard.trades[0]["m"] is True
    moved = Decimal(price) / 2
    for account, sign_of in (("A", 1), ("B", -1)):
        balances = exchange.accounts[account].balances
        assert balances.free("BTC") == 10 + sign_of * Decimal("0.5")
        assert balances.free("USDT") == 1_000_000 - sign_of * moved
        assert balances.locked("BTC") == balances.locked("USDT") == 0


@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_nothing_stays_locked_when_an_order_trades_in_part_and_is_canceled(side: str):
    exchange = _an_exchange(_Heard())
    price = "49900" if side == "BUY" else "50100"
    order = _place(exchange, side=side, price=price, quantity="2")
    other = "SELL" if side == "BUY" else "BUY"
    exchange.move_to("BTCUSDT", Decimal(49_000 if side == "BUY" else 51_000))
    if order.is_open:
        _place(exchange, "B", side=other, price=price, quantity="0.1")
        exchange.cancel("A", order, cancel_client_order_id="x")
    balances = exchange.accounts["A"].balances
    assert balances.locked("BTC") == balances.locked("USDT") == 0


def test_the_reports_of_an_order_add_up():
    heard = _Heard()
    exchange = _an_exchange(heard)
    order = _place(exchange, price="52000", quantity="9")
    reports = [each for each in heard.events if each["e"] == "executionReport"]
    assert [each["x"] for each in reports[:1]] == ["NEW"]
    assert sum(Decimal(each["l"]) for each in reports) == order.executed
    assert Decimal(reports[-1]["z"]) == order.executed
    assert sum(Decimal(each["Y"]) for each in reports) == order.cum_quote
    assert len({each["I"] for each in reports}) == len(reports)
