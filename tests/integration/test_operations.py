"""What operations does with a real gateway: its commands, over its control socket."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixgate.adapters.control.words import SOCKET_NAME
from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that runs; what it leaves is audited."""
    one = Gateway(make_home(tmp_path))
    try:
        one.start()
        yield one
    finally:
        one.kill()
    audit(one.home)


@pytest.fixture
def peer() -> Iterator[Peer]:
    one = Peer("DEMO44", "FIX.4.4")
    yield one
    one.hang_up()


def test_status_shows_what_runs_and_is_0_when_all_is_well(gateway: Gateway, peer: Peer) -> None:
    peer.log_on(gateway.port)
    shown = gateway.fixgate("status")
    assert shown.returncode == 0, shown.stderr
    assert f"{gateway.host}:{gateway.port}" in shown.stdout
    assert "1 of 3 logged on" in shown.stdout
    assert "SIM up" in shown.stdout
    found = json.loads(gateway.fixgate("status", "--json").stdout)
    assert found["venues"] == {"SIM": True}
    assert found["open_orders"] == 0


def test_status_of_a_gateway_that_does_not_run_is_1_and_says_so(gateway: Gateway) -> None:
    assert gateway.stop() == 0
    shown = gateway.fixgate("status")
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "no gateway is running with" in shown.stderr


def test_a_killed_gateways_socket_does_not_keep_the_next_from_starting(gateway: Gateway) -> None:
    gateway.kill()
    assert (gateway.home / "var" / SOCKET_NAME).exists()
    assert gateway.fixgate("status").returncode == 1
    gateway.start()
    assert gateway.fixgate("status").returncode == 0


def test_the_control_socket_is_for_the_gateways_user_only(gateway: Gateway) -> None:
    socket = gateway.home / "var" / SOCKET_NAME
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    assert gateway.stop() == 0
    assert not socket.exists()
