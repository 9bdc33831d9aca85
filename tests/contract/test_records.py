"""What is found, proved and archived does not depend on the database that has the journal."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.desk import Desk, make_home
from fixgate.adapters.store.postgres.opening import open_postgres
from fixgate.cli.app import run
from postgres import PASSWORD, new_database
from unit.adapters.store.journals import noon_of

DAYS = ("2026-03-01", "2026-03-02", "2026-03-03")


async def trade(desk: Desk) -> str:
    """Three days; the OrderID of an order that works through all of them."""
    await desk.start(noon_of(DAYS[0]))
    filled = await desk.order("A")
    await desk.accept(filled)
    await desk.trade(filled, Decimal(2), trade_id="T1")
    order_id = await desk.order("B", qty="5")
    await desk.accept(order_id)
    desk.at_ns = noon_of(DAYS[1])
    await desk.trade(order_id, Decimal(1), trade_id="T2")
    desk.at_ns = noon_of(DAYS[2])
    await desk.order("C")
    await desk.stop()
    return order_id


@pytest.fixture
async def homes(tmp_path, monkeypatch) -> tuple[str, Path, Path]:
    """An OrderID, and the homes of two gateways that did the same, one on each database."""
    in_file, on_server = make_home(tmp_path / "file"), make_home(tmp_path / "server")
    order_id = await trade(Desk(in_file / "var" / "journal.sqlite"))
    address = new_database()
    folder = on_server / "var"
    desk = Desk(folder / "unused", opened=lambda: open_postgres(address, folder))
    assert await trade(desk) == order_id
    monkeypatch.setenv("PG_PASSWORD", PASSWORD)
    (on_server / "config" / "gateway.toml").write_text(
        f'[journal]\nurl = "{address.url}"\npassword_env = "PG_PASSWORD"\n'
    )
    return order_id, in_file, on_server


def said(home: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints, but for how long it took and where the home is."""
    assert run([*arguments, "--home", str(home)]) == 0, capsys.readouterr().err
    out = capsys.readouterr().out.replace(str(home), "HOME")
    return re.sub(r"in [\d.]+ s, [\d,]+ a second", "", out)


async def test_every_command_says_the_same_on_both_databases_and_after_archiving(homes, capsys):
    order_id, in_file, on_server = homes
    commands = (
        ("log", "--since", "2026-01-01", "--format", "json"),
        ("log", "--order", "B", "--format", "csv"),
        ("log", "--last", "2"),
        ("order-history", order_id, "--all"),
        ("state", "--at", f"{DAYS[0]}T12:00:00.004", "--format", "csv"),
        ("state", "--at", f"{DAYS[1]}T18:00", "--format", "csv"),
        ("state", "--at", f"{DAYS[1]}T18:00", "--format", "csv", "--every-event"),
        ("replay", "--verify"),
        ("replay", "--verify", "--day", DAYS[1]),
        ("verify", "--tables"),
        ("verify",),
        ("verify", "--day", DAYS[1]),
        ("head",),
        ("archive", "--reason", "test", "--keep-days", "1"),
    )
    first = {}
    for command in commands:
        first[command] = said(in_file, capsys, *command)
        assert said(on_server, capsys, *command) == first[command]
        assert first[command]
    for command in commands[:-4]:
        assert said(in_file, capsys, *command) == said(on_server, capsys, *command)
        assert said(on_server, capsys, *command) == first[command]
    assert said(on_server, capsys, "verify") == first["verify",]


async def test_postgresql_lets_archived_records_go_and_no_others(homes, capsys):
    _, _, home = homes
    said(home, capsys, "archive", "--reason", "test", "--keep-days", "1")
    from fixgate.bootstrap.loading import load
    from fixgate.bootstrap.stores import engine_to_drop, open_to_read

    configuration = load(home, {"PG_PASSWORD": PASSWORD})
    reader = open_to_read(configuration)
    try:
        assert reader.verify() is None
        first = next(iter(reader.records())).seq
    finally:
        reader.close()
    assert first > 1
    engine = engine_to_drop(configuration)
    for statement in (f"DELETE FROM journal WHERE seq = {first}", "UPDATE journal SET kind = 'x'"):  # noqa: S608
        with engine.connect() as connection, pytest.raises(Exception, match="append-only"):
            connection.exec_driver_sql(statement)
    engine.dispose()
