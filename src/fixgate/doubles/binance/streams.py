"""WebSocket connections: who hears what, and what goes wrong with it.

Here: StreamClient (one connection, with a bounded queue), StreamFaults, and Hub, which
passes events on.
Not here: what clients ask for (market_ws, ws_api), what the events say.
"""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Any, Final

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

_PING_EVERY_S: Final = 20.0
_PONG_MAX_S: Final = 60.0
_FAULTS_MAX: Final = 10_000
MESSAGE_BYTES_MAX: Final = 64 * 1024


def to_text(message: Any) -> str:
    """JSON without spaces."""
    return json.dumps(message, separators=(",", ":"))


@unique
class StreamFault(Enum):
    """What happens to one message of a stream."""

    LOSE = "lose"
    REPEAT = "repeat"
    DELAY = "delay"  # kept back until the release, then sent in order


@dataclass(slots=True)
class StreamFaults:
    """The script of the user data stream, or of the books: each message takes the next fault."""

    silent: bool = False  # sockets stay open; nothing leaves, not even a pong
    _script: deque[StreamFault] = field(default_factory=deque)
    _kept_back: deque[tuple[str, dict[str, Any]]] = field(default_factory=deque)

    def add(self, fault: StreamFault, *, times: int = 1) -> None:
        """The next ``times`` messages suffer this. Raises ValueError if too many."""
        if not 0 < times <= _FAULTS_MAX - len(self._script):
            raise ValueError(f"between 1 and {_FAULTS_MAX} faults can wait")
        self._script.extend([fault] * times)

    def copies(self, whose: str, event: dict[str, Any]) -> int:
        """How often this message is sent now."""
        if not self._script:
            return 1
        match self._script.popleft():
            case StreamFault.LOSE:
                return 0
            case StreamFault.REPEAT:
                return 2
            case StreamFault.DELAY:
                self._kept_back.append((whose, event))
                return 0

    def take_kept_back(self) -> list[tuple[str, dict[str, Any]]]:
        """The messages kept back so far, oldest first."""
        kept = list(self._kept_back)
        self._kept_back.clear()
        return kept

    def clear(self) -> None:
        """Behave again. What was kept back is lost."""
        self.silent = False
        self._script.clear()
        self._kept_back.clear()


class StreamClient:
    """One WebSocket connection. A client that does not read is cut off when its queue is full."""

    def __init__(
        self,
        request: web.Request,
        faults: StreamFaults,
        market_faults: StreamFaults,
        *,
        queue_max: int,
        combined: bool = False,
    ) -> None:
        self.socket = web.WebSocketResponse(
            autoping=False, compress=False, max_msg_size=MESSAGE_BYTES_MAX
        )
        self.streams: set[str] = set()
        self.accounts: dict[int, str] = {}  # subscription id of the WebSocket API: account
        self.listen_account: str | None = None
        self.logged_on: str | None = None
        self._request = request
        self._faults = faults
        self._market_faults = market_faults
        self._combined = combined
        self._queue: asyncio.Queue[str] = asyncio.Queue(queue_max)
        self._subscription_count = 0
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()

    def subscribe_account(self, account: str) -> int:
        """Subscribe to an account's events in the way of the WebSocket API."""
        number = self._subscription_count
        self._subscription_count += 1
        self.accounts[number] = account
        return number

    def offer(self, message: Any) -> None:
        """Send when the client is ready to take it."""
        if self._is_silent():
            return
        try:
            self._queue.put_nowait(message if isinstance(message, str) else to_text(message))
        except asyncio.QueueFull:
            self.abort()

    def offer_stream(self, stream: str, event: dict[str, Any]) -> None:
        """Send a market event, wrapped if the client asked for combined streams."""
        if stream in self.streams:
            self.offer({"stream": stream, "data": event} if self._combined else event)

    def offer_account(self, account: str, event: dict[str, Any]) -> None:
        """Send an event of an account if this client listens to it."""
        for number, name in self.accounts.items():
            if name == account:
                self.offer({"subscriptionId": number, "event": event})
        if self.listen_account == account:
            self.offer(event)

    def hears_accounts(self) -> bool:
        """Whether this is a user data stream."""
        return bool(self.accounts) or self.listen_account is not None

    def abort(self) -> None:
        """Cut the connection without a goodbye."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def run(self, on_text: Any) -> None:
        """Serve the connection until it ends. ``on_text(text)`` is awaited for each message."""
        writer = asyncio.create_task(self._write())
        try:
            while True:
                message = await self.socket.receive()
                self._heard_at = self._loop.time()
                if message.type is WSMsgType.TEXT:
                    await on_text(message.data)
                elif not await self._control(message):
                    break
        finally:
            writer.cancel()
            await asyncio.wait([writer], timeout=1)

    async def close(self) -> None:
        """Say goodbye, but do not wait long for an answer."""
        try:
            async with asyncio.timeout(0.5):
                await self.socket.close(code=WSCloseCode.GOING_AWAY)
        except TimeoutError:
            self.abort()

    async def _control(self, message: WSMessage) -> bool:
        """Whether the connection goes on."""
        if message.type is WSMsgType.PING:
            if not self._is_silent():
                await self.socket.pong(message.data)
            return True
        return message.type is WSMsgType.PONG

    async def _write(self) -> None:
        try:
            while True:
                try:
                    async with asyncio.timeout(_PING_EVERY_S):
                        text = await self._queue.get()
                except TimeoutError:
                    await self._ping()
                else:
                    await self.socket.send_str(text)
        except (ConnectionError, RuntimeError):
            self.abort()  # the client has gone; the reader sees it too

    async def _ping(self) -> None:
        if self._loop.time() - self._heard_at > _PONG_MAX_S:
            self.abort()
        elif not self._is_silent():
            await self.socket.ping()

    def _is_silent(self) -> bool:
        if self.streams and self._market_faults.silent:
            return True
        return self._faults.silent and self.hears_accounts()


class Hub:
    """All connections. It is the audience of the exchange."""

    def __init__(self, *, clients_max: int, queue_max: int) -> None:
        self.faults = StreamFaults()
        self.market_faults = StreamFaults()
        self._clients: set[StreamClient] = set()
        self._clients_max = clients_max
        self._queue_max = queue_max

    async def connect(self, request: web.Request, *, combined: bool = False) -> StreamClient:
        """Take a connection in. Raises HTTPServiceUnavailable when there are too many."""
        if len(self._clients) >= self._clients_max:
            raise web.HTTPServiceUnavailable
        client = StreamClient(
            request,
            self.faults,
            self.market_faults,
            queue_max=self._queue_max,
            combined=combined,
        )
        await client.socket.prepare(request)
        self._clients.add(client)
        return client

    def forget(self, client: StreamClient) -> None:
        """A connection has ended."""
        self._clients.discard(client)

    def user_event(self, account: str, event: dict[str, Any]) -> None:
        """Pass an event of an account on, as far as the faults let it."""
        for _ in range(self.faults.copies(account, event)):
            self._send(account, event)

    def trade(self, symbol: str, event: dict[str, Any]) -> None:
        """Pass a trade on."""
        self.market_event(f"{symbol.lower()}@trade", event)

    def market_event(self, stream: str, event: dict[str, Any]) -> None:
        """Pass an event of a public stream on; those of books as far as the faults let them."""
        heard = [each for each in self._clients if stream in each.streams]
        if not heard:
            return
        faulty = "@depth" in stream
        for _ in range(self.market_faults.copies(stream, event) if faulty else 1):
            for client in heard:
                client.offer_stream(stream, event)

    def rubbish(self, text: str, *, to_market: bool) -> None:
        """Send a text that is no event to all who listen to the market, or to an account."""
        for client in tuple(self._clients):
            if client.streams if to_market else client.hears_accounts():
                client.offer(text)

    def release(self) -> None:
        """Send the events that were kept back."""
        for account, event in self.faults.take_kept_back():
            self._send(account, event)
        for stream, event in self.market_faults.take_kept_back():
            for client in tuple(self._clients):
                client.offer_stream(stream, event)

    def cut(self) -> int:
        """Cut all user data stream connections. Returns how many."""
        return self._abort([each for each in self._clients if each.hears_accounts()])

    def cut_market(self) -> int:
        """Cut all connections that listen to the market. Returns how many."""
        return self._abort([each for each in self._clients if each.streams])

    @staticmethod
    def _abort(clients: list[StreamClient]) -> int:
        for client in clients:
            client.abort()
        return len(clients)

    def user_stream_count(self) -> int:
        """How many connections listen to an account."""
        return sum(each.hears_accounts() for each in self._clients)

    async def close(self) -> None:
        """End all connections."""
        if self._clients:
            await asyncio.wait([asyncio.create_task(each.close()) for each in self._clients])

    def _send(self, account: str, event: dict[str, Any]) -> None:
        for client in tuple(self._clients):
            client.offer_account(account, event)
