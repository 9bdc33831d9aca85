"""The venue that is chosen is the best by the policy, found here by trying them all."""

from collections.abc import Callable
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fakes.core import an_instrument
from fixgate.domain.ids import VenueName
from fixgate.domain.routing import Criterion
from fixgate.domain.values import Side, TimeInForce
from fixgate.routing import Asked, Place, plan
from unit.routing.test_planning import a_place, asked, by

FEW = settings(max_examples=200, deadline=None)
LIMITS = {Side.BUY: "105", Side.SELL: "95"}
levels = st.lists(
    st.tuples(st.integers(95, 112), st.integers(1, 9)), max_size=5, unique_by=lambda each: each[0]
).map(sorted)
venues = st.lists(
    st.tuples(levels, st.sampled_from([0, 5, 40, 900]), st.sampled_from([0, 5, 40])),
    min_size=1,
    max_size=5,
)
quantities = st.integers(1, 25).map(str)
sides = st.sampled_from(Side)


def places_of(drawn: list[tuple[list[tuple[int, int]], int, int]]) -> list[Place]:
    """Venues A, B and so on."""
    return [
        a_place(
            "ABCDE"[number],
            *((str(px), str(size)) for px, size in book),
            taker_bp=str(taker),
            maker_bp=str(maker),
        )
        for number, (book, taker, maker) in enumerate(drawn)
    ]


def taken(place: Place, wanted: Asked, qty: object = None) -> tuple[Fraction, Fraction]:
    """How much of ``qty``, or of all, a book has within the limit, and what that costs."""
    assert place.book is not None
    assert wanted.terms.price is not None
    missing, cost = Fraction(wanted.qty if qty is None else qty), Fraction(0)  # type: ignore[arg-type]
    wanted_qty = missing
    buys = wanted.side is Side.BUY
    for px, size in place.book.offers if buys else place.book.bids:
        if px <= wanted.terms.price if buys else px >= wanted.terms.price:
            part = min(missing, Fraction(size))
            missing, cost = missing - part, cost + part * Fraction(px)
    return wanted_qty - missing, cost


def price(place: Place, wanted: Asked) -> tuple[object, ...]:
    """Who has all comes first, then who has most; each by the price with the taker's fee."""
    reach, cost = taken(place, wanted)
    if not reach:
        return (2, Fraction(place.fees.maker_bp))
    fee = Fraction(place.fees.taker_bp) / 10_000
    each = cost / reach * ((1 + fee) if wanted.side is Side.BUY else (fee - 1))
    return (0, each) if reach == wanted.qty else (1, -reach, each)


def fees(place: Place, wanted: Asked) -> tuple[object, ...]:
    """The taker's where anything trades at once, else the maker's."""
    at_once = taken(place, wanted)[0]
    return (place.fees.taker_bp if at_once else place.fees.maker_bp,)


def liquidity(place: Place, wanted: Asked) -> tuple[object, ...]:
    """All that is within the limit."""
    return (-taken(place, wanted, 10**6)[0],)


BESTS: dict[Criterion, Callable[[Place, Asked], tuple[object, ...]]] = {
    Criterion.BEST_PRICE: price,
    Criterion.LOWEST_FEES: fees,
    Criterion.LIQUIDITY: liquidity,
    Criterion.LISTED: lambda place, _: ("DBEAC".index(place.venue),),
}


@FEW
@given(venues, quantities, sides, st.sampled_from(Criterion))
def test_no_other_venue_is_better_by_the_criterion_of_the_policy(
    drawn: list[tuple[list[tuple[int, int]], int, int]],
    qty: str,
    side: Side,
    criterion: Criterion,
) -> None:
    """Property: routing criteria. Price with fees, fees, liquidity, the client's own list."""
    places, wanted = places_of(drawn), asked(qty, LIMITS[side], side=side)
    made = plan(wanted, places, by(criterion, *"DBEAC"))
    (chosen,) = (each for each in made.choices if each.qty)
    key = BESTS[criterion]
    keys = {each.venue: key(each, wanted) for each in places}
    assert keys[chosen.venue] == min(keys.values())  # type: ignore[type-var]


@FEW
@given(venues, quantities, sides, st.booleans(), st.booleans())
def test_what_is_expected_of_each_venue_is_what_its_book_shows(
    drawn: list[tuple[list[tuple[int, int]], int, int]],
    qty: str,
    side: Side,
    split: bool,  # noqa: FBT001 - drawn by hypothesis
    kill: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    """Property: book consideration. A venue whose book is not known is not chosen for its price."""
    tif = TimeInForce.FILL_OR_KILL if kill else TimeInForce.GOOD_TILL_CANCEL
    wanted = asked(qty, LIMITS[side], side=side, time_in_force=tif)
    dark = VenueName("DARK")
    places = [*places_of(drawn), Place(venue=dark, instrument=an_instrument(venue=dark))]
    made = plan(wanted, places, by(Criterion.BEST_PRICE, split=split))
    books = {each.venue: each for each in places}
    for each in (each for each in made.choices if each.qty):
        assert each.venue != dark
        reach, cost = taken(books[each.venue], wanted, each.qty)
        assert Fraction(each.expected_qty or 0) == reach
        if reach:
            assert abs(Fraction(each.expected_px or 0) - cost / reach) < Fraction(1, 10**9)
        assert not kill or reach == wanted.qty


@FEW
@given(venues, quantities, sides)
def test_a_split_order_never_costs_more_than_at_any_single_venue(
    drawn: list[tuple[list[tuple[int, int]], int, int]], qty: str, side: Side
) -> None:
    """Property: splitting. With fees, where one venue could have filled all of it as well."""
    places, wanted = places_of(drawn), asked(qty, LIMITS[side], side=side)
    single = [price(each, wanted) for each in places]
    assume(any(each[0] == 0 for each in single))
    made = plan(wanted, places, by(Criterion.BEST_PRICE, split=True, parts_max=len(places)))
    chosen = {each.venue: each.qty for each in made.choices if each.qty}
    assert sum(chosen.values()) == wanted.qty
    sign = 1 if side is Side.BUY else -1
    total = Fraction(0)
    for each in places:
        cost = taken(each, wanted, chosen.get(each.venue, 0))[1]
        total += cost * (sign + Fraction(each.fees.taker_bp) / 10_000)
    best = min(each[1] for each in single if each[0] == 0)
    assert total <= best * Fraction(wanted.qty)  # type: ignore[operator]
