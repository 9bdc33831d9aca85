"""The commands against a real gateway, as their user types them."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import quickfix as fix

from fixgate.adapters.store.reader import MessageFilter, Reader
from fixgate.cli.fixtext import parse
from integration.gateway_process import Gateway, gateway

__all__ = ["gateway"]  # the fixture
ROOT = Path(__file__).parents[2]


def _order(gateway: Gateway, *arguments: str, stdin: str = ""):
    return gateway.fixgate("order", *arguments, stdin=stdin)


def test_a_first_order_is_accepted_and_filled_and_shown_in_words_and_raw(gateway):
    done = _order(gateway, "buy", "0.5", "BTC/USDT", "--limit", "52000")

    assert done.returncode == 0, done.stderr
    assert "-> #1 buy 0.5 BTC/USDT at 52,000 or better, for the day" in done.stdout
    assert "<- #1 accepted: 0.5 BTC/USDT at 52,000 is working" in done.stdout
    assert re.search(r"<- #1 filled 0\.5 BTC/USDT at 4\d,\d+.*; nothing left", done.stdout)
    assert re.search(r"8=FIX\.4\.4\|9=\d+\|35=8\|.*\|39=2\|.*\|10=\d{3}\|", done.stdout)


@pytest.mark.parametrize("session", ["DEMO42", "DEMO44", "TRADER"])
def test_every_session_of_the_configuration_can_trade(gateway, session):
    done = _order(gateway, "sell", "0.1", "ETH/USDT", "--session", session)

    assert done.returncode == 0, done.stderr
    assert "filled 0.1 ETH/USDT" in done.stdout


def test_a_refused_order_is_explained_and_is_status_1(gateway):
    done = _order(gateway, "buy", "1", "NO/SUCH")

    assert done.returncode == 1
    assert "rejected: Symbol (55) NO/SUCH" in done.stdout


def test_a_resting_order_is_found_again_replaced_and_canceled_in_later_runs(gateway):
    placed = _order(
        gateway, "buy", "0.5", "BTC/USDT", "--limit", "40000", "--tif", "gtc", "--wait", "0"
    )
    assert placed.returncode == 0, placed.stderr
    assert "The order rests" in placed.stdout
    assert "new" in gateway.fixgate("orders", "--open").stdout

    talked = _order(
        gateway, stdin="list\nreplace 1 limit 41000 qty 0.7\nstatus 1\ncancel 1\nlist\n"
    )

    assert talked.returncode == 0, talked.stderr
    assert "replaced: now 0.7 BTC/USDT at 41,000; 0.7 left" in talked.stdout
    assert "status: new; nothing was filled; 0.7 left" in talked.stdout
    assert "canceled; nothing was filled" in talked.stdout
    assert "no open orders" in gateway.fixgate("orders", "--open").stdout


def test_an_order_that_rests_says_how_to_reach_it_again_in_its_own_session(gateway):
    limit = ("buy", "0.1", "BTC/USDT", "--limit", "40000", "--wait", "0")
    own = _order(gateway, *limit).stdout
    others = _order(gateway, *limit, "--session", "DEMO44").stdout

    assert "cancel it: fixgate order, then: cancel" in own
    assert "cancel it: fixgate order --session DEMO44, then: cancel" in others
    name = others.split("then: cancel ")[1].strip()
    talked = _order(gateway, "--session", "DEMO44", stdin=f"cancel {name}\n")
    assert "canceled; nothing was filled" in talked.stdout


def test_a_name_that_nothing_has_is_not_answered_as_if_it_had_nothing(gateway):
    for words in (
        ("orders", "--session", "NOBODY"),
        ("positions", "--venue", "NOWHERE"),
        ("positions", "--history", "--venue", "NOWHERE"),
        ("balances", "--venue", "NOWHERE"),
    ):
        done = gateway.fixgate(*words)
        assert (done.returncode, done.stdout) == (2, ""), words
        assert f"is named {words[-1]}; there are: " in done.stderr


def test_no_stop_fails_for_a_terminal_that_does_not_speak_utf_8(gateway):
    typed = "Gr\udcfc\udcdfe"  # its bytes are those of ISO 8859-1
    gateway.more_environ = {"PYTHONIOENCODING": "ascii"}

    done = gateway.fixgate("kill-switch", "on", "session", "TRADER", "--reason", typed)
    then = gateway.fixgate("kill-switch", "off", "session", "TRADER", "--reason", "日本")

    assert (done.returncode, then.returncode) == (0, 0), done.stderr + then.stderr
    said = gateway.fixgate("actions").stdout
    assert r"Gr\xfc\xdfe" in said
    assert r"\u65e5\u672c" in said


def test_a_wrong_line_in_a_conversation_is_told_and_the_conversation_goes_on(gateway):
    talked = _order(
        gateway, stdin="fly\nbuy 1\ncancel 9\nbuy 'x\nbuy 0.1 SOL/USDT --limt 3\nhelp\nlist\nquit\n"
    )

    assert talked.returncode == 0
    assert "'fly' is no command" in talked.stdout
    assert "no order 9" in talked.stdout
    assert "no option --limt" in talked.stdout
    assert "no orders yet" in talked.stdout


def test_reports_that_were_missed_are_shown_at_the_next_logon(gateway):
    _order(gateway, "buy", "0.5", "BTC/USDT", "--limit", "48000", "--tif", "gtc", "--wait", "0")
    # More than all who would pay a better price.
    sale = ("sell", "2000", "BTC/USDT", "--limit", "47000", "--tif", "ioc")
    assert "filled 0.5 BTC/USDT at 48,000" in _order(gateway, *sale, "--session", "DEMO42").stdout

    talked = _order(gateway, stdin="list\n")

    assert "<- #1 filled 0.5 BTC/USDT at 48,000; nothing left [sent again" in talked.stdout
    assert re.search(r"1 .* filled +0\.5 +48,000", talked.stdout)


def test_an_open_order_survives_the_death_of_the_gateway(gateway):
    """Numbers and orders persist on both sides."""
    _order(gateway, "buy", "0.5", "BTC/USDT", "--limit", "40000", "--tif", "gtc", "--wait", "0")
    gateway.kill()
    gateway.start()

    talked = _order(gateway, stdin="status 1\ncancel 1\n")

    assert talked.returncode == 0, talked.stderr
    assert "status: new; nothing was filled; 0.5 left" in talked.stdout
    assert "canceled" in talked.stdout


def test_a_client_that_lost_its_numbers_is_told_how_to_go_on(gateway):
    _order(gateway, "buy", "0.1", "ETH/USDT")
    (gateway.home / "var" / "client" / "TRADER.jsonl").unlink()

    lost = _order(gateway, "buy", "0.1", "ETH/USDT")
    assert lost.returncode == 1
    assert "too low" in lost.stderr
    assert "--reset-sequence" in lost.stderr
    assert lost.stderr.count("\n") == 1

    again = _order(gateway, "buy", "0.1", "ETH/USDT", "--reset-sequence")
    assert again.returncode == 0, again.stderr
    assert "filled 0.1 ETH/USDT" in again.stdout


def test_a_session_in_use_is_explained(gateway):
    with subprocess.Popen(
        [sys.executable, "-m", "fixgate.cli", "order"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=gateway.environ,
    ) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        first.stdin.write("list\n")
        first.stdin.flush()
        assert "no orders yet" in first.stdout.readline()

        second = _order(gateway, "buy", "0.1", "ETH/USDT")

        first.stdin.close()
    assert second.returncode == 1
    assert "another `fixgate order` is using this session" in second.stderr


def test_a_gateway_that_stops_ends_a_conversation_with_its_reason(gateway):
    with subprocess.Popen(
        [sys.executable, "-m", "fixgate.cli", "order"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=gateway.environ,
    ) as talking:
        assert talking.stdin is not None
        assert talking.stdout is not None
        assert talking.stderr is not None
        talking.stdin.write("list\n")
        talking.stdin.flush()
        talking.stdout.readline()

        assert gateway.stop() == 0

        assert "the gateway logged out" in talking.stderr.readline()
        assert talking.wait(30) == 1


def test_the_log_shows_an_order_by_name_also_when_the_gateway_is_gone(gateway):
    done = _order(gateway, "buy", "0.1", "ETH/USDT", "--limit", "3100")
    cl_ord_id = re.search(r"\|11=([^|]+)\|", done.stdout)[1]
    order_id = re.search(r"\|37=([^|]+)\|", done.stdout)[1]
    assert gateway.stop() == 0

    by_name = gateway.fixgate("log", "--order", cl_ord_id).stdout
    by_order = gateway.fixgate("log", "--order", order_id).stdout
    raw = gateway.fixgate("log", "--raw", "--type", "D,8", "--session", "TRADER").stdout
    incoming = gateway.fixgate("log", "--direction", "in", "--type", "D").stdout

    assert "TRADER -> " in by_name
    assert "Side(54)=1 BUY" in by_name
    assert "OrdStatus(39)=2 FILLED" in by_name
    assert "OrdStatus(39)=2 FILLED" in by_order
    assert raw.count("|35=D|") == 1
    assert raw.count("|35=8|") == 2
    assert incoming.count("ClOrdID") == 1
    executions = gateway.fixgate("executions", order_id).stdout
    assert "trade" in executions
    assert gateway.fixgate("executions", cl_ord_id).stdout == executions
    assert gateway.fixgate("executions", "NOPE").returncode == 1
    assert "TRADER   FIX.4.4  not connected" in gateway.fixgate("sessions").stdout


def test_the_log_follows_what_happens(gateway):
    with subprocess.Popen(
        [sys.executable, "-m", "fixgate.cli", "log", "--follow", "--type", "8", "--last", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**gateway.environ, "PYTHONUNBUFFERED": "1"},
    ) as following:
        assert following.stdout is not None
        try:
            _until_it_reads(gateway, following)
            line = following.stdout.readline()
            assert "ExecutionReport (8)" in line
        finally:
            following.send_signal(signal.SIGINT)


def _until_it_reads(gateway: Gateway, following: "subprocess.Popen[str]") -> None:
    """Send orders until the log shows one: it may not have looked at the journal yet."""
    import select

    for _ in range(30):
        _order(gateway, "buy", "0.1", "ETH/USDT")
        if select.select([following.stdout], [], [], 1.0)[0]:
            return
    raise AssertionError("the log shows nothing")


def test_a_session_with_a_password_lets_in_who_knows_it(gateway):
    gateway.stop()
    stored = gateway.fixgate("hash", stdin="open sesame\n").stdout.strip()
    path = gateway.home / "sessions" / "trader.toml"
    path.write_text(path.read_text() + f'\nusername = "jane"\npassword_hash = "{stored}"\n')
    gateway.start()

    def order_with(password: str):
        environ = {**gateway.environ, "TRADER_PASSWORD": password}
        order = ("order", "buy", "0.1", "ETH/USDT", "--password-env", "TRADER_PASSWORD")
        return subprocess.run(
            [sys.executable, "-m", "fixgate.cli", *order],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    wrong = order_with("open barley")
    assert wrong.returncode == 1
    assert "another password" in wrong.stderr
    right = order_with("open sesame")
    assert right.returncode == 0, right.stderr


def test_the_double_and_the_real_adapter_trade_with_each_other(gateway):
    """What `fixgate double binance` prints is what works."""
    gateway.stop()
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "fixgate.cli", "double", "binance", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=gateway.environ,
    ) as double:
        assert double.stdout is not None
        try:
            printed = []
            while "Then:" not in (line := double.stdout.readline()):
                assert line, printed
                printed.append(line)
            text = "".join(printed)
            block = re.search(r"    \[\[venue\]\]\n(    .+\n)+", text)[0]
            key, secret = re.search(
                r"BINANCE_API_KEY=(\S+) BINANCE_API_SECRET=(\S+)", text
            ).groups()
            venues = gateway.home / "config" / "venues.toml"
            simulated = venues.read_text().split("# Binance spot.")[0]
            venues.write_text(simulated + block.replace("\n    ", "\n").lstrip())
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("BINANCE_API_KEY", key)
                patch.setenv("BINANCE_API_SECRET", secret)
                gateway.start()
            done = _order(gateway, "sell", "0.01", "BTC/USDT", "--tif", "ioc", "--venue", "BINANCE")
        finally:
            double.send_signal(signal.SIGTERM)
        assert double.wait(30) == 0

    assert done.returncode == 0, done.stdout + done.stderr
    assert "filled 0.01 BTC/USDT" in done.stdout


def test_every_byte_the_client_saw_is_in_the_journal(gateway):
    done = _order(gateway, "buy", "0.1", "ETH/USDT")
    gateway.stop()

    reader = Reader(gateway.home / "var" / "journal.db")
    stored = {
        each.message.text.replace("\x01", "|") for each in reader.messages(MessageFilter(), 1_000)
    }
    reader.close()
    seen = re.findall(r"8=FIX.*\|10=\d{3}\|", done.stdout)
    assert len(seen) >= 3
    assert set(seen) <= stored


@pytest.mark.timeout(180)
def test_the_demo_finds_nothing_wrong():
    done = subprocess.run(
        [sys.executable, "-m", "fixgate.cli", "demo", "--seconds", "5", "--home", str(ROOT)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every message was answered" in done.stdout
    assert "first answer, p99" in done.stdout


def test_run_starts_without_a_terminal_and_stops_on_both_signals(gateway):
    assert gateway.stop() == 0
    assert any("fixgate order buy 0.5 BTC/USDT" in each for each in gateway.lines)
    gateway.start()
    assert gateway._end(signal.SIGINT) == 0


def test_a_second_gateway_on_the_same_data_is_refused(gateway):
    second = gateway.fixgate("run")

    assert second.returncode == 1
    assert second.stderr.startswith("fixgate: ")
    assert "journal" in second.stderr


@pytest.mark.parametrize(("session", "file"), [("DEMO42", "FIX42.xml"), ("DEMO44", "FIX44.xml")])
def test_all_that_the_gateway_says_fits_the_dictionary(gateway, session, file):
    """A client's engine checks it; one report that does not fit would cost the session."""
    _order(
        gateway,
        *("--session", session),
        stdin=(
            "buy 0.5 BTC/USDT limit 40000 tif gtc\n"
            "replace 1 limit 41000\nstatus 1\ncancel 1\ncancel 1\nreplace 1 qty 3\n"
            "sell 0.1 ETH/USDT\n"
            "buy 1 NO/SUCH\nbuy 0.00000001 BTC/USDT\nbuy 1 BTC/USDT limit 0.001\n"
            "buy 99999999999999999999 BTC/USDT\nbuy 1 BTC/USDT account X\nbuy 1 BTC/USDT venue X\n"
            "buy 1 BTC/USDT limit 60000 post-only\nsell 1000 BTC/USDT limit 40000 tif fok\n"
            "buy 1 BTC/USDT limit 40000 expire 2020-01-01\nstatus 3\n"
            "buy 0.5 BTC/USDT stop 60000 limit 61000\ncancel 12\n"
        ),
    )
    gateway.stop()
    dictionary = fix.DataDictionary(str(ROOT / "fix_specs" / file))
    reader = Reader(gateway.home / "var" / "journal.db")
    sent = reader.messages(MessageFilter(session=session, direction="out"), 1_000)
    reader.close()

    faults = []
    for each in sent:
        try:
            dictionary.validate(fix.Message(each.message.text, dictionary, True))
        except fix.FIXException as fault:
            faults.append((str(fault), each.message.text.replace("\x01", "|")))
    assert faults == []
    kinds = {parse(each.message.text).get(150) for each in sent}
    assert kinds >= {"0", "4", "5", "6", "8", "E"}
    assert any(each.row.msg_type == "9" for each in sent)
