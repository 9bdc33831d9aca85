"""One client session with a real engine and a wire in memory."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixgate.adapters.fix import repeater
from fixgate.adapters.fix import undelivered as undelivering
from fixgate.adapters.fix.config import SessionStart
from fixgate.application.ports.fix import (
    Direction,
    FixDelivered,
    FixNoted,
    Handling,
    ReportsUndelivered,
    SessionChanged,
)
from fixgate.application.ports.journal import RecallUnavailable
from fixgate.domain.errors import InvariantBroken
from unit.adapters.fix.messages import (
    ORDER,
    a_frame,
    logon,
    message,
    order,
    parsed,
    raw,
    report,
    stamp,
)
from unit.adapters.fix.session_kit import FakeWire, Kit

MakeKit = Callable[..., Kit]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeKit]:
    kits: list[Kit] = []

    def make_one(start: SessionStart | None = None, **limits: float) -> Kit:
        kits.append(Kit(tmp_path / str(len(kits)), start=start, **limits))
        return kits[-1]

    yield make_one
    for each in kits:
        each.session.close()


@pytest.fixture
def kit(make: MakeKit) -> Kit:
    """Logged on; the Logon and its answer are out of the way."""
    kit = make()
    kit.connect()
    kit.wrote()
    kit.said.clear()
    return kit


def test_logging_on_is_recorded_in_the_order_it_happens(make: MakeKit) -> None:
    kit = make()

    kit.connect()

    first, second, third = kit.said
    assert isinstance(first, FixNoted)
    assert (first.message.direction, first.message.msg_type) == (Direction.IN, "A")
    assert first.last_in == 1
    assert isinstance(second, SessionChanged)
    assert second.connected
    assert isinstance(third, FixNoted)
    assert (third.message.direction, third.message.msg_type) == (Direction.OUT, "A")


def test_a_logon_that_waits_for_reports_in_flight_is_not_timed_by_the_engine(
    make: MakeKit,
) -> None:
    kit = make()
    first = kit.session.reserve(1)
    kit.attach()
    assert kit.take(logon(client=kit.client)) == [False]

    kit.session.tick()
    kit.release(first)

    assert kit.wire.woken == 1
    assert kit.take(logon(client=kit.client)) == [True]
    assert kit.session.logged_on


def test_an_order_is_delivered_with_its_bytes_as_they_came(kit: Kit) -> None:
    """Trap 12: the engine's own text of a message is not the wire's."""
    data = message("D", 2, f"{ORDER}|58=caf\u00e9", client=kit.client)
    latin = raw(f"35=D|34=2|49={kit.client}|52={stamp()}|56=FIXGATE|{ORDER}|58=caf\xe9|")

    kit.take(latin)

    (delivered,) = kit.said
    assert isinstance(delivered, FixDelivered)
    assert delivered.message.text.encode("latin-1") == latin
    assert "58=caf\x1a\x01" in delivered.text
    assert delivered.last_in == 2
    assert data != latin


def test_messages_that_waited_for_a_gap_keep_their_bytes_and_count_one_by_one(kit: Kit) -> None:
    """A crash between two of them must not lose the second."""
    kit.take(order(4, "C", client=kit.client))
    kit.take(order(3, "B", client=kit.client))
    kit.said.clear()

    kit.take(order(2, "A", client=kit.client))

    delivered = [each for each in kit.said if isinstance(each, FixDelivered)]
    assert [(each.message.msg_seq_num, each.last_in) for each in delivered] == [
        (2, 2), (3, 3), (4, 4)
    ]  # fmt: skip
    assert [
        next(f for f in each.message.text.split("\x01") if f.startswith("11="))
        for each in delivered
    ] == ["11=A", "11=B", "11=C"]


def test_a_gap_fill_counts_only_up_to_what_is_delivered_after_it(kit: Kit) -> None:
    kit.take(order(4, client=kit.client))
    kit.said.clear()

    kit.take(message("4", 2, "36=4|123=Y", head="43=Y|122=20260101-00:00:00", client=kit.client))

    note, delivered = kit.said
    assert isinstance(note, FixNoted)
    assert note.last_in == 3
    assert isinstance(delivered, FixDelivered)
    assert delivered.last_in == 4


def test_a_poss_dup_of_something_received_is_only_noted(kit: Kit) -> None:
    kit.take(order(2, client=kit.client))
    head = "43=Y|122=20260101-00:00:00"

    kit.take(message("D", 2, ORDER, head=head, client=kit.client))

    assert kit.delivered() == [2]
    assert kit.wire.ended is None


def test_a_number_too_low_ends_the_session_with_the_number_expected(kit: Kit) -> None:
    kit.take(order(1, client=kit.client))

    (logout,) = kit.wrote()
    assert logout["35"] == "5"
    assert logout["58"] == "MsgSeqNum too low, expecting 2 but received 1"
    assert kit.wire.ended == "closed"
    assert not kit.session.connected


def test_a_sequence_reset_moves_on_without_a_gap_fill(kit: Kit) -> None:
    kit.take(message("4", 2, "36=10", client=kit.client))
    kit.take(order(10, client=kit.client))

    assert kit.delivered() == [10]


def test_a_sequence_reset_out_of_all_proportion_is_rejected(kit: Kit) -> None:
    kit.take(message("4", 2, "36=99999999999", client=kit.client))

    (reject,) = kit.wrote()
    assert (reject["35"], reject["371"], reject["373"]) == ("3", "36", "5")
    kit.take(order(3, client=kit.client))
    assert kit.delivered() == [3]


@pytest.mark.parametrize(
    ("inside", "tag", "reason"),
    [
        (f"{ORDER}|95=-5|96=x|", "95", "6"),
        (f"{ORDER}|95=100000000|96=x|", "95", "6"),
        (f"{ORDER}|212=100000000|213=x|", "212", "6"),
        (f"{ORDER}|x=5|", None, "0"),
        (f"{ORDER}|junk|", None, "0"),
    ],
)
def test_what_the_engine_must_not_see_is_rejected_and_uses_its_number(
    kit: Kit, inside: str, tag: str | None, reason: str
) -> None:
    kit.take(raw(f"35=D|34=2|49={kit.client}|52={stamp()}|56=FIXGATE|{inside}"))

    (reject,) = kit.wrote()
    assert (reject["35"], reject["45"], reject.get("371"), reject["373"]) == (
        "3", "2", tag, reason
    )  # fmt: skip
    assert kit.take(order(3, client=kit.client)) == [True]
    assert kit.delivered() == [3]


def test_an_order_without_comp_ids_is_never_counted_out_of_turn(kit: Kit) -> None:
    """The engine would count it whatever its number is, and so skip another message."""
    kit.take(raw(f"35=D|34=9|52={stamp()}|56=FIXGATE|{ORDER}|"))

    (reject,) = kit.wrote()
    assert (reject["35"], reject["371"], reject["373"]) == ("3", "49", "1")
    assert kit.engine.next_target == 2


def test_a_message_of_another_version_or_without_a_number_ends_the_session(
    make: MakeKit,
) -> None:
    for bad in (
        raw("35=D|34=2|49=C|56=FIXGATE|", begin="FIX.4.2"),
        raw("35=D|49=C|56=FIXGATE|"),
        raw("35=D|34=x|49=C|56=FIXGATE|"),
    ):
        kit = make()
        kit.connect()
        kit.wrote()

        kit.take(bad)

        assert [each["35"] for each in kit.wrote()] == ["5"]
        assert kit.engine.next_target == 2


def test_garbled_messages_are_ignored_until_there_are_too_many(make: MakeKit) -> None:
    kit = make(garbled_max=3)
    kit.connect()
    wrong = order(2, client=kit.client).replace(b"38=0.5", b"38=0.6")

    for _ in range(3):
        kit.take(wrong)
    kit.take(order(2, client=kit.client))
    assert kit.delivered() == [2]

    for _ in range(4):
        kit.take(wrong)
    assert kit.wire.ended == "closed"
    assert len(kit.noted(lambda note: note.message.handling is Handling.GARBLED)) == 7


# --- reports


def test_a_report_goes_out_with_the_number_and_the_bytes_that_were_promised(kit: Kit) -> None:
    first = kit.session.reserve(1)
    text = report(first, client=kit.client)

    kit.session.release([(first, text)])

    assert kit.wire.written == [text.encode()]
    assert kit.said == []  # a report is journaled before it is sent


def test_the_engines_own_messages_wait_for_the_reports_before_them(kit: Kit) -> None:
    first = kit.session.reserve(2)
    kit.take(message("D", 2, f"{ORDER}|58=", client=kit.client))  # rejected by the engine
    second = kit.session.reserve(1)
    assert kit.wrote() == []

    kit.release(first, first + 1)
    assert [each["34"] for each in kit.wrote()] == [str(first + n) for n in range(3)]
    kit.release(second)

    assert [(each["35"], each["34"]) for each in kit.wrote()] == [("8", str(second))]
    assert second == first + 3


def test_orders_are_taken_while_reports_are_in_flight_and_session_messages_wait(kit: Kit) -> None:
    first = kit.session.reserve(1)

    assert kit.take(order(2, client=kit.client)) == [True]
    for msg_type, body in [("0", ""), ("1", "112=x"), ("2", "7=1|16=0"), ("5", "")]:
        assert kit.take(message(msg_type, 3, body, client=kit.client)) == [False]
    kit.release(first)

    assert kit.wire.woken == 1
    assert kit.take(message("1", 3, "112=x", client=kit.client)) == [True]


def test_reports_for_a_client_that_is_away_come_when_it_asks(kit: Kit) -> None:
    kit.session.lost("cable")
    first = kit.session.reserve(2)
    kit.release(first, first + 1)
    assert kit.wrote() == []

    kit.connect(seq=2)
    kit.take(message("2", 3, f"7={first}|16=0", client=kit.client))
    kit.resend_all()

    answer, one, two, gap = kit.wrote()
    assert answer["35"] == "A"
    assert [(each["34"], each["43"]) for each in (one, two)] == [
        (str(first), "Y"), (str(first + 1), "Y")
    ]  # fmt: skip
    assert gap["123"] == "Y"


def test_a_reservation_that_is_not_used_up_leaves_a_gap_that_can_be_filled(kit: Kit) -> None:
    first = kit.session.reserve(5)
    kit.release(first + 1)
    assert kit.session.reserve(1) == first + 5
    kit.release(first + 5)
    kit.wrote()

    kit.take(message("2", 2, f"7={first}|16=0", client=kit.client))
    kit.resend_all()

    assert [(each["35"], each["34"], each.get("36")) for each in kit.wrote()] == [
        ("4", str(first), str(first + 1)),
        ("8", str(first + 1), None),
        ("4", str(first + 2), str(first + 5)),
        ("8", str(first + 5), None),
    ]


def test_a_number_that_was_not_reserved_is_our_bug(kit: Kit) -> None:
    first = kit.session.reserve(1)

    with pytest.raises(InvariantBroken):
        kit.release(first + 1)


def test_a_report_released_long_after_its_cause_gets_the_time_of_its_release(kit: Kit) -> None:
    first = kit.session.reserve(1)
    old = stamp(-60)

    kit.session.release([(first, report(first, client=kit.client, sending_time=old))])

    (written,) = kit.wrote()
    assert written["52"] > old
    (note,) = kit.noted(lambda each: each.message.handling is Handling.REPORT)
    assert note.message.reason is not None
    assert f"52={written['52']}" in note.message.text


def test_a_client_that_does_not_read_is_cut_off(make: MakeKit) -> None:
    kit = make(write_buffer_bytes_max=1_000)
    kit.connect()
    kit.wire.unread = 1_001

    kit.release(kit.session.reserve(1))

    assert kit.wire.ended == "aborted"
    assert kit.noted(lambda note: note.message.handling is Handling.REFUSED)
    assert not kit.session.connected


# --- resending


@pytest.fixture
def sent_ten(make: MakeKit) -> Kit:
    """Reports 2 to 11 were sent; a piece of a resend is four messages."""
    kit = make(resend_piece=4)
    kit.connect()
    first = kit.session.reserve(10)
    kit.release(*range(first, first + 10))
    kit.wrote()
    return kit


def test_a_long_range_is_repeated_in_pieces_and_new_messages_wait(sent_ten: Kit) -> None:
    kit = sent_ten

    kit.take(message("2", 2, "7=1|16=0", client=kit.client))
    kit.session.resend_more()
    assert [(each["35"], each["34"]) for each in kit.wrote()] == [
        ("4", "1"), ("8", "2"), ("8", "3"), ("8", "4"), ("8", "5")
    ]  # fmt: skip
    kit.release(kit.session.reserve(1))
    assert kit.wrote() == []

    kit.resend_all()

    numbers = [(each["35"], each["34"], each.get("43", "N")) for each in kit.wrote()]
    assert numbers == [*[("8", str(n), "Y") for n in range(6, 12)], ("8", "12", "N")]
    assert kit.engine.next_target == 3


def test_a_range_is_covered_without_a_hole_and_without_repeating_itself(make: MakeKit) -> None:
    kit = make(resend_piece=4)
    kit.connect()
    kit.release(kit.session.reserve(1))
    kit.take(message("1", 2, "112=x", client=kit.client))
    kit.session.reserve(20)
    kit.release()
    kit.release(kit.session.reserve(1))
    kit.wrote()

    kit.take(message("2", 3, "7=1|16=0", client=kit.client))
    kit.resend_all()

    covered = 1
    for each in kit.wrote():
        assert int(each["34"]) == covered
        covered = int(each.get("36", covered + 1))
    assert covered == kit.engine.next_sender


@pytest.mark.parametrize("body", ["7=500|16=0", "7=9|16=5"])
def test_a_range_that_was_never_sent_is_rejected(sent_ten: Kit, body: str) -> None:
    """The engine would fill a gap over numbers it has yet to use."""
    sent_ten.take(message("2", 2, body, client=sent_ten.client))

    (reject,) = sent_ten.wrote()
    assert (reject["35"], reject["371"]) == ("3", "7")
    sent_ten.take(order(3, client=sent_ten.client))
    assert sent_ten.delivered() == [3]


@pytest.mark.parametrize("body", ["7=x|16=0", "7=-3|16=0", "16=0", "7=99999999999999999999|16=0"])
def test_a_resend_request_the_engine_rejects_changes_nothing(sent_ten: Kit, body: str) -> None:
    sent_ten.take(message("2", 2, body, client=sent_ten.client))

    assert [each["35"] for each in sent_ten.wrote()] == ["3"]
    sent_ten.take(order(3, client=sent_ten.client))
    assert sent_ten.delivered() == [3]


def test_asking_for_the_same_message_without_end_ends_the_session(make: MakeKit) -> None:
    kit = make(resend_repeats_max=3)
    kit.connect()

    for number in range(2, 7):
        kit.take(message("2", number, "7=1|16=0", client=kit.client))
        kit.resend_all()

    last = kit.wrote()[-1]
    assert (last["35"], last["58"]) == ("5", "message 1 was asked for too often")


def test_asking_again_for_what_never_came_in_whole_is_no_repetition(make: MakeKit) -> None:
    kit = make(resend_repeats_max=3)
    kit.connect()
    kit.release(kit.session.reserve(1))
    for number in range(2, 12, 2):
        kit.take(message("2", number, "7=1|16=0", client=kit.client))
        kit.session.lost("cable")
        kit.connect(seq=number + 1)

    kit.wrote()
    kit.take(message("2", 12, "7=1|16=0", client=kit.client))
    kit.resend_all()

    assert "8" in [each["35"] for each in kit.wrote()]


async def test_a_journal_that_is_away_is_asked_again_until_it_is_back(
    sent_ten: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeater, "AGAIN_S", 0.01)
    sent_ten.sent.failure = RecallUnavailable("the server is away")
    sent_ten.take(message("2", 2, "7=1|16=0", client=sent_ten.client))
    assert sent_ten.wrote() == []
    assert sent_ten.wire.ended is None

    sent_ten.sent.failure = None
    async with asyncio.timeout(60):
        while not sent_ten.session.may_resend:
            await asyncio.sleep(0.01)
    sent_ten.resend_all()

    assert [each["34"] for each in sent_ten.wrote()] == [str(n) for n in range(1, 12)]


async def test_what_was_missed_is_sent_after_a_reset_also_when_the_journal_is_away_then(
    sent_ten: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undelivering, "AGAIN_S", 0.01)
    sent_ten.session.lost("cable")
    sent_ten.release(sent_ten.session.reserve(1))
    sent_ten.sent.failure = RecallUnavailable("the server is away")
    sent_ten.connect(seq=1, body="98=0|108=30|141=Y")
    assert undelivered(sent_ten) == []

    sent_ten.sent.failure = None
    async with asyncio.timeout(60):
        while not undelivered(sent_ten):
            await asyncio.sleep(0.01)
    assert undelivered(sent_ten) == ["12"]


def test_a_repetition_is_the_report_with_its_first_time_and_a_mark(sent_ten: Kit) -> None:
    """FIX 4.4 vol. 2: PossDupFlag (43) and OrigSendingTime (122); all else as it was."""
    (original,) = parsed(text for _, number, text in sent_ten.sent.messages if number == 5)

    sent_ten.take(message("2", 2, "7=5|16=5", client=sent_ten.client))
    sent_ten.resend_all()

    (again,) = sent_ten.wrote()
    assert (again.pop("43"), again.pop("122")) == ("Y", original["52"])
    changed = {"9", "10", "52"}
    assert {t: v for t, v in again.items() if t not in changed} == {
        t: v for t, v in original.items() if t not in changed
    }
    (note,) = sent_ten.noted(lambda each: each.message.handling is Handling.RESENT)
    assert note.message.msg_seq_num == 5


def test_after_a_reset_nothing_from_before_it_is_repeated(sent_ten: Kit) -> None:
    sent_ten.take(logon(1, "98=0|108=30|141=Y", client=sent_ten.client))
    sent_ten.release(sent_ten.session.reserve(1))
    sent_ten.wrote()

    sent_ten.take(message("2", 2, "7=1|16=0", client=sent_ten.client))
    sent_ten.resend_all()

    assert [(each["35"], each["34"], each["43"]) for each in sent_ten.wrote()] == [
        ("4", "1", "Y"), ("8", "2", "Y")
    ]  # fmt: skip


def undelivered(kit: Kit) -> list[str]:
    """The numbers of the reports handed back to the core."""
    handed = [each.texts for each in kit.said if isinstance(each, ReportsUndelivered)]
    return [each["34"] for texts in handed for each in parsed(texts)]


def test_a_reset_hands_back_what_was_never_written_to_a_connection(sent_ten: Kit) -> None:
    """A reset throws away what waits; scenario X12."""
    sent_ten.session.lost("cable")
    first = sent_ten.session.reserve(3)
    sent_ten.release(*range(first, first + 3))

    sent_ten.connect(seq=1, body="98=0|108=30|141=Y")

    assert undelivered(sent_ten) == ["12", "13", "14"]
    assert [each["34"] for each in sent_ten.wrote()] == ["1"]


def test_an_operators_reset_hands_it_back_too_and_once(sent_ten: Kit) -> None:
    sent_ten.session.lost("cable")
    sent_ten.release(sent_ten.session.reserve(1))

    assert sent_ten.session.renewal.try_reset()
    assert undelivered(sent_ten) == ["12"]
    assert sent_ten.session.renewal.try_reset()
    assert undelivered(sent_ten) == ["12"]


def test_a_reset_hands_nothing_back_when_all_was_written_or_repeated(sent_ten: Kit) -> None:
    sent_ten.session.lost("cable")
    sent_ten.release(sent_ten.session.reserve(1))
    sent_ten.connect(seq=2)
    sent_ten.take(message("2", 3, "7=12|16=0", client=sent_ten.client))
    sent_ten.resend_all()

    sent_ten.take(logon(1, "98=0|108=30|141=Y", client=sent_ten.client))

    assert undelivered(sent_ten) == []


def test_a_client_that_asks_for_nothing_in_half_a_minute_misses_nothing(sent_ten: Kit) -> None:
    sent_ten.session.lost("cable")
    sent_ten.release(sent_ten.session.reserve(1))
    sent_ten.connect(seq=2)
    for _ in range(30):
        sent_ten.session.tick()

    sent_ten.take(logon(1, "98=0|108=30|141=Y", client=sent_ten.client))

    assert undelivered(sent_ten) == []


def test_what_waits_behind_a_resend_when_the_connection_ends_was_never_written(
    sent_ten: Kit,
) -> None:
    sent_ten.take(message("2", 2, "7=1|16=0", client=sent_ten.client))
    sent_ten.release(sent_ten.session.reserve(1))
    sent_ten.session.lost("cable")

    sent_ten.connect(seq=1, body="98=0|108=30|141=Y")

    assert undelivered(sent_ten) == ["12"]


def test_what_cannot_be_read_back_is_not_passed_off_as_never_sent(sent_ten: Kit) -> None:
    sent_ten.sent.failure = OSError("the disk is gone")

    sent_ten.take(message("2", 2, "7=1|16=0", client=sent_ten.client))

    (logout,) = sent_ten.wrote()
    assert (logout["35"], logout["58"]) == ("5", "message 1 cannot be read back and resent")
    assert sent_ten.wire.ended == "closed"


def test_next_expected_msg_seq_num_brings_what_was_missed_in_pieces(sent_ten: Kit) -> None:
    """FIX 4.4, tag 789 in Logon."""
    sent_ten.session.lost("cable")

    sent_ten.connect(seq=2, body="98=0|108=30|789=3")
    sent_ten.resend_all()

    answer, *resent = sent_ten.wrote()
    assert answer["35"] == "A"
    assert [each["34"] for each in resent] == [str(n) for n in range(3, 12)]


def test_next_expected_msg_seq_num_too_high_is_refused_by_the_engine(make: MakeKit) -> None:
    kit = make()

    kit.connect(body="98=0|108=30|789=99")

    assert [each["35"] for each in kit.wrote()][-1] == "5"
    assert kit.wire.ended == "closed"


# --- limits and logging on again


def test_what_the_engine_says_goes_out_before_the_refusal_of_what_it_hands_on(kit: Kit) -> None:
    """In the turn in which it hands an order on, it may have answered something: a lower number."""
    kit.session.refuse = lambda refused: kit.session.answer_refused(refused, "away")
    kit.take(message("1", 3, "112=x", client=kit.client))
    assert [each["35"] for each in kit.wrote()] == ["2"]
    kit.take(order(2, client=kit.client))
    assert [(each["35"], each["34"]) for each in kit.wrote()] == [("0", "3"), ("j", "4")]


def test_more_messages_beyond_a_gap_than_can_be_kept_end_the_session(make: MakeKit) -> None:
    kit = make(beyond_gap_max=5)
    kit.connect()
    kit.wrote()

    for number in range(10, 16):
        kit.take(order(number, client=kit.client))

    assert [each["35"] for each in kit.wrote()] == ["2", "5"]


def test_a_client_may_reset_the_numbers_while_logged_on(kit: Kit) -> None:
    kit.take(order(2, client=kit.client))

    kit.take(logon(1, "98=0|108=30|141=Y", client=kit.client))
    kit.take(order(2, client=kit.client))

    assert kit.wrote()[0]["34"] == "1"
    assert kit.delivered() == [2, 2]
    changed = [each for each in kit.said if isinstance(each, SessionChanged)]
    assert changed[-1].text == "the sequence numbers were reset"


def test_a_second_logon_without_a_reset_ends_the_session(kit: Kit) -> None:
    kit.take(logon(2, client=kit.client))

    assert [each["35"] for each in kit.wrote()] == ["5"]


def test_a_logon_number_too_low_is_answered_with_logout(make: MakeKit) -> None:
    kit = make(SessionStart(next_sender=1, next_target=5))

    kit.connect(seq=3)

    (logout,) = kit.wrote()
    assert logout["58"] == "MsgSeqNum too low, expecting 5 but received 3"
    assert kit.wire.ended == "closed"
    kit.connect(seq=5)
    assert kit.session.logged_on


def test_an_operator_resets_only_when_nothing_is_in_flight(kit: Kit) -> None:
    first = kit.session.reserve(1)
    assert not kit.session.renewal.try_reset()
    kit.release(first)

    assert kit.session.renewal.try_reset()

    assert (kit.engine.next_sender, kit.engine.next_target) == (1, 1)
    assert kit.wire.ended == "closed"


def test_a_refused_message_is_answered_with_application_not_available(kit: Kit) -> None:
    kit.take(order(2, "MINE", client=kit.client))
    (delivered,) = kit.said
    assert isinstance(delivered, FixDelivered)
    kit.session.reserve(3)

    kit.session.abandon()
    kit.session.answer_refused(delivered, "the journal cannot be written")

    (answer,) = kit.wrote()
    assert {tag: answer[tag] for tag in ("35", "45", "58", "372", "379", "380")} == {
        "35": "j",
        "45": "2",
        "58": "the journal cannot be written",
        "372": "D",
        "379": "MINE",
        "380": "4",
    }


def test_a_rejection_of_the_clients_own_is_not_answered_with_another(kit: Kit) -> None:
    kit.take(message("j", 2, "45=1|372=8|380=3", client=kit.client))
    delivered, _ = kit.said  # and that operations are to be alerted
    assert isinstance(delivered, FixDelivered)

    kit.session.answer_refused(delivered, "the journal cannot be written")

    assert kit.wrote() == []


@pytest.mark.parametrize("number", [1, 4])
def test_a_logout_out_of_turn_uses_up_no_number_of_a_message_that_is_missing(
    make: MakeKit, number: int
) -> None:
    kit = make()
    kit.connect()
    kit.wrote()

    kit.take(message("5", number, client=kit.client))

    assert kit.wrote()[-1]["35"] == "5"
    assert kit.engine.next_target == 2
    last = [e.last_in for e in kit.said if isinstance(e, FixNoted) and e.last_in is not None]
    assert last[-1] == 1


def test_numbers_begin_again_at_their_time_when_the_client_has_gone(kit: Kit) -> None:
    durable: list[Callable[[], None]] = []
    kit.session.renewal.durable = durable.append
    (first,) = (kit.session.reserve(1),)

    kit.session.renewal.request("it is time")
    assert kit.session.renewal.pending == "it is time"
    assert kit.engine.next_target == 2
    kit.release(first)
    logout = kit.wrote()[-1]
    assert (logout["35"], logout["58"]) == ("5", "it is time")
    kit.take(message("5", 2, client=kit.client))

    assert kit.session.renewal.pending is None
    assert (kit.engine.next_sender, kit.engine.next_target) == (1, 1)
    assert len(durable) == 1
    kit.connect()
    assert [(each["35"], each["34"]) for each in kit.wrote()] == [("A", "1")]


def test_numbers_do_not_begin_again_while_reports_are_in_flight(kit: Kit) -> None:
    first = kit.session.reserve(1)
    kit.session.renewal.request("it is time")
    kit.session.lost("gone")
    assert kit.session.renewal.pending == "it is time"

    kit.release(first)
    kit.session.renewal.go_on()

    assert kit.session.renewal.pending is None
    assert kit.engine.next_sender == 1


def test_a_client_that_misses_reports_is_turned_away_without_a_word(kit: Kit) -> None:
    """Its engine would count our Logout in place of the first report that is missing."""
    kit.session.lost("gone")
    kit.session.reserve(1)
    kit.release(2)
    wire = FakeWire()

    kit.session.turn_away(wire, a_frame(logon(2, client=kit.client)), "closed")

    assert wire.written == []
    assert (kit.engine.next_sender, kit.engine.next_target) == (3, 2)
