"""What a venue says of its account: believed, suspected, told, adopted."""

from decimal import Decimal

import pytest

from fakes.core import VENUE, FakeCore, contents
from fixgate.decide.reconciling import BUSY_TIMES
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.balance import Differences
from fixgate.domain.position import Move

PERPETUAL = "BTC/USDT:USDT"
HEAD = "1=ACC|60=20231114-22:13:20|21=1"


class Account:
    """A core, and a venue that says what its account holds."""

    def __init__(self, policy: Differences = Differences.ADOPT) -> None:
        self.core = FakeCore()
        self.core.say(i.VenueConfigured(profile=self.core.profile, differences=policy))
        self.orders = 0

    def holds(self, **assets: str) -> None:
        self.core.say(
            i.BalancesReported(
                venue=VENUE,
                asked_at_ns=self.core.at_ns,
                balances=tuple((name, Decimal(free), Decimal(0)) for name, free in assets.items()),
            )
        )

    def is_long(self, *positions: tuple[str, str, str]) -> None:
        said = tuple((symbol, Decimal(qty), Decimal(px)) for symbol, qty, px in positions)
        self.core.say(i.PositionsReported(venue=VENUE, asked_at_ns=self.core.at_ns, positions=said))

    def buys(self, qty: str, px: str, symbol: str = "BTC/USDT", account: str = "ACC") -> None:
        self.orders += 1
        head = HEAD.replace("ACC", account)
        self.core.send("D", f"11=X{self.orders}|{head}|55=BTC/USDT|54=1|38={qty}|40=2|44={px}")
        _, order = self.core.calls[-1]
        if symbol != "BTC/USDT":  # the fake venue lists one instrument; its name does not matter
            about = order.instruction
            about.symbol = symbol  # type: ignore[misc]
        self.core.say(
            i.VenueTraded(
                venue=VENUE,
                venue_cl_ord_id=order.venue_cl_ord_id,
                trade_id=f"T{self.orders}",  # type: ignore[arg-type]
                last_qty=Decimal(qty),
                last_px=Decimal(px),
            )
        )

    def held(self, asset: str) -> Decimal | None:
        return self.core.state.positions.held(VENUE, asset)

    def qty(self, symbol: str = "BTC/USDT", account: str | None = "ACC") -> Decimal:
        return self.core.state.positions.qty(VENUE, account, symbol)

    def seen(self, kind: type) -> list[object]:
        return [each for each in self.core.records if isinstance(each, kind)]


def test_the_first_report_is_taken_as_it_is() -> None:
    account = Account()
    account.buys("1", "100")
    account.holds(BTC="3", USDT="500")
    assert (account.held("BTC"), account.held("USDT")) == (Decimal(3), Decimal(500))
    assert not account.core.alerts


def test_our_own_trades_are_no_difference() -> None:
    account = Account()
    account.holds(BTC="3", USDT="500")
    account.buys("1", "100")
    assert (account.held("BTC"), account.held("USDT")) == (Decimal(4), Decimal(400))
    account.holds(BTC="4", USDT="400")
    assert not account.core.state.positions.suspicions
    assert not account.core.alerts


def test_a_trade_that_is_still_on_its_way_raises_no_alarm() -> None:
    account = Account()
    account.holds(BTC="3", USDT="500")
    account.holds(BTC="4", USDT="400")
    assert set(account.core.state.positions.suspicions) == {(VENUE, "BTC"), (VENUE, "USDT")}
    assert account.held("BTC") == Decimal(3)
    account.buys("1", "100")
    account.holds(BTC="4", USDT="400")
    assert not account.core.state.positions.suspicions
    assert not account.core.alerts


def test_a_difference_that_stays_is_told_and_the_venue_is_right() -> None:
    account = Account()
    account.holds(USDT="500")
    account.holds(USDT="450")
    account.holds(USDT="450")
    (text,) = account.core.alerts
    assert text == f"{VENUE} holds 450 USDT; by our trades it should be 500"
    assert account.held("USDT") == Decimal(450)
    account.holds(USDT="450")
    assert len(account.core.alerts) == 1


def test_what_is_not_reported_any_more_is_not_held() -> None:
    account = Account()
    account.holds(USDT="500", BTC="1")
    account.holds(BTC="1")
    account.holds(BTC="1")
    assert account.held("USDT") == Decimal(0)
    assert account.core.alerts == [f"{VENUE} holds 0 USDT; by our trades it should be 500"]


def test_where_there_always_is_a_trade_a_difference_is_believed_after_some_reports() -> None:
    account = Account()
    account.holds(USDT="1000")
    for number in range(BUSY_TIMES):
        assert not account.core.alerts
        account.holds(USDT=str(995 - number))
        account.buys("0.01", "100")
    assert len(account.core.alerts) == 1


def test_nothing_is_believed_while_the_venue_owes_us_trades() -> None:
    account = Account()
    account.holds(USDT="500")
    account.core.send("D", f"11=Y|{HEAD}|55=BTC/USDT|54=1|38=2|40=2|44=9")
    _, order = account.core.calls[-1]
    account.core.say(
        i.VenueClosed(
            venue=VENUE,
            venue_cl_ord_id=order.venue_cl_ord_id,
            exec_type=e.ExecType.CANCELED,
            leg_cum_qty=Decimal(1),
        )
    )
    for _ in range(BUSY_TIMES):
        account.holds(USDT="491")
    assert not account.core.alerts
    assert account.held("USDT") == Decimal(500)


def test_a_spot_position_follows_what_a_trade_that_is_not_known_left_of_both_assets() -> None:
    account = Account()
    account.holds(BTC="1", USDT="500")
    account.buys("2", "100")
    for _ in range(2):
        account.holds(BTC="2.5", USDT="360")
    assert account.qty() == Decimal("1.5")
    change = account.core.history[-1].change
    assert (change.move, change.px) == (Move.RECONCILE, Decimal(120))
    assert account.held("BTC") == Decimal("2.5")
    account.holds(BTC="2.5", USDT="360")
    assert len(account.core.alerts) == 2


@pytest.mark.parametrize(
    ("btc", "usdt"),
    [
        ("2.5", "300"),  # withdrawn
        ("9", "300"),  # deposited
        ("3", "1000"),
        ("2.5", "250"),  # both less
        ("2.5", "450"),  # at a price three times the last one
    ],
)
def test_money_that_comes_or_goes_is_told_and_changes_the_balance_and_no_position(
    btc: str, usdt: str
) -> None:
    account = Account()
    account.holds(BTC="1", USDT="500")
    account.buys("2", "100")
    for _ in range(2):
        account.holds(BTC=btc, USDT=usdt)
    assert account.qty() == Decimal(2)
    assert (account.held("BTC"), account.held("USDT")) == (Decimal(btc), Decimal(usdt))
    assert len(account.core.alerts) == (btc != "3") + (usdt != "300")
    account.buys("1", "100")
    assert (account.qty(), account.held("BTC")) == (Decimal(3), Decimal(btc) + 1)


def test_a_derivative_becomes_what_the_venue_says_for_the_account_that_holds_it() -> None:
    account = Account()
    account.buys("2", "100", PERPETUAL)
    for _ in range(2):
        account.is_long((PERPETUAL, "1.5", "100"))
    assert account.qty(PERPETUAL) == Decimal("1.5")
    assert account.core.alerts == [f"{VENUE} holds 1.5 {PERPETUAL}; by our trades it should be 2"]
    for _ in range(2):
        account.is_long()
    assert account.qty(PERPETUAL) == Decimal(0)


def test_a_difference_that_may_be_any_accounts_is_no_accounts() -> None:
    account = Account()
    account.buys("2", "100", PERPETUAL)
    account.buys("1", "100", PERPETUAL, account="OTHER")
    for _ in range(2):
        account.is_long((PERPETUAL, "4", "100"))
    assert (account.qty(PERPETUAL), account.qty(PERPETUAL, "OTHER")) == (Decimal(2), Decimal(1))
    assert account.qty(PERPETUAL, None) == Decimal(1)
    assert account.core.state.positions.net_at(VENUE, PERPETUAL) == Decimal(4)


def test_a_policy_may_tell_of_a_position_and_leave_it() -> None:
    account = Account(Differences.TELL)
    account.buys("2", "100", PERPETUAL)
    for _ in range(5):
        account.is_long((PERPETUAL, "1", "100"))
    assert account.qty(PERPETUAL) == Decimal(2)
    assert len(account.core.alerts) == 1
    for _ in range(2):
        account.is_long((PERPETUAL, "0.5", "100"))
    assert len(account.core.alerts) == 2


def test_where_others_trade_on_the_account_its_balances_are_taken_over_in_silence() -> None:
    account = Account(Differences.IGNORE)
    account.buys("2", "100", PERPETUAL)
    account.holds(USDT="500")
    account.holds(USDT="450")
    account.is_long((PERPETUAL, "1", "100"))
    account.is_long((PERPETUAL, "1", "100"))
    assert account.held("USDT") == Decimal(450)
    assert account.qty(PERPETUAL) == Decimal(2)
    assert not account.core.alerts


def test_what_derivatives_are_settled_in_is_not_compared() -> None:
    account = Account()
    account.buys("2", "100", PERPETUAL)
    account.holds(USDT="500")
    account.holds(USDT="480")
    assert account.held("USDT") == Decimal(480)
    assert not account.core.alerts


@pytest.mark.parametrize("kind", [i.BalancesReported, i.PositionsReported])
def test_a_venue_that_does_not_say_leaves_everything_and_is_told_of(kind: type) -> None:
    account = Account()
    account.holds(USDT="500")
    account.core.say(kind(venue=VENUE, asked_at_ns=1, fault="no answer in 10 s"))
    assert account.held("USDT") == Decimal(500)
    assert "no answer in 10 s" in account.core.alerts[0]


def test_an_amount_that_cannot_be_is_left_out_and_told_of() -> None:
    account = Account()
    account.holds(USDT="500", BTC="NaN")
    account.is_long((PERPETUAL, "Infinity", "1"))
    assert account.held("BTC") is None
    assert len(account.core.alerts) == 2


def test_positions_and_balances_survive_a_restart() -> None:
    account = Account()
    account.holds(BTC="3", USDT="500")
    account.buys("1", "100")
    account.buys("1", "100", account="OTHER")
    before = contents(account.core.state)["positions"]
    account.core.restart()
    assert contents(account.core.state)["positions"] == before
