"""Positions added up."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from fixgate.domain.ids import VenueName
from fixgate.domain.position import Position
from fixgate.domain.position_views import EACH, Valued, totals
from fixgate.domain.rounding import ZERO, plus

amounts = st.decimals(min_value=-10_000, max_value=10_000, places=8)
positions = st.builds(
    Position,
    venue=st.sampled_from(("V", "W")).map(VenueName),
    account=st.sampled_from(("A", "B", None)),
    symbol=st.sampled_from(("BTC/USDT", "ETH/USDT", "ETH/BTC", "BTC/USDT:USDT")),
    qty=amounts,
    cost=amounts,
    realised=amounts,
    fees=st.sampled_from(((), (("BNB", Decimal("0.5")),), (("BNB", Decimal(1)), ("USDT", ZERO)))),
)
books = st.lists(
    st.builds(Valued, position=positions, px=st.none() | amounts),
    unique_by=lambda each: (each.position.venue, each.position.account, each.position.symbol),
)
choices = st.sets(st.sampled_from(sorted(EACH))).map(frozenset)


def a_position(qty: str, cost: str, **about: str) -> Valued:
    names = {"venue": VenueName("V"), "account": "A", "symbol": "BTC/USDT"} | about
    position = Position(qty=Decimal(qty), cost=Decimal(cost), **names)  # type: ignore[arg-type]
    return Valued(position=position, px=Decimal(10))


def total_of(values: list[Decimal]) -> Decimal:
    total = ZERO
    for each in values:
        total = plus(total, each)
    return total


@given(books, choices)
def test_the_whole_is_the_sum_of_its_parts(book: list[Valued], by: frozenset[str]) -> None:
    """Whatever is added up: nothing is lost, and nothing counts twice."""
    found = totals(book, by)
    for currency in {each.currency for each in found}:
        parts = [
            each
            for each in book
            if each.position.symbol.partition("/")[2].partition(":")[0] == currency
        ]
        mine = [each for each in found if each.currency == currency]
        realised = [each.position.realised for each in parts]
        assert total_of([each.realised for each in mine]) == total_of(realised)
        paid = [fee for each in parts for _, fee in each.position.fees]
        assert total_of([fee for each in mine for _, fee in each.fees]) == total_of(paid)
        if all(each.px is not None for each in parts):
            worth = [each.position.unrealised(each.px) for each in parts if each.position.qty]
            assert total_of([each.unrealised for each in mine]) == total_of(worth)
    if "symbol" in by:
        quantities = [each.position.qty for each in book]
        assert total_of([each.qty for each in found]) == total_of(quantities)


@given(books)
def test_nothing_added_up_is_each_position_itself(book: list[Valued]) -> None:
    """One row each, as it is."""
    found = {(each.venue, each.account, each.symbol): each for each in totals(book)}
    assert len(found) == len(book)
    for each in book:
        position = each.position
        total = found[position.venue, position.account or "", position.symbol]
        assert (total.qty, total.avg_px) == (position.qty, position.avg_px)


def test_accounts_are_added_up_at_their_weighted_average() -> None:
    (total,) = totals(
        [a_position("1", "9"), a_position("3", "33", account="B")], frozenset({"symbol"})
    )
    assert (total.qty, total.avg_px, total.unrealised) == (
        Decimal(4),
        Decimal("10.5"),
        Decimal(-2),
    )


def test_of_a_long_and_a_short_there_is_no_average() -> None:
    (total,) = totals(
        [a_position("3", "9"), a_position("-1", "-10", account="B")], frozenset({"symbol"})
    )
    assert (total.qty, total.avg_px) == (Decimal(2), None)


def test_quantities_of_different_instruments_are_not_added() -> None:
    (total,) = totals(
        [a_position("1", "9"), a_position("5", "45", symbol="ETH/USDT")], frozenset({"account"})
    )
    assert (total.qty, total.avg_px, total.unrealised) == (None, None, Decimal(6))


def test_what_is_worth_nobody_knows_what_makes_the_whole_unknown() -> None:
    known = a_position("1", "9")
    unknown = Valued(position=a_position("1", "9", symbol="ETH/USDT").position)
    assert totals([known, unknown], frozenset())[0].unrealised is None
