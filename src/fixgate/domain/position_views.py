"""Positions added up: over accounts, over venues, over instruments.

Here: Valued, Total and totals(). Not here: which positions there are (positions), who may see them.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from fixgate.domain.balance import quote_of
from fixgate.domain.frozen import value
from fixgate.domain.position import Fees, Position
from fixgate.domain.rounding import ZERO, avg_px, plus

EACH: Final = frozenset({"venue", "account", "symbol"})
"""Nothing is added up."""


@value
class Valued:
    """A position, and the price that it is worth; None: nothing is known."""

    position: Position
    px: Decimal | None = None


@value
class Total:
    """What some positions in one currency come to. None: they differ in it, or it is not known."""

    currency: str  # that they are valued in
    venue: str | None
    account: str | None  # empty: of no account
    symbol: str | None
    qty: Decimal | None
    avg_px: Decimal | None
    realised: Decimal
    unrealised: Decimal | None
    fees: Fees


def totals(valued: Iterable[Valued], by: frozenset[str] = EACH) -> list[Total]:
    """One total for each combination of ``by`` and currency, in their order.

    Quantities of different instruments cannot be added, nor can averages of them.
    """
    groups: dict[tuple[str, ...], list[Valued]] = {}
    for each in valued:
        about = each.position
        names = {"venue": about.venue, "account": about.account or "", "symbol": about.symbol}
        key = tuple(names[name] if name in by else "" for name in ("account", "symbol", "venue"))
        groups.setdefault((*key, quote_of(about.symbol)), []).append(each)
    return [_total(groups[key], by) for key in sorted(groups)]


def _total(members: list[Valued], by: frozenset[str]) -> Total:
    first = members[0].position
    qty = cost = realised = ZERO
    unrealised: Decimal | None = ZERO
    fees: dict[str, Decimal] = {}
    for each in members:
        position = each.position
        qty, cost = plus(qty, position.qty), plus(cost, position.cost)
        realised = plus(realised, position.realised)
        worth = _unrealised(each)
        unrealised = None if unrealised is None or worth is None else plus(unrealised, worth)
        for currency, fee in position.fees:
            fees[currency] = plus(fees.get(currency, ZERO), fee)
    one = "symbol" in by
    # Of a long and a short position there is no average that means anything.
    alike = len({each.position.qty > ZERO for each in members if each.position.qty}) <= 1
    return Total(
        currency=quote_of(first.symbol),
        venue=first.venue if "venue" in by else None,
        account=(first.account or "") if "account" in by else None,
        symbol=first.symbol if one else None,
        qty=qty if one else None,
        avg_px=avg_px(cost, qty) if one and alike else None,
        realised=realised,
        unrealised=unrealised,
        fees=tuple(sorted(fees.items())),
    )


def _unrealised(valued: Valued) -> Decimal | None:
    if not valued.position.qty:
        return ZERO
    return None if valued.px is None else valued.position.unrealised(valued.px)
