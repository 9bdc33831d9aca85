"""How commands end: one line on stderr, and an exit status that scripts can use."""

import io
import shutil
from pathlib import Path

import pytest

from fixgate.adapters.fix.credentials import is_hash, verify
from fixgate.cli.app import run

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("config", "sessions", "fix_specs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("FIXGATE_HOME", "FIXGATE_DATA_DIR", "FIXGATE_FIX__PORT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["order", "buy"],
        ["order", "hold", "1", "BTC/USDT"],
        ["order", "buy", "x", "BTC/USDT"],
        ["order", "buy", "1", "BTC/USDT", "--tif", "forever"],
        ["order", "buy", "1", "BTC/USDT", "--port", "seven"],
        ["order", "buy", "1", "BTC/USDT", "--port", "70000"],
        ["order", "buy", "1", "BTC/USDT", "--session", "NOBODY"],
        ["order", "--limit", "5"],
        ["order", "--unknown"],
        ["log", "--since", "yesterday"],
        ["log", "--direction", "up"],
        ["log", "--last", "-1"],
        ["log", "--last", "9" * 23],
        ["log", "--since", "99999999999d"],
        ["log", "--since", "0001-01-01"],
        ["log", "--until", "9999-12-31"],
        ["log", "--day", "9999-12-31"],
        ["log", "--follow", "--until", "10m"],
        ["log", "--follow", "--from", "messages.log"],
        ["positions", "--at", "2200-01-01"],
        ["route", "--outcomes", "--days", "999999999999"],
        ["route", "--outcomes", "--days", "nan"],
        ["orders", "--last", "0"],
        ["orders", "--last", "9" * 23],
        ["executions"],
        ["double", "kraken"],
        ["demo", "--seconds", "0"],
    ],
)
def test_wrong_usage_is_one_line_and_status_2(arguments, home, monkeypatch, capsys):
    monkeypatch.setenv("FIXGATE_HOME", str(home))

    assert run(arguments) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("fixgate: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["log"], ["orders"], ["sessions"], ["executions", "X"]], ids=str
)
def test_without_a_journal_the_tables_say_so(arguments, home, capsys):
    assert run([*arguments, "--home", str(home)]) == 1
    assert "no journal yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["resend", "TRADER", "1", "--reason", "x"],
        ["reconcile", "--reason", "x"],
        ["route", "--dry-run", "buy", "1", "BTC/USDT"],
        ["status"],
    ],
    ids=str,
)
def test_what_needs_a_gateway_names_the_data_directory_that_has_none(arguments, home, capsys):
    assert run([*arguments, "--home", str(home)]) == 1
    assert f"no gateway is running with {home / 'var'}" in capsys.readouterr().err


def test_no_days_are_held_of_a_data_directory_without_a_journal(home, capsys):
    words = ["--from", "2026-03-03", "--reason", "inquiry", "--home", str(home)]

    assert run(["hold", "add", *words]) == 1
    assert run(["hold", "list", "--home", str(home)]) == 1

    assert capsys.readouterr().err.count("no journal yet; there are no days to hold") == 2
    assert not (home / "var").exists()


def test_a_time_that_cannot_be_is_told_as_it_was_typed(home, capsys):
    assert run(["log", "--since", "25:99", "--home", str(home)]) == 2
    assert "--since 25:99: a time like" in capsys.readouterr().err


def test_what_a_terminal_would_obey_is_shown(home, capsys):
    assert run(["book\x1b[31m", "--home", str(home)]) == 2
    assert "book\\x1b[31m" in capsys.readouterr().err


def test_an_order_without_a_gateway_says_what_to_do(home, capsys):
    assert run(["order", "buy", "1", "BTC/USDT", "--port", "1", "--home", str(home)]) == 1
    assert "Start it with: make run" in capsys.readouterr().err


def test_a_port_of_zero_cannot_be_guessed(home, monkeypatch, capsys):
    monkeypatch.setenv("FIXGATE_FIX__PORT", "0")

    assert run(["order", "buy", "1", "BTC/USDT", "--home", str(home)]) == 2
    assert "--port" in capsys.readouterr().err


def test_check_shows_what_the_files_say(home, capsys):
    assert run(["check", "--home", str(home)]) == 0

    out = capsys.readouterr().out
    assert all(each in out for each in ("DEMO42", "DEMO44", "TRADER", "SIM", "XBT/USDT"))


def test_check_fails_with_the_line_that_is_wrong(home, capsys):
    path = home / "sessions" / "demo44.toml"
    path.write_text(path.read_text().replace('default_venue = "SIM"', 'default_venue = "SEM"'))

    assert run(["check", "--home", str(home)]) == 1

    err = capsys.readouterr().err
    assert "demo44.toml:7: venue SEM" in err
    assert err.count("\n") == 1


def test_check_names_the_variables_that_are_not_set_here(home, monkeypatch, capsys):
    path = home / "sessions" / "demo44.toml"
    more = 'username = "jane"\npassword_env = "DEMO44_PASSWORD"\n'
    path.write_text(more + path.read_text())

    assert run(["check", "--home", str(home)]) == 0
    assert "Not set here, and a start needs them: DEMO44_PASSWORD" in capsys.readouterr().out

    monkeypatch.setenv("DEMO44_PASSWORD", "correct horse")
    assert run(["check", "--home", str(home)]) == 0
    out = capsys.readouterr().out
    assert "Not set here" not in out
    assert "correct horse" not in out


def test_check_looks_for_the_dictionaries_that_a_start_needs(home, monkeypatch, capsys):
    monkeypatch.setenv("FIXGATE_FIX__DICTIONARIES", "nowhere")

    assert run(["check", "--home", str(home)]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert f"{home}/nowhere/FIX4" in err
    assert err.count("\n") == 1


def test_run_with_a_wrong_configuration_is_status_2(home, capsys):
    (home / "config" / "venues.toml").write_text("venue = 3\n")

    assert run(["run", "--home", str(home)]) == 2
    assert "venues.toml" in capsys.readouterr().err


def test_version_and_help(capsys):
    assert run(["version"]) == 0
    assert capsys.readouterr().out.startswith("fixgate 0")
    assert run(["order", "--help"]) == 0
    assert run([]) == 2


def test_a_hash_fits_its_password_and_no_other(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    assert run(["hash"]) == 0
    stored = capsys.readouterr().out.strip()

    assert is_hash(stored)
    assert verify(stored, "correct horse")
    assert not verify(stored, "correct horsf")
    assert not verify(stored, "")


def test_two_hashes_of_one_password_differ(monkeypatch, capsys):
    for _ in range(2):
        monkeypatch.setattr("sys.stdin", io.StringIO("same\n"))
        run(["hash"])
    first, second = capsys.readouterr().out.split()

    assert first != second


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plain",
        "scrypt/4096/8/1/00:00",
        "scrypt/4095/8/1/00112233445566778899aabbccddeeff:" + "0" * 64,
        "scrypt/9999999/99/99/00112233445566778899aabbccddeeff:" + "0" * 64,
    ],
)
def test_what_is_no_hash_fits_no_password(stored):
    assert not is_hash(stored)
    assert not verify(stored, "plain")


def test_an_empty_password_is_refused(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    assert run(["hash"]) == 2
    assert "no password" in capsys.readouterr().err
