"""`fixgate reload`: session files come, go and change while everybody else trades on."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import LIMIT_S, Peer, a_name
from integration.tls_kit import Authority

SESSION = """
name = "{name}"
version = "FIX.4.4"
target_comp_id = "{comp_id}"
default_venue = "SIM"
accounts = ["DEMO"]
default_account = "DEMO"
"""


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
def bystander(gateway: Gateway) -> Iterator[Peer]:
    """Somebody whom no reload concerns: one connection all the time."""
    one = Peer("TRADER")
    one.log_on(gateway.port)
    yield one
    one.trade()
    assert [each[35] for each in one.received].count("A") == 1
    one.hang_up()


@pytest.fixture
def peer() -> Iterator[Peer]:
    one = Peer("NEW")
    yield one
    one.hang_up()


@pytest.fixture
def unaudited(tmp_path: Path) -> Iterator[Gateway]:
    """One whose CompIDs change: today's files do not give yesterday's messages."""
    one = Gateway(make_home(tmp_path))
    try:
        one.start()
        yield one
    finally:
        one.kill()


def put(gateway: Gateway, text: str, name: str = "new") -> Path:
    path = gateway.home / "sessions" / f"{name}.toml"
    path.write_text(text)
    return path


def reload(gateway: Gateway, status: int = 0) -> str:
    shown = gateway.fixgate("reload")
    assert shown.returncode == status, (shown.stdout, shown.stderr)
    return shown.stdout if status == 0 or shown.stdout else shown.stderr


def new(more: str = "", name: str = "NEW", comp_id: str = "NEW") -> str:
    return SESSION.format(name=name, comp_id=comp_id) + more


def test_a_session_that_is_added_trades_at_once_and_goes_on_after_a_restart(
    gateway: Gateway, bystander: Peer, peer: Peer
) -> None:
    put(gateway, new())
    assert "session NEW: added" in reload(gateway)
    peer.log_on(gateway.port)
    peer.trade()
    assert "NEW" in gateway.fixgate("sessions").stdout
    assert "Nothing has changed" in reload(gateway)
    bystander.trade()


def test_a_session_that_is_removed_is_logged_out_and_may_come_back_with_its_numbers(
    gateway: Gateway, bystander: Peer, peer: Peer
) -> None:
    path = put(gateway, new())
    reload(gateway)
    peer.log_on(gateway.port)
    name = a_name()
    peer.send("D", peer.order_body(name))
    peer.until(lambda each: each[39] == "0")
    text = path.read_text()
    path.unlink()
    assert "session NEW: removed; its open orders stay" in reload(gateway)
    said = peer.closed()
    assert (said[-1][35], said[-1][58]) == ("5", "The session was taken out of service")
    peer.connect(gateway.port)
    peer.send("A", "98=0|108=30")
    assert peer.closed() == []
    assert name in gateway.fixgate("orders", "--open").stdout

    path.write_text(text)
    assert "session NEW: added" in reload(gateway)
    peer.next_out -= 1  # nobody took that Logon
    answer = peer.log_on(gateway.port)
    assert int(answer[34]) == int(said[-1][34]) + 1
    peer.trade()


def test_what_changes_in_a_session_takes_effect_without_a_new_logon(
    gateway: Gateway, bystander: Peer, peer: Peer
) -> None:
    put(gateway, new())
    reload(gateway)
    peer.log_on(gateway.port)
    peer.trade()
    put(gateway, new('role = "drop_copy"\ncovers = ["TRADER"]\n'))
    assert "session NEW: changed (" in reload(gateway)
    peer.send("D", peer.order_body(a_name()))
    assert peer.until(lambda each: each[35] == "j")[-1][380] == "6"
    put(gateway, new("heart_bt_int_min_s = 60\n"))
    assert "session NEW: changed (" in reload(gateway)
    peer.trade()
    peer.log_out()
    peer.connect(gateway.port)
    peer.send("A", "98=0|108=30")
    assert peer.closed() == []


def test_compids_change_only_when_the_client_is_away(unaudited: Gateway, peer: Peer) -> None:
    gateway = unaudited
    put(gateway, new())
    reload(gateway)
    peer.log_on(gateway.port)
    put(gateway, new(comp_id="NEWER"))
    shown = reload(gateway, status=1)
    assert "session NEW: not changed (target_comp_id): its client is connected" in shown
    peer.trade()
    peer.log_out()
    assert "session NEW: changed (target_comp_id)" in reload(gateway)
    newer = Peer("NEWER", next_out=peer.next_out)
    newer.log_on(gateway.port)
    newer.trade()
    newer.hang_up()


def test_a_broken_file_leaves_everything_as_it_was_and_every_fault_is_named(
    gateway: Gateway, bystander: Peer, peer: Peer
) -> None:
    put(gateway, new())
    put(gateway, new(name="OTHER").replace("FIX.4.4", "FIX.9"), "broken")
    put(gateway, "nonsense", "worse")
    said = reload(gateway, status=1).splitlines()
    assert len(said) == 2
    assert "broken.toml:3: version: " in said[0]
    assert "worse.toml: not valid TOML" in said[1]
    peer.connect(gateway.port)
    peer.send("A", "98=0|108=30")
    assert peer.closed() == []

    for name in ("broken", "worse"):
        (gateway.home / "sessions" / f"{name}.toml").unlink()
    put(gateway, new(name="TWIN"), "twin")
    said = reload(gateway, status=1)
    (gateway.home / "sessions" / "twin.toml").unlink()
    assert "twin.toml: version and CompID FIX.4.4 NEW is taken by new.toml" in said


def test_sighup_reloads_too(gateway: Gateway, bystander: Peer, peer: Peer) -> None:
    put(gateway, new())
    gateway.hang_up()
    limit = time.monotonic() + LIMIT_S
    while "NEW" not in gateway.fixgate("sessions").stdout:
        assert time.monotonic() < limit
    peer.log_on(gateway.port)
    peer.trade()
    put(gateway, "nonsense", "worse")
    gateway.hang_up()
    peer.trade()
    (gateway.home / "sessions" / "worse.toml").unlink()


def test_what_needs_a_restart_is_said(gateway: Gateway, bystander: Peer) -> None:
    path = gateway.home / "config" / "gateway.toml"
    path.write_text(path.read_text().replace("stop_timeout_s = 10.0", "stop_timeout_s = 9.0"))
    shown = reload(gateway, status=1)
    assert "config/gateway.toml: changed; it takes effect at the next start" in shown


def test_a_schedule_that_changes_moves_the_jobs(gateway: Gateway, bystander: Peer) -> None:
    put(
        gateway, new('[schedule]\ntime_zone = "Asia/Tokyo"\nreset = "daily"\nreset_at = 06:00:00\n')
    )
    reload(gateway)
    assert "21:00:00" in gateway.fixgate("jobs").stdout
    put(
        gateway, new('[schedule]\ntime_zone = "Asia/Tokyo"\nreset = "daily"\nreset_at = 07:00:00\n')
    )
    reload(gateway)
    shown = gateway.fixgate("jobs").stdout
    assert "22:00:00" in shown
    assert "21:00:00" not in shown
    put(gateway, new())
    reload(gateway)
    assert "reset NEW" not in gateway.fixgate("jobs").stdout


def test_new_hours_hold_at_once_and_a_new_reset_from_its_next_time_on(
    gateway: Gateway, bystander: Peer, peer: Peer
) -> None:
    put(gateway, new())
    reload(gateway)
    peer.log_on(gateway.port)
    at = datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), UTC)
    past, later = at - timedelta(minutes=30), at + timedelta(hours=1)
    schedule = f'[schedule]\ntime_zone = "UTC"\nreset = "daily"\nreset_at = {past:%H:%M:%S}\n'
    put(gateway, new(schedule))
    reload(gateway)
    assert int(peer.trade()[34]) > 1

    closed = f'[[schedule.open]]\ndays = ["{later:%a}"]\nopens = {later:%H:%M:%S}\n'
    put(gateway, new(f"{schedule}{closed}closes = {later + timedelta(hours=1):%H:%M:%S}\n"))
    reload(gateway)
    said = peer.until(lambda each: each[35] == "5")
    assert said[-1][58].startswith("The session is closed; it opens ")


def test_a_certificate_is_renewed_by_a_reload(tmp_path: Path, peer: Peer) -> None:
    home = make_home(tmp_path)
    first, second = Authority(tmp_path / "one", "One CA"), Authority(tmp_path / "two", "Two CA")
    own = home / "config" / "own.pem"
    own.write_bytes(first.issue("gateway").read_bytes())
    gateway_file = home / "config" / "gateway.toml"
    gateway_file.write_text(
        gateway_file.read_text()
        .replace(
            "enabled = false\n# host",
            'enabled = true\ncertificate = "config/own.pem"\nkey = "config/own.pem"\n# host',
            1,
        )
        .replace("port = 9879", "port = 0")
    )
    gateway = Gateway(home)
    try:
        gateway.start()
        port = gateway.tls_port
        peer.comp_id = "DEMO44"
        peer.log_on(port, tls=first.client())
        own.write_bytes(second.issue("gateway").read_bytes())
        assert "TLS: new connections use the certificates" in reload(gateway)
        other = Peer("TRADER")
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            other.log_on(port, tls=first.client())
        other.log_on(port, tls=second.client())
        other.trade()
        peer.trade()
        other.hang_up()
        own.write_text("nonsense")
        assert "are no certificate and its key" in reload(gateway, status=1)
        own.write_bytes(second.issue("gateway").read_bytes())
    finally:
        gateway.kill()
    audit(home)
