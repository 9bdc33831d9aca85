"""The Binance double over real HTTP: orders, answers, and every refusal it knows."""

from decimal import Decimal
from typing import Any

import pytest

from fixgate.doubles.binance import DEMO_SECRET, Fault, FaultKind, SpotSymbol
from fixgate.doubles.binance.auth import sign
from unit.doubles.binance_client import BinanceClient, a_client


async def test_the_public_endpoints_answer_without_a_key():
    async with a_client() as client:
        assert (await client.call("GET", "/api/v3/ping", api_key=None)).body == {}
        time = await client.call("GET", "/api/v3/time", api_key=None)
        assert time.body["serverTime"] > 0
        info = await client.call("GET", "/api/v3/exchangeInfo", api_key=None)
        assert [each["symbol"] for each in info.body["symbols"]] == [
            "BTCUSDT",
            "ETHUSDT",
            "SOLUSDT",
        ]
        depth = await client.call("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=5")
        assert len(depth.body["bids"]) == len(depth.body["asks"]) == 5
        for path in ("bookTicker", "price", "24hr"):
            one = await client.call("GET", f"/api/v3/ticker/{path}", "symbol=ETHUSDT")
            every = await client.call("GET", f"/api/v3/ticker/{path}")
            assert one.body["symbol"] == "ETHUSDT"
            assert len(every.body) == 3


async def test_an_order_rests_is_found_and_is_canceled():
    async with a_client() as client:
        placed = await client.order(newClientOrderId="mine1")
        assert (placed.status, placed.body["status"]) == (200, "NEW")
        assert placed.headers["X-MBX-USED-WEIGHT-1M"] == "1"
        assert placed.headers["X-MBX-ORDER-COUNT-10S"] == "1"
        number = placed.body["orderId"]
        by_id = await client.signed("GET", "order", symbol="BTCUSDT", orderId=number)
        by_name = await client.signed("GET", "order", symbol="BTCUSDT", origClientOrderId="mine1")
        assert by_id.body == by_name.body
        open_orders = await client.signed("GET", "openOrders", symbol="BTCUSDT")
        assert [each["orderId"] for each in open_orders.body] == [number]
        assert await _balance(client, "USDT") == ("9976000.00000000", "24000.00000000")
        canceled = await client.signed("DELETE", "order", symbol="BTCUSDT", orderId=number)
        assert canceled.body["status"] == "CANCELED"
        assert canceled.body["origClientOrderId"] == "mine1"
        assert await _balance(client, "USDT") == ("10000000.00000000", "0.00000000")
        assert (await client.signed("GET", "openOrders")).body == []
        every = await client.signed("GET", "allOrders", symbol="BTCUSDT")
        assert [each["status"] for each in every.body] == ["CANCELED"]


async def _balance(client: BinanceClient, asset: str) -> tuple[str, str]:
    account = await client.signed("GET", "account", omitZeroBalances="true")
    found = next(each for each in account.body["balances"] if each["asset"] == asset)
    return found["free"], found["locked"]


async def test_a_market_order_fills_pays_and_shows_in_my_trades():
    async with a_client() as client:
        placed = await client.market()
        assert placed.body["status"] == "FILLED"
        fill = placed.body["fills"][0]
        assert (fill["commission"], fill["commissionAsset"]) == ("0.00050000", "BTC")
        trades = await client.signed("GET", "myTrades", symbol="BTCUSDT")
        assert [each["id"] for each in trades.body] == [fill["tradeId"]]
        assert trades.body[0]["quoteQty"] == placed.body["cummulativeQuoteQty"]
        of_order = {"symbol": "BTCUSDT", "orderId": placed.body["orderId"], "limit": 10}
        assert (await client.signed("GET", "myTrades", **of_order)).body == trades.body
        assert await _balance(client, "BTC") == ("100.49950000", "0.00000000")
        paid = Decimal(10_000_000) - Decimal(placed.body["cummulativeQuoteQty"])
        assert await _balance(client, "USDT") == (f"{paid:.8f}", "0.00000000")


async def test_a_sale_pays_its_commission_in_quote_currency():
    async with a_client() as client:
        placed = await client.market(side="SELL")
        assert placed.body["fills"][0]["commissionAsset"] == "USDT"
        assert await _balance(client, "BTC") == ("99.50000000", "0.00000000")


async def test_a_market_order_can_be_sized_in_quote_currency():
    async with a_client() as client:
        placed = await client.market(quantity=None, quoteOrderQty="1000")
        assert placed.body["status"] == "FILLED"
        assert Decimal(999) < Decimal(placed.body["cummulativeQuoteQty"]) <= Decimal(1_000)


@pytest.mark.parametrize(
    ("resp_type", "has", "lacks"),
    [("ACK", "orderId", "status"), ("RESULT", "status", "fills"), ("FULL", "fills", "e")],
)
async def test_the_answer_is_as_long_as_asked(resp_type: str, has: str, lacks: str):
    async with a_client() as client:
        placed = await client.order(newOrderRespType=resp_type)
        assert has in placed.body
        assert lacks not in placed.body


@pytest.mark.parametrize(
    ("time_in_force", "price", "executed"),
    [("IOC", "48000", "0.00000000"), ("FOK", "48000", "0.00000000")],
)
async def test_what_cannot_trade_at_once_expires(time_in_force: str, price: str, executed: str):
    async with a_client() as client:
        placed = await client.order(timeInForce=time_in_force, price=price)
        assert placed.body["status"] == "EXPIRED"
        assert placed.body["executedQty"] == executed


@pytest.mark.parametrize(
    ("kind", "side", "stop_price", "goes_to"),
    [
        ("STOP_LOSS", "BUY", "50500", 50_600),
        ("STOP_LOSS", "SELL", "49500", 49_400),
        ("TAKE_PROFIT", "BUY", "49500", 49_400),
        ("TAKE_PROFIT", "SELL", "50500", 50_600),
    ],
)
async def test_a_stop_order_waits_and_goes_off(kind: str, side: str, stop_price: str, goes_to: int):
    async with a_client() as client:
        placed = await client.market(type=kind, side=side, stopPrice=stop_price)
        assert placed.body["status"] == "NEW"
        client.double.exchange.move_to("BTCUSDT", Decimal(goes_to))
        number = placed.body["orderId"]
        found = await client.signed("GET", "order", symbol="BTCUSDT", orderId=number)
        assert (found.body["status"], found.body["type"]) == ("FILLED", kind)


@pytest.mark.parametrize("kind", ["STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"])
async def test_a_stop_limit_order_that_goes_off_rests_at_its_price(kind: str):
    async with a_client() as client:
        stop, goes_to = ("50500", 50_600) if kind == "STOP_LOSS_LIMIT" else ("49500", 49_400)
        placed = await client.order(type=kind, stopPrice=stop, price="48000")
        number = placed.body["orderId"]
        before = await client.signed("GET", "order", symbol="BTCUSDT", orderId=number)
        client.double.exchange.move_to("BTCUSDT", Decimal(goes_to))
        after = await client.signed("GET", "order", symbol="BTCUSDT", orderId=number)
        assert (before.body["isWorking"], after.body["isWorking"]) == (False, True)


async def test_a_limit_maker_rests():
    async with a_client() as client:
        placed = await client.order(type="LIMIT_MAKER", timeInForce=None)
        assert (placed.body["type"], placed.body["status"]) == ("LIMIT_MAKER", "NEW")


@pytest.mark.parametrize(
    ("changes", "code", "msg"),
    [
        ({"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "0.500001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "99999999999999999999"}, -1013, "Filter failure: LOT_SIZE"),
        ({"price": "48000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "9000000"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"quantity": "0.0001", "price": "40000"}, -1013, "Filter failure: NOTIONAL"),
        ({"quantity": "5000"}, -1013, "Filter failure: NOTIONAL"),
        ({"icebergQty": "0.01"}, -1013, "Filter failure: ICEBERG_PARTS"),
        ({"icebergQty": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"icebergQty": "0.1", "timeInForce": "IOC"}, -1106, "Parameter 'icebergQty'"),
        ({"price": "4e4"}, -1100, "Illegal characters found in parameter 'price'"),
        ({"price": "-1"}, -1100, "Illegal characters found in parameter 'price'"),
        ({"newClientOrderId": "a b"}, -1100, "Illegal characters"),
        ({"newOrderRespType": "MUCH"}, -1100, "Illegal characters"),
        ({"selfTradePreventionMode": "X"}, -1100, "Illegal characters"),
        ({"symbol": None}, -1102, "Mandatory parameter 'symbol'"),
        ({"price": None}, -1102, "Mandatory parameter 'price'"),
        ({"timeInForce": None}, -1102, "Mandatory parameter 'timeInForce'"),
        ({"surprise": "1"}, -1104, "Not all sent parameters were read"),
        ({"newClientOrderId": ""}, -1105, "Parameter 'newClientOrderId' was empty."),
        ({"stopPrice": "1"}, -1106, "Parameter 'stopPrice' sent when not required."),
        ({"type": "MARKET"}, -1106, "sent when not required."),
        ({"quoteOrderQty": "10"}, -1106, "sent when not required."),
        ({"quantity": "0.123456789"}, -1111, "Parameter 'quantity' has too much precision."),
        ({"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
        ({"type": "ICEBERG"}, -1116, "Invalid orderType."),
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"symbol": "BTCEUR"}, -1121, "Invalid symbol."),
        ({"side": "SELL", "quantity": "120", "price": "55000"}, -2010, "insufficient balance"),
        (
            {"type": "LIMIT_MAKER", "timeInForce": None, "price": "52000"},
            -2010,
            "Order would immediately match and take.",
        ),
        (
            {"type": "STOP_LOSS_LIMIT", "stopPrice": "49000"},
            -2010,
            "Stop price would trigger immediately.",
        ),
    ],
)
async def test_a_bad_order_gets_the_code_and_words_of_binance(
    changes: dict[str, Any], code: int, msg: str
):
    async with a_client() as client:
        refused = await client.order(**changes)
        assert (refused.status, refused.code) == (400, code)
        assert msg in refused.body["msg"]
        assert (await client.signed("GET", "openOrders")).body == []


@pytest.mark.parametrize(
    ("changes", "code", "msg"),
    [
        ({"quantity": "1001", "side": "SELL"}, -1013, "Filter failure: MARKET_LOT_SIZE"),
        ({"quantity": None}, -1102, "Param 'quantity' or 'quoteOrderQty' must be sent"),
    ],
)
async def test_a_bad_market_order_is_refused(changes: dict[str, Any], code: int, msg: str):
    async with a_client() as client:
        refused = await client.market(**changes)
        assert (refused.status, refused.code) == (400, code)
        assert msg in refused.body["msg"]


async def test_a_symbol_may_carry_the_older_min_notional_filter():
    symbol = SpotSymbol(
        base="BTC",
        quote="USDT",
        start_px=Decimal(50_000),
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.00001"),
        min_qty=Decimal("0.00001"),
        notional_filter="MIN_NOTIONAL",
    )
    async with a_client(symbols=[symbol]) as client:
        refused = await client.order(quantity="0.0001", price="40000")
        assert refused.body["msg"] == "Filter failure: MIN_NOTIONAL"
        info = await client.call("GET", "/api/v3/exchangeInfo", "symbol=BTCUSDT")
        kinds = {each["filterType"] for each in info.body["symbols"][0]["filters"]}
        assert "MIN_NOTIONAL" in kinds


async def test_the_number_of_open_orders_is_limited():
    async with a_client(orders_max_10s=1_000) as client:
        for _ in range(200):
            assert (await client.order(quantity="0.001")).status == 200
        refused = await client.order(quantity="0.001")
        assert refused.body["msg"] == "Filter failure: MAX_NUM_ORDERS"


async def test_a_client_order_id_is_refused_only_while_its_order_is_open():
    async with a_client() as client:
        await client.order(newClientOrderId="mine")
        again = await client.order(newClientOrderId="mine")
        assert (again.code, again.body["msg"]) == (-2010, "Duplicate order sent.")
        await client.signed("DELETE", "order", symbol="BTCUSDT", origClientOrderId="mine")
        assert (await client.order(newClientOrderId="mine")).status == 200


async def test_a_test_order_is_checked_and_not_placed():
    async with a_client() as client:
        order = {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.5",
            "price": "48000",
        }
        assert (await client.signed("POST", "order/test", **order)).body == {}
        bad = await client.signed("POST", "order/test", **(order | {"price": "0.001"}))
        assert bad.code == -1013
        assert (await client.signed("GET", "openOrders")).body == []


@pytest.mark.parametrize(("method", "code"), [("GET", -2013), ("DELETE", -2011)])
async def test_an_unknown_order_is_neither_found_nor_canceled(method: str, code: int):
    async with a_client() as client:
        for ids in ({"orderId": 7}, {"origClientOrderId": "x"}):
            assert (await client.signed(method, "order", symbol="BTCUSDT", **ids)).code == code
        neither = await client.signed(method, "order", symbol="BTCUSDT")
        assert neither.code == -1102


async def test_a_closed_order_cannot_be_canceled():
    async with a_client() as client:
        number = (await client.market()).body["orderId"]
        refused = await client.signed("DELETE", "order", symbol="BTCUSDT", orderId=number)
        assert (refused.code, refused.body["msg"]) == (-2011, "Unknown order sent.")


async def test_a_cancel_can_be_restricted_to_untouched_orders():
    async with a_client() as client:
        number = (await client.order()).body["orderId"]
        ids = {"symbol": "BTCUSDT", "orderId": number}
        refused = await client.signed(
            "DELETE", "order", cancelRestrictions="ONLY_PARTIALLY_FILLED", **ids
        )
        assert refused.code == -2011
        done = await client.signed("DELETE", "order", cancelRestrictions="ONLY_NEW", **ids)
        assert done.status == 200


async def test_all_open_orders_of_a_symbol_are_canceled_at_once():
    async with a_client() as client:
        for _ in range(2):
            await client.order()
        assert len((await client.signed("DELETE", "openOrders", symbol="BTCUSDT")).body) == 2
        assert (await client.signed("DELETE", "openOrders", symbol="BTCUSDT")).code == -2011


def _replacing(**changes: Any) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.4",
        "price": "48500",
        "cancelReplaceMode": "STOP_ON_FAILURE",
    } | changes


async def test_cancel_replace_cancels_one_order_and_places_another():
    async with a_client() as client:
        number = (await client.order()).body["orderId"]
        answer = await client.signed(
            "POST", "order/cancelReplace", **_replacing(cancelOrderId=number)
        )
        assert (answer.body["cancelResult"], answer.body["newOrderResult"]) == (
            "SUCCESS",
            "SUCCESS",
        )
        assert answer.body["cancelResponse"]["orderId"] == number
        open_orders = (await client.signed("GET", "openOrders")).body
        assert [each["price"] for each in open_orders] == ["48500.00000000"]


@pytest.mark.parametrize(
    ("changes", "status", "code", "results"),
    [
        ({"cancelOrderId": 99}, 400, -2022, ("FAILURE", "NOT_ATTEMPTED")),
        (
            {"cancelOrderId": 99, "cancelReplaceMode": "ALLOW_FAILURE"},
            409,
            -2021,
            ("FAILURE", "SUCCESS"),
        ),
        ({"quantity": "0.000001"}, 409, -2021, ("SUCCESS", "FAILURE")),
        (
            {"cancelOrderId": 99, "quantity": "0.000001", "cancelReplaceMode": "ALLOW_FAILURE"},
            400,
            -2022,
            ("FAILURE", "FAILURE"),
        ),
    ],
)
async def test_cancel_replace_tells_which_half_failed(
    changes: dict[str, Any], status: int, code: int, results: tuple[str, str]
):
    async with a_client() as client:
        number = (await client.order()).body["orderId"]
        answer = await client.signed(
            "POST", "order/cancelReplace", **_replacing(**({"cancelOrderId": number} | changes))
        )
        assert (answer.status, answer.code) == (status, code)
        data = answer.body["data"]
        assert (data["cancelResult"], data["newOrderResult"]) == results


async def test_an_order_can_be_reduced_in_place():
    async with a_client() as client:
        number = (await client.order()).body["orderId"]
        ids = {"symbol": "BTCUSDT", "orderId": number}
        amended = await client.signed("PUT", "order/amend/keepPriority", newQty="0.3", **ids)
        assert amended.body["amendedOrder"]["qty"] == "0.30000000"
        assert await _balance(client, "USDT") == ("9985600.00000000", "14400.00000000")
        for new_qty, code in (("0.3", -2038), ("0.4", -2038), ("0.0000001", -1013)):
            refused = await client.signed("PUT", "order/amend/keepPriority", newQty=new_qty, **ids)
            assert refused.code == code


async def test_an_order_that_meets_its_own_account_can_expire_instead():
    async with a_client() as client:
        client.double.exchange.move_to("BTCUSDT", Decimal(50_000))
        inside = client.double.exchange.engine.best_bid("BTCUSDT")
        assert inside is not None
        price = str(inside + Decimal("0.5"))
        await client.order(price=price, quantity="0.01")
        crossing = await client.order(
            side="SELL", price=price, quantity="0.01", selfTradePreventionMode="EXPIRE_TAKER"
        )
        assert crossing.body["status"] == "EXPIRED_IN_MATCH"


@pytest.mark.parametrize(
    ("api_key", "shift_ms", "secret", "window", "status", "code"),
    [
        (None, 0, DEMO_SECRET, 5_000, 401, -2014),
        ("not a key!", 0, DEMO_SECRET, 5_000, 401, -2014),
        ("unknown-key", 0, DEMO_SECRET, 5_000, 401, -2015),
        ("demo-api-key", 0, "wrong", 5_000, 400, -1022),
        ("demo-api-key", -6_000, DEMO_SECRET, 5_000, 400, -1021),
        ("demo-api-key", 2_000, DEMO_SECRET, 5_000, 400, -1021),
        ("demo-api-key", 0, DEMO_SECRET, 60_001, 400, -1131),
    ],
)
async def test_a_request_must_be_signed_in_time_by_somebody_known(
    api_key: str | None, shift_ms: int, secret: str, *, window: int, status: int, code: int
):
    async with a_client() as client:
        query = f"timestamp={client.now_ms() + shift_ms}&recvWindow={window}"
        query += f"&signature={sign(secret, query)}"
        refused = await client.call("GET", "/api/v3/account", query, api_key)
        assert (refused.status, refused.code) == (status, code)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("symbol=BTCUSDT&symbol=ETHUSDT", -1101),
        ("limit=5", -1102),
        ("symbol=BTCUSDT&limit=x", -1100),
    ],
)
async def test_parameters_of_public_endpoints_are_checked_too(query: str, code: int):
    async with a_client() as client:
        assert (await client.call("GET", "/api/v3/depth", query)).code == code


async def test_a_signed_request_needs_timestamp_and_signature():
    async with a_client() as client:
        assert (await client.call("GET", "/api/v3/account")).code == -1102
        assert (await client.call("GET", "/api/v3/account", "timestamp=1")).code == -1102


async def test_too_much_weight_is_429_with_retry_after():
    async with a_client(weight_max_1m=25) as client:
        await client.call("GET", "/api/v3/exchangeInfo")
        refused = await client.call("GET", "/api/v3/exchangeInfo")
        assert (refused.status, refused.code) == (429, -1003)
        assert 1 <= int(refused.headers["Retry-After"]) <= 60


async def test_too_many_orders_are_429_with_retry_after():
    async with a_client(orders_max_10s=1, now_ns=lambda: 10**18) as client:
        await client.order()
        refused = await client.order()
        assert (refused.status, refused.code) == (429, -1015)
        assert refused.headers["Retry-After"] == "10"


async def test_a_ban_is_418_with_retry_after():
    async with a_client() as client:
        fault = Fault(kind=FaultKind.BANNED, retry_after_s=120)
        client.double.faults.add("*", fault)
        refused = await client.order()
        assert (refused.status, refused.code) == (418, -1003)
        assert refused.headers["Retry-After"] == "120"


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/sapi/v1/x", 404), ("PATCH", "/api/v3/order", 405)]
)
async def test_what_is_not_served_is_not_found(method: str, path: str, status: int):
    async with a_client() as client:
        assert (await client.call(method, path)).status == status


async def test_lists_page_by_id_and_time():
    async with a_client() as client:
        numbers = [(await client.market()).body["orderId"] for _ in range(4)]
        newest = await client.signed("GET", "allOrders", symbol="BTCUSDT", limit=2)
        assert [each["orderId"] for each in newest.body] == numbers[2:]
        onwards = await client.signed(
            "GET", "allOrders", symbol="BTCUSDT", orderId=numbers[1], limit=2
        )
        assert [each["orderId"] for each in onwards.body] == numbers[1:3]
        trades = (await client.signed("GET", "myTrades", symbol="BTCUSDT")).body
        later = await client.signed("GET", "myTrades", symbol="BTCUSDT", fromId=trades[2]["id"])
        assert later.body == trades[2:]
        future = client.now_ms() + 3_600_000
        none = await client.signed("GET", "myTrades", symbol="BTCUSDT", startTime=future)
        assert none.body == []


async def test_accounts_do_not_see_each_other():
    async with a_client(credentials={"demo-api-key": DEMO_SECRET, "other": "s"}) as client:
        await client.order()
        query = f"timestamp={client.now_ms()}"
        query += f"&signature={sign('s', query)}"
        assert (await client.call("GET", "/api/v3/openOrders", query, "other")).body == []
