"""Verbs about client sessions on a gateway that does not run.

Here: StoppedSessionVerbs: disable, enable, reset numbers.
Not here: the store they work on (stopped); the same on a gateway that runs (sessions).
"""

from typing import TYPE_CHECKING

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Refused
from fixgate.application.ports.fix import ReportsUndelivered
from fixgate.bootstrap.verbs.giving import new_numbers, numbers_text, session_named
from fixgate.domain import inputs as i
from fixgate.domain.ids import SessionName

if TYPE_CHECKING:
    from fixgate.bootstrap.verbs.stopped import StoppedCore


class StoppedSessionVerbs:
    """Disable, enable and reset sessions of a gateway that does not run."""

    def __init__(self, core: "StoppedCore", verbs: Verbs) -> None:
        self._core = core
        one = ("session",)
        add = verbs.add
        add("disable_session", self._disable, help="Keep it out", args=one, changes=True)
        add("enable_session", self._enable, help="Let it log on", args=one, changes=True)
        add(
            "reset_session",
            self._reset,
            help="Set its sequence numbers",
            args=("session", "sender", "target"),
            changes=True,
        )

    async def _disable(self, call: Call) -> Json:
        return await self._bar(call, barred=True)

    async def _enable(self, call: Call) -> Json:
        return await self._bar(call, barred=False)

    async def _bar(self, call: Call, *, barred: bool) -> Json:
        name = session_named(call, self._core.configuration)
        if (name in self._core.state.disabled) is barred:
            raise Refused(f"session {name} is {'disabled already' if barred else 'not disabled'}")
        what = f"let session {name} {'not log on' if barred else 'log on again'}"
        if call.dry_run:
            return {"would": what}
        await self._core.give(
            i.SessionBarred(
                session=name, barred=barred, person=call.person.name, reason=call.reason
            )
        )
        return {"done": what}

    async def _reset(self, call: Call) -> Json:
        core = self._core
        name = session_named(call, core.configuration)
        before = core.next_sender(name), core.next_target(name)
        sender, target = new_numbers(call)
        change = numbers_text(before, (sender, target))
        what = f"set session {name}: {change}"
        if call.dry_run:
            return {"would": what}
        reset = i.NumbersReset(
            session=name,
            next_sender=sender,
            next_target=target,
            detail=change,
            person=call.person.name,
            reason=call.reason,
        )
        if sender is None:
            await core.give(reset)
        elif sender < before[0]:
            await self._begin(reset, sender, before[0] - 1)
        else:
            await self._go_on(reset, sender, before[0] - 1)
        if target is not None:
            core.forget_refused(name)
        return {"done": what}

    async def _begin(self, reset: i.NumbersReset, sender: int, last: int) -> None:
        """Begin again with lower numbers: reports that the client has not got go out once more."""
        core, name = self._core, reset.session
        kept, place = core.numbers[name].read(), core.last_seq
        written = last if kept is None else kept.written
        undelivered = await self._undelivered(name, (written + 1, last))
        core.absent.next[name] = sender
        await core.give(reset, then=undelivered)
        core.numbers[name].close(core.absent.next[name], sender - 1)
        # After the commit: else a crash between the two would make a gap of what is asked for.
        beginning = core.beginning(name)
        beginning.begin(core.clock.now_ns(), place)
        beginning.keep()

    async def _go_on(self, reset: i.NumbersReset, sender: int, last: int) -> None:
        """Go on with the same or a higher number: the client can ask for what it has not got."""
        kept = self._core.numbers[reset.session].read()
        missed = kept is not None and kept.written < last
        await self._core.give(reset)
        written = kept.written if kept is not None and missed else sender - 1
        self._core.numbers[reset.session].close(sender, written)

    async def _undelivered(
        self, name: SessionName, numbers: tuple[int, int]
    ) -> list[ReportsUndelivered]:
        """The reports among these numbers, none of which was written to a connection."""
        found: list[ReportsUndelivered] = []
        place = None
        while numbers[0] <= numbers[1]:
            page = await self._core.sent(name, numbers, place=place)
            if page.reports:
                texts = tuple(text for _, text in page.reports)
                at_ns = self._core.clock.now_ns()
                found.append(ReportsUndelivered(at_ns=at_ns, session=name, texts=texts))
            place = page.place
            if place is None:
                break
        return found
