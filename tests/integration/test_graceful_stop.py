"""Asked to stop, the gateway takes no new orders, waits for what is under way, and says goodbye.

Here: a real gateway with the Binance double behind it. `stop` is SIGTERM.
Not here: an orderly stop of an idle gateway (test_gateway_lifecycle).
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.binance_world import HOSTS
from contract.local_tls import make_local_tls
from fixgate.doubles.binance import DEMO_API_KEY, DEMO_SECRET, BinanceDouble
from fixgate.doubles.binance.faults import Fault, FaultKind
from integration.gateway_process import ROOT, Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, Said, a_name

SUBMIT = "POST /api/v3/order"
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
"""


class Desk:
    """A gateway, its venue, and one client that is logged on."""

    def __init__(self, gateway: Gateway, double: BinanceDouble) -> None:
        self.gateway = gateway
        self.double = double
        self.peer = Peer("DEMO44")

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


@pytest.fixture
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    tls = make_local_tls(tmp_path, HOSTS)
    async with BinanceDouble(ssl_context=tls.server, step_s=None) as double:
        gateway = Gateway(make_home(_made(tmp_path / "home")))
        venues = gateway.home / "config" / "venues.toml"
        simulated = venues.read_text().split("# Binance spot.")[0]
        venues.write_text(simulated + VENUES.format(port=double.port, ca_file=tls.ca_file))
        gateway.more_environ = {
            "BINANCE_API_KEY": DEMO_API_KEY,
            "BINANCE_API_SECRET": DEMO_SECRET,
            "CHAOS_COMMIT_S_FILE": str(gateway.home / "commit_s"),
            **getattr(request, "param", {}),
        }
        one = Desk(gateway, double)
        try:
            await asyncio.to_thread(gateway.start)
            await asyncio.to_thread(one.peer.log_on, gateway.port)
            yield one
        finally:
            await asyncio.to_thread(gateway.kill)
            one.peer.hang_up()
        await asyncio.to_thread(audit, gateway.home)


async def test_what_is_under_way_is_answered_and_new_orders_are_not_taken(desk: Desk) -> None:
    """Issue: no new orders (j, 380=4), wait for calls in flight, logout with text, exit code 0."""
    slow = a_name("slow")
    desk.double.faults.add(SUBMIT, Fault(kind=FaultKind.HOLD, accepts=True))
    await desk.orders(slow)
    await asyncio.wait_for(desk.double.faults.wait_held(), 20)

    desk.gateway.request_stop()
    late, answer = await desk.until_refused()
    desk.double.faults.release()
    said = await desk.until_farewell()

    assert (answer[372], answer[379], answer[380]) == ("D", late[-1], "4")
    assert [(each[35], each[11], each[39]) for each in said[:-1]] == [("8", slow, "0")]
    assert said[-1][58] == "Fixgate is stopping"
    assert list(desk.booked().values()) == ["NEW"] * len(late)


@pytest.mark.parametrize("desk", [{"FIXGATE_ON_STOP": "cancel"}], indirect=True)
async def test_open_orders_are_canceled_where_the_configuration_says_so(desk: Desk) -> None:
    resting = a_name("rest")
    await desk.orders(resting)
    await asyncio.to_thread(desk.peer.until, lambda each: each[11] == resting)
    desk.gateway.request_stop()
    said = await desk.until_farewell()

    canceled = [each for each in said if each[150] == "4"]
    assert [(each[11], each[39], each[151], each[378]) for each in canceled] == [
        (resting, "4", "0", "4")
    ]
    assert list(desk.booked().values()) == ["CANCELED"]


@pytest.mark.parametrize(
    "desk", [{"PYTHONPATH": f"{ROOT / 'tests/chaos/slow_disk'}:{ROOT / 'src'}"}], indirect=True
)
async def test_an_order_on_its_way_to_a_slow_disk_still_goes_to_its_venue(
    desk: Desk, tmp_path: Path
) -> None:
    """It went wrong: the venue had been stopped when the order was durable, with exit status 70."""
    name = a_name("disk")
    (tmp_path / "home" / "commit_s").write_text("0.5")
    await desk.orders(name)
    await asyncio.sleep(0.1)  # decides nothing: the order is on its way to disk, or has arrived
    desk.gateway.request_stop()
    said = await desk.until_farewell()

    assert [(each[11], each[39]) for each in said if each[35] == "8"] == [(name, "0")]
    assert list(desk.booked().values()) == ["NEW"]
