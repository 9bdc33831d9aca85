"""The Binance double's WebSockets: market streams, user data streams, the WebSocket API."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from unit.doubles.binance_client import LIMIT_S, BinanceClient, a_client

ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.5",
    "price": "48000",
    "newOrderRespType": "FULL",
}


async def test_depth_differences_follow_the_snapshot_without_a_gap():
    async with a_client() as client, client.socket("/ws") as socket:
        asked = await socket.ask("SUBSCRIBE", ["btcusdt@depth@100ms"])
        assert asked == {"result": None, "id": 1}
        snapshot = (await client.call("GET", "/api/v3/depth", "symbol=BTCUSDT")).body
        levels = dict(snapshot["bids"])
        last_id = snapshot["lastUpdateId"]
        for _ in range(3):
            client.double.step()
            event = await socket.event("depthUpdate")
            if event["u"] <= last_id:
                event = await socket.event("depthUpdate")
            assert event["U"] == last_id + 1
            last_id = event["u"]
            levels |= dict(event["b"])
        after = (await client.call("GET", "/api/v3/depth", "symbol=BTCUSDT")).body
        standing = {price: qty for price, qty in levels.items() if Decimal(qty)}
        assert standing == dict(after["bids"])


async def test_named_and_combined_streams_carry_trades_books_and_partial_books():
    names = "btcusdt@trade/ethusdt@bookTicker/btcusdt@depth5"
    async with (
        a_client() as client,
        client.socket("/ws/btcusdt@trade") as one,
        client.socket(f"/stream?streams={names}") as several,
    ):
        client.double.step()
        assert (await one.next())["s"] == "BTCUSDT"
        seen = {}
        while len(seen) < 3:
            message = await several.next()
            seen[message["stream"]] = message["data"]
        assert seen["ethusdt@bookTicker"]["s"] == "ETHUSDT"
        assert len(seen["btcusdt@depth5"]["bids"]) == 5


async def test_subscriptions_can_be_listed_and_ended():
    async with a_client() as client, client.socket("/ws") as socket:
        await socket.ask("SUBSCRIBE", ["btcusdt@trade", "ethusdt@trade"], 1)
        await socket.ask("UNSUBSCRIBE", ["btcusdt@trade"], 2)
        assert (await socket.ask("LIST_SUBSCRIPTIONS", None, 3))["result"] == ["ethusdt@trade"]
        client.double.step()
        assert (await socket.event("trade"))["s"] == "ETHUSDT"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "1",
        '{"method":"DANCE","id":1}',
        '{"method":"SUBSCRIBE","params":[1],"id":1}',
        '{"method":"SUBSCRIBE","params":["%s"],"id":1}',
        '{"method":"SUBSCRIBE","params":5,"id":1}',
    ],
)
async def test_a_stream_request_that_makes_no_sense_is_refused(text: str):
    async with a_client() as client, client.socket("/ws") as socket:
        await socket.socket.send_str(text)
        assert (await socket.next())["error"]["code"] == 2


async def test_a_client_ping_is_answered():
    async with a_client() as client, client.socket("/ws", autoping=False) as socket:
        await socket.socket.ping(b"x")
        async with asyncio.timeout(LIMIT_S):
            assert (await socket.socket.receive()).data == b"x"


async def _check_user_events(client: BinanceClient, events: Any) -> None:
    await client.order(newClientOrderId="mine")
    new = await events.event("executionReport")
    assert (new["c"], new["x"], new["X"], new["C"]) == ("mine", "NEW", "NEW", "")
    assert new["w"] is True
    position = await events.event("outboundAccountPosition")
    assert {each["a"] for each in position["B"]} == {"BTC", "USDT"}
    await client.signed("DELETE", "order", symbol="BTCUSDT", origClientOrderId="mine")
    canceled = await events.event("executionReport")
    assert (canceled["C"], canceled["x"], canceled["X"]) == ("mine", "CANCELED", "CANCELED")
    await client.market(newClientOrderId="now")
    await events.event("executionReport")
    trade = await events.event("executionReport")
    assert (trade["x"], trade["X"], trade["l"], trade["m"]) == (
        "TRADE",
        "FILLED",
        "0.50000000",
        False,
    )
    mine = (await client.signed("GET", "myTrades", symbol="BTCUSDT")).body[0]
    assert (trade["t"], trade["L"], trade["n"]) == (mine["id"], mine["price"], mine["commission"])
    client.double.exchange.deposit("demo-api-key", "SOL", Decimal(2))
    assert (await events.event("balanceUpdate"))["d"] == "2.00000000"


async def test_a_signed_subscription_hears_the_account():
    async with a_client() as client, client.user_stream() as events:
        await _check_user_events(client, events)


async def test_a_session_that_is_logged_on_can_subscribe_and_trade_without_signing():
    async with a_client() as client, client.socket("/ws-api/v3") as socket:
        refused = await socket.ask("userDataStream.subscribe")
        assert refused["error"]["code"] == -2015
        status = await socket.ask("session.logon", client.ws_params())
        assert status["result"]["apiKey"] == "demo-api-key"
        subscribed = await socket.ask("userDataStream.subscribe")
        assert subscribed["result"] == {"subscriptionId": 0}
        assert (await socket.ask("session.status"))["result"]["userDataStream"] is True
        placed = await socket.ask("order.place", ORDER | {"timestamp": client.now_ms()})
        assert placed["result"]["status"] == "NEW"
        await socket.ask("session.logout")
        again = await socket.ask("order.place", ORDER | {"timestamp": client.now_ms()})
        assert again["error"]["code"] == -2014
        assert (await socket.ask("session.subscriptions"))["result"] == [{"subscriptionId": 0}]


async def test_a_listen_key_names_a_user_stream():
    async with a_client() as client:
        path = "/api/v3/userDataStream"
        key = (await client.call("POST", path)).body["listenKey"]
        assert (await client.call("POST", path)).body["listenKey"] == key
        assert (await client.call("PUT", path, f"listenKey={key}")).body == {}
        async with client.socket(f"/ws/{key}") as events:
            await _check_user_events(client, events)
        assert (await client.call("DELETE", path, f"listenKey={key}")).body == {}
        for method in ("PUT", "DELETE"):
            assert (await client.call(method, path, f"listenKey={key}")).code == -1125
        assert (await client.call("POST", path, api_key=None)).code == -2014


async def test_the_end_of_a_subscription_is_announced():
    async with a_client() as client, client.user_stream() as events:
        await events.socket.send_json({"id": 9, "method": "userDataStream.unsubscribe"})
        ended = await events.next()
        assert (ended["subscriptionId"], ended["event"]["e"]) == (0, "eventStreamTerminated")
        assert (await events.next())["id"] == 9


async def test_orders_are_placed_queried_and_canceled_over_the_websocket_api():
    async with a_client() as client, client.socket("/ws-api/v3") as socket:
        placed = await socket.ask("order.place", client.ws_params(**ORDER), "a")
        ids = {"symbol": "BTCUSDT", "orderId": placed["result"]["orderId"]}
        found = await socket.ask("order.status", client.ws_params(**ids), "b")
        assert found["result"]["status"] == "NEW"
        canceled = await socket.ask("order.cancel", client.ws_params(**ids), "c")
        assert canceled["result"]["status"] == "CANCELED"
        again = await socket.ask("order.cancel", client.ws_params(**ids), "d")
        assert (again["status"], again["error"]["code"]) == (400, -2011)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, -2014),
        ({"apiKey": "unknown"}, -2015),
        ({"apiKey": "demo-api-key", "timestamp": 1}, -1102),
        ({"apiKey": "demo-api-key", "timestamp": 1, "signature": "x"}, -1022),
    ],
)
async def test_a_subscription_must_be_signed(params: dict[str, Any], code: int):
    async with a_client() as client, client.socket("/ws-api/v3") as socket:
        refused = await socket.ask("userDataStream.subscribe.signature", params)
        assert refused["error"]["code"] == code


@pytest.mark.parametrize("text", ["{", "[]", '{"id":1}', '{"id":1,"method":"x","params":[1]}'])
async def test_a_websocket_api_request_that_makes_no_sense_is_refused(text: str):
    async with a_client() as client, client.socket("/ws-api/v3") as socket:
        await socket.socket.send_str(text)
        assert (await socket.next())["error"]["code"] == -1135
        assert (await socket.ask("dance"))["error"]["code"] == -1000


async def test_a_client_that_does_not_read_is_dropped_and_others_do_not_notice():
    async with (
        a_client(stream_queue_max=10) as client,
        client.socket("/ws/btcusdt@trade") as reader,
    ):
        _, writer = await asyncio.open_connection(client.double.host, client.double.port)
        writer.write(
            b"GET /ws/btcusdt@trade HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await writer.drain()
        async with asyncio.timeout(LIMIT_S):
            while len(client.double.hub._clients) < 2:
                await asyncio.sleep(0)
            event = {"padding": "x" * 100_000}
            while len(client.double.hub._clients) == 2:
                client.double.hub.market_event("btcusdt@trade", event)
                await reader.next()
        writer.close()
        client.double.step()
        assert (await reader.event("trade"))["s"] == "BTCUSDT"


async def test_the_double_stops_while_clients_are_connected_and_calls_are_held():
    async with a_client() as client, client.user_stream() as events:
        async with asyncio.timeout(LIMIT_S):
            await client.double.stop()
            assert await events.ended()
