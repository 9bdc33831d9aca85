"""What an examiner asks of the journal, through the commands: find, follow, prove, replay."""

import csv
import io
import json
import re
import sqlite3
import subprocess
import sys
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fakes.core import SESSION, contents
from fakes.desk import TERMINAL_MAX, Desk, make_home
from fixgate.adapters.store.ledger import Ledger
from fixgate.adapters.store.raw import DatabaseRecords
from fixgate.adapters.store.reader import Reader
from fixgate.application.ports.fix import ReportsUndelivered
from fixgate.application.replay import Replay, fold
from fixgate.cli.app import run
from fixgate.cli.exporting import Format, Output, columns
from fixgate.domain.ids import Ids
from fixgate.domain.state import State
from unit.adapters.store.journals import Tamper, noon_of

DAYS = ("2026-03-01", "2026-03-02", "2026-03-03")
TODAY = "2026-03-03"


class World:
    """A journal of three days, and the commands about it."""

    def __init__(self, home, capsys) -> None:
        self.home = home
        self.path = home / "var" / "journal.sqlite"
        self.ids: dict[str, str] = {}
        self._capsys = capsys

    def fixgate(self, *arguments: object) -> tuple[int, str, str]:
        status = run([*map(str, arguments), "--home", str(self.home)])
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def out(self, *arguments: object) -> str:
        status, out, err = self.fixgate(*arguments)
        assert status == 0, err
        return out

    def refused(self, *arguments: object, status: int = 1) -> str:
        """The one line of a command that fails."""
        found, out, err = self.fixgate(*arguments)
        assert (found, out) == (status, ""), (out, err)
        assert err.count("\n") == 1
        return err.removeprefix("fixgate: ").rstrip()

    def ledger(self) -> Ledger:
        reader = Reader(self.path)
        return Ledger(
            reader.meta("epoch"), database=DatabaseRecords(reader.connection), close=reader.close
        )


async def _trade_for_three_days(world: World) -> None:
    desk = Desk(world.path)
    # A is filled on the first day; B works from the first day to the third; C is refused.
    await desk.start(noon_of(DAYS[0]))
    await desk.log_on("hunter2")
    world.ids["A"] = await desk.order("A")
    await desk.accept(world.ids["A"])
    await desk.trade(world.ids["A"], Decimal(2), trade_id="T1")
    world.ids["B"] = await desk.order("B", qty="5")
    await desk.accept(world.ids["B"])
    desk.at_ns = noon_of(DAYS[1])
    await desk.trade(world.ids["B"], Decimal(1), trade_id="T2")
    await desk.send("F", "11=B-cancel|41=B|55=BTC/USDT|54=1|60=20231114-22:13:20")
    await desk.stop()
    await desk.start(noon_of(DAYS[2]))
    await desk.send("D", "11=C|55=NO/SUCH|54=1|38=1|40=2|44=9|60=20231114-22:13:20")
    world.ids["D"] = await desk.order("D")
    await desk.stop()


@pytest.fixture
async def world(tmp_path, capsys):
    one = World(make_home(tmp_path / "home"), capsys)
    await _trade_for_three_days(one)
    return one


# --- finding ------------------------------------------------------------------------------


def found(world, *arguments):
    lines = world.out("log", "--format", "json", *arguments).splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--type", "D"), ["A", "B", "C", "D"]),
        (("--type", "D", "--day", DAYS[2]), ["C", "D"]),
        (("--type", "D", "--until", f"{DAYS[0]}T13:00"), ["A", "B"]),
        (("--type", "D", "--since", f"{DAYS[0]}T13:00"), ["C", "D"]),
        (("--type", "D", "--symbol", "NO/SUCH"), ["C"]),
        (("--type", "D", "--text", "38=5"), ["B"]),
        (("--type", "D", "--cl-ord-id", "D"), ["D"]),
        (("--type", "D", "--last", "1"), ["D"]),
        (("--type", "F", "--direction", "in"), ["B-cancel"]),
        (("--type", "F", "--direction", "out"), []),
    ],
)
async def test_messages_are_found_by_what_is_known_of_them(world, arguments, names):
    assert [each["cl_ord_id"] for each in found(world, *arguments)] == names


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize("name", ["B", "B-cancel", "id"])
async def test_all_messages_of_an_order_are_found_by_any_of_its_names(world, name, archived):
    if archived:
        world.out("archive", "--reason", "test", "--keep-days", "1")
    name = world.ids["B"] if name == "id" else name

    mine = found(world, "--order", name)

    assert [(each["direction"], each["msg_type"]) for each in mine] == [
        ("in", "D"),
        ("out", "8"),
        ("out", "8"),
        ("in", "F"),
        ("out", "8"),
    ]


async def test_a_report_that_was_sent_again_is_found_as_the_first_was(world):
    first = found(world, "--order", "A", "--type", "8")[-1]
    desk = Desk(world.path)
    await desk.start(noon_of(DAYS[2]) + 1_000_000_000)
    at_ns, texts = desk.at_ns, (first["text"],)
    await desk.take(ReportsUndelivered(at_ns=at_ns, session=SESSION, texts=texts))
    await desk.stop()
    for by in (("--order", "A"), ("--cl-ord-id", "A"), ("--order-id", world.ids["A"])):
        again = found(world, *by)[-1]
        assert again["seq"] > first["seq"]
        assert "\x0197=Y\x01" in again["text"]
        assert (again["cl_ord_id"], again["order_id"]) == ("A", world.ids["A"])


async def test_a_session_that_never_was_is_one_line(world, tmp_path):
    for command in (
        ("log",),
        ("state", "--at", "1h"),
        ("export", "--out", tmp_path / "out"),
        ("replay", "--to", "127.0.0.1:1", "--dry-run"),
    ):
        said = world.refused(*command, "--session", "NOBODY", status=2)
        assert said == "no session is named NOBODY; there are: CLIENT"
    assert not (tmp_path / "out").exists()


async def test_reports_are_found_by_the_symbol_in_their_text(world):
    reports = found(world, "--symbol", "BTC/USDT", "--type", "8")
    assert len(reports) == 5
    assert {each["symbol"] for each in reports} == {"BTC/USDT"}


async def test_every_format_has_the_same_messages(world, tmp_path):
    in_json = found(world, "--type", "8")
    in_csv = list(csv.DictReader(io.StringIO(world.out("log", "--type", "8", "--format", "csv"))))
    file = tmp_path / "out.parquet"
    world.out("log", "--type", "8", "--format", "parquet", "--out", file)
    in_parquet = pq.read_table(file).to_pylist()
    fix = world.out("log", "--type", "8", "--format", "fix").splitlines()

    assert [each["seq"] for each in in_json] == [int(each["seq"]) for each in in_csv]
    assert [each["text"] for each in in_json] == [each["text"] for each in in_parquet] == fix
    assert [each["text"].replace("\x01", "|") for each in in_json] == [
        each["text"] for each in in_csv
    ]
    assert in_json[0]["decoded"]["OrdStatus"] == "0"
    assert in_json[0]["time"].startswith(f"{DAYS[0]}T12:00:00.")


async def test_archived_messages_are_found_as_those_in_the_database(world):
    before = found(world, "--since", "2026-01-01")
    world.out("archive", "--reason", "test", "--keep-days", "1")
    assert sqlite3.connect(world.path).execute("SELECT min(seq) FROM journal").fetchone()[0] > 1

    assert found(world, "--since", "2026-01-01") == before
    assert found(world, "--last", "6") == before[-6:]
    world.path.unlink()
    archived = found(world, "--since", "2026-01-01")
    assert archived == before[: len(archived)]
    assert len(archived) > 5


async def test_a_password_is_in_no_export(world, tmp_path):
    for form in ("json", "csv", "fix", "text"):
        out = world.out("log", "--type", "A", "--format", form)
        assert "hunter2" not in out
        assert "554" in out or "Password" in out


async def test_an_export_never_overwrites_and_leaves_nothing_half_done(world, tmp_path):
    file = tmp_path / "out.csv"
    file.write_text("mine")
    said = world.refused("log", "--format", "csv", "--out", file)
    assert said == f"{file}: is there already; an export never overwrites a file"
    assert file.read_text() == "mine"
    assert "cannot be written" in world.refused("log", "--format", "csv", "--out", "/proc/no/x")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(tmp_path, text):
    file = tmp_path / "out.csv"
    with Output(Format.CSV, file, columns((), "text")) as output:
        output.row({"text": text})

    assert list(csv.reader(io.StringIO(file.read_text()))) == [["text"], ["'" + text]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("log", "--since", "noon"), "--since noon: a time like"),
        (("log", "--day", "2026-13-01"), "--day 2026-13-01: a day like"),
        (("log", "--day", "today", "--since", "1h"), "--day does not go with"),
        (("log", "--since", "2026-03-02", "--until", "2026-03-01"), "is not before"),
        (("log", "--direction", "up"), "it is in or out"),
        (("log", "--format", "parquet"), "needs --out FILE"),
        (("log", "--out", "x.csv"), "--out needs --format"),
        (("verify", "--public-key", "k"), "goes with --against"),
        (("state", "--at", "soon"), "--at soon: a time like"),
        (("state", "--at", "1h", "--format", "fix"), "orders are no messages"),
        (("replay",), "give --verify or --to"),
        (("replay", "--verify", "--to", "a:1"), "give --verify or --to"),
        (("replay", "--to", "here"), "it is HOST:PORT"),
        (("replay", "--to", "a:1", "--speed", "fast"), "--speed fast"),
        (("archive",), "--reason is required"),
        (("hold", "add", "--from", "2026-03-01"), "--reason is required"),
        (("hold", "add", "--from", "noon", "--reason", "x"), "a day like"),
    ],
)
async def test_wrong_arguments_are_one_line_and_status_2(world, arguments, said):
    assert said in world.refused(*arguments, status=2)


# --- one order ----------------------------------------------------------------------------


@pytest.mark.parametrize("archived", [False, True])
async def test_an_orders_life_has_every_message_call_and_decision_in_order(world, archived):
    if archived:
        world.out("archive", "--reason", "test", "--keep-days", "1")

    lines = world.out("order-history", "B", "--session", "CLIENT").splitlines()

    told = [line[42:].strip() for line in lines if line.startswith("2026")]
    assert told == [
        "client  ->         NewOrderSingle (D) #3",
        "decision        order received",
        "-> venue   venue call: submit",
        "<- venue   V answers submit: accepted",
        "decision        order acknowledged",
        "client  <-         ExecutionReport (8) #3: new",
        "<- venue   V traded: 1 at 49,999.5",
        "decision        traded",
        "client  <-         ExecutionReport (8) #4: partially filled",
        "client  ->         OrderCancelRequest (F) #4",
        "decision        request received",
        "decision        request pended",
        "-> venue   venue call: cancel",
        "client  <-         ExecutionReport (8) #5: pending cancel",
        "noted           started",
        "<- venue   V: connection",
        "-> venue   venue call: ask about the order",
    ]
    assert "venue's answer to submit:" in lines[-3]
    assert lines[-3].split()[-2:] == ["1.000", "ms"]


async def test_a_life_is_found_by_its_order_id_and_names_its_records(world):
    out = world.out("order-history", world.ids["A"])
    assert f"Order {world.ids['A']}" in out
    assert "ClOrdID(11)=A" in out
    assert "|11=A|" in world.out("order-history", world.ids["A"], "--raw")


async def test_an_unknown_order_is_one_line(world):
    assert world.refused("order-history", "NOPE") == "no order NOPE in the journal"
    said = world.refused("order-history", "A", "--session", "OTHER")
    assert said == "no order A of session OTHER in the journal"
    assert "names order" in world.refused("order-history", world.ids["A"][:-1] + "Z")


async def test_the_page_needs_nothing_else_and_takes_nothing_for_markup(world, tmp_path):
    file = tmp_path / "life.html"
    world.out("order-history", "B", "--html", file)

    page = file.read_text()
    assert "&lt;NEW&gt;" in page
    assert "<NEW>" not in page
    assert not [each for each in ("http:", "https:", "src=", "<script", "@import") if each in page]
    assert "partially filled" in page
    assert "already" in world.refused("order-history", "B", "--html", file)


# --- the state at an instant --------------------------------------------------------------


def open_at(world, time):
    out = world.out("state", "--at", time, "--format", "json")
    return {each["cl_ord_id"]: each for each in map(json.loads, out.splitlines())}


@pytest.mark.parametrize("archived", [False, True])
async def test_open_orders_are_as_they_were_at_any_instant(world, archived):
    if archived:
        world.out("archive", "--reason", "test", "--keep-days", "1")
    first = [each for each in found(world, "--type", "D") if each["cl_ord_id"] in "AB"]

    at_a = open_at(world, first[0]["time"])
    assert {name: each["ord_status"] for name, each in at_a.items()} == {"A": "pending new"}
    noon = open_at(world, f"{DAYS[0]}T18:00")
    assert {n: (e["ord_status"], e["cum_qty"]) for n, e in noon.items()} == {"B": ("new", "0")}
    second = open_at(world, f"{DAYS[1]}T18:00")
    assert second["B"]["ord_status"] == "pending cancel"
    assert (second["B"]["cum_qty"], second["B"]["leaves_qty"]) == ("1", "4")
    assert second["B"]["requests"] == "cancel:B-cancel"
    assert set(open_at(world, f"{DAYS[2]}T18:00")) == {"B", "D"}


@pytest.mark.parametrize("archived", [False, True])
async def test_open_orders_by_the_table_are_those_by_every_event(world, archived):
    if archived:
        world.out("archive", "--reason", "test", "--keep-days", "1")
    times = [each["time"] for each in found(world)]
    assert len(times) > 10
    for each in times:
        by_table = world.out("state", "--at", each, "--format", "csv")
        assert by_table == world.out("state", "--at", each, "--format", "csv", "--every-event")


async def test_open_orders_are_not_shown_where_a_day_that_they_need_is_missing(world):
    world.out("archive", "--reason", "test", "--keep-days", "1")
    (world.home / "var" / "archive" / f"journal-{DAYS[0]}.parquet").unlink()
    for more in ((), ("--every-event",)):
        said = world.refused("state", "--at", f"{DAYS[1]}T12:00:00.000500", *more)
        assert re.match(r"record \d+ is not there: nothing before day 2026-03-02 is there", said)
    # What is open and has not changed since needs none of it.
    assert set(open_at(world, f"{DAYS[2]}T18:00")) == {"B", "D"}


async def test_a_time_to_come_has_no_orders(world):
    said = world.refused("state", "--at", "2200-01-01", status=2)
    assert said == "--at 2200-01-01: that time has not come"


async def test_a_time_before_the_journal_says_where_it_begins(world):
    said = world.refused("state", "--at", "2020-01-01")
    assert "it begins 2026-03-01 12:00:00.000000" in said


async def test_the_state_folded_from_events_is_the_state_that_deciding_comes_to(world):
    ledger = world.ledger()
    last = ledger.span().last
    decided = Replay(State(Ids(ledger.epoch), terminal_max=TERMINAL_MAX), _codec(world))
    assert list(decided.differences(ledger.records(1, last))) == []

    folded = State(Ids(ledger.epoch), terminal_max=TERMINAL_MAX)
    fold(folded, ledger.happened(1, last, progress=lambda _: None))

    assert contents(folded) == contents(decided.state)
    ledger.close()


def _codec(world):
    from fixgate.bootstrap import parts
    from fixgate.bootstrap.loading import load

    return parts.codec(load(world.home, {}))


# --- deciding again -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", [(), ("--day", DAYS[0]), ("--day", DAYS[1]), ("--day", DAYS[2])]
)
@pytest.mark.parametrize("archived", [False, True])
async def test_todays_code_decides_as_was_decided(world, arguments, archived):
    if archived:
        world.out("archive", "--reason", "test", "--keep-days", "1")

    out = world.out("replay", "--verify", *arguments)

    assert out.splitlines()[-1] == "Differences   0"
    assert "Compared      0 inputs" not in out


@pytest.mark.parametrize(
    ("kind", "before", "after", "said"),
    [
        ("fix_out.v1", "44=50000", "44=50001", "tag 44: recorded 50001, now 50000"),
        (
            "order_acknowledged.v1",
            "-0",
            "-7",
            "OrderAcknowledged.exec_id",
        ),
    ],
)
async def test_what_would_be_decided_otherwise_is_listed(world, kind, before, after, said):
    with Tamper(world.path) as tamper:
        tamper.db.execute(
            "UPDATE journal SET payload = replace(payload, ?, ?) WHERE seq = "
            "(SELECT min(seq) FROM journal WHERE kind = ?)",
            (before, after, kind),
        )

    status, out, _ = world.fixgate("replay", "--verify")

    assert status == 1
    assert said in out
    assert f"{kind}" in out
    assert out.splitlines()[-1] in ("Differences   1", "Differences   2")


async def test_an_event_that_is_missing_is_one_difference_and_the_rest_is_compared(world):
    with Tamper(world.path) as tamper:
        (seq,) = tamper.db.execute(
            "SELECT max(seq) FROM journal WHERE kind = 'order_routed.v1'"
        ).fetchone()
        tamper.remove(seq)

    status, out, _ = world.fixgate("replay", "--verify")

    assert status == 1
    assert "recorded: nothing" in out
    assert out.splitlines()[-1] == "Differences   1"


async def test_a_record_that_cannot_be_read_is_named(world):
    with Tamper(world.path) as tamper:
        (seq,) = tamper.db.execute(
            "SELECT min(seq) FROM journal WHERE kind = 'order_received.v1'"
        ).fetchone()
        tamper.set(seq, payload="{}")

    state = ("state", "--at", f"{TODAY}T13:00", "--every-event")
    for command in (("replay", "--verify"), state):
        _, _, err = world.fixgate(*command)
        assert err.startswith(f"fixgate: record {seq}: ")
        assert err.count("\n") == 1


# --- proving ------------------------------------------------------------------------------


async def test_a_signed_head_shows_that_the_end_was_cut_off(world, tmp_path, monkeypatch):
    monkeypatch.setenv("FIXGATE_KEY_PASSWORD", "secret")
    run(["key", "make", str(tmp_path / "key")])
    head = tmp_path / "head.json"
    world.out("head", "--sign", tmp_path / "key", "--out", head)
    check = ("verify", "--against", head, "--public-key", tmp_path / "key.pub")
    assert "by the key given" in world.out(*check)

    with Tamper(world.path) as tamper:
        (last,) = tamper.db.execute("SELECT max(seq) FROM journal").fetchone()
        tamper.remove(last - 1, last)

    world.out("verify")
    said = world.refused(*check)
    assert f"records {last - 1} to {last} were removed from the end of the journal" in said


async def test_a_head_of_another_key_or_journal_or_time_is_told_apart(world, tmp_path, monkeypatch):
    monkeypatch.setenv("FIXGATE_KEY_PASSWORD", "secret")
    for name in ("key", "other"):
        run(["key", "make", str(tmp_path / name)])
    head = tmp_path / "head.json"
    world.out("head", "--sign", tmp_path / "key", "--out", head)
    said = world.refused("verify", "--against", head, "--public-key", tmp_path / "other.pub")
    assert "signed with another key" in said

    with Tamper(world.path) as tamper:
        (last,) = tamper.db.execute("SELECT max(seq) FROM journal").fetchone()
        tamper.set(last, payload="{}")
        tamper.rehash(last)
    world.out("verify")
    assert f"record {last} is not the one it was" in world.refused("verify", "--against", head)


async def test_the_head_can_be_printed(world):
    assert world.out("head") == world.out("verify", "--head")
    assert "Last hash" in world.out("head")


@pytest.mark.parametrize("day", [(), ("--day", DAYS[1])])
async def test_verify_names_what_was_done_to_the_journal(world, day):
    assert "all as written" in world.out("verify", *day)
    with Tamper(world.path) as tamper:
        (seq,) = tamper.db.execute(
            "SELECT min(seq) FROM journal WHERE at_ns >= ?", (noon_of(DAYS[1]),)
        ).fetchone()
        tamper.set(seq, session="OTHER")

    said = world.refused("verify", *day)

    assert said.startswith(f"record {seq} was altered (at 2026-03-02 12:00:00.000000, kind venue_")


@pytest.mark.parametrize("archived", [False, True])
async def test_the_tables_say_what_the_journal_says(world, archived):
    if archived:
        world.out("archive", "--reason", "test", "--keep-days", "1")
    assert re.search(r"Tables +\d+ rows, all as the journal says", world.out("verify", "--tables"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE orders SET cum_qty = '1.5' WHERE cl_ord_id = 'A'", "cum_qty is '1.5', by the"),
        ("UPDATE orders SET body = replace(body, 'BTC', 'ETH')", "its body is not what the"),
        ("UPDATE orders SET working = 0", "working is 0, by the journal 1"),
        ("UPDATE orders SET updated_ns = 1 WHERE cl_ord_id = 'B'", "updated_ns is 1, by the"),
        ("UPDATE orders SET ord_status = '2' WHERE cl_ord_id = 'C'", "ord_status is '2'"),
        ("DELETE FROM orders WHERE cl_ord_id = 'A'", "is missing"),
        ("UPDATE executions SET last_px = '9' WHERE trade_id = 'T1'", "last_px is '9', by the"),
        ("DELETE FROM executions WHERE trade_id = 'T2'", "is missing"),
        (
            "INSERT INTO executions SELECT order_id, 'X', at_ns, '0', '0', '1', '1', 'T', 0, ''"  # noqa: ISC004
            " FROM executions LIMIT 1",
            "executions: 1 rows are not in the journal",
        ),
        ("UPDATE cl_ord_ids SET order_id = 'X' WHERE cl_ord_id = 'A'", "order_id is 'X', by the"),
        ("DELETE FROM cl_ord_ids WHERE cl_ord_id = 'B'", "B is missing"),
        (
            "UPDATE venue_calls SET outcome = 'refused' WHERE outcome = 'accepted'",
            "outcome is 'refused', by",
        ),
        ("DELETE FROM venue_calls WHERE outcome IS NULL", "is missing"),
        ("INSERT INTO limits VALUES (1, 1, 'set', '{}')", "limits: 1 rows are not in the journal"),
        (
            "INSERT INTO routing_decisions VALUES ('O', 1, 1, 1, 'p', '1', NULL, '{}')",
            "routing_decisions: 1 rows are not in the journal",
        ),
        ("UPDATE positions SET qty = '7'", "qty is '7', by the journal '3'"),
        ("INSERT INTO balances VALUES ('V', 'BTC', '1', '0', 1, '1')", "V BTC is not in the"),
    ],
)
async def test_a_row_that_the_journal_does_not_say_is_named(world, change, said):
    with sqlite3.connect(world.path) as database:
        database.execute(change)
    database.close()
    status, out, err = world.fixgate("verify", "--tables")
    assert status == 1
    assert said in out
    assert "the tables differ from the journal in" in err
    assert world.fixgate("verify")[0] == 0  # the chain knows nothing of it


async def test_tables_are_compared_as_a_whole(world):
    said = world.refused("verify", "--tables", "--day", DAYS[0], status=2)
    assert said == "--tables is about all of the database"


async def test_a_missing_day_of_the_archive_is_named_and_nothing_is_touched(world):
    world.out("archive", "--reason", "test", "--keep-days", "1")
    (world.home / "var" / "archive" / f"journal-{DAYS[1]}.parquet").unlink()
    before = sorted((each, each.stat().st_mtime_ns) for each in world.home.rglob("*.parquet"))

    said = world.refused("verify")

    assert "were removed" in said
    assert f"nothing between day {DAYS[0]} and the database is there" in said
    assert "the first records" not in said
    assert before == sorted((e, e.stat().st_mtime_ns) for e in world.home.rglob("*.parquet"))


async def test_a_file_that_is_no_journal_is_one_line(world):
    for each in world.path.parent.glob("journal.sqlite*"):
        each.unlink()
    world.path.write_bytes(b"rubbish" * 1000)
    for command in (("verify",), ("log",), ("state", "--at", "1h"), ("head",)):
        assert str(world.path) in world.refused(*command)


# --- exporting ----------------------------------------------------------------------------


@pytest.mark.parametrize("archived", [False, True])
async def test_an_export_has_all_forms_and_proves_itself(world, tmp_path, archived):
    if archived:
        world.out("archive", "--reason", "test", "--keep-days", "1")
    folder = tmp_path / "for the examiner"

    world.out("export", "--until", f"{DAYS[1]}T23:00", "--out", folder)

    manifest = json.loads((folder / "manifest.json").read_text())
    for name, digest in manifest["sha256"].items():
        assert sha256((folder / name).read_bytes()).hexdigest() == digest
    messages = list(csv.DictReader(io.StringIO((folder / "messages.csv").read_text())))
    assert len((folder / "messages.jsonl").read_text().splitlines()) == len(messages) == 9
    assert len((folder / "messages.fix").read_text().splitlines()) == 9
    assert len(pq.read_table(folder / "messages.parquet")) == 9
    assert len(list(csv.DictReader(io.StringIO((folder / "executions.csv").read_text())))) == 5
    checked = world.out("verify", "--archive", folder)
    assert f"1 to {manifest['last_record']}, all as written" in checked


async def test_a_part_of_the_journal_that_was_given_away_proves_itself(world, tmp_path):
    folder = tmp_path / "day"
    world.out("export", "--day", DAYS[1], "--out", folder)
    assert "all as written" in world.out("verify", "--archive", folder)

    (file,) = folder.glob("journal-*.parquet")
    table = pq.read_table(file)
    rows = table.to_pylist()
    rows[2]["at_ns"] += 1
    pq.write_table(table.from_pylist(rows, schema=table.schema), file)
    said = world.refused("verify", "--archive", folder)
    assert said.startswith(f"record {rows[2]['seq']} was altered")


async def test_an_export_of_one_order_has_its_messages_alone(world, tmp_path):
    folder = tmp_path / "order"
    world.out("export", "--order", "B", "--format", "csv", "--out", folder)
    assert {each.name for each in folder.iterdir()} == {
        "messages.csv",
        "manifest.json",
        "SHA256SUMS",
    }
    assert len(list(csv.DictReader(io.StringIO((folder / "messages.csv").read_text())))) == 5


async def test_nothing_is_exported_from_a_journal_that_was_altered(world, tmp_path):
    with Tamper(world.path) as tamper:
        tamper.set(12, payload="{}")
    folder = tmp_path / "out"

    _, _, err = world.fixgate("export", "--out", folder)

    assert "nothing was exported: record 12 was altered" in err
    assert not list(tmp_path.glob("out*"))


async def test_a_dry_run_writes_nothing(world, tmp_path):
    before = sorted(world.home.rglob("*[!ml]"))  # but for what SQLite makes while it reads
    assert "To export     records 1 to" in world.out(
        "export", "--dry-run", "--out", tmp_path / "out"
    )
    assert "To archive" in world.out("archive", "--dry-run")
    assert not (tmp_path / "out").exists()
    assert sorted(world.home.rglob("*[!ml]")) == before


@pytest.mark.parametrize("name", ["archive", "verify_journal", "replay_log", "export"])
def test_each_script_is_its_command(name):
    script = Path(__file__).parents[3] / "scripts" / f"{name}.py"
    done = subprocess.run(
        [sys.executable, script, "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    assert "Usage: fixgate" in done.stdout


# --- holding ------------------------------------------------------------------------------


async def test_a_held_day_stays_until_the_hold_is_removed(world):
    assert "Hold 1" in world.out("hold", "add", "--from", DAYS[0], "--reason", "case 7")
    assert "case 7" in world.out("hold", "list")
    out = world.out("archive", "--keep-days", "1", "--reason", "test")
    assert f"Held          {DAYS[0]} (hold 1)" in out
    assert "Dropped" not in out

    assert world.refused("hold", "remove", "7", "--reason", "x") == "there is no hold 7"
    world.out("hold", "remove", "1", "--reason", "closed", "--by", "jane")
    assert "no holds" in world.out("hold", "list")
    assert "Dropped" in world.out("archive", "--keep-days", "1", "--reason", "test")
