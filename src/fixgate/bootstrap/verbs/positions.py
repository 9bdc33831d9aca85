"""What was traded and what is held: positions, balances, and asking the venues.

Here: PositionVerbs and ReconcileVerb.
Not here: the arithmetic (domain.position_views), asking (application.reconciling).
"""

from decimal import Decimal
from typing import Final

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Misused
from fixgate.application.ports.market import Market
from fixgate.application.reconciling import Reconciled, Reconciler
from fixgate.bootstrap.verbs.giving import Core, names_or_none, noted
from fixgate.domain.balance import Balance
from fixgate.domain.ids import VenueName
from fixgate.domain.position import Position
from fixgate.domain.position_views import EACH, Total, Valued, totals
from fixgate.domain.positions import Positions
from fixgate.domain.rounding import rounded, to_wire

_ALL: Final = "every venue"


class PositionVerbs:
    """Registers the verbs that only look. Without a market nothing is valued."""

    def __init__(self, core: Core, verbs: Verbs, *, market: Market | None = None) -> None:
        self._core = core
        self._market = market
        verbs.add(
            "positions",
            self._positions,
            help="What trades left, and what it is worth",
            args=("venue", "account", "symbol", "all", "by"),
        )
        verbs.add("balances", self._balances, help="What venues hold", args=("venue",))

    async def _positions(self, call: Call) -> Json:
        wanted = {name: call.text_or_none(name) for name in ("venue", "account", "symbol")}
        by = _by(call)
        flat = call.flag("all")
        found = [
            Valued(position=each, px=self._px(each))
            for each in self._core.state.positions.book.values()
            if (flat or each.qty)
            and all(value in (None, getattr(each, name)) for name, value in wanted.items())
        ]
        return {"positions": [_row(each) for each in totals(found, by)]}

    def _px(self, position: Position) -> Decimal | None:
        if self._market is None:
            return None
        quote = self._market.quote(position.venue, position.symbol)
        return None if quote is None else quote.reference_px

    async def _balances(self, call: Call) -> Json:
        venue, positions = call.text_or_none("venue"), self._core.state.positions
        found = [each for each in positions.balances.values() if venue in (None, each.venue)]
        return {
            "balances": [
                {
                    "venue": each.venue,
                    "asset": each.asset,
                    "held": _text(positions.held(each.venue, each.asset)),
                    "free": to_wire(each.free),
                    "locked": to_wire(each.locked),
                    "at_ns": each.at_ns,
                    "differs": _text(_suspected(positions, each)),
                }
                for each in sorted(found, key=lambda each: (each.venue, each.asset))
            ]
        }


class ReconcileVerb:
    """Registers the verb that asks venues."""

    def __init__(self, core: Core, verbs: Verbs, reconciler: Reconciler) -> None:
        self._core = core
        self._reconciler = reconciler
        verbs.add(
            "reconcile",
            self._reconcile,
            help="Ask venues what they hold; they are right",
            args=("venue",),
            changes=True,
        )

    async def _reconcile(self, call: Call) -> Json:
        wanted = call.text_or_none("venue")
        names = [each.name for each in self._core.configuration.venues]
        if wanted is not None and wanted not in names:
            known = names_or_none(names)
            raise Misused(f"no venue is named {wanted[:64]}; there are: {known}")
        what = f"ask {wanted or _ALL} what its account holds; where it differs, it is right"
        if call.dry_run:
            return {"would": what}
        await self._core.give(noted(call, wanted or _ALL))
        asked = [VenueName(each) for each in ([wanted] if wanted else names)]
        said = [_words(await self._reconciler.reconcile(each)) for each in asked]
        return {"done": "; ".join(said)}


def _suspected(positions: Positions, balance: Balance) -> Decimal | None:
    """What the venue last said more (or less) and is not believed yet."""
    found = positions.suspicions.get((balance.venue, balance.asset))
    return None if found is None else found.difference


def _by(call: Call) -> frozenset[str]:
    text = call.text_or_none("by")
    if text is None:
        return EACH
    by = frozenset(text.split(","))
    if not by <= EACH:
        raise Misused(f"{call.verb}: by must be of {', '.join(sorted(EACH))}")
    return by


def _row(total: Total) -> Json:
    return {
        "venue": total.venue,
        "account": total.account,
        "symbol": total.symbol,
        "currency": total.currency,
        "qty": _text(total.qty),
        "avg_px": _text(total.avg_px),
        "realised": _text(total.realised),
        "unrealised": _text(total.unrealised),
        "fees": {currency: _text(fee) for currency, fee in total.fees},
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else to_wire(rounded(amount))


def _words(outcome: Reconciled) -> str:
    if outcome.failure is not None:
        return f"{outcome.venue}: {outcome.failure}"
    said = [*outcome.told]
    said += [
        f"{each.symbol} of {each.account or 'no account'} is changed by {to_wire(each.qty)}"
        for each in outcome.adopted
    ]
    said += [f"{each} goes on changing; ask again later" for each in outcome.unclear]
    return f"{outcome.venue}: {'; '.join(said) or 'as our trades say'}"
