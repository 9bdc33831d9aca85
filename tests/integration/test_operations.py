"""What operations does with a real gateway: its commands, over its control socket."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixgate.adapters.control.words import SOCKET_NAME
from fixgate.adapters.store.reader import Reader
from fixgate.cli.app import run
from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, Said, a_name


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
def idle(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that has not been started; what it leaves is audited."""
    one = Gateway(make_home(tmp_path))
    yield one
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
    assert found["venues"] == {"SIM": True, "SIM2": True}
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


# --- commands


def operate(gateway: Gateway, *arguments: str) -> str:
    """A command that must succeed; what it printed."""
    done = gateway.fixgate(*arguments, "--reason", "a test", "--as", "jane")
    assert done.returncode == 0, done.stderr
    return done.stdout


def actions(gateway: Gateway) -> list[tuple[str, str]]:
    """What people did, by the journal."""
    reader = Reader(gateway.home / "var" / "journal.db")
    try:
        rows = reader.operator_actions()
    finally:
        reader.close()
    assert all(row.person.startswith("jane (") and row.reason == "a test" for row in rows)
    return [(row.action, row.subject) for row in rows]


def an_order(peer: Peer, **changes: str | None) -> str:
    """An order that rests; its ClOrdID."""
    name = a_name()
    peer.send("D", peer.order_body(name, **changes))
    said = peer.until(lambda each: each[11] == name)
    assert said[-1][39] == "0", said[-1].shown()
    return name


def test_the_kill_switch_cancels_and_refuses_until_it_is_released_also_over_a_kill(
    gateway: Gateway, peer: Peer
) -> None:
    peer.log_on(gateway.port)
    name = an_order(peer)
    before = gateway.fixgate("kill-switch", "on", "gateway", "--reason", "x", "--dry-run")
    assert "Would: stop all trading for the whole gateway and cancel 1 open" in before.stdout
    said = operate(gateway, "kill-switch", "on", "gateway")
    assert said.startswith("About to: stop all trading")
    assert "\nDone: stop all trading for the whole gateway and cancel 1 open order" in said
    canceled = peer.until(lambda each: each[11] == name and each[39] == "4")[-1]
    assert (canceled[150], canceled[378]) == ("4", "4")
    assert refused(peer)[58].startswith("The kill switch is on for the whole gateway")
    assert gateway.fixgate("status").returncode == 1
    gateway.kill()
    peer.hang_up()
    gateway.start()
    peer.log_on(gateway.port)
    peer.all_answered()
    assert refused(peer)[103] == "0"
    operate(gateway, "kill-switch", "off", "gateway")
    assert gateway.fixgate("status").returncode == 0
    an_order(peer)
    assert actions(gateway) == [("kill_switch_on", "gateway"), ("kill_switch_off", "gateway")]


def refused(peer: Peer) -> Said:
    """What is said to an order that is refused."""
    name = a_name()
    peer.send("D", peer.order_body(name))
    said = peer.until(lambda each: each[11] == name)[-1]
    assert (said[35], said[150], said[39]) == ("8", "8", "8"), said.shown()
    return said


def test_a_disabled_session_is_logged_out_and_stays_out_over_a_restart(
    gateway: Gateway, peer: Peer
) -> None:
    peer.log_on(gateway.port)
    operate(gateway, "disable-session", "DEMO44")
    assert any(each[35] == "5" for each in peer.closed())
    assert gateway.stop() == 0
    gateway.start()
    path = gateway.home / "sessions" / "demo44.toml"
    path.write_text(path.read_text() + "user_tags_checked = false\n")
    assert gateway.fixgate("reload").returncode == 0
    peer.connect(gateway.port)
    peer.send("A", "98=0|108=30")
    (said,) = peer.closed()
    assert (said[35], said[58]) == ("5", "the session is disabled")
    operate(gateway, "enable-session", "DEMO44")
    peer.log_on(gateway.port)


def test_a_reset_begins_again_at_1_on_both_sides_and_stays_so_over_a_kill(
    gateway: Gateway, peer: Peer
) -> None:
    peer.log_on(gateway.port)
    an_order(peer)
    said = operate(gateway, "reset-session", "DEMO44")
    assert "our next number from 3 to 1, the client's next number from 3 to 1" in said
    peer.closed()
    gateway.kill()
    gateway.start()
    again = Peer("DEMO44")
    assert again.log_on(gateway.port)[34] == "1"
    again.trade()
    again.hang_up()


def test_one_number_can_be_set(gateway: Gateway, peer: Peer) -> None:
    operate(gateway, "reset-session", "DEMO44", "--sender", "50")
    assert peer.log_on(gateway.port)[34] == "50"
    peer.log_out()
    operate(gateway, "reset-session", "DEMO44", "--target", "100")
    shown = json.loads(gateway.fixgate("sessions", "DEMO44", "--json").stdout)["DEMO44"]
    assert shown["next_target"] == 100
    peer.next_out = 100
    assert peer.log_on(gateway.port)[35] == "A"


def test_resend_repeats_what_was_sent_as_if_the_client_had_asked(
    gateway: Gateway, peer: Peer
) -> None:
    peer.log_on(gateway.port)
    name = an_order(peer)
    first = next(each for each in peer.received if each[11] == name)
    operate(gateway, "resend", "DEMO44", first[34], first[34])
    again = peer.receive()
    assert (again[43], again[34], again[17]) == ("Y", first[34], first[17])


def test_logout_logs_out_and_lets_back_in(gateway: Gateway, peer: Peer) -> None:
    peer.log_on(gateway.port)
    operate(gateway, "logout-session", "DEMO44")
    assert peer.closed()[-1][35] == "5"
    peer.log_on(gateway.port)


WRONG: list[tuple[list[str], int | None, str]] = [
    (["reset-session", "NOBODY"], 2, "no session is named NOBODY; there are: DEMO42"),
    (["reset-session", "DEMO44", "--sender", "0"], 2, "sender is 0; it must be 1 or more"),
    (["reset-session", "DEMO44", "--target", "-3"], 2, "target is -3; it must be 1 or more"),
    (["reset-session", "DEMO44", "--sender", "9" * 20], 2, "sender is too large; it must be"),
    (["disable-session", "NOBODY"], 2, "no session is named NOBODY"),
    (["enable-session", "DEMO44"], 1, "is not disabled"),
    (["kill-switch", "on", "planet"], 2, "it must be one of gateway, session, account, venue"),
    (["kill-switch", "on", "session"], 2, "session needs a name"),
    (["kill-switch", "on", "session", "NOBODY"], 2, "no session is named NOBODY"),
    (["kill-switch", "on", "venue", "MARS"], 2, "no venue is named MARS; there are: SIM"),
    (["kill-switch", "on", "gateway", "SIM"], 2, "gateway takes no name"),
    (["kill-switch", "off", "gateway"], 1, "the kill switch is not on"),
    (["kill-switch", "maybe", "gateway"], 2, "neither on nor off"),
    (["resend", "DEMO44", "0"], None, "from is 0; it must be 1 or more"),
    (["resend", "DEMO44", "5", "4"], None, "below from"),
    (["resend", "DEMO44", "5"], None, "session DEMO44 is not logged on"),
    (["logout-session", "DEMO44"], 1, ""),
    (["stuck-orders", "query", "NOBODY"], 1, ""),
    (["stuck-orders", "resolve", "NOBODY", "eaten"], 2, "none of canceled, rejected and filled"),
    (["alerts", "acknowledge", "999"], 1, "there is no alert 999"),
    (["stuck-orders", "force-cancel", "NOBODY"], 1, "no open order NOBODY"),
]


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_what_cannot_be_done_is_one_line_and_touches_nothing(
    gateway: Gateway,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    running: bool,
) -> None:
    if not running:
        assert gateway.stop() == 0
    for name, text in gateway.environ.items():
        monkeypatch.setenv(name, text)
    for arguments, status, said in WRONG:
        found = run([*arguments, "--reason", "a test"])
        out, err = capsys.readouterr()
        assert found == status or (status is None and found), err
        assert (out, len(err.splitlines())) == ("", 1), err
        if running or status is not None:
            assert err.startswith("fixgate: ")
            assert said in err
    without = gateway.fixgate("kill-switch", "on", "gateway")
    assert (without.returncode, without.stdout) == (2, "")
    assert without.stderr == "fixgate: --reason is required: it is journaled with your name\n"
    assert actions(gateway) == []


def test_a_dry_run_is_refused_where_the_command_would_be(gateway: Gateway, peer: Peer) -> None:
    peer.log_on(gateway.port)
    name = an_order(peer)
    order = ("stuck-orders", "resolve", name, "--session", "DEMO44", "--reason", "a test")
    for how, said in (
        (("filled",), "filled needs a quantity and a price"),
        (("filled", "--quantity", "100", "--price", "1"), "quantity 100 is more than the 0.5"),
        (("canceled", "--quantity", "1"), "only filled has a quantity and a price"),
    ):
        for more in ((), ("--dry-run",)):
            done = gateway.fixgate(*order, *how, *more)
            assert (done.returncode, done.stdout) == (1, "")
            assert said in done.stderr
    assert actions(gateway) == []
    late = gateway.fixgate("resend", "DEMO44", "500", "--reason", "a test")
    assert "session DEMO44 was sent messages 1 to 2; there is no 500" in late.stderr


def test_a_group_of_commands_alone_shows_which_there_are(gateway: Gateway) -> None:
    done = gateway.fixgate("stuck-orders")
    assert (done.returncode, done.stderr) == (2, "")
    assert "force-cancel" in done.stdout
    assert len(done.stdout.splitlines()) > 5


def test_a_stopped_gateway_is_worked_on_through_its_store(gateway: Gateway, peer: Peer) -> None:
    peer.log_on(gateway.port)
    name = an_order(peer)
    peer.log_out()
    assert gateway.stop() == 0
    said = operate(gateway, "kill-switch", "on", "session", "DEMO44")
    assert "cancel 1 open order; 1 open order will be canceled by the next start" in said
    doubts = [json.loads(gateway.fixgate("stuck-orders", "list", "--json").stdout) for _ in "12"]
    (since,) = {each["since_ns"] for found in doubts for each in found.values()}
    assert since > 0
    assert "kill switch: session DEMO44" in gateway.fixgate("sessions", "DEMO44").stdout
    operate(gateway, "reset-session", "DEMO44", "--target", "90")
    operate(gateway, "disable-session", "DEMO42")
    gateway.start()
    shown = json.loads(gateway.fixgate("sessions", "--json").stdout)
    assert shown["DEMO42"]["disabled"]
    assert shown["DEMO44"]["killed"] == ["session DEMO44"]
    peer.next_out = 90
    answer = peer.log_on(gateway.port)
    canceled = next(each for each in peer.all_answered() if each[11] == name and each[150] == "4")
    assert canceled[58] == "Canceled by the kill switch for session DEMO44"
    assert int(answer[34]) < 100  # nothing was lost, so nothing jumped
    assert refused(peer)[103] == "0"


# --- cancel on disconnect


@pytest.mark.parametrize("tag", [8013, 9001, 8674])
def test_orders_are_canceled_when_the_connection_ends_if_the_logon_said_so(
    gateway: Gateway, peer: Peer, tag: int
) -> None:
    peer.log_on(gateway.port, f"98=0|108=30|{tag}=Y")
    name = an_order(peer)
    kept = an_order(peer, _18="H")
    assert "orders are canceled" in gateway.fixgate("sessions", "DEMO44").stdout
    peer.hang_up()
    peer.log_on(gateway.port)
    said = peer.all_answered()
    canceled = [each for each in said if each[150] == "4"]
    assert [(each[11], each[378]) for each in canceled] == [(name, "7")]
    peer.send("H", f"11={kept}|54=1|55=BTC/USDT")
    assert peer.until(lambda each: each[150] == "I")[-1][39] == "0"


def test_who_is_back_within_the_grace_keeps_its_orders_and_who_is_not_loses_them(
    idle: Gateway, peer: Peer
) -> None:
    path = idle.home / "sessions" / "demo44.toml"
    path.write_text(path.read_text() + "cancel_on_disconnect = true\ncancel_grace_s = 2.0\n")
    idle.start()
    peer.log_on(idle.port)
    name = an_order(peer)
    peer.hang_up()
    peer.log_on(idle.port)
    peer.send("H", f"11={name}|54=1|55=BTC/USDT")
    assert peer.until(lambda each: each[150] == "I")[-1][39] == "0"
    idle.kill()
    peer.hang_up()
    idle.start()
    shown = json.loads(idle.fixgate("sessions", "DEMO44", "--json").stdout)["DEMO44"]
    assert shown["cancel_at_ns"] or not shown["open_orders"]
    limit = 100
    while shown["open_orders"] and limit:
        limit -= 1
        shown = json.loads(idle.fixgate("sessions", "DEMO44", "--json").stdout)["DEMO44"]
    peer.log_on(idle.port)
    canceled = [each for each in peer.all_answered() if each[150] == "4"]
    assert [(each[11], each[378]) for each in canceled] == [(name, "7")]


def test_the_kill_switch_cancels_1000_orders_at_once(gateway: Gateway, peer: Peer) -> None:
    peer.log_on(gateway.port)
    for _ in range(1_000):
        peer.send("D", peer.order_body(a_name()))
    while sum(each[39] == "0" for each in peer.received) < 1_000:
        peer.receive()
    said = operate(gateway, "kill-switch", "on", "account", "DEMO")
    assert "cancel 1000 open orders" in said
    while sum(each[150] == "4" for each in peer.received) < 1_000:
        peer.receive()
    assert "Open orders     0," in gateway.fixgate("status").stdout


def test_an_orderly_stop_ends_connections_too(idle: Gateway, peer: Peer) -> None:
    path = idle.home / "sessions" / "demo44.toml"
    path.write_text(path.read_text() + "cancel_on_disconnect = true\n")
    idle.start()
    peer.log_on(idle.port)
    name = an_order(peer)
    idle.request_stop()
    peer.until(lambda each: each[35] == "5")
    peer.hang_up()
    assert idle.wait() == 0
    idle.start()
    peer.log_on(idle.port)
    canceled = [each for each in peer.all_answered() if each[150] == "4"]
    assert [(each[11], each[378]) for each in canceled] == [(name, "7")]
