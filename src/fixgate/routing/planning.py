"""How much of an order goes to which venue.

Here: plan(). One venue, or several where the policy splits; the parts sum up to what is asked, to
the digit, and each can stand alone at its venue.
Not here: reading books (looking), the order of venues (ranking).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from fixgate.domain.instruments import Instrument
from fixgate.domain.rounding import ZERO, avg_px, floor_to_lot, to_wire
from fixgate.domain.routing import Choice, RoutingPolicy
from fixgate.routing.looking import Look, look, too_small
from fixgate.routing.ranking import ranked
from fixgate.routing.sweeping import Taken, sweep
from fixgate.routing.wanted import Asked, Place, Plan


@dataclass(slots=True)
class _Planning:
    """One plan being made."""

    asked: Asked
    policy: RoutingPolicy
    looks: list[Look]  # the venues in question, best first
    parts: dict[int, Taken] = field(default_factory=dict)  # by place in ``looks``


def plan(asked: Asked, places: Sequence[Place], policy: RoutingPolicy) -> Plan:
    """Choose venues for what is asked.

    An order that waits (a stop, post-only), fill or kill, and one with further instructions for
    its venue are never split: no two venues can promise anything together.
    """
    looks = [look(asked, each, policy) for each in places]
    unfit = [each for each in looks if each.why is not None]
    fit = ranked((each for each in looks if each.why is None), asked, policy)
    making = _Planning(asked, policy, fit)
    split = policy.split and policy.parts_max > 1 and asked.divisible
    if not (split and _split(making)):
        _whole(making)
    return _plan(making, unfit)


def _whole(making: _Planning) -> None:
    """All of it to the first venue that can take it."""
    asked = making.asked
    making.parts = {}
    for rank, each in enumerate(making.looks):
        wrong = too_small(asked.qty, _px(asked, each), _instrument(each))
        if wrong is None:
            making.parts = {rank: Taken(asked.qty, each.reach, each.cost)}
            return
        each.why = wrong


def _split(making: _Planning) -> bool:
    """Spread it; False: it cannot be spread, which says nothing of a single venue."""
    left = {rank: each for rank, each in enumerate(making.looks) if each.place.book is not None}
    while len(left) > 1:
        making.parts = _rounded(making.asked, left, sweep(making.asked, left, making.policy))
        bad = _worst(making, left)
        if bad is None:
            return True
        del left[bad]
    return False


def _rounded(asked: Asked, left: Mapping[int, Look], taken: dict[int, Taken]) -> dict[int, Taken]:
    """Parts in whole lots; what that leaves over, and what no book has, to one of them.

    To the best venue whose lot allows it: what rests, rests there.
    """
    for rank, each in taken.items():
        each.qty = floor_to_lot(each.qty, lot_size=_instrument(left[rank]).lot_size)
    over = asked.qty - sum((each.qty for each in taken.values()), ZERO)
    if over:
        first = next(
            (rank for rank in sorted(left) if _takes(over, taken.get(rank), left[rank])), min(left)
        )
        taken.setdefault(first, Taken(ZERO, ZERO, ZERO)).qty += over
    return {rank: each for rank, each in taken.items() if each.qty}


def _takes(over: Decimal, part: Taken | None, found: Look) -> bool:
    whole = over + (part.qty if part is not None else ZERO)
    instrument = _instrument(found)
    fits = floor_to_lot(whole, lot_size=instrument.lot_size) == whole
    return fits and (instrument.max_qty is None or whole <= instrument.max_qty)


def _worst(making: _Planning, left: Mapping[int, Look]) -> int | None:
    """The part that cannot stand alone, or is one too many: the smallest of them."""
    asked, parts = making.asked, making.parts
    bad = [
        rank
        for rank, part in parts.items()
        if too_small(part.qty, _px(asked, left[rank]), _instrument(left[rank])) is not None
    ]
    if not bad and len(parts) > making.policy.parts_max:
        bad = list(parts)
    # Of equals the last in rank goes.
    return min(bad, key=lambda rank: (parts[rank].qty, -rank)) if bad else None


def _px(asked: Asked, found: Look) -> Decimal | None:
    """The price by which a part's value is judged."""
    return asked.terms.price if asked.terms.price is not None else found.px or None


def _instrument(found: Look) -> Instrument:
    instrument = found.place.instrument
    assert instrument is not None  # noqa: S101 - narrows; look() saw to it
    return instrument


def _plan(making: _Planning, unfit: Iterable[Look]) -> Plan:
    chosen, others = [], []
    for rank, each in enumerate(making.looks):
        part = making.parts.get(rank)
        if part is None:
            why = each.why or f"ranked {rank + 1} by {making.policy.by.value}: {_shown(each)}"
            others.append(_choice(each, why))
        else:
            why = f"ranked {rank + 1} by {making.policy.by.value}: {_shown(each)}"
            chosen.append(_choice(each, why, part))
    others += [_choice(each, each.why or "") for each in unfit]
    refusal = None if chosen else _refusal(others)
    return Plan(choices=(*chosen, *others), refusal=refusal)


def _refusal(others: Sequence[Choice]) -> str:
    reasons = "; ".join(f"{each.venue}: {each.why}" for each in others)
    return f"No venue can take the order. {reasons}" if reasons else "No venue is permitted"


def _shown(found: Look) -> str:
    fee = f"fee {to_wire(found.fee_bp)} bp"
    if not found.reach:
        return f"nothing at once, {fee}"
    return f"{to_wire(found.reach)} at {to_wire(found.px)}, {fee}"


def _choice(found: Look, why: str, part: Taken | None = None) -> Choice:
    place = found.place
    if part is None:
        return Choice(venue=place.venue, why=why, fees=place.fees)
    return Choice(
        venue=place.venue,
        why=why,
        fees=place.fees,
        qty=part.qty,
        expected_qty=min(part.qty, part.reach),
        expected_px=avg_px(part.cost, part.reach),
    )
