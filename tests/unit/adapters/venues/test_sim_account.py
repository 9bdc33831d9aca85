"""What the gateway's account at the simulated venue holds."""

from decimal import Decimal

from builders import an_instruction
from fixgate.adapters.venues.sim_account import SimulatedAccount
from fixgate.domain.balance import Balance
from fixgate.domain.ids import VenueName
from fixgate.domain.positions import Positions
from fixgate.domain.values import Side
from fixgate.matching import Traded

SIM = VenueName("SIM")
PERPETUAL = "BTC/USDT:USDT"
DEPOSITS = {"USDT": Decimal(1_000)}


def a_trade(qty: str, px: str, *, side: Side = Side.BUY, symbol: str = PERPETUAL) -> Traded:
    return Traded(
        symbol=symbol,
        account="FIXGATE",
        cl_ord_id="C",
        venue_order_id="V",
        trade_id="T",
        side=side,
        last_px=Decimal(px),
        last_qty=Decimal(qty),
        cum_qty=Decimal(qty),
        leaves_qty=Decimal(0),
        maker=False,
        at_ns=1,
    )


def test_a_derivative_is_paid_when_its_profit_is_realised() -> None:
    account = SimulatedAccount(SIM, DEPOSITS)
    account.pay(a_trade("2", "100"), None, "USDT")
    assert account.positions() == ((PERPETUAL, Decimal(2), Decimal(100)),)
    assert account.balances(()) == (("USDT", Decimal(1_000), Decimal(0)),)
    account.pay(a_trade("2", "110", side=Side.SELL), None, "USDT")
    assert account.positions() == ()
    assert account.balances(()) == (("USDT", Decimal(1_020), Decimal(0)),)


def test_it_goes_on_with_what_the_journal_says_it_holds() -> None:
    known = Positions()
    balance = Balance(
        venue=SIM,
        asset="USDT",
        free=Decimal(900),
        locked=Decimal(0),
        at_ns=1,
        baseline=Decimal(900),
    )
    known.load((), (balance,))
    for account, symbol in (("A", PERPETUAL), ("B", PERPETUAL), ("A", "BTC/USDT")):
        about = an_instruction(venue=SIM, account=account, symbol=symbol)
        known.traded(about, Decimal(1), Decimal(100))
    account = SimulatedAccount(SIM, DEPOSITS | {"BTC": Decimal(5)})
    account.take_over(known)
    assert account.positions() == ((PERPETUAL, Decimal(2), Decimal(100)),)
    assert account.balances(()) == (
        ("BTC", Decimal(5), Decimal(0)),
        ("USDT", Decimal(800), Decimal(0)),
    )


def test_a_fee_is_taken_in_the_currency_that_the_trade_is_settled_in() -> None:
    account = SimulatedAccount(SIM, DEPOSITS)
    account.pay(a_trade("2", "100"), Decimal("0.04"), "USDT")
    assert account.balances(()) == (("USDT", Decimal("999.96"), Decimal(0)),)
