"""Bytes become messages, whatever pieces they come in; what is garbled is left out."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgate.cli.fixtext import NotFix, Stream, compose, shown, utc_timestamp
from unit.cli.peer import from_gateway, report


def _bytes(*messages):
    return b"".join(each.text.encode("latin-1") for each in messages)


def test_a_composed_message_has_its_length_and_checksum():
    message = compose("FIX.4.4", [(35, "0"), (49, "A"), (56, "B"), (34, "1")])

    assert shown(message.text) == "8=FIX.4.4|9=20|35=0|49=A|56=B|34=1|10=125|"


@given(cuts=st.lists(st.integers(min_value=1, max_value=300), max_size=8))
def test_messages_are_found_however_the_bytes_are_cut(cuts):
    wanted = [report(2, "A1", "0", "0"), from_gateway("0", 3), report(4, "A1", "F", "2")]
    raw, stream, found = _bytes(*wanted), Stream(), []
    at = 0
    for cut in [*cuts, len(raw)]:
        found += stream.feed(raw[at : at + cut])
        at += cut
    found += stream.feed(raw[at:])

    assert found == wanted


@pytest.mark.parametrize("damage", [(b"39=0", b"39=1"), (b"9=1", b"9=2")])
def test_a_garbled_message_is_left_out_and_the_next_one_is_found(damage):
    good = from_gateway("0", 3)
    stream = Stream()

    found = list(stream.feed(_bytes(report(2, "A1", "0", "0")).replace(*damage, 1) + _bytes(good)))

    assert found == [good]
    assert stream.garbled == 1


@given(st.binary(max_size=400))
def test_any_bytes_give_messages_or_a_clear_no(received):
    """Whatever a server sends, the client does not fall over."""
    with suppress(NotFix):
        list(Stream().feed(received))


def test_a_message_that_does_not_end_is_not_collected_for_ever():
    stream = Stream()
    field = b"58=" + b"x" * 8_000 + b"\x01"

    def feed_for_ever():
        for _ in range(300):
            list(stream.feed(b"8=FIX.4.4\x01" + field))

    with pytest.raises(NotFix, match="does not end"):
        feed_for_ever()


def test_what_a_terminal_would_obey_is_shown_and_not_obeyed():
    assert shown("58=\x1b[2Jhi\x01") == r"58=\x1b[2Jhi|"


def test_times_are_in_milliseconds():
    assert utc_timestamp(1_790_000_000_123_456_789) == "20260921-14:13:20.123"
