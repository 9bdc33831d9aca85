"""Ids made from the journal, and what a venue may make of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgate.domain.ids import Ids, OrderID, VenueClOrdID, base36, order_of, venue_cl_ord_id

IDS = Ids("EPOCH0")
seqs = st.integers(0, 36**8 - 1)
legs = st.integers(0, 36**4 - 1)


@given(seqs, seqs)
def test_order_ids_are_fourteen_letters_and_digits_and_differ(one: int, two: int) -> None:
    """Property: id uniqueness. An input gives one id, and no other input gives it."""
    assert re.fullmatch(r"[0-9A-Z]{14}", IDS.order_id(one))
    assert (IDS.order_id(one) == IDS.order_id(two)) is (one == two)
    assert (IDS.order_id(one) < IDS.order_id(two)) is (one < two)


@given(st.integers(0, 36**8 - 1), st.integers(1, 9))
def test_base36_is_what_int_reads(number: int, width: int) -> None:
    text = base36(number, width=width)
    assert int(text, 36) == number
    assert len(text) >= width
    assert len(text) == width or not text.startswith("0")


@given(seqs, legs)
def test_a_leg_is_found_again_from_its_id_which_fits_every_venue(seq: int, leg: int) -> None:
    """Property: idempotency keys. One for each leg, the same after a restart, and for no other."""
    order_id = IDS.order_id(seq)
    venue_id = venue_cl_ord_id(order_id, leg)
    assert order_of(venue_id) == (order_id, leg)
    assert re.fullmatch(r"[0-9A-Z]{16,18}", venue_id)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "EPOCH000000001",
        "EPOCH0000000010",
        "EPOCH00000000100000",
        "EPOCH00000000100 ",
        "EPOCH0000000010_",
        "EPOCH000000001-1",
        "EPOCH0000000010a",
        "epoch00000000100",
        "EPOCH0000000010²",
        "EPOCH00000000100\x00",
        "EPOCH000000001000",  # leg 0 is written 00
    ],
)
def test_what_we_would_not_have_written_is_not_ours(text: str) -> None:
    assert order_of(VenueClOrdID(text)) is None


@given(st.text(max_size=20))
def test_any_text_is_ours_or_not(text: str) -> None:
    found = order_of(VenueClOrdID(text))
    assert found is None or venue_cl_ord_id(OrderID(found[0]), found[1]) == text


def test_exec_ids_of_one_input_differ() -> None:
    assert IDS.exec_id(7, 0) == "EPOCH000000007-0"
    assert len({IDS.exec_id(7, index) for index in range(100)}) == 100
