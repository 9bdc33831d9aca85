"""The sequencer: one task, one total order. Decide, write down, then act.

Here: Sequencer. It empties the inbox in batches, decides them, gives each to the journal, and
releases what they owe the world once they are durable. The next batch is decided while the one
before it is on its way to disk.
Not here: what is decided (step, decide), how it is made durable (Journal), who hears (ports).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fixgate.application.effects import Venues
from fixgate.application.inbox import Inbox, Item
from fixgate.application.ports.codec import Codec
from fixgate.application.ports.fix import (
    Direction,
    FixDelivered,
    FixMessage,
    FixPort,
    Handling,
)
from fixgate.application.ports.journal import Journal, Recall, RecallUnavailable, Record
from fixgate.application.step import Intent, Owed, Stepper, Steps, sent_row
from fixgate.domain.errors import InvariantBroken
from fixgate.domain.events import AlertRaised
from fixgate.domain.frozen import maker
from fixgate.domain.ids import SessionName
from fixgate.domain.order import Order
from fixgate.domain.trades import TradeRequest

BATCH_MAX: Final = 256
IN_FLIGHT_MAX: Final = 4
FEW_ON_WAY: Final = 2
WORTH_A_COMMIT: Final = BATCH_MAX // 2
"""While more client messages than a few are on their way to disk, the next batch waits until it
is worth a commit of its own, or until they are durable: what many sessions send one by one would
otherwise be written one by one."""
ORDERS_IN_FLIGHT_MAX: Final = (IN_FLIGHT_MAX + 1) * 2 * BATCH_MAX
"""Orders decided and not yet durable. Memory must hold more that are over: one that it forgot
before the store has it could not be recalled, and its ClOrdID would seem unused."""

_message: Final = maker(FixMessage)
_record: Final = maker(Record)

_AGAIN_S: Final = 0.05

Promised = dict[SessionName, list[tuple[int, str]]]


@dataclass(slots=True)
class _Pending:
    """A batch on its way to disk."""

    steps: Steps
    promised: Promised
    committed: "asyncio.Future[None]"


class Sequencer:
    """Runs until the inbox is closed and drained, or until the journal fails."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        stepper: Stepper,
        journal: Journal,
        codec: Codec,
        fix: FixPort,
        venues: Venues,
        recall: Recall,
        alert: Callable[[AlertRaised, int], None],
        resume: Callable[[], None],
        look_up: Callable[[TradeRequest], None] | None = None,
    ) -> None:
        """Put it together; without ``look_up`` no session may ask for recorded trades."""
        self._inbox = inbox
        self._stepper = stepper
        self._journal = journal
        self._codec = codec
        self._fix = fix
        self._venues = venues
        self._recall = recall
        self._alert = alert
        self._resume = resume
        self._look_up = look_up
        self._in_flight: deque[_Pending] = deque()
        self._on_way = 0  # client messages in flight
        self._released = asyncio.Event()  # a batch was released, or nothing will be any more
        self._failure: Exception | None = None

    @property
    def busy(self) -> bool:
        """Whether something decided is not durable yet."""
        return bool(self._in_flight)

    async def run(self) -> None:
        """Take inputs in one order; let nothing out that is not yet on disk.

        Raises:
            JournalFailed, or whatever the journal's future raised: memory is ahead of the truth.
                Everyone unanswered has been told (380=4); the process must end.
            InvariantBroken: our own bug; the same has been done.
        """
        try:
            while items := await self._inbox.take(BATCH_MAX):
                steps = self._decide(items)
                self._submit(steps)
                self._resume()
                if steps.stuck:  # until the store answers again
                    await asyncio.sleep(_AGAIN_S)
                    await self._fewer_in_flight_than(1)
                await self._fewer_in_flight_than(IN_FLIGHT_MAX)
                await asyncio.sleep(0)  # sockets and completed commits have their turn
            await self._fewer_in_flight_than(1)
        except Exception as error:
            self._halt(error)
            raise

    def _decide(self, items: list[Item]) -> Steps:
        """Decide a batch, and with it what a venue inside this process says to it."""
        steps = Steps()
        self._take(items, steps)
        while answers := self._call_early(steps):
            self._take(answers, steps)
        return steps

    def _take(self, items: list[Item], steps: Steps) -> None:
        """Decide items, up to the first that needs an order which cannot be recalled for now."""
        done = 0
        try:
            for item in items:
                self._stepper.take(item, steps)
                done += 1
        except RecallUnavailable:
            steps.stuck = True
            self._inbox.put_back(items[done:])

    def _call_early(self, steps: Steps) -> list[Item]:
        """Call the venues that keep nothing; what they answer.

        It must not wait behind what else is in the inbox: the order and its answer are durable
        together, or neither is (docs/decisions/0013).
        """
        early: list[tuple[Intent, Order, int]] = []
        later: list[tuple[Intent, Order, int]] = []
        for each in steps.intents:
            (early if self._venues.keeps_nothing(each[1]) else later).append(each)
        steps.intents = later
        waiting = len(self._inbox)
        for intent, order, at_ns in early:
            self._venues.call(intent, order, at_ns)
        return self._inbox.take_since(waiting)

    async def _fewer_in_flight_than(self, most: int) -> None:
        while len(self._in_flight) >= most:
            if self._failure is not None:
                raise self._failure
            self._released.clear()
            await self._released.wait()

    def _submit(self, steps: Steps) -> None:
        promised = {
            session: self._promise(session, owed, steps) for session, owed in steps.owed.items()
        }
        committed = self._journal.commit(steps.batch)
        self._in_flight.append(_Pending(steps, promised, committed))
        self._count_on_way(len(steps.delivered))
        committed.add_done_callback(self._release)

    def _count_on_way(self, more: int) -> None:
        self._on_way += more
        self._inbox.want(1 if self._on_way <= FEW_ON_WAY else WORTH_A_COMMIT)

    def _promise(
        self, session: SessionName, owed: list[Owed], steps: Steps
    ) -> list[tuple[int, str]]:
        """Give the session's reports their sequence numbers and final bytes, and note them."""
        first = self._fix.reserve(session, len(owed)) if self._codec.knows(session) else None
        if first is None:
            return []  # the session is no longer configured: its events are in the journal
        messages = []
        for number, each in enumerate(owed, first):
            text = self._codec.encode(each.report, msg_seq_num=number, at_ns=each.at_ns)
            messages.append((number, text))
            self._note_sent(each, number, text, steps)
        last = first + len(owed) - 1
        steps.batch.last_out[session] = self._stepper.last_out[session] = last
        return messages

    def _note_sent(self, owed: Owed, number: int, text: str, steps: Steps) -> None:
        msg_type = text[text.index("\x0135=") + 4 : text.index("\x0134=")]
        message = _message(
            direction=Direction.OUT,
            handling=Handling.REPORT,
            msg_type=msg_type,
            msg_seq_num=number,
            text=text if text.isascii() else text.encode().decode("latin-1"),
        )
        self._stepper.last_seq += 1
        seq = self._stepper.last_seq
        record = _record(seq, owed.at_ns, owed.report.session, owed.cause, message)
        steps.batch.records.append(record)
        steps.batch.fix_messages.append(sent_row(seq, owed, msg_type, number))

    def _release(self, committed: "asyncio.Future[None]") -> None:
        """The batch is durable: now the world hears, in order."""
        if committed.cancelled():
            return
        failure = committed.exception()
        if failure is not None:
            self._fail(failure if isinstance(failure, Exception) else RuntimeError(failure))
            return
        pending = self._in_flight.popleft()
        self._released.set()
        self._count_on_way(-len(pending.steps.delivered))
        try:
            self._act(pending)
        except Exception as error:  # noqa: BLE001 - a callback: run() raises it instead
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Let run() raise ``error``, wherever it waits."""
        self._failure = self._failure or error
        self._released.set()
        self._inbox.fail(error)

    def _act(self, pending: _Pending) -> None:
        for session, cl_ord_id, _ in pending.steps.batch.names:
            self._recall.note(session, cl_ord_id)
        for session, messages in pending.promised.items():
            if messages:
                self._fix.release(session, messages)
        for intent, order, at_ns in pending.steps.intents:
            self._venues.call(intent, order, at_ns)
        for alert, at_ns in pending.steps.alerts:
            self._alert(alert, at_ns)
        for request in pending.steps.trades_wanted:
            if self._look_up is None:
                raise InvariantBroken("nobody looks up trades here")
            self._look_up(request)
        for asked, events in pending.steps.answers:
            asked.answer(events)
        for mark in pending.steps.marks:
            mark.reached()

    def _halt(self, error: Exception) -> None:
        """Nothing more is decided; every order not yet durable is answered with 380=4."""
        unanswered = [each for one in self._in_flight for each in one.steps.delivered]
        waiting = [each for each in self._inbox.drain() if isinstance(each, FixDelivered)]
        self._fix.halt([*unanswered, *waiting], f"Order intake stopped: {error}")
