"""Verbs about limits: what is in force, changes that two persons agree on, paused sessions.

Here: LimitVerbs.
Not here: a change without a second person, which comes with a reload (reloading).
"""

from collections.abc import Awaitable, Callable
from typing import Final

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Misused, Refused
from fixgate.bootstrap.loading import ConfigurationError, load
from fixgate.bootstrap.settings import Configuration
from fixgate.bootstrap.verbs.giving import Core, foreseen, session_named
from fixgate.domain import inputs as i
from fixgate.domain.frozen import changed
from fixgate.domain.limit_changes import differences, in_words, place_of, stated
from fixgate.domain.limits import Dealt, LimitChange, LimitSet

_NOTHING: Final = LimitSet()


class LimitVerbs:
    """Registers the verbs.

    dealt: what was traded today, where the files set a limit that it counts against.
    """

    def __init__(
        self,
        core: Core,
        verbs: Verbs,
        *,
        dealt: Callable[[Configuration], Awaitable[tuple[Dealt, ...]]],
    ) -> None:
        self._core = core
        self._dealt = dealt
        verbs.add("limits", self._limits, help="The limits in force")
        for name, handler, words, args in (
            ("propose_limits", self._propose, "Propose the limits of the files", ()),
            ("approve_limits", self._approve, "Agree to what another proposed", ()),
            ("withdraw_limits", self._withdraw, "Drop what waits", ()),
            ("release_session", self._release, "Let a paused session go on", ("session",)),
        ):
            verbs.add(name, handler, help=words, args=args, changes=True)

    async def _limits(self, _: Call) -> Json:
        book, exposure = self._core.state.limits, self._core.state.exposure
        return {
            "in_force": _shown(book.in_force),
            "proposed": _shown(book.proposed),
            "scheduled": _shown(book.scheduled),
            "paused": dict(exposure.paused),
            "credit": {
                f"{kind} {name}": {
                    "open": in_words(each[0] or None),
                    "traded": in_words(each[1] or None),
                }
                for (kind, name), each in sorted(exposure.credit.items())
            },
        }

    async def _propose(self, call: Call) -> Json:
        self._named(call)
        try:
            new = load(self._core.configuration.home)
        except ConfigurationError as error:
            raise Refused(str(error)) from None
        book, wanted = self._core.state.limits, new.limits()
        now = _NOTHING if book.in_force is None else book.in_force.limits
        changes = "; ".join(differences(now, wanted)) or "nothing"
        verb = "propose" if now.four_eyes else "set"
        what = f"{verb} the limits of the files, which change {changes}"
        command = i.LimitsGiven(
            limits=wanted,
            effective_ns=new.risk.effective_ns,
            person=call.person.name,
            reason=call.reason,
        )
        if call.dry_run:
            foreseen(self._core, command)
            return {"would": what}
        await self._core.give(changed(command, dealt=await self._dealt(new)))
        return {"done": what}

    async def _approve(self, call: Call) -> Json:
        self._named(call)
        book = self._core.state.limits
        if book.proposed is None:
            raise Refused("no change of limits waits for approval")
        now = _NOTHING if book.in_force is None else book.in_force.limits
        changes = "; ".join(differences(now, book.proposed.limits))
        what = f"approve the limits that {book.proposed.person} proposed: {changes}"
        command = i.LimitsAgreed(person=call.person.name, reason=call.reason)
        if call.dry_run:
            foreseen(self._core, command)
            return {"would": what}
        await self._core.give(command)
        return {"done": what}

    async def _withdraw(self, call: Call) -> Json:
        book = self._core.state.limits
        waits = book.proposed or book.scheduled
        if waits is None:
            raise Refused("no change of limits waits for anything")
        what = f"withdraw the limits that {waits.person} wanted: {waits.reason}"
        if call.dry_run:
            return {"would": what}
        await self._core.give(i.LimitsDropped(person=call.person.name, reason=call.reason))
        return {"done": what}

    async def _release(self, call: Call) -> Json:
        name = session_named(call, self._core.configuration)
        why = self._core.state.exposure.paused.get(name)
        if why is None:
            raise Refused(f"session {name} is not paused")
        what = f"let session {name} send orders again; it was paused for {why}"
        if call.dry_run:
            return {"would": what}
        await self._core.give(
            i.SessionReleased(session=name, person=call.person.name, reason=call.reason)
        )
        return {"done": what}

    @staticmethod
    def _named(call: Call) -> None:
        """Two persons may share the account that the gateway runs under: they name themselves."""
        if call.person.acting_as is None:
            raise Misused(f"{call.verb} needs --as: two persons must be told apart")


def _shown(change: LimitChange | None) -> Json | None:
    if change is None:
        return None
    limits = change.limits
    return {
        "person": change.person,
        "reason": change.reason,
        "approved_by": change.approved_by,
        "effective_ns": change.effective_ns,
        "currency": limits.currency,
        "time_zone": limits.time_zone,
        "four_eyes": limits.four_eyes,
        "rates": {name: in_words(rate) for name, rate in limits.rates},
        "rules": {
            place_of(rule): {name: in_words(found) for name, found in stated(rule.limits)}
            for rule in limits.rules
        },
    }
