"""Limits of a venue, and the parts of routed orders that would go there."""

from decimal import Decimal

import pytest

from fakes.core import VENUE, FakeCore, a_profile, an_instrument, some_rules
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.frozen import changed
from fixgate.domain.ids import VenueName
from fixgate.domain.market import Book
from fixgate.domain.routing import Criterion, RoutingPolicy
from scenarios.limit_words import limits_from

W = VenueName("W")


def a_core(*limits: str) -> FakeCore:
    """Two venues; W is the better one."""
    core = FakeCore(
        rules=some_rules(),
        others=((a_profile(venue=W), an_instrument(venue=W)),),
        policies=(RoutingPolicy(name="p", by=Criterion.BEST_PRICE),),
        limits=limits_from(limits),
    )
    for venue, px in ((VENUE, 100), (W, 99)):
        core.market.books[venue, "BTC/USDT"] = Book(
            venue=venue,
            symbol="BTC/USDT",
            bids=((Decimal(px - 2), Decimal(50)),),
            offers=((Decimal(px), Decimal(50)),),
            at_ns=core.at_ns + 10**12,
        )
    for venue, held in ((VENUE, 10_000), (W, 500)):
        core.say(
            i.BalancesReported(
                venue=venue,
                asked_at_ns=core.at_ns,
                balances=(("USDT", Decimal(held), Decimal(0)),),
            )
        )
    return core


def decided(core: FakeCore, name: str = "A", *, px: int = 103) -> dict[str, tuple[Decimal, str]]:
    """What each venue gets of an order for 10, and why."""
    head = f"11={name}|55=BTC/USDT|54=1|60=20231114-22:13:20|21=1|38=10|40=2|44={px}"
    core.send("D", f"{head}|100=SMART")
    found = [each for each in core.records if isinstance(each, e.RoutingDecided)][-1]
    return {each.venue: (each.qty, each.why) for each in found.choices}


@pytest.mark.parametrize(
    ("limit", "why"),
    [
        ("limits venue W order_qty_max=9", "OrderQty (38) 10 is above the maximum"),
        ("limits venue W order_value_max=1000", "The order is worth 1030 USDT"),
        ("limits venue W price_collar_bp=100", "Price (44) 103 is more than 100 bp above"),
        ("limits venue W position_max=9", "The position in BTC/USDT could come to 10 long"),
        ("limits venue W restricted=BTC/USDT", "Symbol (55) BTC/USDT is on the restricted list"),
        ("limits venue W permitted=ETH/USDT", "Symbol (55) BTC/USDT is not permitted"),
        ("limits venue W sides=sell", "Side (54) 1, buy, is not permitted"),
        ("limits venue W balance=yes", "The order needs 1030 USDT at W; 500 is free there"),
        ("limits default balance=yes", "The order needs 1030 USDT at W; 500 is free there"),
    ],
)
def test_a_part_that_would_exceed_a_limit_of_its_venue_goes_elsewhere_and_the_reason_is_on_record(
    limit: str, why: str
) -> None:
    assert decided(a_core())[W][0] == 10
    found = decided(a_core(limit))
    assert (found[VENUE][0], found[W][0]) == (10, 0)
    assert found[W][1].startswith(why)


def test_what_a_part_locks_of_a_balance_is_given_back_with_its_end() -> None:
    core = a_core("limits venue W balance=yes")
    order = decided(changed_book(core), "A", px=50)
    assert order[W][0] == 10
    assert decided(core, "B", px=50)[W][0] == 0
    (part,) = [each for each in core.state.orders.values() if each.instruction.venue == W]
    core.say(
        i.VenueAnswered(
            venue=W,
            call=i.VenueCall.SUBMIT,
            venue_cl_ord_id=part.venue_cl_ord_id,
            outcome=i.Outcome.REJECTED,
            text="no",
        )
    )
    assert decided(core, "C", px=50)[W][0] == 10


def changed_book(core: FakeCore) -> FakeCore:
    """W sells at 49."""
    book = core.market.books[W, "BTC/USDT"]
    offers = ((Decimal(49), Decimal(50)),)
    core.market.books[W, "BTC/USDT"] = changed(book, bids=(), offers=offers)
    return core


def test_limits_that_no_venue_names_are_held_against_the_whole_order_alone() -> None:
    """By a collar of its own book's price W would be out of the question."""
    core = a_core("limits default price_collar_bp=420 reference_required=no")
    assert decided(core)[W][0] == 10
