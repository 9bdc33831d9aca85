"""Fake edges for the sequencer: a journal, a FIX side, a venue and a recall in memory."""

import asyncio
from collections.abc import Callable, Sequence

from fixgate.application.ports.fix import FixDelivered
from fixgate.application.ports.journal import Batch, SentPage
from fixgate.application.ports.trade_listing import TradeListing
from fixgate.application.ports.venue import (
    CancelLeg,
    Hear,
    QueryLeg,
    ReplaceLeg,
    SubmitLeg,
    WorkingLeg,
)
from fixgate.domain.ids import ClOrdID, OrderID, SessionName, VenueClOrdID
from fixgate.domain.inputs import Recalled
from fixgate.domain.instruments import VenueProfile
from fixgate.domain.market import MarketTrade


class FakeJournal:
    """Commits when told to."""

    def __init__(self, *, at_once: bool = False) -> None:
        self.last_seq = 0
        self.waiting: list[tuple[Batch, asyncio.Future[None]]] = []
        self.committed: list[Batch] = []
        self._at_once = at_once

    def commit(self, batch: Batch) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((batch, future))
        if self._at_once:
            self.succeed()
        return future

    def succeed(self) -> None:
        """Let the oldest waiting commit be durable."""
        batch, future = self.waiting.pop(0)
        self.committed.append(batch)
        future.set_result(None)

    def fail(self, error: Exception) -> None:
        """Let every waiting commit fail."""
        for _, future in self.waiting:
            future.set_exception(error)
        self.waiting.clear()


class FakeSent:
    """Gives back what a test says was sent. ``position`` counts the messages of all sessions."""

    def __init__(self) -> None:
        self.messages: list[tuple[SessionName, int, str]] = []
        self.failure: Exception | None = None

    def position(self) -> int:
        return len(self.messages)

    def keep(self, session: SessionName, reports: Sequence[tuple[int, str]]) -> None:
        """These are durable."""
        self.messages += [(session, number, text) for number, text in reports]

    def page(
        self,
        session: SessionName,
        begin: int,
        last: int,
        *,
        place: int | None,
        since: int,
        count: int,
        until: int | None = None,
    ) -> "asyncio.Future[SentPage]":
        found = [
            (number, text)
            for name, number, text in self.messages[since:until]
            if name == session and begin <= number <= last
        ]
        page = SentPage(found[:count], begin if len(found) > count else None)
        return Done(page, self.failure)  # type: ignore[return-value] # as much of it as is used


class Done:
    """A future that is done, with or without an event loop."""

    def __init__(self, result: SentPage, failure: Exception | None) -> None:
        self._result = result
        self._failure = failure

    def cancelled(self) -> bool:
        return False

    def exception(self) -> Exception | None:
        return self._failure

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    def result(self) -> SentPage:
        return self._result

    def add_done_callback(self, call: Callable[["Done"], None]) -> None:
        call(self)


class FakeFix:
    """Numbers reports per session and keeps what was released."""

    def __init__(self) -> None:
        self.next: dict[SessionName, int] = {}
        self.released: list[tuple[SessionName, int, str]] = []
        self.interruptions: list[str] = []
        self.halted: tuple[list[FixDelivered], str] | None = None

    def reserve(self, session: SessionName, count: int) -> int | None:
        first = self.next.get(session, 1)
        self.next[session] = first + count
        return first

    def release(self, session: SessionName, reports: Sequence[tuple[int, str]]) -> None:
        self.released.extend((session, number, text) for number, text in reports)

    def interrupt(self, text: str) -> None:
        self.interruptions.append(text)

    def go_on(self) -> None:
        self.interruptions.append("")

    def halt(self, unanswered: Sequence[FixDelivered], text: str) -> None:
        self.halted = (list(unanswered), text)


class FakeVenue:
    """Remembers the calls it gets; the test says what comes of them through ``hear``."""

    def __init__(self, profile: VenueProfile, *, keeps_nothing: bool = False) -> None:
        self.profile = profile
        self.keeps_nothing = keeps_nothing
        self.calls: list[SubmitLeg | CancelLeg | ReplaceLeg | QueryLeg] = []
        self.forgotten: list[VenueClOrdID] = []
        self.asked: list[str] = []  # about the account
        self.hear: Hear | None = None

    def quote(self, symbol: str) -> None:
        """Nothing is known."""

    def book(self, symbol: str, levels: int) -> None:
        """Nothing is known."""

    def follow(self, symbol: str, changed: Callable[[], None]) -> None:
        """Nothing is followed."""

    def trades(self, symbol: str, after: int) -> tuple[MarketTrade, ...]:
        """There are none."""
        return ()

    def listing(self) -> TradeListing:
        """A test that asks for trades brings its own."""
        raise NotImplementedError

    def calls_use(self) -> None:
        """Nobody counts."""

    async def start(self, hear: Hear, working: Sequence[WorkingLeg]) -> None:
        self.hear = hear
        self.working = list(working)

    async def stop(self) -> None:
        self.hear = None

    def submit(self, call: SubmitLeg) -> None:
        self.calls.append(call)

    def cancel(self, call: CancelLeg) -> None:
        self.calls.append(call)

    def replace(self, call: ReplaceLeg) -> None:
        self.calls.append(call)

    def query(self, call: QueryLeg) -> None:
        self.calls.append(call)

    def balances(self) -> None:
        self.asked.append("balances")

    def positions(self) -> None:
        self.asked.append("positions")

    def forget(self, venue_cl_ord_id: VenueClOrdID) -> None:
        self.forgotten.append(venue_cl_ord_id)


class NothingToRecall:
    """A recall that never forgot anything, because nothing was ever there."""

    def __init__(self) -> None:
        self.noted: list[tuple[SessionName, ClOrdID]] = []

    def by_cl_ord_id(self, session: SessionName, cl_ord_id: ClOrdID) -> Recalled | None:
        return None

    def by_order_id(self, order_id: OrderID) -> Recalled | None:
        return None

    def note(self, session: SessionName, cl_ord_id: ClOrdID) -> None:
        self.noted.append((session, cl_ord_id))
