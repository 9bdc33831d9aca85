"""A real FixServer on a real port, an echo gateway behind it, and raw clients in front of it.

Here: EchoGateway, RawClient. Not here: messages (unit.adapters.fix.messages), assertions.
Everything waits for what it needs, with a generous limit, and never for a time to pass.
"""

import asyncio
import socket
import ssl
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Self

from fakes.edges import FakeSent
from fixgate.adapters.fix.certificates import TlsFiles
from fixgate.adapters.fix.config import DoorLimits, SessionConfig, SessionStart
from fixgate.adapters.fix.framing import Frame, Framer
from fixgate.adapters.fix.server import FixServer
from fixgate.application.ports.fix import (
    FixDelivered,
    FixNoted,
    Handling,
    SessionChanged,
)
from fixgate.domain.ids import SessionName
from unit.adapters.fix.messages import FIX_SPECS, SystemClock, logon, order, parsed, report

LIMIT_S = 20.0
COMMIT_S = 0.002
Said = FixDelivered | FixNoted | SessionChanged
_NUMBERS = count(1)


def a_name() -> str:
    """A CompID that no other test has: the engine's registry is one for the process."""
    return f"DOOR{next(_NUMBERS)}"


class EchoGateway:
    """Answers each NewOrderSingle with one report, whose commit takes a moment."""

    def __init__(
        self,
        folder: Path,
        sessions: Sequence[SessionConfig],
        *,
        starts: dict[SessionName, SessionStart] | None = None,
        limits: DoorLimits | None = None,
        after: "EchoGateway | None" = None,
        tls: TlsFiles | None = None,
    ) -> None:
        self._tls = tls
        self.said: list[Said] = []
        self.refused: list[dict[SessionName, int]] = []
        self.remembers = True
        self.holding = False  # True: commits are not durable until ``commit_all``
        self.has_room = True
        self.clients: list[RawClient] = []
        self.unhandled: list[dict[str, object]] = []
        self._delivered: dict[str, list[int]] = defaultdict(list)
        self._connected: dict[str, bool] = defaultdict(bool)
        self._changed = asyncio.Condition()
        self._waiting: deque[tuple[SessionName, int, str]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent = FakeSent() if after is None else after.sent
        self.server = FixServer(
            sessions,
            dictionaries=FIX_SPECS,
            data=folder,
            deliver=self._deliver,
            room=lambda: self.has_room,
            clock=SystemClock(),
            remember_refused=self._remember,
            sent=self.sent,
            fence=1,
            limits=limits,
            starts=starts or {},
        )

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: self.unhandled.append(context)
        )
        await self.server.start("127.0.0.1", 0)
        if self._tls is not None:
            await self.server.start_tls("127.0.0.1", 0, self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self.clients:
            await client.end()
        self.commit_all()
        await self.server.stop("the test is over")
        self.server.close()
        await asyncio.gather(*self._tasks)
        assert self.unhandled == []

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds of what was said."""
        async with asyncio.timeout(LIMIT_S), self._changed:
            await self._changed.wait_for(holds)

    async def until_noted(self, holds: Callable[[FixNoted], bool]) -> FixNoted:
        """Wait for a note; the first that fits."""
        found: list[FixNoted] = []

        def seen() -> bool:
            found[:] = [e for e in self.said if isinstance(e, FixNoted) and holds(e)]
            return bool(found)

        await self.until(seen)
        return found[0]

    async def until_refused(self) -> str:
        """Wait until a connection was turned away; why."""
        note = await self.until_noted(lambda n: n.message.handling is Handling.REFUSED)
        return note.message.reason or ""

    def delivered(self, name: str) -> list[int]:
        """The numbers of what was delivered of one session."""
        return self._delivered[name]

    def garbled(self) -> int:
        """How many notes of garbled messages there are."""
        return sum(
            isinstance(e, FixNoted) and e.message.handling is Handling.GARBLED for e in self.said
        )

    def is_connected(self, name: str) -> bool:
        """What the last change said."""
        return self._connected[name]

    def commit_all(self) -> None:
        """Everything that waits is durable now."""
        while self._waiting:
            self._release(*self._waiting.popleft())

    def _deliver(self, said: Said) -> None:
        self.said.append(said)
        if isinstance(said, SessionChanged):
            self._connected[said.session] = said.connected
        if isinstance(said, FixDelivered):
            self._delivered[said.session].append(said.message.msg_seq_num)
        if isinstance(said, FixDelivered) and said.message.msg_type == "D":
            number = self.server.reserve(said.session, 1)
            assert number is not None
            self._waiting.append((said.session, number, report(number, client=said.session)))
            if not self.holding:
                asyncio.get_running_loop().call_later(COMMIT_S, self._commit_one)
        task = asyncio.ensure_future(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _commit_one(self) -> None:
        if self._waiting:
            self._release(*self._waiting.popleft())

    def _release(self, name: SessionName, number: int, text: str) -> None:
        self.sent.keep(name, [(number, text)])
        self.server.release(name, [(number, text)])

    def _remember(self, refused: dict[SessionName, int]) -> bool:
        self.refused.append(refused)
        return self.remembers

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


class RawClient:
    """A client that sends bytes and reads messages."""

    def __init__(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.name = name
        self.seq = 1
        self._reader = reader
        self._writer = writer
        self._framer = Framer(bytes_max=1 << 24)
        self._found: deque[dict[str, str]] = deque()

    @classmethod
    async def connect(
        cls, gateway: EchoGateway, name: str, tls: ssl.SSLContext | None = None
    ) -> "RawClient":
        """A connection that has said nothing yet."""
        sock = socket.socket()
        # Small, so that a client that does not read is soon noticed; set before the connection is
        # made, since a smaller one later would also stop what the client sends.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        port = gateway.server.port if tls is None else gateway.server.tls_port
        await loop.sock_connect(sock, ("127.0.0.1", port))
        host = None if tls is None else "localhost"
        reader, writer = await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=host)
        client = cls(name, reader, writer)
        gateway.clients.append(client)
        return client

    @classmethod
    async def log_on(
        cls,
        gateway: EchoGateway,
        name: str,
        *,
        seq: int = 1,
        body: str = "98=0|108=30",
        tls: ssl.SSLContext | None = None,
    ) -> "RawClient":
        """A connection that has logged on and read the answer."""
        client = await cls.connect(gateway, name, tls)
        client.seq = seq
        client.send(logon(seq, body, client=name))
        client.seq += 1
        answer = await client.receive()
        assert answer["35"] == "A", answer
        return client

    def send(self, *messages: bytes) -> None:
        """Write; the messages carry their own numbers."""
        self._writer.write(b"".join(messages))

    def order(self, cl_ord_id: str = "X") -> None:
        """One NewOrderSingle under the next number."""
        self.send(order(self.seq, cl_ord_id, client=self.name))
        self.seq += 1

    async def trade(self) -> dict[str, str]:
        """One order, and its report."""
        self.order()
        answer = await self.receive()
        assert answer["35"] == "8", answer
        return answer

    async def receive(self) -> dict[str, str]:
        """The next message. Raises ConnectionError when the other side has closed."""
        async with asyncio.timeout(LIMIT_S):
            while not self._found:
                data = await self._reader.read(1 << 16)
                if not data:
                    raise ConnectionError("closed by the gateway")
                for each in self._framer.feed(data):
                    assert isinstance(each, Frame), each
                    self._found.extend(parsed([each.raw.decode()]))
        return self._found.popleft()

    async def receive_until(self, msg_type: str) -> dict[str, str]:
        """Skip to the next message of a type."""
        while (found := await self.receive())["35"] != msg_type:
            pass
        return found

    async def closed(self) -> list[dict[str, str]]:
        """Wait until the gateway closes; what it said before."""
        said = []
        try:
            while True:
                said.append(await self.receive())
        except ConnectionError:
            return said

    def hang_up(self) -> None:
        """Close without a word."""
        self._writer.close()

    def abort(self) -> None:
        """Reset the connection."""
        self._writer.transport.abort()

    async def end(self) -> None:
        """Let the socket go."""
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()

    def stop_reading(self) -> None:
        """Take nothing more; what the kernel keeps for us fills up."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined] # a socket's transport


def has_come(gateway: EchoGateway, name: str, count: int) -> bool:
    """Whether so many messages were delivered, or the client is gone."""
    return len(gateway.delivered(name)) >= count or not gateway.is_connected(name)
