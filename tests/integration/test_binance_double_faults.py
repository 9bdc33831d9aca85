"""The Binance double misbehaves on command, over REST, the WebSocket API and the user stream."""

import asyncio
from typing import Any

import aiohttp
import pytest

from fixgate.doubles.binance import Fault, FaultKind, StreamFault
from unit.doubles.binance_client import LIMIT_S, BinanceClient, a_client

PLACE = "POST /api/v3/order"


async def _open_ids(client: BinanceClient) -> list[str]:
    orders = (await client.signed("GET", "openOrders")).body
    return [each["clientOrderId"] for each in orders]


@pytest.mark.parametrize("accepts", [False, True])
async def test_a_held_call_is_answered_after_the_release(*, accepts: bool):
    async with a_client() as client, asyncio.timeout(LIMIT_S):
        client.double.faults.add(PLACE, Fault(kind=FaultKind.HOLD, accepts=accepts))
        call = asyncio.create_task(client.order(newClientOrderId="held"))
        await client.double.faults.wait_held()
        assert (await _open_ids(client) == ["held"]) is accepts
        client.double.faults.release()
        assert (await call).status == 200
        assert await _open_ids(client) == ["held"]


async def test_a_held_call_can_be_given_a_delay():
    async with a_client() as client, asyncio.timeout(LIMIT_S):
        client.double.faults.add(PLACE, Fault(kind=FaultKind.HOLD, delay_s=0.01))
        assert (await client.order()).status == 200


@pytest.mark.parametrize("accepts", [False, True])
async def test_a_connection_can_be_dropped_before_or_after_the_order_is_taken(*, accepts: bool):
    async with a_client() as client:
        client.double.faults.add(PLACE, Fault(kind=FaultKind.DROP, accepts=accepts))
        with pytest.raises(aiohttp.ClientError):
            await client.order(newClientOrderId="dropped")
        assert (await _open_ids(client) == ["dropped"]) is accepts
        seen = client.double.record.of(PLACE)[0]
        assert seen.accepted is accepts
        assert seen.outcome.startswith("drop")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault(kind=FaultKind.TOO_MANY_REQUESTS, retry_after_s=7), 429),
        (Fault(kind=FaultKind.BANNED, retry_after_s=7), 418),
    ],
)
async def test_a_limit_can_be_pretended(fault: Fault, status: int):
    async with a_client() as client:
        client.double.faults.add(PLACE, fault)
        refused = await client.order()
        assert (refused.status, refused.code, refused.headers["Retry-After"]) == (
            status,
            -1003,
            "7",
        )
        assert (await client.order()).status == 200


@pytest.mark.parametrize("accepts", [False, True])
@pytest.mark.parametrize(
    ("kind", "extra", "status", "shows"),
    [
        (FaultKind.SERVER_ERROR, {}, 503, "-1007"),
        (FaultKind.SERVER_ERROR, {"status": 502}, 502, "<html>"),
        (FaultKind.REFUSE, {"code": -1006, "msg": "Unexpected"}, 400, "-1006"),
        (FaultKind.EMPTY, {}, 200, ""),
        (FaultKind.JUNK, {}, 200, '{"orderId": 12, "stat'),
        (FaultKind.HTML, {}, 200, "<html>"),
    ],
)
async def test_an_answer_can_be_rubbish_whether_the_order_was_taken_or_not(
    kind: FaultKind, extra: dict[str, Any], status: int, shows: str, *, accepts: bool
):
    async with a_client() as client:
        client.double.faults.add(PLACE, Fault(kind=kind, accepts=accepts, **extra))
        answer = await client.order(newClientOrderId="x")
        assert answer.status == status
        assert shows in str(answer.body)
        assert (await _open_ids(client) == ["x"]) is accepts


async def test_a_fault_lasts_for_as_many_calls_as_said():
    async with a_client() as client:
        client.double.faults.add("*", Fault(kind=FaultKind.SERVER_ERROR), times=2)
        statuses = [(await client.order()).status for _ in range(3)]
        assert statuses == [503, 503, 200]


async def test_cleared_faults_do_not_happen():
    async with a_client() as client:
        client.double.faults.add(PLACE, Fault(kind=FaultKind.DROP), times=5)
        client.double.faults.clear()
        assert (await client.order()).status == 200


async def test_the_number_of_waiting_faults_is_limited():
    async with a_client() as client:
        with pytest.raises(ValueError, match="faults can wait"):
            client.double.faults.add(PLACE, Fault(kind=FaultKind.DROP), times=10_001)
        with pytest.raises(ValueError, match="faults can wait"):
            client.double.hub.faults.add(StreamFault.LOSE, times=0)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FaultKind.TOO_MANY_REQUESTS, 429),
        (FaultKind.BANNED, 418),
        (FaultKind.SERVER_ERROR, 503),
    ],
)
async def test_the_websocket_api_suffers_the_same_refusals(kind: FaultKind, status: int):
    async with a_client() as client, client.socket("/ws-api/v3") as socket:
        client.double.faults.add("WS ping", Fault(kind=kind))
        assert (await socket.ask("ping"))["status"] == status
        assert (await socket.ask("ping"))["status"] == 200


async def test_a_websocket_api_connection_can_be_dropped_after_the_order_is_taken():
    async with a_client() as client, client.socket("/ws-api/v3") as socket:
        client.double.faults.add("WS order.place", Fault(kind=FaultKind.DROP, accepts=True))
        params = client.ws_params(
            symbol="BTCUSDT",
            side="BUY",
            type="LIMIT",
            timeInForce="GTC",
            quantity="0.5",
            price="48000",
            newClientOrderId="ws",
        )
        await socket.socket.send_json({"id": 1, "method": "order.place", "params": params})
        assert await socket.ended()
        assert await _open_ids(client) == ["ws"]


async def test_websocket_api_answers_can_be_held_or_junk():
    async with a_client() as client, client.socket("/ws-api/v3") as socket:
        client.double.faults.add("WS ping", Fault(kind=FaultKind.JUNK))
        client.double.faults.add("WS ping", Fault(kind=FaultKind.HOLD, accepts=True))
        await socket.socket.send_json({"id": 1, "method": "ping"})
        assert (await socket.socket.receive_str()).startswith('{"orderId"')
        await socket.socket.send_json({"id": 2, "method": "ping"})
        await client.double.faults.wait_held()
        client.double.faults.release()
        assert (await socket.next())["id"] == 2


async def _statuses(client: BinanceClient, events: Any, count: int) -> list[str]:
    return [(await events.event("executionReport"))["X"] for _ in range(count)]


async def test_user_messages_can_be_lost():
    async with a_client() as client, client.user_stream() as events:
        client.double.hub.faults.add(StreamFault.LOSE, times=2)
        await client.market()
        assert await _statuses(client, events, 1) == ["FILLED"]


async def test_user_messages_can_be_repeated():
    async with a_client() as client, client.user_stream() as events:
        client.double.hub.faults.add(StreamFault.REPEAT)
        await client.market()
        assert await _statuses(client, events, 3) == ["NEW", "NEW", "FILLED"]


async def test_user_messages_can_be_delayed_until_the_release():
    async with a_client() as client, client.user_stream() as events:
        client.double.hub.faults.add(StreamFault.DELAY)
        await client.market()
        assert await _statuses(client, events, 1) == ["FILLED"]
        client.double.hub.release()
        assert await _statuses(client, events, 1) == ["NEW"]


async def test_the_user_stream_can_be_cut():
    async with a_client() as client, client.user_stream() as events:
        assert client.double.hub.user_stream_count() == 1
        assert client.double.hub.cut() == 1
        assert await events.ended()


async def test_a_silent_user_stream_sends_nothing_and_other_streams_go_on():
    async with (
        a_client() as client,
        client.user_stream() as events,
        client.socket("/ws/btcusdt@trade") as tape,
    ):
        client.double.hub.faults.silent = True
        await events.socket.ping()
        await client.order(newClientOrderId="unheard")
        await client.market()
        assert (await tape.next())["e"] == "trade"
        client.double.hub.faults.clear()
        await client.order(newClientOrderId="heard")
        assert (await events.event("executionReport"))["c"] == "heard"


async def test_everything_can_be_done_over_the_control_endpoint():
    async with a_client() as client, client.user_stream() as events:
        fault = {"endpoint": PLACE, "kind": "server_error", "accepts": True, "times": 1}
        assert (await client.control("POST", "faults", **fault)).status == 200
        assert (await client.order(newClientOrderId="really")).status == 503
        seen = (await client.control("GET", "requests")).body[-1]
        assert (seen["endpoint"], seen["accepted"]) == (PLACE, True)
        assert seen["parameters"]["newClientOrderId"] == "really"
        account = (await client.control("GET", "accounts")).body["demo-api-key"]
        assert account["orders"][0]["clientOrderId"] == "really"
        assert account["trades"] == []
        await client.control("POST", "stream", action="delay", times=1)
        await client.control("POST", "deposit", account="demo-api-key", asset="BTC", amount="1")
        await client.control("POST", "release")
        assert (await events.event("balanceUpdate"))["d"] == "1.00000000"
        await client.control("POST", "market", symbol="BTCUSDT", price="47600")
        assert (await events.event("executionReport"))["X"] == "FILLED"
        await client.control("POST", "market")
        await client.control("POST", "stream", action="silent")
        await client.control("POST", "stream", action="speak")
        await client.control("DELETE", "faults")
        assert (await client.control("POST", "stream", action="cut")).body == {"cut": 1}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"kind": "drop"}),
        ("faults", {"endpoint": PLACE, "kind": "x"}),
        ("stream", {"action": "x"}),
        ("market", {"symbol": "BTCUSDT", "price": "x"}),
        ("market", {"symbol": "XXX", "price": "1"}),
        ("deposit", {"account": "x", "asset": "BTC", "amount": "1"}),
    ],
)
async def test_a_wrong_control_request_is_told_so(path: str, body: dict[str, Any]):
    async with a_client() as client:
        assert (await client.control("POST", path, **body)).status == 400
