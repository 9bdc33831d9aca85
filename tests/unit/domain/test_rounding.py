"""Exact money: limits, steps, averages, the wire form."""

from decimal import Decimal, Inexact
from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgate.domain.rounding import (
    avg_px,
    floor_to_lot,
    is_multiple,
    minus,
    notional,
    plus,
    to_wire,
    within_limits,
)

numbers = st.decimals(min_value=0, max_value=10**15 - 1, places=12)
steps = st.sampled_from([Decimal(text) for text in ("1", "0.5", "0.001", "0.0003", "7", "1e-12")])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", True),
        ("999999999999999", True),
        ("1000000000000000", False),
        ("0.000000000001", True),
        ("0.0000000000001", False),
        ("-999999999999999.999999999999", True),
        ("1E+14", True),
        ("1E+15", False),
        ("NaN", False),
        ("sNaN", False),
        ("Infinity", False),
        ("-Infinity", False),
    ],
)
def test_fifteen_integer_and_twelve_fraction_digits_are_the_limit(
    text: str, *, expected: bool
) -> None:
    assert within_limits(Decimal(text)) is expected


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("0.000", "0"),
        ("-0.00", "0"),
        ("0E-12", "0"),
        ("1", "1"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("1.50", "1.5"),
        ("-1.50", "-1.5"),
        ("1E-7", "0.0000001"),
        ("0.000000000001", "0.000000000001"),
    ],
)
def test_the_wire_form_has_no_exponent_no_trailing_zero_and_no_negative_zero(
    text: str, wire: str
) -> None:
    assert to_wire(Decimal(text)) == wire


@given(numbers)
def test_the_wire_form_is_the_number(number: Decimal) -> None:
    assert Decimal(to_wire(number)) == number
    assert set(to_wire(number)) <= set("0123456789.")


@pytest.mark.parametrize(
    ("total", "cum", "expected"),
    [
        ("0", "0", "0"),
        ("26", "3", "8.666666666667"),
        ("1", "3", "0.333333333333"),
        ("820", "100", "8.2"),
        ("0.0000000000005", "1", "0"),  # half to even
        ("0.0000000000015", "1", "0.000000000002"),
    ],
)
def test_avg_px_is_rounded_half_even_to_twelve_places(total: str, cum: str, expected: str) -> None:
    assert avg_px(Decimal(total), Decimal(cum)) == Decimal(expected)


@given(numbers, numbers)
def test_products_and_sums_are_exact(qty: Decimal, px: Decimal) -> None:
    product = notional(qty, px)
    assert product.as_integer_ratio() == _times(qty.as_integer_ratio(), px.as_integer_ratio())
    assert minus(product, product) == 0
    assert minus(plus(product, qty), product) == qty


def _times(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    top, bottom = one[0] * two[0], one[1] * two[1]
    return top // gcd(top, bottom), bottom // gcd(top, bottom)


def test_a_product_that_cannot_be_exact_raises() -> None:
    long = Decimal("1." + "0" * 199 + "1")
    with pytest.raises(Inexact):
        notional(long, long)


@given(numbers, steps)
def test_the_floor_is_the_greatest_multiple_that_is_not_above(qty: Decimal, lot: Decimal) -> None:
    floor = floor_to_lot(qty, lot_size=lot)
    assert floor <= qty < floor + lot
    assert is_multiple(floor, lot)


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [("1.5", "0.5", True), ("1.6", "0.5", False), ("0", "0.5", True), ("-1", "0.5", True)],
)
def test_a_multiple_lies_on_the_grid(value: str, step: str, *, expected: bool) -> None:
    assert is_multiple(Decimal(value), Decimal(step)) is expected
