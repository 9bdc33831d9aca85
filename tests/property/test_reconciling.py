"""Whatever we believed and whatever was traded, in the end we hold what the venue says."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.core import VENUE, contents
from fixgate.decide.reconciling import BUSY_TIMES
from unit.decide.test_reconciling import PERPETUAL, Account

amounts = st.integers(0, 999).map(lambda number: str(Decimal(number) / 10))
sizes = st.integers(1, 50).map(lambda number: str(Decimal(number) / 10))
steps = st.one_of(
    st.tuples(st.just("buys"), sizes, st.sampled_from(["BTC/USDT", PERPETUAL])),
    st.tuples(st.just("holds"), amounts, amounts),
    st.tuples(st.just("is_long"), amounts, amounts),
    st.tuples(st.just("restart"), amounts, amounts),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(steps, max_size=12), amounts, amounts, amounts)
def test_what_a_venue_goes_on_saying_is_what_is_held_and_is_told_no_more(
    story: list[tuple[str, str, str]], btc: str, usdt: str, contracts: str
) -> None:
    """Property: reconciliation source of truth. Also after a restart; the venue is right."""
    account = Account()
    for what, one, other in story:
        if what == "buys":
            account.buys(one, "100", other)
        elif what == "holds":
            account.holds(BTC=one, USDT=other)
        elif what == "is_long":
            account.is_long((PERPETUAL, one, "100"))
        else:
            account.core.restart()
    for _ in range(BUSY_TIMES):
        account.holds(BTC=btc, USDT=usdt)
        account.is_long((PERPETUAL, contracts, "100"))
    positions = account.core.state.positions
    assert (account.held("BTC"), account.held("USDT")) == (Decimal(btc), Decimal(usdt))
    assert positions.net_at(VENUE, PERPETUAL) == Decimal(contracts)
    before, alerts = contents(account.core.state)["positions"], len(account.core.alerts)
    account.holds(BTC=btc, USDT=usdt)
    account.is_long((PERPETUAL, contracts, "100"))
    assert len(account.core.alerts) == alerts
    account.core.restart()
    after = contents(account.core.state)["positions"]
    assert after["book"] == before["book"]  # type: ignore[index]
