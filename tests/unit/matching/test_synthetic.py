"""The synthetic market."""

from decimal import Decimal
from random import Random

import pytest

from fixgate.domain.values import Side, TimeInForce
from fixgate.matching import Listing, MatchingEngine, SyntheticLiquidity, SyntheticProfile
from fixgate.matching.synthetic import START_PX
from unit.matching.market import SYMBOL, a_buy, a_market, a_sell, a_stop, fills, kinds

LISTING = Listing(symbol=SYMBOL, tick_size=Decimal("0.01"), lot_size=Decimal("0.00001"))
START = Decimal(50_000)


def a_market_place(seed: int = 7) -> tuple[MatchingEngine, SyntheticLiquidity]:
    engine = MatchingEngine([LISTING], id_prefix="")
    profile = SyntheticProfile.around(LISTING, START)
    return engine, SyntheticLiquidity(engine, [profile], Random(seed))


def test_the_reference_starts_where_the_issue_says() -> None:
    expected = {"BTC": Decimal(50_000), "ETH": Decimal(3_000), "SOL": Decimal(150)}
    assert dict(START_PX) == expected


def test_a_step_quotes_several_levels_on_tick_on_both_sides() -> None:
    engine, market = a_market_place()
    assert kinds(market.step(1)) == ["Printed"]
    depth = engine.depth(SYMBOL, 50)
    assert len(depth.bids) == len(depth.asks) == 10
    assert depth.bids[0][0] < market.reference_px(SYMBOL) < depth.asks[0][0]
    assert all(
        price % LISTING.tick_size == 0 and qty % LISTING.lot_size == 0
        for price, qty in depth.bids + depth.asks
    )


def test_the_reference_stays_within_five_per_cent_of_its_start() -> None:
    engine, market = a_market_place()
    seen = set()
    for number in range(20_000):
        for maker in market._makers.values():
            far = maker.profile.step_ticks_max
            maker.move(market._rng.randint(-far, far * 2))
        seen.add(market.reference_px(SYMBOL))
        if number % 1_000 == 0:
            market.step(number)
    assert max(seen) == START * Decimal("1.05")
    assert market.move_to(SYMBOL, Decimal(1), 1)
    assert market.reference_px(SYMBOL) == START * Decimal("0.95")
    assert engine.best_bid(SYMBOL) is not None


def test_the_same_seed_gives_the_same_market() -> None:
    tapes = []
    for seed in (3, 3, 4):
        engine, market = a_market_place(seed)
        tapes.append([(market.step(each), engine.depth(SYMBOL, 20)) for each in range(50)])
    assert tapes[0] == tapes[1]
    assert tapes[0] != tapes[2]


def test_old_quotes_go_when_new_ones_come() -> None:
    engine, market = a_market_place()
    for number in range(100):
        market.step(number)
    assert len(engine.depth(SYMBOL, 1_000).bids) == 10


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_flood_of_market_orders_never_runs_dry(side: Side) -> None:
    _engine, market = a_market_place()
    market.step(0)
    engine = _engine
    for number in range(3_000):
        events = engine.submit(a_market(f"m{number}", 1, side=side), number)
        assert sum(qty for qty, _ in fills(events, f"m{number}")) == 1
        market.replenish(SYMBOL, number)
    assert engine.last_px(SYMBOL) != START


def test_replenishing_a_full_book_does_nothing() -> None:
    engine, market = a_market_place()
    market.step(0)
    before = engine.depth(SYMBOL, 20)
    assert market.replenish(SYMBOL, 1) == ()
    assert market.replenish("not quoted", 1) == ()
    assert engine.depth(SYMBOL, 20) == before


def test_a_resting_order_is_filled_when_the_reference_moves_through_it() -> None:
    engine, market = a_market_place()
    market.step(0)
    engine.submit(a_buy("b", 1, 49_500), 1)
    engine.submit(a_sell("s", 1, 50_500), 1)
    events = market.move_to(SYMBOL, Decimal(49_000), 2)
    assert fills(events, "b") == [(Decimal(1), Decimal(49_500))]
    assert fills(market.move_to(SYMBOL, Decimal(51_000), 3), "s") == [(Decimal(1), Decimal(50_500))]


def test_the_tape_sets_off_stop_orders() -> None:
    engine, market = a_market_place()
    market.step(0)
    engine.submit(a_stop("stop", 1, 50_500), 1)
    events = market.move_to(SYMBOL, Decimal(50_600), 2)
    assert "Triggered" in kinds(events)
    assert len(fills(events, "stop")) == 1


def test_an_order_between_the_quotes_bounds_the_price_on_the_tape() -> None:
    engine, market = a_market_place()
    market.step(0)
    huge = a_buy("b", 100_000, 52_000)
    engine.submit(huge, 1)
    market.step(2)
    assert engine.last_px(SYMBOL) == Decimal(52_000)
    engine.cancel("A", 3, cl_ord_id="b")
    engine.submit(a_sell("s", 100_000, 48_000), 4)
    market.step(5)
    assert engine.last_px(SYMBOL) == Decimal(48_000)


def test_house_quotes_are_in_no_query() -> None:
    engine, market = a_market_place()
    market.step(0)
    assert engine.open_orders("") == ()
    order = a_buy("x", 1, 60_000, account="", time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)
    assert "Traded" in kinds(engine.submit(order, 1))


def test_a_cheap_instrument_is_quoted_down_to_its_first_tick() -> None:
    listing = Listing(symbol="X", tick_size=Decimal(1), lot_size=Decimal(1))
    engine = MatchingEngine([listing], id_prefix="")
    profile = SyntheticProfile.around(listing, Decimal(3))
    market = SyntheticLiquidity(engine, [profile], Random(1))
    market.step(0)
    assert all(price > 0 for price, _ in engine.depth("X", 50).bids)
    order = a_market("m", 1, symbol="X")
    assert "Traded" in kinds(engine.submit(order, 1))


def test_markets_whose_walks_begin_alike_move_together_whatever_their_quotes_are() -> None:
    markets = []
    for seed in (1, 2):
        engine = MatchingEngine([LISTING], id_prefix="")
        profile = SyntheticProfile.around(LISTING, START)
        markets.append(SyntheticLiquidity(engine, [profile], Random(seed), Random(9)))
    for at_ns in range(1, 50):
        for each in markets:
            each.step(at_ns)
        first, second = (each.reference_px(SYMBOL) for each in markets)
        assert first == second
