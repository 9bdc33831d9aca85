"""Connections between clients and the gateway.

Here: Wire, on which messages take time, keep their order, and are lost when it is cut.
Not here: what they say.
"""

from collections.abc import Callable
from typing import Protocol

from simulation.world import World


class End(Protocol):
    """Who is at one end."""

    def came(self, message: tuple) -> None: ...

    def gone(self) -> None: ...


class Wire:
    """One TCP connection, seen from both ends."""

    def __init__(self, world: World, client: End, server: Callable[[tuple], None]) -> None:
        self._world = world
        self._client = client
        self._server = server
        self._on_server_gone: Callable[[], None] = lambda: None
        self._client_cut = self._server_cut = False
        self._up_ns = self._down_ns = 0

    def on_server_gone(self, tell: Callable[[], None]) -> None:
        """Who is told at the gateway's end when it is cut."""
        self._on_server_gone = tell

    def to_client(self, message: tuple) -> None:
        """From the gateway; nothing arrives after the cut."""
        self._down_ns = self._when(self._down_ns)
        self._world.at(self._down_ns, lambda: self._arrive_client(message))

    def to_server(self, message: tuple) -> None:
        """From the client."""
        self._up_ns = self._when(self._up_ns)
        self._world.at(self._up_ns, lambda: self._arrive_server(message))

    def cut(self, *, half_open_s: float = 0.0) -> None:
        """It breaks. The ends learn of it at different times; what is on the way is lost."""
        self._world.after(self._world.random.uniform(0, 0.05), self._client_gone)
        delay_s = half_open_s or self._world.random.uniform(0, 0.05)
        self._world.after(delay_s, self._server_gone)

    def _when(self, not_before_ns: int) -> int:
        travels_ns = int(self._world.random.uniform(0.0001, 0.02) * 1e9)
        return max(not_before_ns, self._world.now_ns + travels_ns)

    def _arrive_client(self, message: tuple) -> None:
        if not self._client_cut:
            self._client.came(message)

    def _arrive_server(self, message: tuple) -> None:
        if not self._server_cut:
            self._server(message)

    def _client_gone(self) -> None:
        if not self._client_cut:
            self._client_cut = True
            self._client.gone()

    def _server_gone(self) -> None:
        if not self._server_cut:
            self._server_cut = True
            self._on_server_gone()
