"""A small Binance client over aiohttp, which signs by hand."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from fixgate.doubles.binance import DEMO_API_KEY, DEMO_SECRET, BinanceDouble
from fixgate.doubles.binance.auth import sign

LIMIT_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer; ``body`` is JSON if it is any, else text."""

    status: int
    headers: Any
    body: Any

    @property
    def code(self) -> int:
        return int(self.body["code"])


class Socket:
    """A WebSocket with a limit on every wait."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def ask(self, method: str, params: Any = None, number: Any = 1) -> Any:
        """Send a request and take messages until its answer comes."""
        await self.socket.send_json({"id": number, "method": method, "params": params or {}})
        while True:
            message = await self.next()
            if message.get("id") == number:
                return message

    async def next(self) -> Any:
        async with asyncio.timeout(LIMIT_S):
            return json.loads(await self.socket.receive_str())

    async def event(self, kind: str) -> Any:
        """The next user event of a kind, whichever way it is wrapped."""
        while True:
            message = await self.next()
            event = message.get("event", message)
            if event.get("e") == kind:
                return event

    async def ended(self) -> bool:
        """Take what is left until the connection ends."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                kind = (await self.socket.receive()).type
                if kind in (
                    aiohttp.WSMsgType.CLOSE,
                    aiohttp.WSMsgType.CLOSED,
                    aiohttp.WSMsgType.CLOSING,
                    aiohttp.WSMsgType.ERROR,
                ):
                    return True


class BinanceClient:
    """Signed and unsigned calls to a double."""

    def __init__(self, double: BinanceDouble, session: aiohttp.ClientSession) -> None:
        self.double = double
        self.session = session

    def now_ms(self) -> int:
        return self.double.exchange.now_ms()

    async def call(
        self, method: str, path: str, query: str = "", api_key: str | None = DEMO_API_KEY
    ) -> Answer:
        headers = {} if api_key is None else {"X-MBX-APIKEY": api_key}
        url = f"{self.double.url}{path}?{query}"
        async with self.session.request(method, url, headers=headers) as response:
            text = await response.text()
            try:
                body = json.loads(text)
            except ValueError:
                body = text
            return Answer(status=response.status, headers=response.headers, body=body)

    async def signed(self, method: str, path: str, **params: Any) -> Answer:
        query = urlencode({"timestamp": self.now_ms(), "recvWindow": 5_000} | params)
        return await self.call(
            method, f"/api/v3/{path}", f"{query}&signature={sign(DEMO_SECRET, query)}"
        )

    async def order(self, **params: Any) -> Answer:
        """A limit order that rests, unless told otherwise; None takes a parameter away."""
        values: dict[str, Any] = {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.5",
            "price": "48000",
            "newOrderRespType": "FULL",
        } | params
        wanted = {name: value for name, value in values.items() if value is not None}
        return await self.signed("POST", "order", **wanted)

    async def market(self, **params: Any) -> Answer:
        values: dict[str, Any] = {"type": "MARKET", "timeInForce": None, "price": None}
        return await self.order(**(values | params))

    async def control(self, method: str, path: str, **body: Any) -> Answer:
        url = f"{self.double.url}/__control/{path}"
        async with self.session.request(method, url, json=body) as response:
            return Answer(
                status=response.status, headers=response.headers, body=await response.json()
            )

    def ws_params(self, **params: Any) -> dict[str, Any]:
        """Signed parameters for the WebSocket API."""
        values = {"apiKey": DEMO_API_KEY, "timestamp": self.now_ms()} | params
        payload = "&".join(f"{name}={values[name]}" for name in sorted(values))
        return values | {"signature": sign(DEMO_SECRET, payload)}

    @asynccontextmanager
    async def socket(self, path: str, **options: Any) -> AsyncIterator[Socket]:
        url = self.double.url.replace("http", "ws") + path
        async with self.session.ws_connect(url, **options) as socket:
            yield Socket(socket)

    @asynccontextmanager
    async def user_stream(self) -> AsyncIterator[Socket]:
        async with self.socket("/ws-api/v3") as socket:
            await socket.ask("userDataStream.subscribe.signature", self.ws_params())
            yield socket


@asynccontextmanager
async def a_client(**options: Any) -> AsyncIterator[BinanceClient]:
    """A double that moves only when told to, and a client of it."""
    async with (
        BinanceDouble(**({"step_s": None} | options)) as double,
        aiohttp.ClientSession() as session,
    ):
        yield BinanceClient(double, session)
