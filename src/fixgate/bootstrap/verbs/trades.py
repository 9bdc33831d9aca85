"""The verb that holds trades against drop copies and venues.

Here: TradesVerb. Not here: comparing (application.trade_reconciling).
"""

from typing import Final

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Misused, Refused
from fixgate.application.trade_comparing import Report, Scope, Tallies
from fixgate.application.trade_reconciling import TradeReconciler
from fixgate.bootstrap.verbs.giving import Core, names_or_none, noted
from fixgate.domain.ids import VenueName
from fixgate.domain.rounding import to_wire
from fixgate.domain.trade_books import Tally

_ALL: Final = "every venue and drop copy"
_SPAN_MAX_NS: Final = 31 * 86_400 * 10**9


class TradesVerb:
    """Registers it."""

    def __init__(self, core: Core, verbs: Verbs, reconciler: TradeReconciler) -> None:
        self._core = core
        self._reconciler = reconciler
        verbs.add(
            "reconcile_trades",
            self._reconcile,
            help="Compare trades with drop copies and venues; what we lack comes in",
            args=("venue", "since_ns", "until_ns"),
            changes=True,
        )

    async def _reconcile(self, call: Call) -> Json:
        names = [VenueName(each.name) for each in self._core.configuration.venues]
        wanted = call.text_or_none("venue")
        if wanted is not None and wanted not in names:
            raise Misused(f"no venue is named {wanted[:64]}; there are: {names_or_none(names)}")
        since_ns, until_ns = self._period(call)
        what = f"compare trades with {wanted or _ALL}; what a venue has and we lack comes in"
        if call.dry_run:
            return {"would": what}
        await self._core.give(noted(call, wanted or _ALL))
        venues = frozenset(names if wanted is None else [VenueName(wanted)])
        scope = Scope(venues=venues, copies=wanted is None)
        try:
            return _shown(await self._reconciler.between(since_ns, until_ns, scope))
        except LookupError as error:
            raise Refused(str(error)) from None

    def _period(self, call: Call) -> tuple[int, int]:
        # A number of nanoseconds is too long for JSON: it comes as text.
        now_ns = self._core.clock.now_ns()
        given = {name: call.text_or_none(name) for name in ("since_ns", "until_ns")}
        for name, text in given.items():
            if text is not None and not (text.isascii() and text.isdecimal()):
                raise Misused(f"{call.verb}: {name} must be nanoseconds since 1970")
        midnight_ns = now_ns - now_ns % (86_400 * 10**9)
        since_ns = int(given["since_ns"] or midnight_ns)
        until_ns = min(int(given["until_ns"] or now_ns), now_ns)
        if not since_ns < until_ns <= since_ns + _SPAN_MAX_NS:
            raise Misused(f"{call.verb}: the period must begin in the past and be of up to 31 days")
        return since_ns, until_ns


def _shown(report: Report) -> Json:
    return {
        "since_ns": report.since_ns,
        "until_ns": report.until_ns,
        "venues": _rows(report.venues),
        "drop_copies": _rows(report.copies),
        "by_hand": report.by_hand,
        "found": report.found,
        "differences": report.named,
        "unlisted": dict(report.unlisted),
    }


def _rows(tallies: Tallies) -> list[Json]:
    return [
        {"name": name, "symbol": symbol, "gateway": _tally(ours), "other": _tally(theirs)}
        for (name, symbol), (ours, theirs) in sorted(tallies.items())
    ]


def _tally(tally: Tally) -> Json:
    return {
        "number": tally.number,
        "qty": to_wire(tally.qty),
        "value": to_wire(tally.worth),
    }
