"""An order and the limits that it is held against.

Here: limited(), what a check of limits looks at, put together from what the core knows.
Not here: the checks (risk); a part of a routed order, which has its venue's limits alone (placing).
"""

from fixgate.decide.turn import Turn
from fixgate.domain.order import Instruction, Order, Terms
from fixgate.risk.case import Case, case_of


def limited(
    turn: Turn, about: Instruction, terms: Terms, before: Order | None = None
) -> Case | None:
    """An order, or what a replace would make of ``before``; None: no limit is in force for it."""
    state = turn.state
    if not state.limits.in_force:
        return None
    way = state.exposure.way(about, state.limits)
    if way.applied is None:
        return None
    return case_of(
        about,
        terms,
        way.applied,
        way,
        exposure=state.exposure,
        positions=state.positions,
        venues=state.venues,
        at_ns=turn.moment.at_ns,
        quote=None if turn.seen is None else turn.seen.quote,
        before=before,
    )
