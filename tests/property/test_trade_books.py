"""Two books of the same trades: whatever they hold, the differences explain what they come to."""

from collections.abc import Mapping
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from fixgate.domain.rounding import ZERO, minus, notional, plus
from fixgate.domain.trade_books import Entry, Tally, differences, tallied

entries = st.builds(
    Entry,
    symbol=st.sampled_from(["BTC/USDT", "ETH/USDT"]),
    last_qty=st.decimals("0.00000001", 1000, places=8),
    last_px=st.decimals("0.01", 100_000, places=2),
)
books = st.dictionaries(st.sampled_from("ABCDEFGH"), entries)


@st.composite
def two_books(draw: st.DrawFn) -> tuple[Mapping[str, Entry], Mapping[str, Entry]]:
    """Mostly alike, as the books of a gateway and a venue are."""
    ours = draw(books)
    return ours, {**{key: each for key, each in ours.items() if draw(st.booleans())}, **draw(books)}


def whole(book: Mapping[str, Entry]) -> Tally:
    """All instruments together."""
    total = Tally()
    for each in tallied(book.values()).values():
        total = total.plus(each)
    return total


@given(two_books())
def test_each_trade_that_is_not_alike_in_both_books_is_named_once_and_nothing_else_is(
    two: tuple[Mapping[str, Entry], Mapping[str, Entry]],
) -> None:
    """Property: reconciliation source of truth."""
    ours, theirs = two
    found = list(differences(ours, theirs))
    named = [each.key for each in found]
    assert len(named) == len(set(named))
    assert set(named) == {key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)}
    for each in found:
        assert (each.ours, each.theirs) == (ours.get(each.key), theirs.get(each.key))


@given(two_books())
def test_what_the_books_differ_by_is_the_sum_of_the_named_trades(
    two: tuple[Mapping[str, Entry], Mapping[str, Entry]],
) -> None:
    ours, theirs = two
    here, there = whole(ours), whole(theirs)
    number, qty, worth = 0, ZERO, ZERO
    for each in differences(ours, theirs):
        for entry, sign in ((each.ours, 1), (each.theirs, -1)):
            if entry is not None:
                number += sign
                qty = plus(qty, entry.last_qty * sign)
                worth = plus(worth, notional(entry.last_qty, entry.last_px) * sign)
    assert number == here.number - there.number
    assert (qty, worth) == (minus(here.qty, there.qty), minus(here.worth, there.worth))


@given(books)
def test_books_that_are_alike_come_to_the_same_and_differ_in_nothing(
    book: Mapping[str, Entry],
) -> None:
    assert not list(differences(book, dict(book)))
    assert whole(book).number == len(book)
    assert whole(book).worth == sum(
        (Decimal(each.last_qty * each.last_px) for each in book.values()), ZERO
    )
