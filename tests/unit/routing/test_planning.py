"""Which venues an order goes to, and how much to each."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.core import an_instrument
from fixgate.domain.extras import Extras
from fixgate.domain.ids import VenueName
from fixgate.domain.market import Book
from fixgate.domain.order import Terms
from fixgate.domain.routing import Criterion, Fees, RoutingPolicy
from fixgate.domain.values import OrdType, Side, TimeInForce
from fixgate.routing import Asked, Place, plan

D = Decimal
Levels = tuple[tuple[str, str], ...]  # price, quantity


def a_place(
    name: str,
    *levels: tuple[str, str],
    taker_bp: str = "0",
    maker_bp: str = "0",
    unfit: str | None = None,
    **instrument: object,
) -> Place:
    """A venue with offers and, the same mirrored at 200, bids."""
    venue = VenueName(name)
    offers = tuple((D(px), D(qty)) for px, qty in levels)
    bids = tuple((D(200) - px, qty) for px, qty in offers)
    return Place(
        venue=venue,
        instrument=an_instrument(venue=venue, **instrument),
        book=Book(venue=venue, symbol="BTC/USDT", bids=bids, offers=offers, at_ns=0),
        fees=Fees(taker_bp=D(taker_bp), maker_bp=D(maker_bp)),
        unfit=unfit,
    )


def asked(qty: str, price: str | None = "105", *, side: Side = Side.BUY, **terms: object) -> Asked:
    whole = {
        "ord_type": OrdType.MARKET if price is None else OrdType.LIMIT,
        "time_in_force": TimeInForce.GOOD_TILL_CANCEL,
        "price": None if price is None else D(price),
        **terms,
    }
    return Asked(side=side, qty=D(qty), terms=Terms(order_qty=D(qty), **whole))  # type: ignore[arg-type]


def by(criterion: Criterion, *venues: str, **more: object) -> RoutingPolicy:
    names = tuple(VenueName(each) for each in venues)
    return RoutingPolicy(name="p", by=criterion, venues=names, **more)  # type: ignore[arg-type]


def parts(wanted: Asked, places: list[Place], policy: RoutingPolicy) -> dict[str, str]:
    made = plan(wanted, places, policy)
    return {each.venue: str(each.qty) for each in made.choices if each.qty}


BEST = by(Criterion.BEST_PRICE)
SPLIT = by(Criterion.BEST_PRICE, split=True)


def test_the_best_price_wins_for_the_whole_quantity_and_not_only_at_the_top() -> None:
    thin = a_place("A", ("100", "1"), ("104", "9"))
    deep = a_place("B", ("101", "10"))
    assert parts(asked("10"), [thin, deep], BEST) == {"B": "10"}
    assert parts(asked("1"), [thin, deep], BEST) == {"A": "1"}


def test_a_seller_wants_the_highest_price_less_the_fee() -> None:
    dear = a_place("A", ("100", "10"), taker_bp="200")  # bids 100, 98 after the fee
    cheap = a_place("B", ("101", "10"))  # bids 99
    assert parts(asked("5", "95", side=Side.SELL), [dear, cheap], BEST) == {"B": "5"}


def test_who_can_fill_it_all_comes_before_who_cannot() -> None:
    some = a_place("A", ("100", "5"))
    everything = a_place("B", ("102", "50"))
    assert parts(asked("10"), [some, everything], BEST) == {"B": "10"}


def test_what_will_rest_rests_where_that_costs_least() -> None:
    places = [a_place("A", ("110", "5"), maker_bp="5"), a_place("B", ("111", "5"), maker_bp="1")]
    assert parts(asked("10"), places, BEST) == {"B": "10"}


def test_lowest_fees_goes_by_the_fee_that_applies() -> None:
    places = [
        a_place("A", ("100", "10"), taker_bp="10"),
        a_place("B", ("104", "10"), taker_bp="5"),
    ]
    assert parts(asked("10"), places, by(Criterion.LOWEST_FEES)) == {"B": "10"}


def test_liquidity_goes_by_what_is_within_the_limit() -> None:
    places = [
        a_place("A", ("100", "11"), ("106", "900")),
        a_place("B", ("104", "12")),
    ]
    assert parts(asked("10"), places, by(Criterion.LIQUIDITY)) == {"B": "10"}


def test_a_list_is_followed_and_the_next_is_taken_where_one_cannot() -> None:
    places = [a_place("A", ("100", "50")), a_place("B", ("104", "50"), unfit="it is down")]
    assert parts(asked("10"), places, by(Criterion.LISTED, "B", "A")) == {"A": "10"}


def test_a_split_takes_the_best_levels_of_all_books_and_adds_up() -> None:
    places = [
        a_place("A", ("100", "3"), ("103", "9")),
        a_place("B", ("101", "4"), ("102", "2"), ("104", "50")),
    ]
    assert parts(asked("10"), places, SPLIT) == {"A": "4", "B": "6"}


def test_what_no_book_has_rests_at_the_best_venue() -> None:
    places = [a_place("A", ("100", "3")), a_place("B", ("101", "4"))]
    made = parts(asked("10"), places, SPLIT)
    assert sum(map(D, made.values())) == 10
    assert made == {"A": "3", "B": "7"}  # B has more of it, so it is ranked first


def test_a_part_below_a_venues_minimum_goes_to_another() -> None:
    places = [a_place("A", ("100", "1"), min_qty=D(2)), a_place("B", ("101", "50"))]
    assert parts(asked("10"), places, SPLIT) == {"B": "10"}
    worth = [a_place("A", ("100", "1"), min_notional=D(150)), a_place("B", ("101", "50"))]
    assert parts(asked("10"), worth, SPLIT) == {"B": "10"}


def test_lots_are_kept_and_the_rest_goes_to_who_has_the_finer_one() -> None:
    places = [a_place("A", ("100", "3.7"), lot_size=D(1)), a_place("B", ("101", "50"))]
    assert parts(asked("10.5"), places, SPLIT) == {"A": "3", "B": "7.5"}


def test_no_more_venues_than_the_policy_allows() -> None:
    places = [a_place(name, ("100", "4")) for name in "ABCD"]
    made = parts(asked("10"), places, by(Criterion.BEST_PRICE, split=True, parts_max=2))
    assert len(made) == 2
    assert sum(map(D, made.values())) == 10


def test_fill_or_kill_is_never_split_and_needs_a_venue_that_has_it_all() -> None:
    places = [a_place("A", ("100", "6")), a_place("B", ("101", "12"))]
    fok = asked("10", time_in_force=TimeInForce.FILL_OR_KILL)
    assert parts(fok, places, SPLIT) == {"B": "10"}
    more = asked("15", time_in_force=TimeInForce.FILL_OR_KILL)
    made = plan(more, places, SPLIT)
    assert made.refusal is not None
    assert "A: fill or kill, and its book has only 6" in made.refusal


def test_stop_post_only_and_further_instructions_stay_whole() -> None:
    places = [a_place("A", ("100", "6")), a_place("B", ("101", "12"))]
    stop = asked("10", None, ord_type=OrdType.STOP, stop_px=D(110))
    assert len(parts(stop, places, SPLIT)) == 1
    resting = [a_place("A", ("110", "6")), a_place("B", ("111", "12"))]
    assert len(parts(asked("10", post_only=True), resting, SPLIT)) == 1
    iceberg = asked("10", extras=Extras(max_floor=D(1)))
    assert len(parts(iceberg, places, SPLIT)) == 1


def test_post_only_goes_where_it_would_not_trade_at_once() -> None:
    places = [a_place("A", ("100", "6")), a_place("B", ("110", "12"), maker_bp="9")]
    assert parts(asked("10", post_only=True), places, BEST) == {"B": "10"}


def test_a_price_off_a_venues_tick_is_not_sent_there() -> None:
    places = [a_place("A", ("100", "50"), tick_size=D("0.5")), a_place("B", ("101", "50"))]
    assert parts(asked("10", "105.2"), places, BEST) == {"B": "10"}


def test_every_venue_has_its_reason() -> None:
    places = [a_place("A", ("100", "50"), unfit="it is down"), a_place("B", ("101", "50"))]
    made = plan(asked("10"), places, BEST)
    assert [(each.venue, each.why) for each in made.choices] == [
        ("B", "ranked 1 by best_price: 10 at 101, fee 0 bp"),
        ("A", "it is down"),
    ]
    assert made.choices[0].expected_px == D(101)


def test_without_a_book_only_a_list_or_fees_can_choose() -> None:
    dark = Place(venue=VenueName("A"), instrument=an_instrument(venue=VenueName("A")))
    assert plan(asked("10"), [dark], BEST).refusal is not None
    assert parts(asked("10"), [dark], by(Criterion.LISTED, "A")) == {"A": "10"}


quantities = st.integers(1, 4_000).map(lambda n: D(n) / 100)
venues = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(90, 110), st.integers(1, 30)), max_size=6),
        st.sampled_from([D("0.01"), D("0.05"), D("0.5"), D(1)]),
        st.sampled_from([D(0), D(1), D(5)]),
        st.sampled_from([None, D(8), D(30)]),
        st.sampled_from([D(0), D(100), D(900)]),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=400, deadline=None)
@given(
    quantities,
    venues,
    st.tuples(st.sampled_from(Criterion), st.integers(2, 4)),
    st.sampled_from(TimeInForce),
    st.booleans(),
)
def test_parts_add_up_to_the_digit_and_each_can_stand_alone(
    qty: Decimal,
    given_venues: list[tuple[list[tuple[int, int]], D, D, D | None, D, int]],
    rules: tuple[Criterion, int],
    time_in_force: TimeInForce,
    at_market: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    """Property: size constraints. Each venue's lot, minimum, maximum and notional, for its part.

    Property: splitting. The sum of the parts is the order.
    """
    places = [
        a_place(
            f"V{number}",
            *((str(px), str(size)) for px, size in sorted(levels)),
            taker_bp=str(fee),
            lot_size=lot,
            min_qty=least,
            max_qty=most,
            min_notional=worth,
        )
        for number, (levels, lot, least, most, worth, fee) in enumerate(given_venues)
    ]
    wanted = asked(str(qty), None if at_market else "105", time_in_force=time_in_force)
    criterion, parts_max = rules
    policy = by(criterion, *(each.venue for each in places), split=True, parts_max=parts_max)
    made = plan(wanted, places, policy)
    chosen = [each for each in made.choices if each.qty]
    assert len(made.choices) == len(places)
    assert (made.refusal is None) is bool(chosen)
    if chosen:
        assert sum(each.qty for each in chosen) == qty
    assert len(chosen) <= parts_max
    for each in chosen:
        instrument = next(place.instrument for place in places if place.venue == each.venue)
        assert instrument is not None
        assert each.qty % instrument.lot_size == 0
        assert each.qty >= instrument.min_qty
        assert instrument.max_qty is None or each.qty <= instrument.max_qty
        if wanted.terms.price is not None:
            assert each.qty * wanted.terms.price >= instrument.min_notional
        assert each.expected_qty <= each.qty
