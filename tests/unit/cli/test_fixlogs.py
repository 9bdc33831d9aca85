"""Message logs of other engines, as they are written and as they get broken."""

import pytest

from fixgate.cli.app import run
from fixgate.cli.console import Problem
from fixgate.cli.fixlogs import as_stored, read_log
from fixgate.cli.playing import Recorded, playable, renewed
from fixgate.cli.playing_from import Chosen, from_file
from unit.cli.peer import from_gateway

NAME = "FIX.4.4-BROKER-DESK.messages.current.log"


def text(sender, target, msg_type, number, *fields):
    body = "".join(f"{tag}={value}\x01" for tag, value in fields)
    head = f"35={msg_type}\x0134={number}\x0149={sender}\x0156={target}\x01"
    return f"8=FIX.4.4\x019=100\x01{head}52=20260301-12:00:00.000\x01{body}10=000\x01"


ORDER = text("DESK", "BROKER", "D", 2, (11, "A"), (55, "X"), (54, "1"), (58, "two\nlines"))
REPORT = text("BROKER", "DESK", "8", 2, (37, "O1"), (11, "A"), (39, "0"))
LOGON = text("DESK", "BROKER", "A", 1, (98, "0"), (554, "secret"))


@pytest.fixture
def quickfix_log(tmp_path):
    path = tmp_path / NAME
    lines = [
        f"20260301-12:00:0{n}.123456789 : {each}" for n, each in enumerate((LOGON, ORDER, REPORT))
    ]
    path.write_text("\n".join(lines) + "\n", encoding="latin-1")
    return path


def test_a_quickfix_log_is_read_with_the_engines_times_and_line_breaks(quickfix_log):
    log = read_log(quickfix_log)

    assert [each.message.msg_type for each in log.messages] == ["A", "D", "8"]
    assert [each.line for each in log.messages] == [1, 2, 4]
    assert log.messages[1].message.get(58) == "two\nlines"
    assert log.messages[2].at_ns % 1_000_000_000 == 123_456_789
    assert log.unread == ()


def test_the_files_name_says_which_way_a_message_went(quickfix_log):
    stored = list(as_stored(read_log(quickfix_log)))
    assert [(each.row.direction, each.row.session) for each in stored] == [
        ("in", "DESK"),
        ("in", "DESK"),
        ("out", "DESK"),
    ]


@pytest.mark.parametrize("separator", ["\x01", "|", "^A", ";"])
@pytest.mark.parametrize("before", ["", "2026-03-01 INFO in: ", "<20260301-12:00:00, X>  "])
def test_plain_lines_are_read_whatever_stands_before_and_between(tmp_path, separator, before):
    path = tmp_path / "plain.log"
    plain = REPORT.replace("\x01", separator)
    path.write_text(f"{before}{plain}\n{before}{plain.rstrip(separator)}\n")

    log = read_log(path)

    assert [each.message.get(37) for each in log.messages] == ["O1", "O1"]
    assert log.owner is None


def test_lines_that_hold_no_whole_message_are_counted(tmp_path):
    path = tmp_path / "broken.log"
    path.write_text(f"{REPORT}\nrubbish\n{REPORT[:60]}\n{REPORT}\n", encoding="latin-1")

    log = read_log(path)

    assert (len(log.messages), log.unread) == (2, (2, 3))


@pytest.mark.parametrize("content", [b"", b"rubbish\n", bytes(range(256)) * 10])
def test_a_file_without_messages_is_one_line(tmp_path, content):
    path = tmp_path / "no.log"
    path.write_bytes(content)

    with pytest.raises(Problem, match=r"no\.log: no FIX message is in it"):
        read_log(path)
    with pytest.raises(Problem, match="cannot be read"):
        read_log(tmp_path / "none.log")


def test_a_log_is_searched_as_the_journal_is(quickfix_log, tmp_path, capsys):
    from fakes.desk import make_home

    home = ("--home", str(make_home(tmp_path / "home")))

    assert run(["log", "--from", str(quickfix_log), "--order", "O1", "--raw", *home]) == 0
    assert [line[28:] for line in capsys.readouterr().out.splitlines() if line[0] == "2"] == [
        "DESK -> D #2",
        "DESK <- 8 #2",
    ]
    assert run(["log", "--from", str(quickfix_log), "--type", "A", *home]) == 0
    assert "secret" not in capsys.readouterr().out
    assert (
        run(["log", "--from", str(quickfix_log), "--text", "LINES", "--format", "fix", *home]) == 0
    )
    assert "|58=two" in capsys.readouterr().out.replace("\x01", "|")


def test_what_is_played_is_what_the_clients_application_sent(quickfix_log):
    (source,) = from_file(quickfix_log, _any())

    assert (source.name, source.sender, source.target) == ("DESK", "DESK", "BROKER")
    assert [each.message.msg_type for each in source.messages] == ["D"]


def test_another_side_is_played_only_when_it_is_named(quickfix_log, tmp_path):
    (source,) = from_file(quickfix_log, _any(client="BROKER"))
    assert [each.message.msg_type for each in source.messages] == ["8"]
    with pytest.raises(Problem, match="no message of NOBODY; there are: BROKER, DESK"):
        from_file(quickfix_log, _any(client="NOBODY"))
    both = tmp_path / "both.log"
    both.write_text(ORDER + "\n" + ORDER.replace("49=DESK", "49=BROKER") + "\n", encoding="latin-1")
    with pytest.raises(Problem, match="say which with --client"):
        from_file(both, _any())


def _any(client=None):
    return Chosen(session=None, client=client, since_ns=None, until_ns=None)


def test_a_message_is_renumbered_and_restamped_and_its_names_get_the_suffix():
    order = from_gateway(
        "G", 7, (43, "N"), (50, "sub"), (11, "B"), (41, "A"), (60, "20200101-00:00:00"), (44, "9")
    )

    fields = renewed(order, suffix="-2", now_ns=1_772_366_400_000_000_000)

    assert fields == [
        (50, "sub"),
        (11, "B-2"),
        (41, "A-2"),
        (60, "20260301-12:00:00.000"),
        (44, "9"),
    ]


def test_repetitions_and_session_messages_are_not_played():
    messages = [
        Recorded(0, from_gateway(msg_type, 1, *fields))
        for msg_type, fields in (("A", ()), ("0", ()), ("D", ()), ("D", ((43, "Y"),)), ("5", ()))
    ]
    assert [each.message.msg_type for each in playable(messages)] == ["D"]
