from hypothesis import given
from hypothesis import strategies as st

from fixgate.adapters.fix import fields as f
from fixgate.adapters.fix.dictionary import read
from fixgate.domain.sessions import FixVersion
from unit.adapters.fix.messages import FIX_SPECS, a_frame, message, raw


def test_bytes_that_are_not_utf_8_are_replaced_one_for_one() -> None:
    """Trap 7: the engine takes and gives valid UTF-8 only."""
    data = raw("35=D|34=1|58=caf\xe9\xff|")

    text = f.engine_text(data)

    assert "58=caf\x1a\x1a\x01" in text
    assert a_frame(text.encode()).msg_seq_num == 1


def test_a_nul_is_replaced_because_a_stored_one_makes_resends_loop() -> None:
    text = f.engine_text(raw("35=1|34=1|112=a\0b|"))

    assert "112=a\x1ab\x01" in text
    assert a_frame(text.encode()).msg_type == "1"


def test_valid_utf_8_stays_as_it_is() -> None:
    data = "58=café €".encode().decode("latin-1")

    text = f.engine_text(raw(f"35=D|34=1|{data}|"))

    assert "58=café €\x01" in text


@given(st.binary(max_size=80))
def test_what_the_engine_is_fed_is_always_well_framed_utf_8(value: bytes) -> None:
    """Invariant: whatever bytes a value holds, the engine gets a message that frames."""
    inside = "35=D|34=1|58=" + value.replace(b"\x01", b"").replace(b"|", b"").decode("latin-1")
    text = f.engine_text(raw(inside + "|"))

    assert a_frame(text.encode()).msg_type == "D"
    assert "\0" not in text


def test_passwords_never_reach_the_record() -> None:
    data = message("A", 1, "98=0|108=30|553=me|554=secret|925=new")

    text = f.record_text(data)

    assert "secret" not in text
    assert "new" not in text.replace("925=***", "")
    assert "\x01553=me\x01554=***\x01925=***\x0110=" in text
    assert text[-4:] == data.decode()[-4:]  # CheckSum as it was


def test_an_unfinished_password_is_masked_too() -> None:
    assert f.record_text(b"8=FIX.4.4\x01554=sec") == "8=FIX.4.4\x01554=***"
    assert f.record_text(b"554=sec") == "554=***"


def test_values_are_replaced_and_the_message_stays_valid() -> None:
    text = f.with_values(message("2", 5, "7=1|16=0").decode(), {7: "100", 16: "2599"})

    assert f.value_of(text, 7) == "100"
    assert f.value_of(text, 16) == "2599"
    assert a_frame(text.encode()).msg_seq_num == 5


def test_a_tag_is_left_out() -> None:
    text = f.without(message("A", 1, "98=0|108=30|789=7").decode(), 789)

    assert f.value_of(text, 789) is None
    assert f.value_of(text, 108) == "30"
    a_frame(text.encode())


def test_only_the_header_is_left_of_a_message_without_fields_in_the_dictionary() -> None:
    known = read(FIX_SPECS, FixVersion.FIX44)

    text = f.only_leading(message("7", 9, "2=1|5=N|55=BTC").decode(), known.header_tags)

    assert "7" in known.bodiless
    assert "D" not in known.bodiless
    assert f.value_of(text, 55) is None
    assert a_frame(text.encode()).msg_seq_num == 9
