"""The sequencer between fake edges: decide, write down, then act."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest

from fakes.core import EPOCH, SESSION, VENUE, FakeCore, a_profile, an_instrument, some_rules
from fakes.edges import FakeFix, FakeJournal, FakeVenue, NothingToRecall
from fixgate.application.effects import Venues
from fixgate.application.inbox import Given, Inbox, Mark
from fixgate.application.ports.fix import (
    Direction,
    FixDelivered,
    FixMessage,
    FixNoted,
    Handling,
)
from fixgate.application.ports.journal import RecallUnavailable
from fixgate.application.sequencer import (
    BATCH_MAX,
    FEW_ON_WAY,
    IN_FLIGHT_MAX,
    WORTH_A_COMMIT,
    Sequencer,
)
from fixgate.application.step import Stepper, all_steps
from fixgate.bootstrap.settings import GatewaySettings
from fixgate.domain import inputs as i
from fixgate.domain.events import AlertRaised
from fixgate.domain.ids import Ids
from fixgate.domain.order import Order
from fixgate.domain.state import State
from fixgate.domain.values import OrdStatus

PATIENCE_S = 10


class Desk:
    """A sequencer with its fake edges, ready to trade."""

    def __init__(self, journal: FakeJournal | None = None) -> None:
        self.client = FakeCore()  # only to compose client messages
        self.journal = journal or FakeJournal()
        self.fix = FakeFix()
        self.venue = FakeVenue(a_profile())
        self.recall = NothingToRecall()
        self.alerts: list[AlertRaised] = []
        self.resumed = 0
        self.inbox = Inbox()
        self.state = State(Ids(EPOCH))
        self.sequencer = Sequencer(
            inbox=self.inbox,
            stepper=Stepper(self.state, self.client.codec, self.recall, last_seq=0),
            journal=self.journal,
            codec=self.client.codec,
            fix=self.fix,
            venues=Venues({VENUE: self.venue}, self.state, self.say),
            recall=self.recall,
            alert=lambda alert, _: self.alerts.append(alert),
            resume=self._resume,
        )
        for given in (
            i.Started(epoch=EPOCH, open_orders=(), version="test", fingerprint=""),
            i.SessionsConfigured(sessions=(some_rules(),)),
            i.VenueConfigured(profile=a_profile()),
            i.InstrumentsLoaded(venue=VENUE, instruments=(an_instrument(),)),
            i.VenueConnection(venue=VENUE, up=True),
        ):
            self.say(given)

    def _resume(self) -> None:
        self.resumed += 1

    async def settle(self) -> None:
        """Let everything happen that can happen by itself."""
        for _ in range(50):
            await asyncio.sleep(0)

    def say(self, given: i.Input) -> None:
        self.inbox.put(Given(at_ns=1, given=given))

    def order(self, cl_ord_id: str) -> None:
        text = self.client.message(
            "D", f"11={cl_ord_id}|55=BTC/USDT|54=1|38=1|40=2|44=9|60=20231114-22:13:20"
        )
        message = FixMessage(
            direction=Direction.IN,
            handling=Handling.DELIVERED,
            msg_type="D",
            msg_seq_num=1,
            text=text,
        )
        self.inbox.put(
            FixDelivered(at_ns=1, session=SESSION, message=message, text=text, last_in=1)
        )

    def burst(self, prefix: str, count: int = WORTH_A_COMMIT) -> None:
        """So many orders at once; by default as many as are decided whatever is on its way."""
        for number in range(count):
            self.order(f"{prefix}-{number}")

    def orders(self) -> list[Order]:
        return list(self.state.orders.values())

    async def until(self, what: Callable[[], object]) -> None:
        """Let the loop run until ``what()`` is true."""
        async with asyncio.timeout(PATIENCE_S):
            while not what():
                await asyncio.sleep(0)


@pytest.fixture
async def desk():
    desk = Desk()
    task = asyncio.create_task(desk.sequencer.run())
    await desk.until(lambda: desk.journal.waiting)
    desk.journal.succeed()
    yield desk
    task.cancel()
    with suppress(asyncio.CancelledError, RuntimeError):
        await task


async def test_no_venue_is_called_before_the_intent_is_durable(desk):
    desk.order("A")
    await desk.until(lambda: desk.journal.waiting)
    assert desk.orders()[0].stage is OrdStatus.PENDING_NEW
    assert desk.venue.calls == []
    desk.journal.succeed()
    await desk.until(lambda: desk.venue.calls)
    assert desk.venue.calls[0].venue_cl_ord_id == desk.orders()[0].venue_cl_ord_id


async def test_no_report_leaves_before_it_is_durable(desk):
    desk.order("A")
    await desk.until(lambda: desk.journal.waiting)
    desk.journal.succeed()
    await desk.until(lambda: desk.venue.calls)
    desk.say(
        i.VenueAnswered(
            venue=VENUE,
            call=i.VenueCall.SUBMIT,
            venue_cl_ord_id=desk.orders()[0].venue_cl_ord_id,
            outcome=i.Outcome.ACCEPTED,
        )
    )
    await desk.until(lambda: desk.journal.waiting)
    assert desk.fix.released == []
    batch = desk.journal.waiting[0][0]
    desk.journal.succeed()
    await desk.until(lambda: desk.fix.released)
    _, number, text = desk.fix.released[0]
    assert number == 1
    assert "\x01150=0\x01" in text
    journaled = [r.payload for r in batch.records if isinstance(r.payload, FixMessage)]
    assert [each.text for each in journaled] == [text]


async def test_the_next_batch_is_decided_while_the_one_before_is_on_its_way_to_disk(desk):
    desk.order("A")
    await desk.until(lambda: len(desk.journal.waiting) == 1)
    desk.order("B")
    await desk.until(lambda: len(desk.journal.waiting) == 2)
    assert len(desk.orders()) == 2


async def test_no_more_than_the_limit_of_batches_is_on_its_way(desk):
    for number in range(IN_FLIGHT_MAX + 2):
        desk.burst(f"A{number}")
        await desk.until(lambda n=number: len(desk.journal.waiting) >= min(n + 1, IN_FLIGHT_MAX))
    await desk.settle()
    assert len(desk.journal.waiting) == IN_FLIGHT_MAX
    desk.journal.succeed()
    await desk.until(lambda: len(desk.orders()) == (IN_FLIGHT_MAX + 2) * WORTH_A_COMMIT)


async def test_what_is_not_worth_a_commit_waits_until_what_is_on_its_way_is_durable(desk):
    desk.burst("A", FEW_ON_WAY + 1)
    await desk.until(lambda: len(desk.journal.waiting) == 1)
    desk.burst("B", WORTH_A_COMMIT - 1)
    await desk.settle()
    assert len(desk.journal.waiting) == 1

    desk.journal.succeed()

    await desk.until(lambda: len(desk.orders()) == FEW_ON_WAY + WORTH_A_COMMIT)


async def test_what_is_worth_a_commit_does_not_wait_for_the_disk(desk):
    desk.burst("A", FEW_ON_WAY + 1)
    await desk.until(lambda: len(desk.journal.waiting) == 1)
    desk.burst("B")

    await desk.until(lambda: len(desk.journal.waiting) == 2)


async def test_what_waits_to_be_worth_a_commit_is_decided_before_the_end(desk):
    desk.burst("A", FEW_ON_WAY + 1)
    await desk.until(lambda: len(desk.journal.waiting) == 1)
    desk.order("B")
    await desk.settle()

    desk.inbox.close()

    await desk.until(lambda: len(desk.orders()) == FEW_ON_WAY + 2)


async def test_a_failing_commit_answers_every_order_and_ends_the_run():
    desk = Desk()
    task = asyncio.create_task(desk.sequencer.run())
    await desk.until(lambda: desk.journal.waiting)
    desk.journal.succeed()
    desk.order("A")
    await desk.until(lambda: desk.journal.waiting)
    desk.order("B")
    await desk.until(lambda: len(desk.journal.waiting) == 2)
    desk.journal.fail(OSError("disk full"))
    with pytest.raises(OSError, match="disk full"):
        await asyncio.wait_for(task, PATIENCE_S)
    unanswered, text = desk.fix.halted
    assert ["11=A" in unanswered[0].text, "11=B" in unanswered[1].text] == [True, True]
    assert "disk full" in text
    assert desk.venue.calls == []
    assert desk.fix.released == []


async def test_a_fault_in_releasing_ends_the_run():
    class Broken(FakeFix):
        def release(self, session, reports):
            raise RuntimeError("wrong number")

    other = Desk()
    other.sequencer._fix = Broken()
    task = asyncio.create_task(other.sequencer.run())
    await other.until(lambda: other.journal.waiting)
    other.journal.succeed()
    text = other.client.message("H", "11=NIX|55=BTC/USDT|54=1")
    message = FixMessage(
        direction=Direction.IN, handling=Handling.DELIVERED, msg_type="H", msg_seq_num=1, text=text
    )
    other.inbox.put(FixDelivered(at_ns=1, session=SESSION, message=message, text=text, last_in=1))
    await other.until(lambda: other.journal.waiting)
    other.journal.succeed()
    with pytest.raises(RuntimeError, match="wrong number"):
        await asyncio.wait_for(task, PATIENCE_S)


async def test_a_closed_inbox_is_drained_and_committed_before_the_run_ends():
    desk = Desk(FakeJournal(at_once=True))
    desk.order("A")
    desk.inbox.close()
    await asyncio.wait_for(desk.sequencer.run(), PATIENCE_S)
    assert len(desk.venue.calls) == 1
    assert desk.recall.noted == [(SESSION, "A")]
    assert desk.resumed == 1


async def test_commits_that_end_while_the_limit_is_reached_are_released(desk):
    """The loop must get its turn: a commit that is done is released by a callback."""
    for number in range(IN_FLIGHT_MAX):
        desk.burst(f"A{number}")
        await desk.until(lambda n=number: len(desk.journal.waiting) == n + 1)
    while desk.journal.waiting:
        desk.journal.succeed()
    await desk.until(lambda: len(desk.venue.calls) == IN_FLIGHT_MAX * WORTH_A_COMMIT)


class _EarlyVenue(FakeVenue):
    """A venue inside the process: it answers within the call."""

    def submit(self, call):
        super().submit(call)
        self.hear(
            i.VenueAnswered(
                venue=VENUE,
                call=i.VenueCall.SUBMIT,
                venue_cl_ord_id=call.venue_cl_ord_id,
                outcome=i.Outcome.ACCEPTED,
            )
        )


async def test_what_a_venue_that_keeps_nothing_says_is_durable_with_the_order_it_answers():
    desk = Desk()
    venue = _EarlyVenue(a_profile(), keeps_nothing=True)
    venue.hear = desk.say
    desk.sequencer._venues = Venues({VENUE: venue}, desk.state, desk.say)
    task = asyncio.create_task(desk.sequencer.run())
    await desk.until(lambda: desk.journal.waiting)
    desk.journal.succeed()
    desk.order("A")
    await desk.until(lambda: desk.journal.waiting)
    assert desk.orders()[0].stage is OrdStatus.NEW
    assert desk.fix.released == []  # nothing is told before it is durable
    desk.journal.succeed()
    await desk.until(lambda: desk.fix.released)
    assert desk.journal.waiting == []
    assert len(venue.calls) == 1
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_an_order_is_durable_with_such_an_answer_however_many_wait_behind_it():
    """Else a crash between two batches leaves an order whose market is gone."""
    desk = Desk(FakeJournal(at_once=True))
    venue = _EarlyVenue(a_profile(), keeps_nothing=True)
    venue.hear = desk.say
    desk.sequencer._venues = Venues({VENUE: venue}, desk.state, desk.say)
    for number in range(2 * BATCH_MAX):
        desk.order(f"A{number}")
    desk.inbox.close()
    await asyncio.wait_for(desk.sequencer.run(), PATIENCE_S)
    for batch in desk.journal.committed:
        assert {each.stage for each in batch.orders.values()} <= {OrdStatus.NEW}
    assert len(venue.calls) == 2 * BATCH_MAX


async def test_every_record_about_a_clients_message_names_its_session():
    desk = Desk(FakeJournal(at_once=True))
    desk.order("A")
    desk.order("A")  # a duplicate
    for msg_type, fields in (
        ("D", "11=B|55=NO/SUCH|54=1|38=1|40=2|44=9|60=20231114-22:13:20"),
        ("F", "11=C|41=NIX|55=BTC/USDT|54=1|60=20231114-22:13:20"),
        ("H", "11=NIX|55=BTC/USDT|54=1"),
    ):
        text = desk.client.message(msg_type, fields)
        message = FixMessage(
            direction=Direction.IN,
            handling=Handling.DELIVERED,
            msg_type=msg_type,
            msg_seq_num=1,
            text=text,
        )
        desk.inbox.put(
            FixDelivered(at_ns=1, session=SESSION, message=message, text=text, last_in=1)
        )
    desk.inbox.close()
    await asyncio.wait_for(desk.sequencer.run(), PATIENCE_S)
    records = [each for batch in desk.journal.committed for each in batch.records]
    inputs = {each.seq for each in records if each.cause is None and each.session == SESSION}
    caused = [each for each in records if each.cause in inputs]
    assert len(inputs) == 5
    assert {each.session for each in caused} == {SESSION}


@pytest.mark.parametrize(
    ("handling", "repeats"),
    [(Handling.ENGINE, False), (Handling.RESENT, True), (Handling.REPORT, True)],
)
async def test_a_row_tells_a_message_sent_again_from_one_sent_first(desk, handling, repeats):
    """A report that is noted was promised, with a row of its own, before it was released late."""
    message = FixMessage(
        direction=Direction.OUT, handling=handling, msg_type="8", msg_seq_num=7, text=""
    )
    desk.inbox.put(FixNoted(at_ns=1, session=SESSION, message=message))
    steps = all_steps(desk.sequencer._stepper, desk.inbox.drain())
    assert [row.repeats for row in steps.batch.fix_messages] == [repeats]


async def test_an_order_is_remembered_until_the_store_can_recall_it():
    """As many orders as can be on their way to disk at once, each of them over already."""
    desk = Desk()
    desk.state.terminal_max = GatewaySettings().journal.terminal_orders_in_memory
    task = asyncio.create_task(desk.sequencer.run())
    await desk.until(lambda: desk.journal.waiting)
    desk.journal.succeed()
    for number in range(IN_FLIGHT_MAX * BATCH_MAX):
        text = desk.client.message(
            "D", f"11=R{number}|55=NO/SUCH|54=1|38=1|40=2|44=9|60=20231114-22:13:20"
        )
        message = FixMessage(
            direction=Direction.IN,
            handling=Handling.DELIVERED,
            msg_type="D",
            msg_seq_num=1,
            text=text,
        )
        desk.inbox.put(
            FixDelivered(at_ns=1, session=SESSION, message=message, text=text, last_in=1)
        )
    await desk.until(lambda: len(desk.journal.waiting) == IN_FLIGHT_MAX)
    assert desk.state.knows(SESSION, "R0")
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_mark_is_reached_when_all_that_lay_before_it_is_durable(desk):
    reached = []
    desk.order("1")
    desk.inbox.put(Mark(reached=lambda: reached.append(len(desk.journal.committed))))
    await desk.until(lambda: desk.journal.waiting)
    assert reached == []
    desk.journal.succeed()
    await desk.until(lambda: reached)
    assert reached == [len(desk.journal.committed)]


async def test_what_needs_an_order_that_cannot_be_recalled_waits_and_keeps_its_place(desk):
    away = True

    def by_cl_ord_id(session, cl_ord_id):
        if away and cl_ord_id == "2":
            raise RecallUnavailable

    desk.recall.by_cl_ord_id = by_cl_ord_id
    for name in ("1", "2", "3"):
        desk.order(name)
    await desk.until(lambda: desk.journal.waiting)
    (batch, _), *rest = desk.journal.waiting
    assert not rest
    assert [row.cl_ord_id for row in batch.fix_messages if row.direction == "in"] == ["1"]
    away = False
    desk.journal.succeed()
    await desk.until(lambda: desk.journal.waiting)
    batch, _ = desk.journal.waiting[0]
    assert [row.cl_ord_id for row in batch.fix_messages if row.direction == "in"] == ["2", "3"]
