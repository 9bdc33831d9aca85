import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgate.adapters.fix.fields import checksum
from fixgate.adapters.fix.framing import Frame, Framer, Garbage
from unit.adapters.fix.messages import ORDER, SOH, message, order, raw

HEARTBEAT = raw("35=0|34=7|49=C|52=20260101-00:00:00|56=FIXGATE|")


def test_a_message_comes_out_with_its_type_and_number() -> None:
    (frame,) = Framer().feed(HEARTBEAT)

    assert isinstance(frame, Frame)
    assert (frame.raw, frame.msg_type, frame.msg_seq_num) == (HEARTBEAT, "0", 7)
    assert not frame.poss_dup
    assert frame.raw[frame.body_at :].startswith(b"35=0")


def test_poss_dup_is_seen() -> None:
    (frame,) = Framer().feed(message("0", 3, head="43=Y"))

    assert isinstance(frame, Frame)
    assert frame.poss_dup


@given(st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=60))
def test_however_the_stream_is_cut_the_messages_are_the_same(cuts: list[int]) -> None:
    """Invariant: framing does not depend on how TCP cuts the stream."""
    stream = HEARTBEAT + order(8) + b"rubbish" + order(9)
    framer, found, at = Framer(), [], 0
    for size in cuts:
        found += framer.feed(stream[at : at + size])
        at += size
    found += framer.feed(stream[at:])

    frames = [each for each in found if isinstance(each, Frame)]
    assert [each.msg_seq_num for each in frames] == [7, 8, 9]
    assert b"".join(each.raw for each in found) == stream


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_byte_is_lost_and_nothing_raises(before: bytes, after: bytes) -> None:
    """Invariant: what goes in comes out, as frames, as garbage, or is still waiting."""
    framer = Framer()
    found = framer.feed(before + HEARTBEAT + after)

    assert b"".join(each.raw for each in found) + framer.rest == before + HEARTBEAT + after


def test_garbage_is_dropped_whole_and_the_next_message_is_found() -> None:
    wrong = HEARTBEAT.replace(b"34=7", b"34=8")

    garbage, frame = Framer().feed(wrong + HEARTBEAT)

    assert garbage == Garbage(wrong, "CheckSum (10) is wrong")
    assert isinstance(frame, Frame)


@pytest.mark.parametrize("length", [b"9=5", b"9=46", b"9=48", b"9=60"])
def test_a_wrong_body_length_does_not_swallow_the_next_message(length: bytes) -> None:
    wrong = HEARTBEAT.replace(b"9=47", length)
    assert wrong != HEARTBEAT

    *_, frame = Framer().feed(wrong + HEARTBEAT + HEARTBEAT)

    assert isinstance(frame, Frame)
    assert frame.raw == HEARTBEAT


@pytest.mark.parametrize(
    "wrong",
    [
        b"8=FIX.4.4\x019=\x0135=0\x0110=000\x01",
        b"8=FIX.4.4\x019=-5\x0135=0\x0110=000\x01",
        b"8=FIX.4.4\x019=5x\x0135=0\x0110=000\x01",
        b"8=FIX.4.4\x0135=0\x019=5\x0110=000\x01",
        b"8=FIX.4.4\x019=5\x0134=1\x0110=000\x01",
        b"8=FIX.4.444444444444\x019=5\x0135=0\x0110=000\x01",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 50,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_does_not_begin_as_a_message_is_garbage(wrong: bytes) -> None:
    found = Framer().feed(wrong + HEARTBEAT)

    assert isinstance(found[0], Garbage)
    assert isinstance(found[-1], Frame)


def test_a_message_that_says_it_has_two_billion_bytes_costs_nothing() -> None:
    framer = Framer()

    (garbage,) = framer.feed(b"8=FIX.4.4\x019=2000000000\x0135=D\x01")

    assert isinstance(garbage, Garbage)
    assert garbage.fatal
    assert framer.rest == b""


def test_the_longest_message_passes_and_one_byte_more_does_not() -> None:
    framer = Framer(bytes_max=1_000)
    fits = raw("35=0|34=1|58=" + "x" * (1_000 - 37) + "|")
    assert len(fits) == 1_000

    (frame,) = framer.feed(fits)
    (garbage,) = framer.feed(raw("35=0|34=1|58=" + "x" * (1_000 - 36) + "|"))

    assert isinstance(frame, Frame)
    assert isinstance(garbage, Garbage)
    assert garbage.fatal


@pytest.mark.parametrize("seq", ["", "0", "x", "-1", "1.5", "9999999999", "1e3", "\xb2"])
def test_a_msg_seq_num_that_is_none_reads_as_zero(seq: str) -> None:
    (frame,) = Framer().feed(raw(f"35=0|34={seq}|49=C|"))

    assert isinstance(frame, Frame)
    assert frame.msg_seq_num == 0


def test_a_nul_is_a_byte_like_any_other() -> None:
    (frame,) = Framer().feed(raw("35=0|34=1|58=a\0b|"))

    assert isinstance(frame, Frame)


@pytest.mark.parametrize(
    ("inside", "tag"),
    [
        ("95=-5|96=x|", 95),
        ("95=100000000|96=x|", 95),
        ("212=100000000|213=x|", 212),
        ("95=2|96=x|", 95),
        ("95=1|96=xy|", 95),
        ("95=1|58=x|", 95),
        ("95=1|", 95),
        ("96=x|", 96),
        ("95=|96=|", 95),
        ("95=3|96=a|b|", 96),
        ("354=9999|355=x|", 354),
        ("621=3|622=x|", 621),
        ("93=5|89=x|", 93),
        ("90=\xb2|91=xx|", 90),
    ],
)
def test_a_length_that_does_not_hold_is_named(inside: str, tag: int) -> None:
    (frame,) = Framer().feed(raw("35=A|34=1|" + inside))

    assert isinstance(frame, Frame)
    assert frame.fault is not None
    assert frame.fault.tag == tag


@pytest.mark.parametrize(
    "inside", ["95=3|96=a=b|", "354=0|355=|", "90=2|91=\xe9\xe9|", "93=1|89=s|"]
)
def test_a_length_that_holds_is_no_fault(inside: str) -> None:
    (frame,) = Framer().feed(raw("35=D|34=1|" + inside))

    assert isinstance(frame, Frame)
    assert frame.fault is None


@given(st.binary(max_size=3_000))
def test_checksum_is_the_sum_of_the_bytes(data: bytes) -> None:
    assert checksum(data) == sum(data) % 256


def test_text_that_mentions_fix_does_not_confuse_the_framer() -> None:
    one = raw(f"35=D|34=1|58=8=FIX.4.4 and 8=FIX.|{ORDER}|")

    first, second = Framer().feed(one + one)

    assert isinstance(first, Frame)
    assert isinstance(second, Frame)
    assert SOH.encode() in second.raw
