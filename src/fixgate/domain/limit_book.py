"""The limits in force, and those on their way.

Here: LimitBook, one part of the state: what is in force, what waits for a second person or for its
time, and what holds for one kind of order, remembered so that an order pays for one look-up.
Not here: what counts against limits (exposure); who decides on a change (decide).
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from fixgate.domain.ids import SessionName
from fixgate.domain.limits import (
    Applied,
    LimitChange,
    Limits,
    LimitScope,
    LimitSet,
    LimitStep,
    StandingLimits,
    applied,
    of_part,
)
from fixgate.domain.order import Instruction

_REMEMBERED_MAX: Final = 10_000
_Kind = tuple[str, str | None, str, str]


class LimitBook:
    """Changed by events only."""

    __slots__ = (
        "_every_session_sees",
        "_known",
        "_of_parts",
        "_seeing",
        "in_force",
        "proposed",
        "scheduled",
    )

    def __init__(self) -> None:
        self.in_force: LimitChange | None = None
        self.proposed: LimitChange | None = None  # waits for a second person
        self.scheduled: LimitChange | None = None  # agreed to, waits for its time
        self._known: dict[_Kind, Applied | None] = {}
        self._of_parts: dict[_Kind, Applied | None] = {}
        self._every_session_sees = False
        self._seeing: frozenset[str] = frozenset()

    def __eq__(self, other: object) -> bool:
        """What was looked up before makes no difference."""
        if not isinstance(other, LimitBook):
            return NotImplemented
        return self.standing == other.standing

    __hash__ = None  # type: ignore[assignment] # it changes

    @property
    def sets(self) -> Iterator[LimitSet]:
        """Those in force and those that may be: what they measure is counted from now on."""
        changes = (self.in_force, self.scheduled, self.proposed)
        return (each.limits for each in changes if each is not None)

    def move(self, step: LimitStep, change: LimitChange) -> None:
        """A change has come so far."""
        match step:
            case LimitStep.PROPOSED:
                self.proposed = change
            case LimitStep.SCHEDULED:
                self.proposed, self.scheduled = None, change
            case LimitStep.WITHDRAWN:
                self.proposed = None if change == self.proposed else self.proposed
                self.scheduled = None if change == self.scheduled else self.scheduled
            case LimitStep.IN_FORCE:
                self.proposed = self.scheduled = None
                self._take(change)

    @property
    def standing(self) -> StandingLimits:
        """What stands."""
        return StandingLimits(
            in_force=self.in_force, proposed=self.proposed, scheduled=self.scheduled
        )

    def due(self, now_ns: int) -> LimitChange | None:
        """The change whose time has come."""
        waits = self.scheduled
        if waits is None or (waits.effective_ns or 0) > now_ns:
            return None
        return waits

    def _take(self, change: LimitChange | None) -> None:
        self.in_force = change
        self._known.clear()
        self._of_parts.clear()
        rules = () if change is None else change.limits.rules
        seeing = [each for each in rules if _needs_quotes(each.limits)]
        self._seeing = frozenset(e.name for e in seeing if e.scope is LimitScope.SESSION)
        self._every_session_sees = any(e.scope is not LimitScope.SESSION for e in seeing)

    def sees_quotes(self, session: SessionName) -> bool:
        """Whether orders of a session are decided by prices."""
        return self._every_session_sees or session in self._seeing

    def applied(self, about: Instruction) -> Applied | None:
        """What an order must keep within; None: there is no limit for it."""
        return self._looked_up(self._known, applied, about)

    def of_part(self, about: Instruction) -> Applied | None:
        """The same of a part of a routed order, at its venue."""
        return self._looked_up(self._of_parts, of_part, about)

    def _looked_up(
        self,
        known: dict[_Kind, Applied | None],
        find: Callable[[LimitSet, Instruction], Applied | None],
        about: Instruction,
    ) -> Applied | None:
        if self.in_force is None or not self.in_force.limits.rules:
            return None
        kind = (about.session, about.account, about.venue, about.symbol)
        try:
            return known[kind]
        except KeyError:
            if len(known) >= _REMEMBERED_MAX:
                known.clear()
            found = known[kind] = find(self.in_force.limits, about)
            return found


def _needs_quotes(limits: Limits) -> bool:
    """Whether a check of these asks for the reference price."""
    return any(
        each is not None
        for each in (limits.price_collar_bp, limits.order_value_max, limits.credit_max)
    ) or bool(limits.balance)


def rules_of(sets: Iterable[LimitSet]) -> Iterator[Limits]:
    """Every rule's limits."""
    return (rule.limits for each in sets for rule in each.rules)
