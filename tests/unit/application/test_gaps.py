"""Prices of two venues that are apart by more than both fees."""

from decimal import Decimal

from fakes.core import VENUE, FakeCore, a_profile, an_instrument
from fixgate.application.gaps import GapLimits, GapWatch
from fixgate.domain.ids import VenueName
from fixgate.domain.market import Quote
from fixgate.domain.routing import Criterion, Fees, RoutingPolicy, VenueFees

W = VenueName("W")
S = 1_000_000_000
LIMITS = GapLimits(
    enabled=True, gain_bp_min=Decimal(5), again_after_ns=60 * S, quotes_older_than_ns=10 * S
)


def a_watch(limits: GapLimits = LIMITS) -> tuple[FakeCore, GapWatch]:
    core = FakeCore(
        others=((a_profile(venue=W), an_instrument(venue=W)),),
        policies=(RoutingPolicy(name="default", by=Criterion.BEST_PRICE),),
        fees=(VenueFees(venue=W, fees=Fees(taker_bp=Decimal(10))),),
    )
    return core, GapWatch(core.state, core.market, limits)


def quoted(core: FakeCore, venue: VenueName, bid: str, offer: str, at_ns: int) -> None:
    core.market.quotes[venue, "BTC/USDT"] = Quote(
        venue=venue,
        symbol="BTC/USDT",
        bid_px=Decimal(bid),
        offer_px=Decimal(offer),
        last_px=None,
        at_ns=at_ns,
    )


def test_a_gap_beyond_both_fees_is_found_and_not_said_again_for_a_while() -> None:
    core, watch = a_watch()
    quoted(core, VENUE, "99", "100", 0)
    quoted(core, W, "100.2", "101", 0)
    (gap,) = watch.look(0)
    assert (gap.bid_venue, gap.offer_venue) == (W, VENUE)
    assert gap.gain_bp == Decimal("10.00")  # 20 bp apart, 10 bp of fee
    assert list(watch.look(5 * S)) == []
    quoted(core, VENUE, "99", "100", 60 * S)
    quoted(core, W, "100.2", "101", 60 * S)
    assert len(list(watch.look(60 * S))) == 1


def test_what_the_fees_eat_is_no_gap() -> None:
    core, watch = a_watch()
    quoted(core, VENUE, "99", "100", 0)
    quoted(core, W, "100.14", "101", 0)
    assert list(watch.look(0)) == []


def test_an_old_price_is_no_price() -> None:
    core, watch = a_watch()
    quoted(core, VENUE, "99", "100", 0)
    quoted(core, W, "100.2", "101", 11 * S)
    assert list(watch.look(11 * S)) == []
    assert watch.freshest == {VENUE: 0, W: 11 * S}


def test_gaps_can_be_switched_off() -> None:
    off = GapLimits(
        enabled=False, gain_bp_min=Decimal(0), again_after_ns=S, quotes_older_than_ns=10 * S
    )
    core, watch = a_watch(off)
    quoted(core, VENUE, "99", "100", 0)
    quoted(core, W, "105", "106", 0)
    assert list(watch.look(0)) == []
