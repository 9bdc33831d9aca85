"""What holds for the matching engine whatever is asked of it."""

from collections.abc import Callable
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from fixgate.domain.values import OrdType, PositionEffect, Side, TimeInForce
from fixgate.matching import (
    Canceled,
    Event,
    Expired,
    MatchingEngine,
    NewOrder,
    OrderState,
    Replaced,
    Replacement,
    SelfTradePrevention,
    Traded,
)
from unit.matching.market import SYMBOL, a_listing

GTC, GTD = TimeInForce.GOOD_TILL_CANCEL, TimeInForce.GOOD_TILL_DATE
IOC = TimeInForce.IMMEDIATE_OR_CANCEL
Operation = Callable[[MatchingEngine, int], tuple[Event, ...]]

_ids = st.sampled_from([f"c{number}" for number in range(12)])
_accounts = st.sampled_from(["A", "B"])
_quantities = st.integers(1, 20).map(Decimal)
_prices = st.integers(95, 105).map(Decimal)


@st.composite
def _orders(draw: st.DrawFn) -> NewOrder:
    ord_type = draw(st.sampled_from(OrdType))
    time_in_force = draw(st.sampled_from([each for each in TimeInForce if each is not GTD]))
    rests = ord_type.needs_price and time_in_force in (TimeInForce.DAY, GTC)
    return NewOrder(
        symbol=SYMBOL,
        account=draw(_accounts),
        cl_ord_id=draw(_ids),
        side=draw(st.sampled_from(Side)),
        ord_type=ord_type,
        order_qty=draw(_quantities),
        price=draw(_prices) if ord_type.needs_price else None,
        stop_px=draw(_prices) if ord_type.needs_stop_px else None,
        time_in_force=time_in_force,
        post_only=draw(st.booleans()) and ord_type is OrdType.LIMIT,
        if_touched=draw(st.booleans()) and ord_type.needs_stop_px,
        effect=draw(st.none() | st.sampled_from(PositionEffect)),
        max_floor=draw(st.none() | _quantities) if rests else None,
        min_qty=draw(st.none() | _quantities) if time_in_force is IOC else None,
        self_trade=draw(st.none() | st.sampled_from(SelfTradePrevention)),
    )


@st.composite
def _operations(draw: st.DrawFn) -> Operation:
    kind = draw(st.sampled_from(["submit", "submit", "submit", "cancel", "replace", "day"]))
    if kind == "submit":
        order = draw(_orders())
        return lambda engine, now: engine.submit(order, now)
    account, name = draw(_accounts), draw(_ids)
    if kind == "cancel":
        return lambda engine, now: engine.cancel(account, now, cl_ord_id=name)
    if kind == "day":
        return lambda engine, now: engine.end_day(now)
    change = Replacement(
        order_qty=draw(st.none() | _quantities),
        price=draw(st.none() | _prices),
        max_floor=draw(st.none() | st.just(Decimal(2))),
    )
    return lambda engine, now: engine.replace(account, change, now, cl_ord_id=name)


_histories = st.lists(_operations(), max_size=40)


def _new_engine() -> MatchingEngine:
    return MatchingEngine([a_listing(is_contract=True)], id_prefix="")


@given(_histories)
def test_the_book_is_never_crossed_and_shows_exactly_what_working_orders_show(
    history: list[Operation],
) -> None:
    engine = _new_engine()
    for now, operation in enumerate(history):
        operation(engine, now)
        bid, ask = engine.best_bid(SYMBOL), engine.best_ask(SYMBOL)
        assert bid is None or ask is None or bid < ask
        depth = engine.depth(SYMBOL, 100)
        working = [
            order
            for account in ("A", "B")
            for order in engine.open_orders(account)
            if order.state is OrderState.WORKING
        ]
        for side, levels in ((Side.BUY, depth.bids), (Side.SELL, depth.asks)):
            shown = sum((qty for _, qty in levels), Decimal(0))
            assert shown == sum(
                (each.shown_qty for each in working if each.side is side), Decimal(0)
            )
            assert all(qty > 0 for _, qty in levels)
        for each in working:
            if each.max_floor is None:
                assert each.shown_qty == each.leaves_qty
            else:
                assert 0 < each.shown_qty <= min(each.max_floor, each.leaves_qty)


@given(_histories)
def test_quantities_are_conserved(history: list[Operation]) -> None:
    """Buys equal sells; order = executed + leaves + canceled; a cancel gives back the leaves."""
    engine = _new_engine()
    bought = sold = Decimal(0)
    given_up: dict[str, Decimal] = {}
    for now, operation in enumerate(history):
        leaves = {
            each.venue_order_id: each.leaves_qty
            for account in ("A", "B")
            for each in engine.open_orders(account)
        }
        for event in operation(engine, now):
            match event:
                case Traded():
                    leaves[event.venue_order_id] = event.leaves_qty
                    bought += event.last_qty * (event.side is Side.BUY)
                    sold += event.last_qty * (event.side is Side.SELL)
                case Canceled() | Expired():
                    given_up[event.venue_order_id] = event.canceled_qty
                    known = leaves.get(event.venue_order_id)
                    assert known is None or known == event.canceled_qty
                case Replaced():
                    leaves.pop(event.venue_order_id, None)
                case _:
                    pass
    assert bought == sold
    for account in ("A", "B"):
        for order in engine.orders(account):
            rest = given_up.get(order.venue_order_id, Decimal(0))
            assert order.order_qty == order.cum_qty + order.leaves_qty + rest
            trades = engine.trades(account, venue_order_id=order.venue_order_id)
            assert order.cum_qty == sum((each.last_qty for each in trades), Decimal(0))
            assert order.cum_notional == sum(
                (each.last_qty * each.last_px for each in trades), Decimal(0)
            )


@given(_histories)
def test_the_same_operations_give_the_same_events(history: list[Operation]) -> None:
    first, second = _new_engine(), _new_engine()
    for now, operation in enumerate(history):
        assert operation(first, now) == operation(second, now)


@given(st.lists(st.tuples(_prices, _quantities), min_size=1, max_size=30), _quantities)
def test_resting_orders_trade_by_price_and_then_by_time(
    resting: list[tuple[Decimal, Decimal]], order_qty: Decimal
) -> None:
    engine = _new_engine()
    for number, (price, qty) in enumerate(resting):
        order = NewOrder(
            symbol=SYMBOL,
            account="A",
            cl_ord_id=f"s{number}",
            side=Side.SELL,
            ord_type=OrdType.LIMIT,
            order_qty=qty,
            price=price,
        )
        engine.submit(order, number)
    taker = NewOrder(
        symbol=SYMBOL,
        account="B",
        cl_ord_id="taker",
        side=Side.BUY,
        ord_type=OrdType.MARKET,
        order_qty=order_qty,
    )
    events = engine.submit(taker, 99)
    met = [each.cl_ord_id for each in events if isinstance(each, Traded) and each.maker]
    queue = sorted(range(len(resting)), key=lambda number: (resting[number][0], number))
    assert met == [f"s{number}" for number in queue[: len(met)]]
    wanted = min(order_qty, sum((qty for _, qty in resting), Decimal(0)))
    traded = sum(
        (each.last_qty for each in events if isinstance(each, Traded) and each.maker), Decimal(0)
    )
    assert traded == wanted


@given(_histories)
def test_an_order_that_is_about_a_position_keeps_to_it(history: list[Operation]) -> None:
    """A closing order brings the position nearer to nothing; an opening one never does."""
    engine = _new_engine()
    nets = {"A": Decimal(0), "B": Decimal(0)}
    for now, operation in enumerate(history):
        for event in operation(engine, now):
            if not isinstance(event, Traded):
                continue
            signed = event.last_qty if event.side is Side.BUY else -event.last_qty
            before, after = nets[event.account], nets[event.account] + signed
            nets[event.account] = after
            order = engine.find(event.account, venue_order_id=event.venue_order_id)
            assert order is not None
            if order.effect is PositionEffect.CLOSE:
                assert abs(after) == abs(before) - event.last_qty
            elif order.effect is PositionEffect.OPEN:
                assert abs(after) == abs(before) + event.last_qty
    assert nets == {each: engine.position(each, SYMBOL) for each in nets}
