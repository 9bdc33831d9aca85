"""`fixgate db`: as a person uses it."""

import sqlite3
import subprocess
from pathlib import Path

import pytest

from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.cli.app import run
from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.postgres_home import postgres_home
from integration.raw_peer import Peer, a_name
from postgres import PASSWORD, new_database
from unit.adapters.store.test_upgrading import a_store_of_version_1


def one_line(ended: subprocess.CompletedProcess[str]) -> str:
    """What a command that ends with 1 says, having printed nothing else."""
    assert ended.returncode == 1, ended.stdout
    (line,) = ended.stderr.splitlines()
    return line


def test_an_older_schema_is_refused_by_run_and_brought_up_to_date_by_upgrade(
    tmp_path: Path,
) -> None:
    made = a_store_of_version_1(tmp_path / "old") if (tmp_path / "old").mkdir() is None else None
    assert made is not None
    gateway = Gateway(make_home(tmp_path / "home"))
    file = gateway.home / "var" / "journal.db"
    file.parent.mkdir()
    made.rename(file)
    before = file.read_bytes()

    for command in (("run",), ("orders",)):
        said = one_line(gateway.fixgate(*command))
        assert said == f"fixgate: {file}: has schema version 1; run `fixgate db upgrade`"
    assert file.read_bytes() == before

    upgraded = gateway.fixgate("db", "upgrade")
    assert upgraded.stdout.strip() == f"{file}: schema version 1 -> 3", upgraded.stderr
    again = gateway.fixgate("db", "upgrade")
    assert again.stdout.strip() == f"{file}: schema version 3, up to date"
    gateway.start()
    assert gateway.stop() == 0


def test_a_newer_schema_and_no_store_are_named(tmp_path: Path) -> None:
    gateway = Gateway(make_home(tmp_path))
    file = gateway.home / "var" / "journal.db"
    assert "no journal yet" in one_line(gateway.fixgate("db", "upgrade"))
    gateway.start()
    assert f"{file}: is in use by process" in one_line(gateway.fixgate("db", "upgrade"))
    assert gateway.stop() == 0
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    said = f"{file}: has schema version 9; this release reads version 3"
    assert said in one_line(gateway.fixgate("db", "upgrade"))
    assert said in one_line(gateway.fixgate("run"))


def test_a_journal_is_copied_to_postgresql_and_trading_goes_on_there(tmp_path: Path) -> None:
    address = new_database(made=False)
    gateway = Gateway(postgres_home(tmp_path, address))
    settings = gateway.home / "config" / "gateway.toml"
    in_postgres = settings.read_text()
    settings.write_text(
        "\n".join(
            line for line in in_postgres.splitlines() if not line.startswith(("url", "password_"))
        )
    )
    peer = Peer("TRADER")
    gateway.start()
    try:
        peer.log_on(gateway.port)
        fill = peer.trade()
        resting = a_name("copied")
        peer.send("D", peer.order_body(resting))
        peer.ask()
        assert gateway.stop() == 0
        peer.closed()
        before = audit(gateway.home)

        settings.write_text(in_postgres)
        assert "run `fixgate db upgrade`" in one_line(gateway.fixgate("run"))
        assert "run `fixgate db upgrade`" in one_line(gateway.fixgate("db", "copy"))
        upgraded = gateway.fixgate("db", "upgrade")
        assert upgraded.stdout.strip() == f"{address}: made, schema version 3", upgraded.stderr
        copied = gateway.fixgate("db", "copy")
        assert copied.returncode == 0, copied.stderr
        assert f"Verified      {len(before.records)} records as they arrived" in copied.stdout
        assert ["journal", str(len(before.records))] in [
            line.split() for line in copied.stdout.splitlines()
        ]
        assert PASSWORD not in copied.stdout
        assert audit(gateway.home).records == before.records
        assert "is not empty" in one_line(gateway.fixgate("db", "copy"))

        gateway.start()
        peer.log_on(gateway.port)
        peer.all_answered()
        peer.trade()
        orders = gateway.fixgate("orders").stdout
        assert resting in orders
        assert fill[11] in orders
        assert gateway.stop() == 0
        peer.closed()
        audit(gateway.home)
    finally:
        gateway.kill()
        peer.hang_up()


def test_a_journal_that_was_tampered_with_is_not_copied(tmp_path: Path) -> None:
    address = new_database()
    gateway = Gateway(postgres_home(tmp_path, address))
    file = gateway.home / "var" / "journal.db"
    plain = Gateway(make_home(tmp_path / "plain"))
    plain.start()
    assert plain.stop() == 0
    file.parent.mkdir()
    (plain.home / "var" / "journal.db").rename(file)
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("DROP TRIGGER journal_no_update")
    connection.execute("UPDATE journal SET at_ns = at_ns + 1 WHERE seq = 2")
    connection.close()
    said = one_line(gateway.fixgate("db", "copy"))
    assert "record 2 is not as written" in said
    gateway.start()  # the database is as empty as it was
    assert gateway.stop() == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('url = "mysql://x/y"', "journal.url: must begin with postgresql://"),
        ('url = "postgresql://me:secret@h/d"', "must not hold a password"),
        ('url = "postgresql://h/d?password=secret"', "must not hold a password"),
        ('password_env = "X"', "a password goes with url"),
        ('url = "postgresql://h/d"\npassword_env = "NOT_SET"', "variable NOT_SET is not set"),
        ('url = "postgresql://h/d"\npassword_file = "gone"', "gone: cannot be read: No such file"),
        ('url = "postgresql://h/d?no_such_key=1"', "is not a URL that PostgreSQL understands"),
        ('url = "postgresql://127.0.0.1:1/d"', "postgresql://127.0.0.1:1/d: cannot be"),
    ],
)
def test_a_journal_that_cannot_be_reached_is_named_without_its_password(
    tmp_path: Path, settings: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    home = make_home(tmp_path)
    file = home / "config" / "gateway.toml"
    file.write_text(file.read_text().replace("[journal]\n", f"[journal]\n{settings}\n"))
    for command in (("db", "upgrade"), ("orders",), ("sessions",)):
        assert run([*command, "--home", str(home)]) in (1, 2)
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line
        assert "secret" not in line


def test_a_password_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    gateway = Gateway(postgres_home(tmp_path, PostgresAddress("postgresql://h/d")))
    (gateway.home / "config" / "journal.password").chmod(0o644)
    assert "others may read it; run chmod 600" in one_line(gateway.fixgate("orders"))
