"""The TLS handshake of one connection, before any FIX is read from it.

The connection is counted before its handshake, not after it as asyncio's own TLS server would have
it: a stranger who never finishes one takes a place like everybody else, and for as long.

Here: TlsGate. Not here: which certificates are trusted (certificates), FIX (connection).
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final, cast

from fixgate.adapters.fix.certificates import client_certificate
from fixgate.adapters.fix.connection import Connection, Doorkeeper

_FORGET: Final = "the TLS handshake was not finished"


class TlsGate(asyncio.Protocol):
    """Takes the bytes of a new connection until it is a Connection's.

    context: what holds for handshakes that begin now.
    """

    def __init__(self, door: Doorkeeper, context: Callable[[], ssl.SSLContext]) -> None:
        self._door = door
        self._context = context
        self._connection = Connection(door)
        self._early: list[bytes] = []  # what came with the end of the handshake
        self._handshake: asyncio.Task[None] | None = None

    def connection_made(self, connected: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", connected)
        if not self._connection.accepted(transport):
            return
        transport.pause_reading()
        self._handshake = asyncio.ensure_future(self._shake_hands(transport))

    def data_received(self, data: bytes) -> None:
        self._early.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connection.connection_lost(exc)

    async def _shake_hands(self, transport: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        limit_s = self._door.limits.logon_timeout_s
        connection = self._connection
        try:
            secured = await loop.start_tls(
                transport,
                self,
                self._context(),
                server_side=True,
                ssl_handshake_timeout=limit_s,
                ssl_shutdown_timeout=self._door.limits.close_timeout_s,
            )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            why = str(error) or "in time"
            connection.turned_away(f"{_FORGET}: {why}")
            transport.abort()
            connection.connection_lost(None)
            return
        if secured is None:
            connection.connection_lost(None)
            return
        try:
            found = secured.get_extra_info("ssl_object").getpeercert(binary_form=True)
            connection.certificate = client_certificate(found) if found else None
        except ValueError as error:
            connection.secured(secured)
            connection.turned_away(f"the client's certificate cannot be read: {error}")
            return
        secured.set_protocol(connection)
        connection.secured(secured)
        for data in self._early:
            connection.data_received(data)
