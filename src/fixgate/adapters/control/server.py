"""The listening end of the control socket.

Here: ControlServer. It believes nothing: the peer's account is asked of the kernel, a line has a
length limit, connections are counted, a silent one is closed, and a verb that fails is answered.
Not here: what verbs do.
"""

import asyncio
import os
import pwd
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from fixgate.adapters.control.address import bind
from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import (
    ANSWER_BYTES_MAX,
    REQUEST_BYTES_MAX,
    Misused,
    Refused,
    done,
    read_call,
    refused,
)

CONNECTIONS_MAX: Final = 16
_IDLE_S: Final = 60.0
_UCRED: Final = struct.Struct("3i")  # pid, uid, gid
log = structlog.get_logger("fixgate.control")


class ControlServer:
    """Answers one request after the other on each connection."""

    def __init__(
        self,
        path: Path,
        verbs: Verbs,
        *,
        connections_max: int = CONNECTIONS_MAX,
        idle_s: float = _IDLE_S,
    ) -> None:
        self._path = path
        self._verbs = verbs
        self._connections_max = connections_max
        self._idle_s = idle_s
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the socket cannot be made.
        """
        self._server = await asyncio.start_unix_server(
            self._connected, sock=bind(self._path), limit=REQUEST_BYTES_MAX
        )

    async def stop(self) -> None:
        """Close every connection and remove the socket."""
        if self._server is None:
            return
        self._server.close()
        for each in list(self._connections):
            each.cancel()
        if self._connections:
            await asyncio.wait(self._connections)
        self._path.unlink(missing_ok=True)
        self._server = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # it went away, or said nothing for too long
        finally:
            if task is not None:
                self._connections.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        user, allowed = _peer(writer.get_extra_info("socket"))
        if not allowed:
            log.warning("control", text=f"user {user} was turned away")
            await self._say(writer, refused("not your gateway", usage=False))
            return
        if len(self._connections) > self._connections_max:
            await self._say(writer, refused("too many connections; try again", usage=False))
            return
        while True:
            try:
                async with asyncio.timeout(self._idle_s):
                    line = await reader.readuntil(b"\n")
            except asyncio.LimitOverrunError:
                text = f"a request has at most {REQUEST_BYTES_MAX} bytes"
                await self._say(writer, refused(text, usage=True))
                return
            await self._say(writer, await self._answer(line, user))

    async def _say(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        writer.write(answer)
        async with asyncio.timeout(self._idle_s):
            await writer.drain()

    async def _answer(self, line: bytes, user: str) -> bytes:
        try:
            call = read_call(line, user)
            answer = done(await self._verbs.carry_out(call))
        except Misused as error:
            return refused(str(error), usage=True)
        except Refused as error:
            return refused(str(error), usage=False)
        except Exception as error:
            # A verb that fails is our bug; it must not take the gateway's orders with it.
            log.exception("control", text="a verb failed")
            return refused(f"internal error: {type(error).__name__}: {error}", usage=False)
        if len(answer) > ANSWER_BYTES_MAX:
            return refused("the answer is too long; ask for less", usage=False)
        return answer


def _peer(connection: socket.socket) -> tuple[str, bool]:
    """The account at the other end, and whether it may talk to us: our own, or root."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(raw)
    user = str(uid)
    with suppress(KeyError):
        user = pwd.getpwuid(uid).pw_name
    return user, uid in (os.geteuid(), 0)
