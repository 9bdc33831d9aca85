"""Positions and their profit or loss, whatever is traded in whatever order."""

from collections import defaultdict
from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from builders import an_instruction
from fixgate.domain.order import Instruction
from fixgate.domain.position import Move, Position, after_trade
from fixgate.domain.positions import Positions
from fixgate.domain.rounding import ZERO, plus
from fixgate.domain.values import Side

quantities = st.decimals(min_value="0.00000001", max_value=10_000, places=8)
prices = st.decimals(min_value="0.000001", max_value=100_000, places=6)
signed = st.builds(lambda qty, sign: qty * sign, quantities, st.sampled_from((1, -1)))
abouts = st.builds(
    an_instruction,
    venue=st.sampled_from(("V", "W")),
    account=st.sampled_from(("A", "B", None)),
    symbol=st.sampled_from(("BTC/USDT", "ETH/USDT", "ETH/BTC", "BTC/USDT:USDT")),
    side=st.sampled_from(Side),
)
trades = st.lists(st.tuples(abouts, quantities, prices), max_size=25)
fees = st.one_of(
    st.none(), st.tuples(st.decimals("-0.01", 1, places=6), st.sampled_from(("BTC", "USDT", "BNB")))
)

Trade = tuple[Instruction, Decimal, Decimal]


def exact_sum(values: object) -> Decimal:
    with localcontext() as exact:
        exact.prec = 300
        return sum(values, ZERO)  # type: ignore[call-overload, no-any-return]


def product(*factors: Decimal) -> Decimal:
    with localcontext() as exact:
        exact.prec = 300
        made = Decimal(1)
        for each in factors:
            made *= each
        return made


def sign(about: Instruction) -> int:
    return 1 if about.side is Side.BUY else -1


def key(about: Instruction) -> tuple[str, str | None, str]:
    return (about.venue, about.account, about.symbol)


def traded(script: list[Trade]) -> Positions:
    positions = Positions()
    for each in script:
        positions.traded(*each)
    return positions


@given(trades)
def test_a_position_is_the_signed_sum_of_its_trades(script: list[Trade]) -> None:
    """Property: position granularity. One for each venue, account and instrument."""
    positions = traded(script)
    sums: dict[object, list[Decimal]] = defaultdict(list)
    for about, qty, _ in script:
        sums[key(about)].append(qty * sign(about))
    assert {each: exact_sum(found) for each, found in sums.items()} == {
        each: position.qty for each, position in positions.book.items()
    }


@given(st.lists(st.tuples(signed, prices), min_size=1, max_size=25), prices)
def test_realised_and_unrealised_are_the_cash_that_moved_and_the_quantity_at_its_price(
    script: list[tuple[Decimal, Decimal]], mark: Decimal
) -> None:
    """Property: position and P&L. Exact, whatever an average had to be rounded to."""
    position = Position(venue="V", account="A", symbol="BTC/USDT")  # type: ignore[arg-type]
    for qty, px in script:
        position = after_trade(position, qty, px).after
    cash = exact_sum(product(qty, px, Decimal(-1)) for qty, px in script)
    assert plus(position.realised, position.unrealised(mark)) == plus(
        cash, product(position.qty, mark)
    )
    assert position.cash == cash


@given(st.lists(st.tuples(signed, prices), min_size=1, max_size=25))
def test_the_average_entry_price_is_never_outside_the_prices_paid(
    script: list[tuple[Decimal, Decimal]],
) -> None:
    """Whatever was taken away in between."""
    position = Position(venue="V", account="A", symbol="BTC/USDT")  # type: ignore[arg-type]
    for qty, px in script:
        position = after_trade(position, qty, px).after
    paid = [px for _, px in script]
    assert not position.qty or min(paid) <= position.avg_px <= max(paid)


@given(trades, st.randoms(use_true_random=False))
def test_the_order_of_trades_of_different_positions_means_nothing(script: list[Trade], rng) -> None:
    """Only what happens to one position has an order."""
    queues: dict[object, list[Trade]] = defaultdict(list)
    for each in script:
        queues[key(each[0])].append(each)
    mixed = [key(each[0]) for each in script]
    rng.shuffle(mixed)
    again = traded([queues[each].pop(0) for each in mixed])
    first = traded(script)
    assert again.book == first.book
    assert again.nets == first.nets


@given(signed, prices, quantities, prices)
def test_a_flip_is_a_close_and_an_open(
    held: Decimal, entry: Decimal, more: Decimal, px: Decimal
) -> None:
    """By one trade or by two, the same."""
    flat = Position(venue="V", account="A", symbol="BTC/USDT")  # type: ignore[arg-type]
    position = after_trade(flat, held, entry).after
    over = more if held < 0 else -more
    flip = after_trade(position, -held + over, px)
    close = after_trade(position, -held, px)
    opened = after_trade(close.after, over, px)
    assert (flip.move, close.move, opened.move) == (Move.FLIP, Move.CLOSE, Move.OPEN)
    assert flip.after == opened.after
    assert flip.realised == close.realised


@given(trades, st.randoms(use_true_random=False))
def test_busting_every_trade_leaves_every_position_flat_and_without_profit(
    script: list[Trade], rng
) -> None:
    """In whatever order they are taken back."""
    positions = traded(script)
    taken_back = [*script]
    rng.shuffle(taken_back)
    for about, qty, px in taken_back:
        positions.corrected(about, (qty, px), None)
    assert all(
        (each.qty, each.cost, each.realised) == (ZERO, ZERO, ZERO)
        for each in positions.book.values()
    )


@given(trades, trades)
def test_corrected_trades_leave_the_quantity_and_the_whole_profit_that_the_right_ones_would(
    wrong: list[Trade], right: list[Trade]
) -> None:
    """What is realised and what is not may be split otherwise: an average depends on its path."""
    pairs = [(old, (old[0], *new[1:])) for old, new in zip(wrong, right, strict=False)]
    corrected = traded([old for old, _ in pairs])
    for (about, *old), (_, *new) in pairs:
        corrected.corrected(about, tuple(old), tuple(new))  # type: ignore[arg-type]
    straight = traded([new for _, new in pairs])
    for each, position in straight.book.items():
        assert corrected.book[each].qty == position.qty
        assert corrected.book[each].cash == position.cash


@given(st.lists(st.tuples(abouts, quantities, prices, fees), max_size=25))
def test_all_accounts_together_are_what_the_venue_account_holds(
    script: list[tuple[Instruction, Decimal, Decimal, tuple[Decimal, str] | None]],
) -> None:
    """An asset is what was bought of it, less what was sold, paid with it, or paid as a fee."""
    positions = Positions()
    held: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for about, qty, px, fee in script:
        positions.traded(about, qty, px, *(fee or ()))
        if ":" not in about.symbol:
            base, quote = about.symbol.split("/")
            held[about.venue, base].append(qty * sign(about))
            held[about.venue, quote].append(product(qty, px, Decimal(-sign(about))))
        if fee is not None:
            held[about.venue, fee[1]].append(-fee[0])
    for (venue, asset), moves in held.items():
        assert positions.moved(venue, asset) == exact_sum(moves)
    for venue, symbol in positions.nets:
        parts = [each.qty for each in positions.holders(venue, symbol)]
        assert positions.net_at(venue, symbol) == exact_sum(parts)
    loaded = Positions()
    loaded.load(positions.book.values(), ())
    assert loaded.nets == positions.nets
