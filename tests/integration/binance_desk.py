"""A real gateway with the Binance double behind it, and a client that is logged on.

Here: Desk and a_desk(). Not here: what is tried with them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from contract.binance_world import HOSTS
from contract.local_tls import make_local_tls
from fixgate.doubles.binance import DEMO_API_KEY, DEMO_SECRET, BinanceDouble
from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, Said, a_name

VENUES = """
[[venue]]
kind = "ccxt"
name = "BINANCE"
exchange = "binance"
environment = "testnet"
api_key_env = "BINANCE_API_KEY"
api_secret_env = "BINANCE_API_SECRET"
symbols = ["BTC/USDT"]
redirect_host = "127.0.0.1"
redirect_port = {port}
redirect_ca_file = "{ca_file}"
{more}
"""


class Desk:
    """A gateway, its venue, and one client that is logged on."""

    def __init__(self, gateway: Gateway, double: BinanceDouble, peer: Peer) -> None:
        self.gateway = gateway
        self.double = double
        self.peer = peer

    async def orders(self, name: str) -> None:
        """Send an order that rests at the venue."""
        body = self.peer.order_body(name, _207="BINANCE", _38="0.01", _44="48000")
        await asyncio.to_thread(self.peer.send, "D", body)

    async def until_refused(self) -> tuple[list[str], Said]:
        """Send orders until one is not taken: all their names, and the last answer."""
        names: list[str] = []
        while True:
            names.append(a_name("late"))
            await self.orders(names[-1])
            said = await asyncio.to_thread(
                self.peer.until, lambda each: names[-1] in (each[11], each[379])
            )
            if said[-1][35] == "j":
                return names, said[-1]

    async def until_farewell(self) -> list[Said]:
        """What the client gets up to the Logout, which it answers; then the exit status is 0."""
        said = await asyncio.to_thread(self.peer.until, lambda each: each[35] == "5")
        self.peer.send("5")
        assert await asyncio.to_thread(self.gateway.wait) == 0
        assert self.gateway.errors == []
        return said

    def booked(self) -> dict[str, str]:
        """Status by our id of every order at the venue."""
        (account,) = self.double.exchange.accounts.values()
        return {each.client_order_id: each.to_json()["status"] for each in account.orders(None)}


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@asynccontextmanager
async def a_desk(
    tmp_path: Path, environ: Mapping[str, str], version: str = "FIX.4.4", more: str = ""
) -> AsyncIterator[Desk]:
    """Everything started, with more in the gateway's environment and of its venue; its journal is
    audited.
    """
    tls = make_local_tls(tmp_path, HOSTS)
    async with BinanceDouble(ssl_context=tls.server, step_s=None) as double:
        gateway = Gateway(make_home(_made(tmp_path / "home")))
        venues = gateway.home / "config" / "venues.toml"
        simulated = venues.read_text().split("# Binance spot.")[0]
        venues.write_text(
            simulated + VENUES.format(port=double.port, ca_file=tls.ca_file, more=more)
        )
        gateway.more_environ = {
            "BINANCE_API_KEY": DEMO_API_KEY,
            "BINANCE_API_SECRET": DEMO_SECRET,
            "CHAOS_COMMIT_S_FILE": str(gateway.home / "commit_s"),
            **environ,
        }
        one = Desk(gateway, double, Peer(f"DEMO4{version[-1]}", version))
        try:
            await asyncio.to_thread(gateway.start)
            await asyncio.to_thread(one.peer.log_on, gateway.port)
            yield one
        finally:
            await asyncio.to_thread(gateway.kill)
            one.peer.hang_up()
        await asyncio.to_thread(audit, gateway.home)
