"""What holds for an order by money, whatever the money, the price and the lot."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from fixgate.domain.rounding import base_qty, is_multiple, notional, plus

amounts = st.decimals(min_value="0.000000000001", max_value=10**15 - 1, places=12)
lots = st.sampled_from([Decimal(text) for text in ("1", "0.1", "0.00001", "0.000000000001", "3")])


@given(amounts, amounts, lots)
def test_the_quantity_is_the_largest_of_whole_lots_that_the_money_pays_for(
    cash: Decimal, px: Decimal, lot_size: Decimal
) -> None:
    qty = base_qty(cash, px=px, lot_size=lot_size)
    assert is_multiple(qty, lot_size)
    assert notional(qty, px) <= cash < plus(notional(qty, px), notional(lot_size, px))
