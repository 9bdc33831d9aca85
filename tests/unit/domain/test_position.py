"""One position: what trades, corrections, fees and a venue's word make of it."""

from decimal import Decimal

import pytest

from builders import an_instruction
from fixgate.domain.balance import Balance, spot_assets
from fixgate.domain.position import Move, Position, PositionChange, adjusted, after_trade
from fixgate.domain.positions import OTHERS, Positions
from fixgate.domain.routing import SMART
from fixgate.domain.values import Side

PERPETUAL = "BTC/USDT:USDT"


def a_position(qty: str = "0", cost: str = "0") -> Position:
    return Position(venue="V", account="A", symbol="BTC/USDT", qty=Decimal(qty), cost=Decimal(cost))


def trade(position: Position, qty: str, px: str) -> PositionChange:
    return after_trade(position, Decimal(qty), Decimal(px))


@pytest.mark.parametrize(
    ("before", "qty", "move"),
    [
        ("0", "1", Move.OPEN),
        ("0", "-1", Move.OPEN),
        ("2", "1", Move.INCREASE),
        ("-2", "-1", Move.INCREASE),
        ("2", "-1", Move.DECREASE),
        ("-2", "1", Move.DECREASE),
        ("2", "-2", Move.CLOSE),
        ("-2", "2", Move.CLOSE),
        ("2", "-3", Move.FLIP),
        ("-2", "3", Move.FLIP),
    ],
)
def test_a_trade_opens_increases_decreases_closes_or_flips(
    before: str, qty: str, move: Move
) -> None:
    cost = Decimal(before) * 100
    assert after_trade(a_position(before, str(cost)), Decimal(qty), Decimal(90)).move is move


def test_what_is_added_is_averaged_and_makes_no_profit() -> None:
    after = trade(trade(a_position(), "1", "100").after, "3", "120").after
    assert (after.qty, after.avg_px, after.realised) == (Decimal(4), Decimal(115), Decimal(0))


def test_what_is_taken_away_makes_profit_against_the_average_which_stays() -> None:
    change = trade(a_position("4", "460"), "-1", "125")
    assert (change.realised, change.after.realised) == (Decimal(10), Decimal(10))
    assert (change.after.qty, change.after.avg_px) == (Decimal(3), Decimal(115))


def test_a_short_position_gains_when_the_price_falls() -> None:
    short = trade(a_position(), "-2", "100").after
    assert short.unrealised(Decimal(90)) == Decimal(20)
    assert trade(short, "2", "90").realised == Decimal(20)


def test_a_flip_realises_what_it_closes_and_opens_the_rest_at_its_price() -> None:
    change = trade(a_position("2", "200"), "-5", "110")
    assert change.realised == Decimal(20)
    assert (change.after.qty, change.after.avg_px) == (Decimal(-3), Decimal(110))


def test_an_average_that_does_not_end_loses_nothing() -> None:
    position = trade(trade(a_position(), "1", "100").after, "2", "101").after
    one = trade(position, "-1", "100")
    two = trade(one.after, "-2", "100")
    assert one.realised + two.realised == Decimal(-2)
    assert two.after.cost == Decimal(0)


def test_what_a_venue_adds_or_takes_makes_no_profit_and_keeps_the_average() -> None:
    for qty, left in (("1", "5"), ("-1", "3"), ("-4", "0")):
        change = adjusted(a_position("4", "460"), Decimal(qty), Decimal(7))
        assert (change.move, change.realised, change.after.qty) == (
            Move.RECONCILE,
            Decimal(0),
            Decimal(left),
        )
        assert change.after.avg_px == (Decimal(115) if change.after.qty else Decimal(0))


def test_what_a_venue_opens_is_at_the_price_it_says() -> None:
    assert adjusted(a_position(), Decimal(2), Decimal(7)).after.avg_px == Decimal(7)
    assert adjusted(a_position("1", "5"), Decimal(-3), Decimal(7)).after.avg_px == Decimal(7)


# --- the book of them ------------------------------------------------------------------------

BUY = an_instruction(account="A")
SELL = an_instruction(account="A", side=Side.SELL)


def traded(*trades: tuple[object, str, str]) -> Positions:
    positions = Positions()
    for about, qty, px in trades:
        positions.traded(about, Decimal(qty), Decimal(px))  # type: ignore[arg-type]
    return positions


def test_accounts_and_venues_are_kept_apart_and_can_be_added_up() -> None:
    other, elsewhere = an_instruction(account="B"), an_instruction(account="A", venue="W")
    positions = traded((BUY, "1", "9"), (other, "2", "9"), (elsewhere, "4", "9"), (SELL, "8", "9"))
    assert positions.qty("V", "A", "BTC/USDT") == Decimal(-7)
    assert positions.net("A", "BTC/USDT", ("V", "W")) == Decimal(-3)
    assert positions.net_at("V", "BTC/USDT") == Decimal(-5)
    assert {each.account for each in positions.holders("V", "BTC/USDT")} == {"A", "B"}


def test_a_fee_in_the_base_currency_is_taken_out_of_the_quantity_and_is_no_loss() -> None:
    positions = Positions()
    positions.traded(BUY, Decimal(1), Decimal(100), Decimal("0.001"), "BTC")
    (position,) = positions.holders("V", "BTC/USDT")
    assert (position.qty, position.avg_px) == (Decimal("0.999"), Decimal(100))
    assert position.fees == (("BTC", Decimal("0.001")),)
    assert position.cash == Decimal(-100)
    assert positions.moved("V", "BTC") == Decimal("0.999")
    assert positions.moved("V", "USDT") == Decimal(-100)


def test_other_fees_leave_the_quantity_and_are_taken_from_what_is_held() -> None:
    positions = Positions()
    positions.traded(BUY, Decimal(1), Decimal(100), Decimal("0.5"), "BNB")
    positions.traded(SELL, Decimal(1), Decimal(110), Decimal("0.11"), "USDT")
    (position,) = positions.holders("V", "BTC/USDT")
    assert (position.qty, position.realised) == (Decimal(0), Decimal(10))
    assert dict(position.fees) == {"BNB": Decimal("0.5"), "USDT": Decimal("0.11")}
    assert positions.moved("V", "BNB") == Decimal("-0.5")
    assert positions.moved("V", "USDT") == Decimal("9.89")


def test_a_correction_is_the_old_trade_undone_and_the_new_one_made() -> None:
    positions = traded((BUY, "1", "100"), (BUY, "1", "110"))
    positions.corrected(BUY, (Decimal(1), Decimal(110)), (Decimal(2), Decimal(120)))
    assert [each.move for each in positions.changes] == [Move.DECREASE, Move.INCREASE]
    (position,) = positions.holders("V", "BTC/USDT")
    assert position.qty == Decimal(3)
    assert position.realised + position.unrealised(Decimal(130)) == Decimal(-100 - 240 + 3 * 130)


def test_busting_every_trade_leaves_nothing_at_all() -> None:
    positions = traded((BUY, "3", "100"), (SELL, "1", "107"), (BUY, "2", "93"))
    for about, qty, px in ((BUY, "3", "100"), (BUY, "2", "93"), (SELL, "1", "107")):
        positions.corrected(about, (Decimal(qty), Decimal(px)), None)
    (position,) = positions.holders("V", "BTC/USDT")
    assert (position.qty, position.cost, position.realised) == (Decimal(0), Decimal(0), Decimal(0))


@pytest.mark.parametrize("currency", ["BTC", "USDT", "BNB"])
def test_a_bust_that_gives_the_fee_back_leaves_nothing_at_all(currency: str) -> None:
    positions = Positions()
    positions.traded(BUY, Decimal(1), Decimal(100), Decimal("0.5"), currency)
    positions.corrected(BUY, (Decimal(1), Decimal(100)), None, Decimal("-0.5"), currency)
    (position,) = positions.holders("V", "BTC/USDT")
    assert (position.qty, position.cost, position.realised) == (Decimal(0), Decimal(0), Decimal(0))
    assert dict(position.fees) == {currency: Decimal(0)}
    assert (position.cash, position.cashless) == (Decimal(0), Decimal(0))
    assert all(not positions.moved("V", asset) for asset in ("BTC", "USDT", "BNB"))


def test_a_corrected_trade_may_cost_another_fee() -> None:
    positions = Positions()
    positions.traded(BUY, Decimal(2), Decimal(100), Decimal("0.2"), "USDT")
    positions.corrected(
        BUY, (Decimal(2), Decimal(100)), (Decimal(1), Decimal(100)), Decimal("-0.1"), "USDT"
    )
    (position,) = positions.holders("V", "BTC/USDT")
    assert (position.qty, dict(position.fees)) == (Decimal(1), {"USDT": Decimal("0.1")})
    assert positions.moved("V", "USDT") == Decimal("-100.1")


def test_derivatives_do_not_move_what_is_held_of_their_assets() -> None:
    positions = traded((an_instruction(symbol=PERPETUAL), "1", "100"))
    assert positions.moved("V", "BTC") == positions.moved("V", "USDT") == Decimal(0)
    assert spot_assets(PERPETUAL) is None


def test_what_is_held_is_what_the_venue_said_and_what_was_traded_since() -> None:
    positions = traded((BUY, "1", "100"))
    assert positions.held("V", "USDT") is None
    balance = Balance(
        venue="V",
        asset="USDT",
        free=Decimal(900),
        locked=Decimal(0),
        at_ns=1,
        baseline=Decimal(1000),
    )
    positions.load((), (balance,))
    assert positions.held("V", "USDT") == Decimal(900)
    positions.traded(SELL, Decimal(1), Decimal(110))
    assert positions.held("V", "USDT") == Decimal(1010)


def test_loading_gives_the_same_book_as_trading() -> None:
    live = traded((BUY, "3", "100"), (SELL, "1", "107"), (an_instruction(account=None), "2", "93"))
    live.traded(BUY, Decimal(1), Decimal(100), Decimal("0.001"), "BTC")
    live.traded(BUY, Decimal(1), Decimal(100), Decimal("0.3"), "BNB")
    loaded = Positions()
    loaded.load(live.book.values(), ())
    for name in ("book", "nets", "fees", "trading"):
        assert getattr(loaded, name) == getattr(live, name)


def test_beyond_the_limit_new_accounts_share_a_position(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixgate.domain.positions.KEYS_MAX", 1)
    positions = traded((BUY, "1", "9"))
    for name in ("B", "C"):
        positions.traded(an_instruction(account=name), Decimal(1), Decimal(9))
    assert {each.account: each.qty for each in positions.book.values()} == {
        "A": Decimal(1),
        OTHERS: Decimal(2),
    }


def test_a_routed_order_counts_where_its_parts_are_and_nowhere_else() -> None:
    whole = an_instruction(account="A", venue=SMART)
    positions = traded((BUY, "1", "9"), (whole, "1", "9"))
    assert positions.changes == ()
    positions.corrected(whole, (Decimal(1), Decimal(9)), None)
    assert positions.changes == ()
    assert {each.venue: each.qty for each in positions.book.values()} == {"V": Decimal(1)}
