"""One run: a gateway process, the Binance double behind a proxy, three clients, and faults.

Here: Run, from the first start to the last stop.
Not here: what goes wrong when (schedule), whether all was well (verdict).
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from chaos.link import Link, RealTime
from chaos.proxy import Proxy
from chaos.schedule import Fault, schedule, store_of
from contract.local_tls import LocalTls
from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.domain.ids import SessionName
from fixgate.domain.sessions import FixVersion
from fixgate.doubles.binance import DEMO_API_KEY, DEMO_SECRET, BinanceDouble
from fixgate.doubles.binance.faults import Fault as RestFault
from fixgate.doubles.binance.streams import StreamFault
from integration.gateway_process import Gateway, make_home
from integration.postgres_home import Link as Way
from integration.postgres_home import postgres_home
from postgres import drop_database, new_database, server
from simulation.client import Client, Market

EXIT_JOURNAL: Final = 74
CLIENTS: Final = (
    ("CH42", FixVersion.FIX42, "BINANCE"),
    ("CH44", FixVersion.FIX44, "BINANCE"),
    ("CHSIM", FixVersion.FIX44, "SIM"),
)
MARKET: Final = Market(
    px=Decimal(50_000), tick=Decimal(10), ticks=40, lot=Decimal("0.001"), lots=40
)
_CALM_S: Final = 0.15
_FEW: Final = 8  # messages
_REST_S: Final = 180.0  # far more than anything takes, also on a machine that is busy
_LOOK_S: Final = 0.25
_PATIENCE_LOOKS: Final = 8  # this often, before everything open is asked to be canceled again
_HERE: Final = Path(__file__).parent

_VENUES: Final = """\
[[venue]]
kind = "simulated"
name = "SIM"
seed = {seed}

[[venue]]
kind = "ccxt"
name = "BINANCE"
exchange = "binance"
environment = "testnet"
api_key_env = "BINANCE_API_KEY"
api_secret_env = "BINANCE_API_SECRET"
symbols = ["BTC/USDT"]
request_timeout_s = 2.0
redirect_host = "127.0.0.1"
redirect_port = {port}
redirect_ca_file = "{ca_file}"
"""
_SESSION: Final = """\
name = "{name}"
version = "{version}"
target_comp_id = "{name}"
default_venue = "{venue}"
"""


class Unexpected(Exception):  # noqa: N818 - it names a fact
    """The gateway ended in a way that nothing in the schedule explains."""


class Run:
    """A seed, lived through."""

    def __init__(
        self, seed: int, folder: Path, tls: LocalTls, seconds: float, kinds: tuple[str, ...] = ()
    ) -> None:
        self.seed = seed
        self.faults = schedule(seed, seconds, kinds)
        self.time = RealTime(f"clients {seed}")
        self.double = BinanceDouble(
            seed=seed,
            step_s=0.05,
            orders_max_10s=100_000,
            weight_max_1m=1_000_000,
            ssl_context=tls.server,
        )
        self.clients: list[Client] = []
        self._way: Way | None = None
        self._database: PostgresAddress | None = None
        self.gateway = Gateway(self._home(folder))
        self.trouble: list[str] = []
        self._tls = tls
        self._disk = folder / "commit_s"
        self._proxy = Proxy(0)
        self._links: list[Link] = []
        self._running = asyncio.Lock()  # held while the process is started or ended
        self._may_fail = False  # the disk is full

    def _home(self, folder: Path) -> Path:
        if store_of(self.seed) == "sqlite":
            return make_home(folder)
        self._way = Way(server().port)
        made = self._database = new_database()
        address = PostgresAddress(
            made.url.replace(f":{server().port}/", f":{self._way.port}/"), made.password
        )
        return postgres_home(folder, address, lease_s=1.0, more="standby = true\n")

    async def live(self) -> None:
        """Trade under faults, heal, come to rest, stop.

        Raises:
            Unexpected: the gateway did something that it must not.
        """
        async with self._world():
            await self._everybody_trades()
            await asyncio.gather(*(self._happens(each) for each in self.faults))
            await self._everybody_trades()
            await self._heal()
            await self._come_to_rest()
            self.trouble += [f"{each.name} is away" for each in self.clients if not each.connected]
            status = await asyncio.to_thread(self.gateway.stop)
            if status:
                raise Unexpected(f"exit status {status}: {self.gateway.errors[-3:]}")

    @asynccontextmanager
    async def _world(self) -> AsyncIterator[None]:
        async with self.double:
            self._proxy = Proxy(self.double.port)
            await self._proxy.open()
            self._configure()
            try:
                await asyncio.to_thread(self.gateway.start)
                self.clients = [
                    Client(
                        self.time, SessionName(name), version,
                        calm_s=_CALM_S, market=MARKET, away_s=(0.05, 0.5),
                    )
                    for name, version, _ in CLIENTS
                ]  # fmt: skip
                for each in self.clients:
                    each.connect = self._connect
                yield
            finally:
                for each in self.clients:
                    each.connect = lambda _: None
                await asyncio.gather(*(each.close() for each in self._links))
                self.gateway.resume()
                await asyncio.to_thread(self.gateway.kill)
                await self._proxy.end()
                await asyncio.sleep(0.1)  # what was aborted is closed in the loop's next turns

    def _configure(self) -> None:
        home = self.gateway.home
        for each in (home / "sessions").glob("*.toml"):
            each.unlink()
        for name, version, venue in CLIENTS:
            text = _SESSION.format(name=name, version=version.value, venue=venue)
            (home / "sessions" / f"{name}.toml").write_text(text)
        (home / "config" / "routing.toml").unlink(missing_ok=True)  # it names other venues
        (home / "config" / "venues.toml").write_text(
            _VENUES.format(seed=self.seed, port=self._proxy.port, ca_file=self._tls.ca_file)
        )
        self._disk.write_text("0")
        self.gateway.more_environ = {
            "BINANCE_API_KEY": DEMO_API_KEY,
            "BINANCE_API_SECRET": DEMO_SECRET,
            "CHAOS_COMMIT_S_FILE": str(self._disk),
            "FIXGATE_LOG_LEVEL": "error",
            "PYTHONPATH": f"{_HERE / 'slow_disk'}:{_HERE.parents[1] / 'src'}",
        }

    def _connect(self, client: Client) -> Link:
        link = Link(client, self.time, self.gateway.port, heart_bt_int_s=2)
        self._links.append(link)
        return link

    def close(self) -> None:
        """Nobody will read the journal any more."""
        if self._way is not None:
            self._way.close()
        if self._database is not None:
            drop_database(self._database)

    async def _everybody_trades(self) -> None:
        """Wait until every client is there and has sent something since."""
        sent = [each.next_out for each in self.clients]
        with suppress(TimeoutError):
            async with asyncio.timeout(_REST_S):
                while any(
                    not each.connected or each.next_out < before + _FEW
                    for each, before in zip(self.clients, sent, strict=True)
                ):
                    await asyncio.sleep(_LOOK_S)

    # --- faults

    async def _happens(self, fault: Fault) -> None:
        await asyncio.sleep(fault.at_s)
        await getattr(self, f"_{fault.what}")(**fault.how)

    async def _kill(self, down_s: float, files: str) -> None:
        async with self._running:
            await asyncio.to_thread(self.gateway.kill)
            if files == "lost":
                shutil.rmtree(self.gateway.home / "var" / "fix", ignore_errors=True)
            await self._start_again(down_s)

    async def _stop(self) -> None:
        async with self._running:
            status = await asyncio.to_thread(self.gateway.stop)
            if status not in ((0, EXIT_JOURNAL) if self._may_fail else (0,)):
                self.trouble.append(f"exit status {status}: {self.gateway.errors[-3:]}")
            await self._start_again(0.0)

    async def _start_again(self, down_s: float) -> None:
        self._may_fail = False
        await asyncio.sleep(down_s)
        await asyncio.to_thread(self.gateway.start)

    async def _pause(self, seconds: float) -> None:
        async with self._running:
            self.gateway.pause()
            await asyncio.sleep(seconds)
            self.gateway.resume()

    async def _cut_client(self, client: int, half_open_s: float) -> None:
        self.clients[client].cut(half_open_s)

    async def _cut_venue(self) -> None:
        self._proxy.cut()

    async def _freeze_venue(self, seconds: float) -> None:
        self._proxy.freeze()
        await asyncio.sleep(seconds)
        self._proxy.thaw()

    async def _close_venue(self, seconds: float) -> None:
        await self._proxy.close()
        await asyncio.sleep(seconds)
        await self._proxy.open()

    async def _rest(self, endpoint: str, times: int, **how: Any) -> None:
        self.double.faults.add(endpoint, RestFault.from_json(how), times=times)

    async def _stream(self, fault: str, times: int) -> None:
        self.double.hub.faults.add(StreamFault(fault), times=times)
        await asyncio.sleep(0.3)
        self.double.hub.release()

    async def _cut_stream(self) -> None:
        self.double.hub.cut()

    async def _silence_stream(self, seconds: float) -> None:
        self.double.hub.faults.silent = True
        await asyncio.sleep(seconds)
        self.double.hub.faults.silent = False

    async def _slow_disk(self, seconds: float, commit_s: float) -> None:
        self._disk.write_text(str(commit_s))
        await asyncio.sleep(seconds)
        self._disk.write_text("0")

    async def _full_disk(self, room_bytes: int) -> None:
        """Until the gateway ends because of it, or for a while."""
        async with self._running:
            size = max(each.stat().st_size for each in (self.gateway.home / "var").glob("journal*"))
            self._may_fail = True
            self.gateway.limit_files(size + room_bytes)
            for _ in range(20):
                await asyncio.sleep(0.1)
                if self.gateway.ended:
                    break
            else:
                await asyncio.to_thread(self.gateway.kill)
            status = await asyncio.to_thread(self.gateway.wait)
            if status not in (0, EXIT_JOURNAL):
                self.trouble.append(f"exit status {status}: {self.gateway.errors[-3:]}")
            await self._start_again(0.0)

    async def _restart_postgres(self, seconds: float) -> None:
        async with self._without_postgres(server().stop, seconds):
            await asyncio.to_thread(server().start)

    async def _crash_postgres(self, seconds: float) -> None:
        async with self._without_postgres(server().crash, seconds):
            await asyncio.to_thread(server().start)

    async def _freeze_postgres(self, seconds: float) -> None:
        async with self._without_postgres(server().freeze, seconds):
            server().thaw()

    async def _cut_postgres(self, seconds: float) -> None:
        assert self._way is not None
        async with self._without_postgres(self._way.cut, seconds):
            self._way.mend()

    @asynccontextmanager
    async def _without_postgres(
        self, take_away: Callable[[], None], seconds: float
    ) -> AsyncIterator[None]:
        """The database is away; a gateway that has lost its lease meanwhile is started again."""
        async with self._running:
            await asyncio.to_thread(take_away)
            await asyncio.sleep(seconds)
            yield
            await asyncio.sleep(1.0)
            if self.gateway.ended:
                status = await asyncio.to_thread(self.gateway.wait)
                if status != EXIT_JOURNAL:
                    self.trouble.append(f"exit status {status}: {self.gateway.errors[-3:]}")
                await self._start_again(0.0)

    async def _market(self, px: str) -> None:
        self.double.exchange.move_to("BTCUSDT", Decimal(px))

    # --- the end

    async def _heal(self) -> None:
        """Nothing goes wrong any more."""
        self._disk.write_text("0")
        self._proxy.thaw()
        self.double.faults.clear()
        self.double.hub.faults.clear()
        for each in self.clients:
            each.trading = False
        # What the stream lost is found by comparing, at the latest after a minute; or now.
        self.double.hub.cut()
        if self.gateway.ended:
            raise Unexpected(f"it ended: {self.gateway.errors[-3:]}")

    def restless(self) -> list[str]:
        """What keeps the clients from being at rest."""
        away = [f"{each.name} is not connected" for each in self.clients if not each.connected]
        return away + self.owed()

    def owed(self) -> list[str]:
        """What the clients still wait for."""
        found: list[str] = []
        for each in self.clients:
            found += [f"{name} ({kind}) is not answered" for name, kind in each.unanswered.items()]
            found += [f"{name} is open" for name in each.open]
        return found

    async def _come_to_rest(self) -> None:
        looks = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(_REST_S):
                while self.restless():
                    if looks % _PATIENCE_LOOKS == 0:
                        for each in self.clients:
                            each.ask_for_all()
                            each.cancel_all()
                    looks += 1
                    await asyncio.sleep(_LOOK_S)
