"""What the engine does in our arrangement, and the traps of quickfix 1.16.0 that must not close."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from fixgate.adapters.fix.config import SessionStart
from fixgate.adapters.fix.dictionary import read
from fixgate.adapters.fix.engine import JUMP, EngineSession
from fixgate.adapters.fix.fields import value_of
from fixgate.domain.errors import InvariantBroken
from fixgate.domain.sessions import FixVersion
from unit.adapters.fix.messages import (
    FIX_SPECS,
    ORDER,
    a_frame,
    config,
    logon,
    message,
    order,
    parsed,
    raw,
    report,
)

# The engine's registry of sessions is global, and it keeps the older of two with one id.
_NUMBERS = count(1)
Make = Callable[..., EngineSession]


@pytest.fixture
def client() -> str:
    return f"ENGINE{next(_NUMBERS)}"


@pytest.fixture
def make(tmp_path: Path, client: str) -> Iterator[Make]:
    """Opens the session in one folder; opening it again closes it first, as a restart does."""
    opened: list[EngineSession] = []

    def make_one(start: SessionStart | None = None, **changes: object) -> EngineSession:
        if opened:
            opened.pop().close()
        dictionary = read(FIX_SPECS, FixVersion.FIX44)
        engine = EngineSession(config(client, **changes), dictionary, tmp_path, start=start)
        opened.append(engine)
        return engine

    yield make_one
    for each in opened:
        each.close()


@pytest.fixture
def engine(make: Make, client: str) -> EngineSession:
    """A session that is logged on."""
    engine = make()
    taken = engine.feed(a_frame(logon(client=client)))
    assert [each["35"] for each in parsed(taken.sent)] == ["A"]
    assert engine.logged_on
    return engine


def test_an_order_is_delivered_once_and_counted(engine: EngineSession, client: str) -> None:
    taken = engine.feed(a_frame(order(2, client=client)))

    assert (taken.delivered, taken.sent, taken.last_in) == ([2], [], 2)
    assert not taken.closing
    assert engine.feed(a_frame(order(2, client=client))).closing  # too low, and no PossDup


def test_messages_beyond_a_gap_are_delivered_when_it_is_filled(
    engine: EngineSession, client: str
) -> None:
    early = engine.feed(a_frame(order(4, client=client)))
    assert early.delivered == []
    assert [(each["35"], each["7"], each["16"]) for each in parsed(early.sent)] == [("2", "2", "0")]

    assert engine.feed(a_frame(order(3, client=client))).delivered == []
    filled = engine.feed(a_frame(order(2, client=client)))

    assert (filled.delivered, filled.last_in) == ([2, 3, 4], 4)


def test_what_is_sent_is_byte_for_byte_what_was_journaled(engine: EngineSession) -> None:
    text = report(
        engine.next_sender, client=engine_client(engine), sending_time="20260101-00:00:00"
    )

    assert engine.send(text, "20260101-00:00:00") == text


def test_a_report_with_a_repeating_group_keeps_its_order(engine: EngineSession) -> None:
    head = report(engine.next_sender, client=engine_client(engine))
    parties = "453=2|448=A|447=D|452=3|448=B|447=D|452=1|"
    inside = head.split("\x01", 2)[2].rsplit("10=", 1)[0]
    text = raw(inside.replace("\x01", "|").replace("150=0|151=0.5|", f"150=0|151=0.5|{parties}"))

    assert engine.send(text.decode(), value_of(head, 52)) == text.decode()


def test_reports_sent_while_nobody_is_there_are_resent_when_asked_for(
    make: Make, client: str
) -> None:
    engine = make()
    for number in (1, 2):
        engine.send(report(number, client=client), None)

    engine.feed(a_frame(logon(client=client)))
    taken = engine.feed(a_frame(message("2", 2, "7=1|16=0", client=client)))

    resent = parsed(taken.sent)
    assert [(each["35"], each["34"], each["43"]) for each in resent] == [
        ("8", "1", "Y"), ("8", "2", "Y"), ("4", "3", "Y")
    ]  # fmt: skip
    assert all("122" in each for each in resent)


def test_a_frame_the_engine_is_not_shown_is_rejected_and_counted(
    engine: EngineSession, client: str
) -> None:
    frame = a_frame(message("D", 2, f"{ORDER}|95=9|96=x", client=client))
    assert frame.fault is not None

    taken = engine.reject(frame, tag=95, reason=6, text=frame.fault.text)

    (answer,) = parsed(taken.sent)
    assert (answer["35"], answer["45"], answer["371"], answer["372"], answer["373"]) == (
        "3", "2", "95", "D", "6"
    )  # fmt: skip
    assert taken.last_in == 2
    assert engine.feed(a_frame(order(3, client=client))).delivered == [3]


@pytest.mark.parametrize("bad", ["abc=5", "=5", "no equals", "99999999999999=1"])
def test_a_field_without_a_tag_is_unreadable_and_changes_nothing(
    engine: EngineSession, client: str, bad: str
) -> None:
    frame = a_frame(raw(f"35=D|34=2|49={client}|52=20260101-00:00:00|56=FIXGATE|{bad}|"))

    taken = engine.feed(frame)

    assert taken.delivered == []
    assert taken.last_in == 1
    if bad != "99999999999999=1":
        assert taken.unreadable is not None


def test_a_type_we_do_not_serve_is_delivered_for_the_codec_to_answer(
    engine: EngineSession, client: str
) -> None:
    taken = engine.feed(a_frame(message("7", 2, "2=1|5=N|55=BTC/USDT|4=B|53=1", client=client)))

    assert (taken.delivered, taken.sent) == ([2], [])


@pytest.mark.parametrize(("checked", "delivered"), [(False, [2]), (True, [])])
def test_user_tags_we_do_not_know_pass_unless_they_are_checked(
    make: Make, client: str, *, checked: bool, delivered: list[int]
) -> None:
    engine = make(user_tags_checked=checked)
    engine.feed(a_frame(logon(client=client)))

    taken = engine.feed(a_frame(message("D", 2, f"{ORDER}|5999=x", client=client)))

    assert taken.delivered == delivered


def test_logout_goes_out_at_once_and_the_session_can_log_on_again(
    engine: EngineSession, client: str
) -> None:
    taken = engine.logout("good night")

    assert [(each["35"], each["58"]) for each in parsed(taken.sent)] == [("5", "good night")]
    assert engine.feed(a_frame(message("5", 2, client=client))).closing
    engine.disconnected()
    engine.feed(a_frame(logon(3, client=client)))
    assert engine.logged_on


def test_a_reset_begins_again_from_one(engine: EngineSession, client: str) -> None:
    engine.feed(a_frame(order(2, client=client)))

    engine.reset()

    assert (engine.next_sender, engine.next_target) == (1, 1)


# --- traps


def test_trap_1_a_failing_callback_ends_the_process_loudly(tmp_path: Path) -> None:
    """On 3.11 and 3.12 it would freeze instead, with every session in it."""
    script = """
import sys
from pathlib import Path
from unit.adapters.fix.messages import *
from fixgate.adapters.fix.callbacks import Callbacks
from fixgate.adapters.fix.dictionary import read
from fixgate.adapters.fix.engine import EngineSession
def fail(self, message):
    raise ValueError("as a test wants it")
Callbacks._outgoing = fail
engine = EngineSession(config(), read(FIX_SPECS, FixVersion.FIX44), Path(sys.argv[1]))
engine.feed(a_frame(logon()))
print("still here")
"""
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=root,
        env={"PYTHONPATH": f"{root / 'tests'}:{root / 'src'}"},
        capture_output=True,
        timeout=60,
        check=False,
        text=True,
    )

    assert done.returncode == 70
    assert "toAdmin" in done.stderr
    assert "as a test wants it" in done.stderr
    assert "still here" not in done.stdout


@pytest.mark.parametrize("hostile", ["95=-5|96=x", "95=100000000|96=x", "212=100000000|213=x"])
def test_trap_2_even_past_the_door_a_hostile_length_is_only_text(
    make: Make, client: str, hostile: str
) -> None:
    engine = make()

    engine.feed(a_frame(message("A", 1, f"98=0|108=30|{hostile}", client=client)))

    engine.disconnected()
    engine.feed(a_frame(logon(engine.next_target, client=client)))
    assert engine.logged_on


def test_trap_4_a_store_of_another_day_is_not_wiped(
    make: Make, client: str, tmp_path: Path
) -> None:
    engine = make()
    engine.send(report(1, client=client), None)
    (session_file,) = tmp_path.glob("*.session")
    engine.close()
    session_file.write_text("20200101-00:00:00")

    engine = make()

    assert engine.next_sender == 2
    engine.feed(a_frame(logon(client=client)))
    taken = engine.feed(a_frame(message("2", 2, "7=1|16=1", client=client)))
    assert [each["35"] for each in parsed(taken.sent)] == ["8"]


def test_trap_5_the_engine_wipes_its_store_before_it_asks(make: Make, client: str) -> None:
    """Why the door judges a Logon first: even one with the wrong SendingTime resets."""
    engine = make()
    for number in (1, 2, 3):
        engine.send(report(number, client=client), None)

    engine.feed(a_frame(message("A", 1, "98=0|108=30|141=Y", client=client, time_offset_s=-999)))

    assert not engine.logged_on
    assert engine.next_sender < 4


def test_trap_11_numbers_keep_their_digits_and_trap_12_the_text_stays_the_clients(
    engine: EngineSession, client: str
) -> None:
    price = "50000.12345678901234567890"
    text = report(engine.next_sender, client=client, more=f"9999={price}")

    assert value_of(engine.send(text, value_of(text, 52)), 9999) == price


# --- starting


def test_after_a_crash_the_journal_says_what_is_expected_next(make: Make, client: str) -> None:
    engine = make()
    engine.feed(a_frame(logon(client=client)))
    for number in (2, 3, 4):
        engine.feed(a_frame(order(number, client=client)))

    engine = make(SessionStart(next_sender=2, next_target=3))

    engine.feed(a_frame(logon(5, client=client)))
    taken = engine.feed(a_frame(order(3, client=client)))
    assert taken.delivered == [3]


def test_committed_reports_that_were_never_handed_over_go_into_the_store(
    make: Make, client: str
) -> None:
    engine = make()
    engine.send(report(1, client=client), None)
    reports = [(number, report(number, client=client)) for number in (1, 2, 3)]

    engine = make(SessionStart(next_sender=4, next_target=1, reports=lambda: reports))

    assert engine.next_sender == 4
    assert resent(engine, client) == ["1", "2", "3"]


@pytest.mark.parametrize("damage", ["missing", "empty", "short body", "zeros", "seqnums"])
def test_a_lost_or_torn_store_is_made_again_and_its_number_jumps(
    make: Make, client: str, tmp_path: Path, damage: str
) -> None:
    engine = make()
    engine.feed(a_frame(logon(client=client)))
    for number in (2, 3):
        engine.send(report(number, client=client), None)
    engine.close()
    damaged(tmp_path, damage)
    reports = [(number, report(number, client=client)) for number in (2, 3)]

    engine = make(SessionStart(next_sender=4, next_target=2, reports=lambda: reports))

    assert (engine.next_sender, engine.next_target) == (4 + JUMP, 2)
    assert resent(engine, client, seq=2) == ["2", "3"]


def test_a_release_cut_short_by_a_crash_never_gives_a_number_twice(make: Make, client: str) -> None:
    engine = make()
    engine.send(report(1, client=client), None)
    engine.next_sender = 4
    engine.send(report(4, client=client), None)  # the engine's own, above a reservation
    engine.next_sender = 2  # a release began, and the process died

    engine = make(SessionStart(next_sender=4, next_target=1))

    assert engine.next_sender == 5


def test_a_nul_is_never_stored(make: Make, client: str) -> None:
    bad = report(2, client=client).replace("E1", "E\0")

    with pytest.raises(InvariantBroken):
        make(SessionStart(next_sender=3, next_target=2, reports=lambda: [(2, bad)]))


def engine_client(engine: EngineSession) -> str:
    return engine._config.target_comp_id


def resent(engine: EngineSession, client: str, seq: int = 1) -> list[str]:
    """The numbers of the reports that come when the client asks for everything."""
    engine.feed(a_frame(logon(seq, client=client)))
    taken = engine.feed(a_frame(message("2", seq + 1, "7=1|16=0", client=client)))
    return [each["34"] for each in parsed(taken.sent) if each["35"] == "8"]


def damaged(folder: Path, how: str) -> None:
    """What a lost disk, a full disk or a power cut leaves of a store."""
    (body,), (seqnums,) = folder.glob("*.body"), folder.glob("*.seqnums")
    if how == "missing":
        for each in folder.iterdir():
            each.unlink()
    elif how == "empty":
        for each in folder.iterdir():
            each.write_bytes(b"")
    elif how == "short body":
        body.write_bytes(body.read_bytes()[:-20])
    elif how == "zeros":
        data = body.read_bytes()
        body.write_bytes(data[:-60] + bytes(60))
    else:
        seqnums.write_bytes(b"3 : 2")
