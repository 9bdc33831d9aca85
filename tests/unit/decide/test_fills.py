"""Trades that cannot be: told to operations, counted nowhere."""

from decimal import Decimal

import pytest

from fakes.core import VENUE, FakeCore
from fixgate.domain import inputs as i
from fixgate.domain.ids import TradeID


@pytest.mark.parametrize(
    ("last_px", "fee"),
    [
        (Decimal("9." + "1" * 400), None),
        (Decimal("1E+41"), None),
        (Decimal("NaN"), None),
        (Decimal(9), Decimal("0." + "1" * 400)),
        (Decimal(9), Decimal("1E+999")),
        (Decimal(9), Decimal("Infinity")),
    ],
)
def test_a_trade_whose_sums_would_not_be_exact_is_an_alert_and_no_fill(
    last_px: Decimal, fee: Decimal | None
) -> None:
    """The core would stop at it, and with it the gateway."""
    core = FakeCore()
    core.send("D", "11=X|1=A|60=20231114-22:13:20|21=1|55=BTC/USDT|54=1|38=1|40=2|44=9")
    _, order = core.calls[-1]
    core.sent.clear()

    core.say(
        i.VenueTraded(
            venue=VENUE,
            venue_cl_ord_id=order.venue_cl_ord_id,
            trade_id=TradeID("T1"),
            last_qty=Decimal(1),
            last_px=last_px,
            fee=fee,
            fee_currency="BTC",
        )
    )

    assert core.alerts == ["Trade T1 has no quantity, price or fee that can be"]
    assert not core.sent
    assert core.state.orders[order.order_id].cum_qty == 0
