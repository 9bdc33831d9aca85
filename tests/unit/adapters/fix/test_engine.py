"""What the engine does in our arrangement, and the traps of quickfix 1.16.0 that must not close."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from fixgate.adapters.fix.dictionary import read
from fixgate.adapters.fix.engine import EngineSession
from fixgate.adapters.fix.resend import own_answer
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
)

# The engine's registry of sessions is global, and it keeps the older of two with one id.
_NUMBERS = count(1)
Make = Callable[..., EngineSession]


@pytest.fixture
def client() -> str:
    return f"ENGINE{next(_NUMBERS)}"


@pytest.fixture
def make(client: str) -> Iterator[Make]:
    """Opens the session; opening it again closes it first, as a restart does."""
    opened: list[EngineSession] = []

    def make_one(next_sender: int = 1, next_target: int = 1, **changes: object) -> EngineSession:
        if opened:
            opened.pop().close()
        engine = EngineSession(
            config(client, **changes),
            read(FIX_SPECS, FixVersion.FIX44),
            next_sender=next_sender,
            next_target=next_target,
        )
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


def test_sessions_share_a_dictionary_and_go_by_it_when_another_has_gone() -> None:
    clients = [f"SHARES{number}" for number in range(3)]
    engines = [EngineSession(config(each), read(FIX_SPECS, FixVersion.FIX44)) for each in clients]
    engines.pop(0).close()
    for engine, client in zip(engines, clients[1:], strict=True):
        engine.feed(a_frame(logon(client=client)))

        without_side = engine.feed(a_frame(message("D", 2, "11=A|55=X", client=client)))

        assert [(e["35"], e["373"]) for e in parsed(without_side.sent)] == [("3", "1")]
        assert engine.feed(a_frame(order(3, client=client))).delivered == [3]
        engine.close()


def test_messages_beyond_a_gap_are_delivered_when_it_is_filled(
    engine: EngineSession, client: str
) -> None:
    early = engine.feed(a_frame(order(4, client=client)))
    assert early.delivered == []
    assert [(each["35"], each["7"], each["16"]) for each in parsed(early.sent)] == [("2", "2", "0")]

    assert engine.feed(a_frame(order(3, client=client))).delivered == []
    filled = engine.feed(a_frame(order(2, client=client)))

    assert (filled.delivered, filled.last_in) == ([2, 3, 4], 4)


def test_a_resend_request_that_is_in_order_is_answered_with_one_gap_fill(
    make: Make, client: str
) -> None:
    """By which we know that our own answer may go out in its place; it keeps no messages."""
    engine = make(next_sender=9)
    engine.feed(a_frame(logon(client=client)))

    taken = engine.feed(a_frame(message("2", 2, "7=3|16=0", client=client)))

    assert [(e["35"], e["34"], e["36"], e["43"]) for e in parsed(taken.sent)] == [
        ("4", "3", "10", "Y")
    ]
    assert own_answer(taken.sent) == []
    assert (taken.last_in, engine.next_sender) == (2, 10)


def test_a_message_of_the_doors_own_making_gets_the_next_number(
    engine: EngineSession, client: str
) -> None:
    taken = engine.say("j", [(45, "2"), (372, "D"), (380, "4")])

    (said,) = parsed(taken.sent)
    assert (said["35"], said["34"], said["49"], said["56"], said["380"]) == (
        "j", "2", "FIXGATE", client, "4"
    )  # fmt: skip
    assert taken.spoke


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


def test_trap_1_a_failing_callback_ends_the_process_loudly() -> None:
    """On 3.11 and 3.12 it would freeze instead, with every session in it."""
    script = """
from unit.adapters.fix.messages import *
from fixgate.adapters.fix.callbacks import Callbacks
from fixgate.adapters.fix.dictionary import read
from fixgate.adapters.fix.engine import EngineSession
def fail(self, message):
    raise ValueError("as a test wants it")
Callbacks._outgoing = fail
engine = EngineSession(config(), read(FIX_SPECS, FixVersion.FIX44))
engine.feed(a_frame(logon()))
print("still here")
"""
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", script],
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


def test_trap_5_the_engine_resets_its_numbers_before_it_asks(make: Make, client: str) -> None:
    """Why the door judges a Logon first: even one with the wrong SendingTime resets."""
    engine = make(next_sender=4)

    engine.feed(a_frame(message("A", 1, "98=0|108=30|141=Y", client=client, time_offset_s=-999)))

    assert not engine.logged_on
    assert engine.next_sender < 4


# --- starting


def test_after_a_crash_the_journal_says_what_is_expected_next(make: Make, client: str) -> None:
    engine = make()
    engine.feed(a_frame(logon(client=client)))
    for number in (2, 3, 4):
        engine.feed(a_frame(order(number, client=client)))

    engine = make(next_sender=2, next_target=3)

    engine.feed(a_frame(logon(5, client=client)))
    taken = engine.feed(a_frame(order(3, client=client)))
    assert taken.delivered == [3]
