"""The port with TLS: accepting, and the handshake of each connection.

A connection is counted before its handshake, not after it as asyncio's own TLS server would have
it: a stranger who never finishes one takes a place like everybody else, and for as long.

Here: TlsListener. Not here: which certificates are trusted (certificates), FIX (connection).
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Final

from fixgate.adapters.fix.connection import Connection, Doorkeeper

_BACKLOG: Final = 128
_AGAIN_S: Final = 0.1  # after accept() failed: no file handle is left, most likely


class TlsListener:
    """Listens, and makes Connections of those whose handshake succeeds.

    context: what holds for handshakes that begin now.
    """

    def __init__(self, door: Doorkeeper, context: Callable[[], ssl.SSLContext]) -> None:
        self._door = door
        self._context = context
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting: list[asyncio.Task[None]] = []

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError if the address cannot be had."""
        loop = asyncio.get_running_loop()
        kind = socket.SOCK_STREAM
        found = await loop.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in sorted(set(found)):
            one = socket.socket(family, kind)
            self._sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)
            one.listen(_BACKLOG)
            one.setblocking(False)
        self._accepting = [asyncio.ensure_future(self._accept(each)) for each in self._sockets]

    @property
    def port(self) -> int:
        """The port listened on."""
        return int(self._sockets[0].getsockname()[1])

    def close(self) -> None:
        """Listen no more; connections stay."""
        for each in self._accepting:
            each.cancel()
        for listener in self._sockets:
            listener.close()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(listener)
            except OSError:
                await asyncio.sleep(_AGAIN_S)
                continue
            self._take(accepted, address)

    def _take(self, accepted: socket.socket, address: tuple[str, int]) -> None:
        connection = Connection(self._door, secure=True)
        connection.address, connection.peer = address[0], f"{address[0]}:{address[1]}"
        if (reason := self._door.admit(connection)) is not None:
            self._door.refuse(connection, reason, None)
            accepted.close()
            return
        task = asyncio.ensure_future(self._shake_hands(connection, accepted))
        connection.handshake = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _shake_hands(self, connection: Connection, accepted: socket.socket) -> None:
        limits = self._door.limits
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection,
                accepted,
                ssl=self._context(),
                ssl_handshake_timeout=limits.logon_timeout_s,
                ssl_shutdown_timeout=limits.close_timeout_s,
            )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            reason = f"the TLS handshake was not finished: {error or 'in time'}"
            self._door.refuse(connection, reason, None)
            self._door.ended(connection)
        except asyncio.CancelledError:
            self._door.ended(connection)
        finally:
            connection.handshake = None
            if not connection.made:
                accepted.close()
