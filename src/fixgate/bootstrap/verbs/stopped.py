"""The verbs on a gateway that does not run: through its store, which is this process's meanwhile.

Here: stopped(), which carries out one call. What a command does is decided by the same core and
journaled in the same way; whatever needs a venue is done by the next process.
Not here: what is done to sessions (stopped_sessions); the verbs of a gateway that runs (orders,
sessions).
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from fixgate.adapters.clock import SystemClock
from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Refused
from fixgate.adapters.fix.beginning import Beginning
from fixgate.adapters.fix.numbers import NumbersFile
from fixgate.adapters.store.errors import JournalFailed
from fixgate.adapters.store.reader import StoredSession
from fixgate.adapters.store.store import Store
from fixgate.application.effects import Venues
from fixgate.application.inbox import Asked, Given, Inbox, Item
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.fix import FixDelivered, FixPort
from fixgate.application.ports.journal import SentPage
from fixgate.application.sequencer import Sequencer
from fixgate.application.starting import opening_inputs, standing
from fixgate.application.step import Stepper
from fixgate.application.watching import StuckWatch
from fixgate.bootstrap import parts
from fixgate.bootstrap.settings import Configuration
from fixgate.bootstrap.stores import file_of, open_to_run
from fixgate.bootstrap.verbs.giving import DURABLE_S, accepted, new_numbers, session_named
from fixgate.bootstrap.verbs.notes import NoteVerbs
from fixgate.bootstrap.verbs.orders import OrderVerbs
from fixgate.bootstrap.verbs.positions import PositionVerbs
from fixgate.bootstrap.verbs.stopped_sessions import StoppedSessionVerbs
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import Ids, OrderID, SessionName
from fixgate.domain.order import Order
from fixgate.domain.state import State

_ABOUT_A_SESSION: Final = ("disable_session", "enable_session", "reset_session")
NEEDS_A_GATEWAY: Final = (
    "query_order",
    "logout_session",
    "resend",
    "propose_limits",
    "approve_limits",
    "withdraw_limits",
    "release_session",
    "reconcile",
    "reconcile_trades",
)


async def stopped(configuration: Configuration, call: Call) -> Json:
    """Carry out a call on the store of a gateway that does not run.

    Raises:
        StoreUnusable: the store cannot be used, or a gateway uses it after all.
        Refused: it cannot be done, or not without a gateway.
    """
    if call.verb in NEEDS_A_GATEWAY:
        raise Refused(f"no gateway is running with {configuration.data_dir}, and this needs one")
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
        asked = call.verb == "stuck_orders"
        watch = StuckWatch(core.state, after_ns=0, changed_ns=core.changed_ns() if asked else {})
        OrderVerbs(core, watch, verbs, cancel_now=_impossible, forget=lambda _: None)
        StoppedSessionVerbs(core, verbs)
        NoteVerbs(core, verbs)
        PositionVerbs(core, verbs)
        return await verbs.carry_out(call)
    except JournalFailed as error:
        raise Refused(f"the journal cannot be written: {error}") from error
    finally:
        await store.close()


def _impossible(_: Order) -> None:
    raise Refused("no gateway runs: nothing can be canceled at a venue")


class StoppedCore:
    """The core over a store: the open orders and what stands, and no edges."""

    runs: Final = False

    def __init__(self, configuration: Configuration, store: Store, clock: SystemClock) -> None:
        self.configuration = configuration
        self.clock: Clock = clock
        self.reader = store.reader
        self.state = State(Ids(store.epoch))
        for each in store.reader.open_orders():
            if each.order is not None:
                self.state.load(each.order, each.executions, each.cl_ord_ids)
        self.state.positions.load(store.reader.positions(), store.reader.balances())
        self._standing = standing(store.reader.operator_actions())
        # What verbs ask about, before the journal hears that a process was here.
        self.state.kills = {each.coverage: each for each in self._standing.kills}
        self.state.disabled = dict.fromkeys(self._standing.disabled)
        self._store = store
        names = [SessionName(each.name) for each in configuration.sessions]
        self.numbers = {
            each: NumbersFile(self._folder(each) / "numbers", fence=store.fence) for each in names
        }
        self.absent = Absent(self)
        self._keep_numbers()

    def _folder(self, session: SessionName) -> Path:
        return self.configuration.data_dir / "fix" / session

    def _keep_numbers(self) -> None:
        """To the next process we are the one before: what the last one wrote must stay true."""
        for file in self.numbers.values():
            kept = file.read()
            if kept is not None and kept.current:
                file.close(kept.next_sender, kept.written)

    async def give(
        self, given: i.Input, *, within_s: float = DURABLE_S, then: Iterable[Item] = ()
    ) -> tuple[e.Event, ...]:
        """As Core.give, and what follows from it; the journal hears first that this is another
        process.
        """
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
        for item in then:
            inbox.put(item)
        inbox.close()
        await Sequencer(
            inbox=inbox,
            stepper=Stepper(self.state, codec, recall, last_seq=journal.last_seq),
            journal=journal,
            codec=codec,
            fix=self.absent,
            venues=Venues({}, self.state, lambda _: None),
            recall=recall,
            alert=lambda _, __: None,
            resume=lambda: None,
        ).run()
        return accepted(answers[0])

    def changed_ns(self) -> Mapping[OrderID, int]:
        """When each open order last changed."""
        found = self.reader.recent_orders(len(self.state.orders), working=True)
        return {each.order.order_id: each.updated_ns for each in found}

    def forget_refused(self, name: SessionName) -> None:
        """What the last process refused of a session means nothing under its new numbers."""
        last_in = {each.name: each.last_in for each in self.reader.sessions()}
        parts.Refused(parts.refused_path(self.configuration), last_in).past(name)

    def next_sender(self, name: SessionName) -> int:
        """The number of the next message to a client."""
        kept = self.numbers[name].read()
        stored = self._stored(name)
        return max(stored.last_out + 1 if stored else 1, kept.next_sender if kept else 1)

    def next_target(self, name: SessionName) -> int:
        """The number expected of the client's next message."""
        stored = self._stored(name)
        return stored.last_in + 1 if stored else 1

    def beginning(self, name: SessionName) -> Beginning:
        """When and where its numbers last began at 1."""
        return Beginning(self._folder(name) / "began", otherwise_ns=self.clock.now_ns())

    @property
    def last_seq(self) -> int:
        """The number of the journal's last record."""
        return self._store.journal().last_seq

    async def sent(
        self, name: SessionName, numbers: tuple[int, int], *, place: int | None
    ) -> SentPage:
        """Some of the reports that were sent to a client under these numbers, as Sent.page."""
        limits = parts.door_limits(self.configuration)
        return await self._store.sent(lambda: self.last_seq).page(
            name,
            *numbers,
            place=place,
            since=self.beginning(name).place,
            count=limits.resend_piece,
        )

    def _stored(self, name: SessionName) -> StoredSession | None:
        return next((each for each in self.reader.sessions() if each.name == name), None)


class Absent(FixPort):
    """Nobody is connected: reports get their numbers, and clients ask for them when they are back.

    next: of each session that was promised a number, or is to begin with one, the next.
    """

    def __init__(self, core: StoppedCore) -> None:
        self.next: dict[SessionName, int] = {}
        self._core = core

    def reserve(self, session: SessionName, count: int) -> int | None:
        if session not in self._core.numbers:
            return None
        first = self.next.get(session) or self._core.next_sender(session)
        self.next[session] = first + count
        return first

    def release(self, session: SessionName, reports: Sequence[tuple[int, str]]) -> None:
        file = self._core.numbers[session]
        kept, before = file.read(), reports[0][0] - 1
        file.close(reports[-1][0] + 1, before if kept is None else min(kept.written, before))

    def halt(self, unanswered: Sequence[FixDelivered], text: str) -> None:
        del unanswered, text  # nobody has sent anything

    def interrupt(self, text: str) -> None:
        del text  # the same

    def go_on(self) -> None:
        return None
