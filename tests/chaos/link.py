"""A simulated client's connection over a real socket, in real FIX.

Here: Link, which turns what tests/simulation's Client says into bytes and back; RealTime, in
which such a client lives.
Not here: what clients do, and what they remember (simulation.client).
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Final

from simulation.client import Client
from simulation.world import BugFound

_SOH: Final = b"\x01"
_TRAILER: Final = 7


class RealTime:
    """The World of a client: the event loop's time, and chance of its own."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)
        self.bugs: list[str] = []

    def after(self, seconds: float, happen: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, self.guarded, happen)

    def guarded(self, happen: Callable[[], None]) -> None:
        """Do it; keep what it found."""
        try:
            happen()
        except BugFound as bug:
            self.bugs.append(str(bug))


def _now() -> str:
    at = datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), UTC)
    return f"{at:%Y%m%d-%H:%M:%S}.{at.microsecond // 1000:03d}"


def _framed(version: str, inside: str) -> bytes:
    raw = inside.replace("|", "\x01").encode()
    text = b"8=%s\x019=%d\x01" % (version.encode(), len(raw)) + raw
    return text + b"10=%03d\x01" % (sum(text) % 256)


class Link:
    """One TCP connection of a client; it connects by itself."""

    def __init__(self, client: Client, world: RealTime, port: int, heart_bt_int_s: int) -> None:
        self._client = client
        self._world = world
        self._port = port
        self._heart_bt_int_s = heart_bt_int_s
        self._writer: asyncio.StreamWriter | None = None
        self._unsent: list[bytes] = []
        self._over = False  # as far as the client knows
        self._task = asyncio.get_running_loop().create_task(self._run())

    def to_server(self, message: tuple) -> None:
        """As the client says it, with the time of now."""
        raw = self._bytes(message)
        if self._writer is None:
            self._unsent.append(raw)
        elif not self._over:
            self._writer.write(raw)

    def cut(self, *, half_open_s: float = 0.0) -> None:
        """The client is gone at once; the gateway sees it after ``half_open_s``."""
        self._end()
        asyncio.get_running_loop().call_later(half_open_s, self._abort)

    async def close(self) -> None:
        """For good; nobody is told."""
        self._over = True
        self._abort()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._writer.write(b"".join(self._unsent))
            self._beat()
            while not self._over:
                raw = await _frame(reader)
                if not self._over:
                    self._world.guarded(lambda raw=raw: self._came(raw))
        except (OSError, asyncio.IncompleteReadError):
            pass  # the connection is over, and the client comes back
        except BugFound as bug:
            self._world.bugs.append(str(bug))
        self._end()

    def _end(self) -> None:
        if not self._over:
            self._over = True
            self._world.guarded(self._client.gone)

    def _abort(self) -> None:
        self._task.cancel()
        if self._writer is not None:
            self._writer.transport.abort()

    def _beat(self) -> None:
        if not self._over:
            self._client.session_layer("heartbeat")
            asyncio.get_running_loop().call_later(self._heart_bt_int_s, self._beat)

    def _came(self, raw: bytes) -> None:
        text = raw.decode("latin-1")
        fields: dict[str, str] = {}
        for each in text.split("\x01")[:-1]:
            tag, _, value = each.partition("=")
            fields.setdefault(tag, value)
        kind, number, again = fields["35"], int(fields["34"]), fields.get("43") == "Y"
        match kind:
            case "A":
                self._client.came(("logon", number))
            case "0":
                self._client.came(("heartbeat", number))
            case "1":
                self._client.came(("test", number))
                self._client.session_layer("heartbeat", fields["112"])
            case "2":
                self._client.came(("resend", number, int(fields["7"])))
            case "4":
                self._client.came(("gap", number, int(fields["36"])))
            case "5":
                self._client.came(("logout", number))
                self._client.session_layer("logout")
            case "8" | "9" | "j" | "B":
                self._client.came(("app", number, text, again))
            case _:
                raise BugFound(f"{self._client.name} got {text!r}")

    def _bytes(self, message: tuple) -> bytes:
        kind, number, *rest = message
        match kind:
            case "logon":
                return self._message("A", number, f"98=0|108={self._heart_bt_int_s}|")
            case "heartbeat":
                return self._message("0", number, f"112={rest[0]}|" if rest else "")
            case "resend":
                return self._message("2", number, f"7={rest[0]}|16=0|")
            case "gap":
                return self._message("4", number, f"36={rest[0]}|123=Y|", again=True)
            case "logout":
                return self._message("5", number, "")
            case "app":
                msg_type, text, again = rest
                body = text[text.index("\x0156=") + 1 : text.rindex("10=")]
                body = body[body.index("\x01") + 1 :].replace(
                    "60=20270115-08:00:00", f"60={_now()}"
                )
                return self._message(msg_type, number, body, again=again)
        raise ValueError(kind)

    def _message(self, msg_type: str, number: int, body: str, *, again: bool = False) -> bytes:
        now = _now()
        mark, original = ("43=Y|", f"122={now}|") if again else ("", "")
        head = f"35={msg_type}|34={number}|49={self._client.name}|{mark}52={now}|56=FIXGATE|"
        return _framed(self._client.version.value, head + original + body)


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """The next message, found as its BodyLength says, and its CheckSum verified."""
    head = await reader.readuntil(_SOH) + await reader.readuntil(_SOH)
    length = int(head[head.index(b"\x019=") + 3 : -1])
    raw = head + await reader.readexactly(length + _TRAILER)
    if raw[-_TRAILER:] != b"10=%03d\x01" % (sum(raw[:-_TRAILER]) % 256):
        raise BugFound(f"a wrong CheckSum: {raw!r}")
    return raw
