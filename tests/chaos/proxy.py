"""A TCP proxy that can be cut, frozen, and closed: the network between gateway and venue.

Here: Proxy. Not here: when (faults).
"""

import asyncio
from contextlib import suppress
from errno import EADDRINUSE
from typing import Final

_PIECE: Final = 1 << 16
_OPEN_S: Final = 60
_AGAIN_S: Final = 0.05


class Proxy:
    """Listens on a port of its own and passes bytes on, both ways."""

    def __init__(self, to_port: int) -> None:
        self.port = 0
        self._to_port = to_port
        self._server: asyncio.Server | None = None
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen; always on the same port.

        Whoever tries to connect while it is closed may be given that port for its own end, and is
        then connected to itself until it finds nobody there.
        """
        async with asyncio.timeout(_OPEN_S):
            while self._server is None:
                try:
                    self._server = await asyncio.start_server(
                        self._connected, "127.0.0.1", self.port
                    )
                except OSError as error:
                    if error.errno != EADDRINUSE:
                        raise
                    await asyncio.sleep(_AGAIN_S)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Nobody gets in any more, and whoever is there is cut off."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    async def end(self) -> None:
        """For good."""
        await self.close()
        self.thaw()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection without a goodbye."""
        for each in self._writers:
            each.transport.abort()

    def freeze(self) -> None:
        """Connections stay open, and nothing moves on them."""
        self._thawed.clear()

    def thaw(self) -> None:
        """Everything that waited moves on."""
        self._thawed.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers.add(back)
        for each in (self._pass_on(reader, back), self._pass_on(there, writer)):
            task = asyncio.ensure_future(each)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_PIECE):
                await self._thawed.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
        self._writers.discard(writer)
