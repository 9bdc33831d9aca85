"""The initiator keeps the rules of FIX 4.4 Volume 2, "Session Protocol"."""

from dataclasses import replace

import pytest

from fixgate.cli.fixsession import FixSession
from fixgate.cli.fixstore import ClientStore
from unit.cli.peer import IDENTITY, NOW_NS, from_gateway, logged_on, report, types_of

ORDER = [(11, "A1"), (55, "BTC/USDT"), (54, "1"), (38, "0.5"), (40, "1")]


def test_the_logon_names_the_interval_and_the_credentials():
    identity = replace(IDENTITY, username="jane", password="secret")
    session = FixSession(identity, ClientStore(), lambda: NOW_NS)

    session.log_on(0.0)

    (logon,) = session.output
    assert (logon.get(98), logon.get(108), logon.get(553), logon.get(554)) == (
        *("0", "30"),
        *("jane", "secret"),
    )
    assert logon.get(141) is None


def test_a_reset_begins_both_directions_at_one():
    store = ClientStore()
    store.save_in(17)
    store.next_out = 23
    session = FixSession(replace(IDENTITY, reset=True), store, lambda: NOW_NS)

    session.log_on(0.0)
    list(session.receive(from_gateway("A", 1, (98, "0"), (108, "30"), (141, "Y")), 0.0))

    assert session.output[0].get(141) == "Y"
    assert session.output[0].msg_seq_num == 1
    assert (store.next_out, store.next_in) == (2, 2)


def test_application_messages_come_out_in_order():
    session = logged_on()

    got = list(session.receive(report(2, "A1", "0", "0"), 1.0))

    assert [each.msg_seq_num for each in got] == [2]
    assert session.output == []


def test_a_gap_is_asked_for_once_and_later_messages_wait_for_it():
    session = logged_on()

    first = list(session.receive(report(4, "A1", "F", "1"), 1.0))
    second = list(session.receive(report(5, "A1", "F", "2"), 1.0))

    assert first == second == []
    assert [(each.msg_type, each.get(7), each.get(16)) for each in session.output] == [
        ("2", "2", "3")
    ]
    fill = from_gateway("4", 2, (43, "Y"), (123, "Y"), (36, "3"))
    assert list(session.receive(fill, 1.0)) == []
    resent = report(3, "A1", "0", "0", t43="Y")
    assert [each.msg_seq_num for each in session.receive(resent, 1.0)] == [3, 4, 5]


def test_a_logon_that_shows_a_gap_opens_the_session_and_the_gap_is_asked_for():
    store = ClientStore()
    session = FixSession(IDENTITY, store, lambda: NOW_NS)
    session.log_on(0.0)
    session.output.clear()

    list(session.receive(from_gateway("A", 4, (98, "0"), (108, "30")), 0.0))

    assert session.logged_on
    assert [(each.msg_type, each.get(7), each.get(16)) for each in session.output] == [
        ("2", "1", "3")
    ]
    list(session.receive(from_gateway("4", 1, (43, "Y"), (123, "Y"), (36, "4")), 0.0))
    assert store.next_in == 5


def test_a_resend_repeats_orders_and_fills_the_gaps_between():
    session = logged_on()
    session.send("D", ORDER)  # 2
    session.tick(31.0)  # TestRequest or Heartbeat: nothing worth repeating
    session.send("D", [(11, "A2"), *ORDER[1:]])
    last = session.output[-1].msg_seq_num
    session.output.clear()

    list(session.receive(from_gateway("2", 2, (7, "1"), (16, "0")), 31.5))

    answer = [
        (each.msg_type, each.msg_seq_num, each.get(36) or each.get(11)) for each in session.output
    ]
    assert answer == [("4", 1, "2"), ("D", 2, "A1"), ("4", 3, str(last)), ("D", last, "A2")]
    assert all(each.poss_dup and each.get(122) for each in session.output)


def test_a_resend_request_that_itself_comes_after_a_gap_is_answered_at_once_and_only_once():
    session = logged_on()
    session.send("D", ORDER)
    session.output.clear()

    list(session.receive(from_gateway("2", 3, (7, "2"), (16, "2")), 1.0))
    assert types_of(session) == ["D", "2"]
    session.output.clear()
    list(session.receive(report(2, "A1", "0", "0", t43="Y"), 1.0))

    assert session.output == []


def test_a_repetition_of_what_was_had_is_ignored():
    session = logged_on()
    list(session.receive(report(2, "A1", "0", "0"), 1.0))

    assert list(session.receive(report(2, "A1", "0", "0", t43="Y"), 1.0)) == []
    assert session.ended is None


def test_a_number_too_low_without_poss_dup_ends_the_session_and_says_how_to_go_on():
    session = logged_on()

    list(session.receive(report(1, "A1", "0", "0"), 1.0))

    assert types_of(session) == ["5"]
    assert session.ended is not None
    assert "expecting 2 but received 1" in session.ended
    assert "--reset-sequence" in session.ended


def test_a_reset_that_goes_back_is_rejected():
    session = logged_on()

    list(session.receive(from_gateway("4", 9, (36, "1")), 1.0))

    assert [(each.msg_type, each.get(371)) for each in session.output] == [("3", "36")]


def test_a_test_request_is_answered_with_its_id():
    session = logged_on()

    list(session.receive(from_gateway("1", 2, (112, "hello")), 1.0))

    assert [(each.msg_type, each.get(112)) for each in session.output] == [("0", "hello")]


def test_silence_is_tested_and_then_ends_the_session():
    session = logged_on()

    session.tick(31.0)
    assert types_of(session) == ["0"]
    session.tick(37.0)
    assert types_of(session) == ["0", "1"]
    session.tick(73.0)

    assert session.ended is not None
    assert "silent" in session.ended


def test_a_logout_is_answered_and_its_text_kept():
    session = logged_on()

    list(session.receive(from_gateway("5", 2, (58, "Fixgate is stopping")), 1.0))

    assert types_of(session) == ["5"]
    assert session.ended == "the gateway logged out: Fixgate is stopping"


def test_a_refused_logon_is_not_answered():
    session = FixSession(IDENTITY, ClientStore(), lambda: NOW_NS)
    session.log_on(0.0)
    session.output.clear()

    list(session.receive(from_gateway("5", 7, (58, "MsgSeqNum too low, expecting 9")), 0.0))

    assert session.output == []
    assert session.ended is not None
    assert "too low" in session.ended


@pytest.mark.parametrize("tag", [49, 56])
def test_a_stranger_is_not_listened_to(tag):
    session = logged_on()
    stranger = report(2, "A1", "0", "0")
    text = stranger.text.replace(f"{tag}={stranger.get(tag)}", f"{tag}=OTHER")
    stranger = type(stranger)(
        tuple((t, "OTHER" if t == tag else v) for t, v in stranger.fields), text
    )

    assert list(session.receive(stranger, 1.0)) == []
    assert session.ended is not None
