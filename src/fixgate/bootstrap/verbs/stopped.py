"""The verbs on a gateway that does not run: through its store, which is this process's meanwhile.

Here: stopped(), which carries out one call. What a command does is decided by the same core and
journaled in the same way; whatever needs a venue is done by the next process.
Not here: the verbs of a gateway that runs (orders, sessions).
"""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from fixgate.adapters.clock import SystemClock
from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Refused
from fixgate.adapters.fix.numbers import NumbersFile
from fixgate.adapters.store.errors import JournalFailed
from fixgate.adapters.store.reader import StoredSession
from fixgate.adapters.store.store import Store
from fixgate.application.effects import Venues
from fixgate.application.inbox import Asked, Given, Inbox
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.fix import FixDelivered, FixPort
from fixgate.application.sequencer import Sequencer
from fixgate.application.starting import opening_inputs, standing
from fixgate.application.step import Stepper
from fixgate.application.watching import StuckWatch
from fixgate.bootstrap import parts
from fixgate.bootstrap.settings import Configuration
from fixgate.bootstrap.stores import file_of, open_to_run
from fixgate.bootstrap.verbs.giving import (
    DURABLE_S,
    accepted,
    new_numbers,
    numbers_text,
    session_named,
)
from fixgate.bootstrap.verbs.notes import NoteVerbs
from fixgate.bootstrap.verbs.orders import OrderVerbs
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import Ids, SessionName
from fixgate.domain.order import Order
from fixgate.domain.state import State

_ABOUT_A_SESSION: Final = ("disable_session", "enable_session", "reset_session")
NEEDS_A_GATEWAY: Final = ("query_order", "logout_session", "resend")


async def stopped(configuration: Configuration, call: Call) -> Json:
    """Carry out a call on the store of a gateway that does not run.

    Raises:
        StoreUnusable: the store cannot be used, or a gateway uses it after all.
        Refused: it cannot be done, or not without a gateway.
    """
    if call.verb in NEEDS_A_GATEWAY:
        raise Refused(f"{call.verb} needs a gateway that runs")
    made = configuration.gateway.journal.url is not None or file_of(configuration).exists()
    # Keys are put in place before a gateway runs for the first time.
    if not made and call.verb != "rotate_keys":
        raise Refused(f"{configuration.data_dir}: no journal yet; there is nothing to work on")
    if call.verb in _ABOUT_A_SESSION:  # before anything is touched
        session_named(call, configuration)
        new_numbers(call)
    clock = SystemClock()
    store = open_to_run(configuration, clock)
    try:
        core = StoppedCore(configuration, store, clock)
        verbs = Verbs()
        watch = StuckWatch(core.state, after_ns=0)
        OrderVerbs(core, watch, verbs, cancel_now=_impossible)
        StoppedSessionVerbs(core, verbs)
        NoteVerbs(core, verbs)
        return await verbs.carry_out(call)
    except JournalFailed as error:
        raise Refused(f"the journal cannot be written: {error}") from error
    finally:
        await store.close()


def _impossible(_: Order) -> None:
    raise Refused("no gateway runs: nothing can be canceled at a venue")


class StoppedCore:
    """The core over a store: the open orders and what stands, and no edges."""

    def __init__(self, configuration: Configuration, store: Store, clock: SystemClock) -> None:
        self.configuration = configuration
        self.clock: Clock = clock
        self.reader = store.reader
        self.state = State(Ids(store.epoch))
        for each in store.reader.open_orders():
            if each.order is not None:
                self.state.load(each.order, each.executions, each.cl_ord_ids)
        self._standing = standing(store.reader.operator_actions())
        # What verbs ask about, before the journal hears that a process was here.
        self.state.kills = {each.coverage: each for each in self._standing.kills}
        self.state.disabled = dict.fromkeys(self._standing.disabled)
        self._store = store
        self.numbers = {
            SessionName(each.name): NumbersFile(
                configuration.data_dir / "fix" / each.name / "numbers", fence=store.fence
            )
            for each in configuration.sessions
        }
        self._keep_numbers()

    def _keep_numbers(self) -> None:
        """To the next process we are the one before: what the last one wrote must stay true."""
        for file in self.numbers.values():
            kept = file.read()
            if kept is not None and kept.current:
                file.close(kept.next_sender, kept.written)

    async def give(self, given: i.Input, *, within_s: float = DURABLE_S) -> tuple[e.Event, ...]:
        """As Core.give; the journal hears first that this is another process."""
        del within_s  # nobody else waits for this journal
        journal, recall = self._store.journal(), self._store.recall()
        codec = parts.codec(self.configuration)
        inbox = Inbox()
        at_ns = self.clock.now_ns()
        for each in opening_inputs(
            self.state,
            version=f"{version('fixgate')} (a command on a stopped gateway)",
            fingerprint="",
            sessions=tuple(parts.rules(each) for each in self.configuration.sessions),
            aliases=tuple(sorted(self.configuration.aliases.items())),
            standing=self._standing,
        ):
            inbox.put(Given(at_ns=at_ns, given=each))
        answers: list[tuple[e.Event, ...]] = []
        inbox.put(Asked(at_ns=at_ns, given=given, answer=answers.append))
        inbox.close()
        await Sequencer(
            inbox=inbox,
            stepper=Stepper(self.state, codec, recall, last_seq=journal.last_seq),
            journal=journal,
            codec=codec,
            fix=Absent(self),
            venues=Venues({}, self.state, lambda _: None),
            recall=recall,
            alert=lambda _: None,
            resume=lambda: None,
        ).run()
        return accepted(answers[0])

    def next_sender(self, name: SessionName) -> int:
        """The number of the next message to a client."""
        kept = self.numbers[name].read()
        stored = self._stored(name)
        return max(stored.last_out + 1 if stored else 1, kept.next_sender if kept else 1)

    def next_target(self, name: SessionName) -> int:
        """The number expected of the client's next message."""
        stored = self._stored(name)
        return stored.last_in + 1 if stored else 1

    def _stored(self, name: SessionName) -> StoredSession | None:
        return next((each for each in self.reader.sessions() if each.name == name), None)


class Absent(FixPort):
    """Nobody is connected: reports get their numbers, and clients ask for them when they are back.

    Here the only batch of this process is decided, so numbers are reserved once per session.
    """

    def __init__(self, core: StoppedCore) -> None:
        self._core = core

    def reserve(self, session: SessionName, count: int) -> int | None:
        del count
        return self._core.next_sender(session) if session in self._core.numbers else None

    def release(self, session: SessionName, reports: Sequence[tuple[int, str]]) -> None:
        file = self._core.numbers[session]
        kept = file.read()
        file.close(reports[-1][0] + 1, kept.written if kept else 0)

    def halt(self, unanswered: Sequence[FixDelivered], text: str) -> None:
        del unanswered, text  # nobody has sent anything

    def interrupt(self, text: str) -> None:
        del text  # the same

    def go_on(self) -> None:
        return None


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
        await core.give(
            i.NumbersReset(
                session=name,
                next_sender=sender,
                next_target=target,
                detail=change,
                person=call.person.name,
                reason=call.reason,
            )
        )
        if sender is not None:
            core.numbers[name].close(sender, sender - 1)
        return {"done": what}
