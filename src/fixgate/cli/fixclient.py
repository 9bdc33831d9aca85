"""A FIX client on an asyncio socket.

Here: FixClient, which connects, logs on, keeps the session alive and hands over application
messages; Refused and Ended, which say why it cannot.
Not here: the session's rules (fixsession), what is kept (fixstore).
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from fixgate.cli.fixsession import FixSession, Identity
from fixgate.cli.fixstore import ClientStore
from fixgate.cli.fixtext import Fields, Message, NotFix, Stream

_READ_BYTES: Final = 65_536
_INBOX_MAX: Final = 100_000  # messages not yet taken; beyond it the socket is not read
_TICK_S: Final = 0.5
_LOGOUT_WAIT_S: Final = 5.0
_CATCH_UP_S: Final = 5.0


class Refused(Exception):  # noqa: N818 - it names a fact, as the message does
    """No session came about; the message says why and what to do."""


class Ended(Exception):  # noqa: N818 - the same
    """The session is over; the message says why."""


class FixClient:
    """One logged-on session. Made by ``connect``, closed by ``close`` or ``async with``."""

    def __init__(self, session: FixSession, reader: StreamReader, writer: StreamWriter) -> None:
        self._session = session
        self._reader = reader
        self._writer = writer
        self._inbox: asyncio.Queue[Message | None] = asyncio.Queue(_INBOX_MAX)
        self._logged_on = asyncio.Event()
        self._caught_up = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.on_received: Callable[[Message, float], None] = _ignore

    @classmethod
    async def connect(
        cls,
        identity: Identity,
        store: ClientStore,
        address: tuple[str, int],
        *,
        now_ns: Callable[[], int],
        timeout_s: float = 10.0,
    ) -> Self:
        """Connect, log on, and get what was missed, as far as it comes in time.

        Raises:
            Refused: it did not come to a session within ``timeout_s``.
        """
        host, port = address
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError) as problem:
            raise Refused(
                f"cannot connect to {host}:{port} ({_reason(problem)}). "
                "Is the gateway running? Start it with: make run"
            ) from None
        client = cls(FixSession(identity, store, now_ns), reader, writer)
        try:
            async with asyncio.timeout(timeout_s):
                await client._log_on()
        except TimeoutError:
            await client.close()
            raise Refused(
                f"{host}:{port} took the connection and did not answer the Logon "
                f"within {timeout_s:g} seconds"
            ) from None
        if not client._session.logged_on:
            await client.close()
            raise Refused(_why_not(client._session, identity))
        with suppress(TimeoutError):
            async with asyncio.timeout(_CATCH_UP_S):
                await client._caught_up.wait()
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def ended(self) -> str | None:
        """Why the session is over; None while it is not."""
        return self._session.ended

    def send(self, msg_type: str, fields: Fields) -> Message:
        """Send an application message; the message as it is on the wire.

        Raises:
            Ended: the session is over.
        """
        if self._session.ended is not None:
            raise Ended(self._session.ended)
        message = self._session.send(msg_type, fields)
        self._flush()
        return message

    async def drained(self) -> None:
        """Wait until the gateway has taken most of what was sent."""
        with suppress(OSError):
            await self._writer.drain()
        await asyncio.sleep(0)  # what came meanwhile has its turn, even if nothing had to wait

    async def next(self) -> Message:
        """The next application message, Reject (3) among them, in order.

        Raises:
            Ended: the session is over, and there are no more.
        """
        message = await self._inbox.get()
        if message is None:
            self._inbox.put_nowait(None)  # for whoever asks next
            raise Ended(self._session.ended or "the gateway closed the connection")
        return message

    async def close(self) -> None:
        """Log out and close the connection."""
        session = self._session
        if session.logged_on and session.ended is None and self._tasks:
            session.log_out()
            self._flush()
            await asyncio.wait(self._tasks[:1], timeout=_LOGOUT_WAIT_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._writer.close()
        try:
            async with asyncio.timeout(_LOGOUT_WAIT_S):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            return  # the peer was quicker

    async def _log_on(self) -> None:
        self._session.log_on(_steady_s())
        self._flush()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._tick())]
        await self._logged_on.wait()

    async def _read(self) -> None:
        stream = Stream()
        try:
            while self._session.ended is None:
                received = await self._reader.read(_READ_BYTES)
                if not received:
                    break
                at_s = _steady_s()
                for message in stream.feed(received):
                    self.on_received(message, at_s)
                    await self._take(list(self._session.receive(message, at_s)))
                self._flush()
        except (OSError, NotFix) as problem:
            self._session.ended = self._session.ended or f"the connection broke: {problem}"
        finally:
            self._session.ended = self._session.ended or "the gateway closed the connection"
            self._logged_on.set()
            self._caught_up.set()
            await self._inbox.put(None)

    async def _take(self, messages: Sequence[Message]) -> None:
        if self._session.logged_on:
            self._logged_on.set()
        for message in messages:
            if self._inbox.full():
                self._flush()
            await self._inbox.put(message)
        if self._session.logged_on and not self._session.is_behind:
            self._caught_up.set()

    async def _tick(self) -> None:
        while self._session.ended is None:
            await asyncio.sleep(_TICK_S)
            self._session.tick(_steady_s())
            self._flush()
        self._writer.close()  # wakes the reader

    def _flush(self) -> None:
        output, self._session.output = self._session.output, []
        if output and not self._writer.is_closing():
            self._writer.write(b"".join(each.text.encode("latin-1") for each in output))


def _ignore(_message: Message, _at_s: float) -> None:
    """Nobody wants to know when bytes arrive."""


def _steady_s() -> float:
    return asyncio.get_running_loop().time()


def _reason(problem: BaseException) -> str:
    if isinstance(problem, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(problem, TimeoutError):
        return "no answer"
    return str(problem)


def _why_not(session: FixSession, identity: Identity) -> str:
    why = session.ended or "no Logon came back"
    if why == "the gateway closed the connection":
        return (
            f"the gateway closed the connection without an answer to the Logon of "
            f"{identity.sender_comp_id}. It does so when the session is connected already, is not "
            "among its sessions/*.toml, or has another password; `fixgate log` shows the reason"
        )
    if "too low" in why and "--reset-sequence" not in why:
        why += ". Begin again at 1 with --reset-sequence"
    return why
