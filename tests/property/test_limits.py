"""What holds of limits, whatever orders come and whatever becomes of them."""

from collections import deque
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import an_instruction, an_order, some_terms
from fakes.core import START_NS, VENUE, FakeCore, a_profile, contents, some_rules
from fixgate.application.replay import Replay
from fixgate.domain.exposure import Exposure
from fixgate.domain.extras import Extras
from fixgate.domain.frozen import changed
from fixgate.domain.ids import Ids, OrderID
from fixgate.domain.instruments import ReplaceStyle
from fixgate.domain.limits import (
    Applied,
    Ask,
    LimitRule,
    Limits,
    LimitScope,
    LimitSet,
    RepeatedTrades,
    applied,
    asks_of,
    day_end_ns,
)
from fixgate.domain.market import Quote
from fixgate.domain.order import Order, Terms
from fixgate.domain.positions import Positions
from fixgate.domain.state import State
from fixgate.domain.values import OrdType, Side
from fixgate.domain.values import RefusalReason as R
from fixgate.risk.amounts import leverage, order_qty, order_value, position
from fixgate.risk.case import Case, case_of
from fixgate.risk.collar import price_collar
from fixgate.risk.conduct import permission, repeated_trades, self_match
from fixgate.risk.pretrade import CHECKS
from property.core_truthful import Step, Truth, truths
from scenarios.limit_words import limits_from

SOME = settings(max_examples=300, deadline=None, print_blob=True)
FEWER = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
amounts = st.decimals("0.001", "100000", places=3)
sides = st.sampled_from(Side)


def a_case(terms: Terms, limits: Limits, side: Side = Side.BUY, **more: object) -> Case:
    exposure = more.pop("exposure", None) or Exposure()
    account_credit_max = more.pop("account_credit_max", None)
    found = Applied(
        limits=limits,
        rate=Decimal(1),
        currency="USDT",
        account_credit_max=account_credit_max,
        asks=asks_of(limits),
    )
    about = an_instruction(side=side)
    return case_of(
        about,
        terms,
        found,
        exposure.new_way(about, found),  # type: ignore[attr-defined]
        exposure=exposure,  # type: ignore[arg-type]
        positions=more.pop("positions", None) or Positions(),  # type: ignore[arg-type]
        venues=(VENUE,),
        at_ns=START_NS,
        **more,  # type: ignore[arg-type]
    )


def a_quote(px: Decimal, *, age_ms: int = 0) -> Quote:
    return Quote(
        venue=an_instruction().venue,
        symbol="BTC/USDT",
        bid_px=px,
        offer_px=px,
        last_px=None,
        at_ns=START_NS - age_ms * 1_000_000,
    )


@SOME
@given(amounts, amounts, st.integers(1, 20_000), sides)
def test_a_price_is_refused_exactly_when_it_is_further_from_the_reference_than_the_collar(
    px: Decimal, reference: Decimal, most_bp: int, side: Side
) -> None:
    """Control 1."""
    case = a_case(
        some_terms(price=px), Limits(price_collar_bp=most_bp), side, quote=a_quote(reference)
    )
    refusal = price_collar(case)
    assert (refusal is not None) is (abs(px - reference) * 10_000 > reference * most_bp)
    assert refusal is None or refusal.reason is R.EXCEEDS_LIMIT


@SOME
@given(age_ms=st.integers(0, 100_000), most_ms=st.integers(1, 100_000), required=st.booleans())
def test_an_old_reference_price_is_none_and_refuses_unless_switched_off(
    *, age_ms: int, most_ms: int, required: bool
) -> None:
    """Control 1."""
    limits = Limits(price_collar_bp=1, reference_age_max_ms=most_ms, reference_required=required)
    case = a_case(some_terms(), limits, quote=a_quote(Decimal(9), age_ms=age_ms))
    refusal = price_collar(case)
    assert (refusal is not None) is (age_ms > most_ms and required)
    assert refusal is None or refusal.reason is R.NOT_PRICED


@SOME
@given(amounts, amounts)
def test_a_quantity_is_refused_exactly_when_it_is_above_the_maximum(
    qty: Decimal, most: Decimal
) -> None:
    """Control 2."""
    refusal = order_qty(a_case(some_terms(order_qty=qty), Limits(order_qty_max=most)))
    assert (refusal is not None) is (qty > most)


@SOME
@given(amounts, amounts, st.none() | amounts, sides, amounts)
def test_a_value_is_never_taken_for_less_than_the_order_may_come_to(
    qty: Decimal, px: Decimal, reference: Decimal | None, side: Side, most: Decimal
) -> None:
    """Control 3: a buy by its limit; a sell by the market's price where that is higher."""
    quote = None if reference is None else a_quote(reference)
    case = a_case(
        some_terms(order_qty=qty, price=px), Limits(order_value_max=most), side, quote=quote
    )
    at = px if side is Side.BUY else max(px, reference or px)
    assert (order_value(case) is not None) is (qty * at > most)


@SOME
@given(amounts, st.none() | amounts, amounts)
def test_a_market_order_without_a_price_to_value_it_by_is_refused(
    qty: Decimal, reference: Decimal | None, most: Decimal
) -> None:
    """Control 3."""
    quote = None if reference is None else a_quote(reference)
    terms = some_terms(order_qty=qty, price=None, ord_type=OrdType.MARKET)
    refusal = order_value(a_case(terms, Limits(order_value_max=most), quote=quote))
    assert (refusal is not None) is (reference is None or qty * reference > most)


@SOME
@given(amounts, amounts, amounts)
def test_leverage_is_refused_exactly_when_it_is_above_the_limit(
    asked: Decimal, most: Decimal, qty: Decimal
) -> None:
    """Control 14."""
    terms = some_terms(order_qty=qty, extras=Extras(leverage=asked))
    refusal = leverage(a_case(terms, Limits(leverage_max=most)))
    assert (refusal is not None) is (asked > most)


@SOME
@given(
    st.frozensets(st.sampled_from("ABC")),
    st.none() | st.frozensets(st.sampled_from("ABC")),
    st.none() | st.frozensets(sides),
    st.sampled_from("ABC"),
    sides,
)
def test_what_is_restricted_or_not_permitted_is_refused_and_nothing_else(
    restricted: frozenset[str],
    permitted: frozenset[str] | None,
    allowed: frozenset[Side] | None,
    symbol: str,
    side: Side,
) -> None:
    """Control 8."""
    found = Applied(limits=Limits(), restricted=restricted, permitted=permitted, sides=allowed)
    case = changed_about(a_case(some_terms(), Limits(), side), symbol, found)
    wrong = (
        symbol in restricted
        or (permitted is not None and symbol not in permitted)
        or (allowed is not None and side not in allowed)
    )
    assert (permission(case) is not None) is wrong


def changed_about(case: Case, symbol: str, found: Applied) -> Case:
    about = changed(case.about, symbol=symbol)
    return case_of(
        about,
        case.terms,
        found,
        case.way,
        exposure=case.exposure,
        positions=case.positions,
        venues=case.venues,
        at_ns=case.at_ns,
    )


@SOME
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 700)), max_size=20))
def test_an_order_is_refused_exactly_when_its_like_was_taken_too_short_before(
    orders: list[tuple[int, int]],
) -> None:
    """Control 9: only what was taken counts; what is older is forgotten."""
    core = FakeCore(limits=limits_from(["limits default duplicate_within_ms=500"]))
    taken: dict[int, int] = {}
    for number, (kind, wait_ms) in enumerate(orders):
        core.at_ns += wait_ms * 1_000_000
        core.send("D", body(number, qty=1 + kind))
        at_ns = core.at_ns
        too_soon = at_ns - taken.get(kind, -(10**18)) < 500_000_000
        assert ("\x01103=6\x01" in "".join(core.sent)) is too_soon
        if not too_soon:
            taken[kind] = at_ns
        core.sent.clear()
    assert len(core.state.exposure.recent) <= 2 * 4


def body(number: int, *, qty: int = 1, px: int = 9, side: Side = Side.BUY) -> str:
    head = f"11=N{number}|55=BTC/USDT|54={side.value}|60=20231114-22:13:20|21=1"
    return f"{head}|40=2|38={qty}|44={px}"


@SOME
@given(st.lists(st.integers(0, 900), min_size=1, max_size=30), st.integers(1, 5))
def test_a_session_is_paused_exactly_when_so_many_trades_fall_within_the_time(
    waits_ms: list[int], count: int
) -> None:
    """Control 6."""
    exposure, about = Exposure(), an_instruction()
    rule = Limits(repeated_trades=RepeatedTrades(count=count, within_ms=1_000))
    exposure.counted = changed(exposure.counted, repeated_count=count)
    at_ns, times = START_NS, []
    for wait_ms in waits_ms:
        at_ns += wait_ms * 1_000_000
        times.append(at_ns)
        exposure.traded(about, at_ns)
        why = repeated_trades(Applied(limits=rule), about, exposure, at_ns)
        recent = [each for each in times if at_ns - each <= 1_000_000_000]
        assert (why is not None) is (len(recent) >= count)


@SOME
@given(
    st.lists(st.tuples(sides, st.integers(1, 9), st.booleans()), max_size=15),
    sides,
    st.integers(1, 9),
)
def test_an_order_is_refused_exactly_when_an_open_one_of_the_account_would_trade_with_it(
    own: list[tuple[Side, int, bool]], side: Side, px: int
) -> None:
    """Control 12, against the scan that the index replaces."""
    exposure = Exposure()
    exposure.counted = changed(exposure.counted, own_prices=True)
    book = State(Ids("EPOCH0")).limits
    orders: list[Order] = []
    for number, (other, at, is_open) in enumerate(own):
        order = an_order(
            order_id=OrderID(f"EPOCH{number:09d}"),
            instruction=an_instruction(side=other),
            terms=some_terms(price=Decimal(at)),
        )
        exposure.moved(None, order, book)
        if is_open:
            orders.append(order)
        else:
            exposure.moved(order, changed(order, stage=_CANCELED), book)
    case = a_case(some_terms(price=Decimal(px)), Limits(self_match=True), side, exposure=exposure)
    met = any(_meets(side, Decimal(px), each) for each in orders)
    assert (self_match(case) is not None) is met


_CANCELED = an_order().stage.CANCELED


def _meets(side: Side, px: Decimal, own: Order) -> bool:
    if own.instruction.side is side or own.terms.price is None:
        return False
    return px >= own.terms.price if side is Side.BUY else px <= own.terms.price


ALL_LIMITS = limits_from(
    [
        "limits default price_collar_bp=5000 self_match=yes duplicate_within_ms=1",
        "limits default order_qty_max=30 order_value_max=300 credit_max=900",
        "limits default position_max=60 balance=yes repeated_trades=9/1000",
        "limits account ACC credit_max=500",
    ]
)
styles = st.sampled_from([ReplaceStyle.NATIVE, ReplaceStyle.CANCEL_THEN_NEW])


def a_core(style: ReplaceStyle) -> FakeCore:
    core = FakeCore(rules=some_rules(), profile=a_profile(replace=style), limits=ALL_LIMITS)
    core.market.quotes[an_instruction().venue, "BTC/USDT"] = changed(
        a_quote(Decimal(9)), at_ns=START_NS + 10**15
    )
    return core


@FEWER
@given(truths(restarts=True), styles)
def test_what_counts_is_what_the_open_orders_and_todays_trades_come_to(
    script: list[Step], style: ReplaceStyle
) -> None:
    """Controls 5, 7, 10, 12: what is followed step by step is what a count from nothing gives."""
    truth = Truth(a_core(style))

    def check() -> None:
        core = truth.core
        state, counted = core.state, Exposure()
        counted.follow(state.limits, state.orders.values(), core.traded_today)
        found = state.exposure
        assert counted.counts == found.counts
        # However much of it trades, what is open was within the limit when it was accepted.
        assert found.credit.get(("session", "CLIENT"), (0, 0))[0] <= 900

    truth.run(script, check)


def test_accounts_that_use_nothing_any_more_are_forgotten_and_open_orders_count_on() -> None:
    """Account (1) may be any text: memory is bounded by what is open, not by what ever came."""
    exposure, book = Exposure(), State(Ids("EPOCH0")).limits
    exposure.counted = changed(exposure.counted, credit=True, positions=True, own_prices=True)
    left = []
    for number in range(45_000):
        order = an_order(
            order_id=OrderID(f"EPOCH{number:09d}"),
            instruction=an_instruction(account=f"A{number}"),
            terms=some_terms(price=Decimal(number + 1)),
        )
        exposure.moved(None, order, book)
        if number % 1_000:
            exposure.moved(order, changed(order, stage=_CANCELED), book)
        else:
            left.append(order)
    tables = (exposure.used, exposure.open_qty, exposure.own)
    assert all(len(each) <= 3 * 10_000 for each in tables)
    counted = Exposure()
    counted.counted = exposure.counted
    for order in left:
        counted.moved(None, order, book)
    assert counted.counts == exposure.counts
    for order in left:
        exposure.moved(order, changed(order, stage=_CANCELED), book)
    assert exposure.counts == Exposure().counts


@FEWER
@given(truths(restarts=False), styles)
def test_a_replay_under_limits_decides_the_same(script: list[Step], style: ReplaceStyle) -> None:
    """What an input saw of the market is journaled with it; limits live in events."""
    truth = Truth(a_core(style))
    truth.run(script, lambda: None)
    core = truth.core
    replay = Replay(State(Ids("EPOCH0"), terminal_max=core.terminal_max), core.codec)
    assert not list(replay.differences(deque(core.journal)))
    assert contents(replay.state) == contents(core.state)


def test_every_limit_that_is_asked_for_has_its_check() -> None:
    assert list(CHECKS) == list(Ask)


scopes = st.sampled_from(
    [
        (LimitScope.DEFAULT, ""),
        (LimitScope.VENUE, "V"),
        (LimitScope.INSTRUMENT, "BTC/USDT"),
        (LimitScope.ACCOUNT, "ACC"),
        (LimitScope.SESSION, "CLIENT"),
        (LimitScope.SESSION, "OTHER"),
    ]
)


@SOME
@given(st.dictionaries(scopes, amounts, max_size=6))
def test_the_strictest_amount_holds_and_the_default_only_where_no_other_rule_names_it(
    found: dict[tuple[LimitScope, str], Decimal],
) -> None:
    """Control 15: whose limits hold."""
    rules = tuple(
        LimitRule(scope=scope, name=name, limits=Limits(order_qty_max=most))
        for (scope, name), most in found.items()
    )
    holds = applied(LimitSet(rules=rules), an_instruction(account="ACC"))
    named = [
        most
        for (scope, name), most in found.items()
        if scope is not LimitScope.DEFAULT and name != "OTHER"
    ]
    default = found.get((LimitScope.DEFAULT, ""))
    expected = min(named) if named else default
    assert (None if holds is None else holds.limits.order_qty_max) == expected


@SOME
@given(
    st.integers(1_600_000_000, 1_900_000_000),
    st.sampled_from(["UTC", "Europe/Zurich", "America/New_York", "Asia/Kolkata"]),
)
def test_a_day_ends_after_now_and_at_most_twenty_five_hours_later(at_s: int, zone: str) -> None:
    """Control 7: also on the days on which clocks are changed."""
    left_s = day_end_ns(at_s * 10**9, zone) // 10**9 - at_s
    assert 0 < left_s <= 25 * 3600


@SOME
@given(st.integers(0, 100), st.integers(0, 100), st.integers(-200, 200), st.integers(1, 100), sides)
def test_a_position_is_refused_exactly_when_all_open_orders_of_the_side_could_exceed_it(
    bought: int, sold: int, net: int, qty: int, side: Side
) -> None:
    """Control 10."""
    exposure = Exposure()
    for open_side, open_qty in ((Side.BUY, bought), (Side.SELL, sold)):
        exposure.new_way(an_instruction(side=open_side), None).open_qty.amount = Decimal(open_qty)
    positions = Positions()
    start = Side.BUY if net > 0 else Side.SELL
    if net:
        positions.traded(an_instruction(side=start), Decimal(abs(net)), Decimal(9))
    case = a_case(
        some_terms(order_qty=Decimal(qty)),
        Limits(position_max=Decimal(100)),
        side,
        exposure=exposure,
        positions=positions,
    )
    reached = net + bought + qty if side is Side.BUY else sold + qty - net
    assert (position(case) is not None) is (reached > 100)
