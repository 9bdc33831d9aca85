"""Asking venues what their accounts hold."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import pytest

from fakes.core import VENUE, FakeCore, a_profile, an_instrument
from fakes.edges import FakeVenue
from fixgate.application import reconciling
from fixgate.application.inbox import Asked, Inbox
from fixgate.application.reconciling import Reconciler
from fixgate.domain import inputs as i

PERPETUAL = "BTC/USDT:USDT"
Held = Sequence[tuple[str, str]]


class Venue(FakeVenue):
    """Answers each question with the next of what the test gave it."""

    def __init__(self, core: FakeCore, said: list[Held]) -> None:
        super().__init__(a_profile())
        self.core = core
        self.said = said
        self.inbox = Inbox()
        self.reconciler = Reconciler(
            {VENUE: self}, core.state, self.inbox, self, sleep=self._no_pause
        )
        self.pauses = 0

    def now_ns(self) -> int:
        return self.core.at_ns

    def balances(self) -> None:
        super().balances()
        held = [(asset, Decimal(qty), Decimal(0)) for asset, qty in self.said.pop(0)]
        self._tell(i.BalancesReported(venue=VENUE, asked_at_ns=1, balances=tuple(held)))

    def positions(self) -> None:
        super().positions()
        self._tell(i.PositionsReported(venue=VENUE, asked_at_ns=1))

    async def _no_pause(self, _: float) -> None:
        self.pauses += 1

    def _tell(self, report: reconciling.Report) -> None:
        self.reconciler.hear(report)
        (asked,) = self.inbox.drain()
        assert isinstance(asked, Asked)
        before = len(self.core.records)
        self.core.say(asked.given)
        asked.answer(tuple(self.core.records[before + 1 :]))  # type: ignore[arg-type]


async def test_a_venue_that_agrees_is_asked_once() -> None:
    venue = Venue(FakeCore(), [[("USDT", "5")], [("USDT", "5")]])
    for _ in range(2):
        found = await venue.reconciler.reconcile(VENUE)
        assert (found.told, found.unclear, found.failure) == ((), (), None)
    assert venue.asked == ["balances", "balances"]


async def test_a_difference_is_asked_about_again_until_it_is_believed() -> None:
    venue = Venue(FakeCore(), [[("USDT", "5")], [("USDT", "4")], [("USDT", "4")]])
    await venue.reconciler.reconcile(VENUE)
    found = await venue.reconciler.reconcile(VENUE)
    assert found.told == (f"{VENUE} holds 4 USDT; by our trades it should be 5",)
    assert (venue.pauses, venue.said) == (1, [])


async def test_a_difference_that_goes_on_changing_is_left_to_the_next_time() -> None:
    said: list[Held] = [[("USDT", str(100 - number))] for number in range(20)]
    venue = Venue(FakeCore(), said)
    await venue.reconciler.reconcile(VENUE)
    found = await venue.reconciler.reconcile(VENUE)
    assert (found.told, found.unclear) == ((), ("USDT",))
    assert venue.said


async def test_derivatives_are_asked_about_where_there_are_any() -> None:
    core = FakeCore(instruments=(an_instrument(), an_instrument(symbol=PERPETUAL)))
    venue = Venue(core, [[]])
    await venue.reconciler.reconcile(VENUE)
    assert venue.asked == ["balances", "positions"]


async def test_a_venue_that_is_down_is_not_asked() -> None:
    venue = Venue(FakeCore(), [])
    venue.core.say(i.VenueConnection(venue=VENUE, up=False))
    await venue.reconciler.everywhere()
    found = await venue.reconciler.reconcile(VENUE)
    assert (found.failure, venue.asked) == ("it is not connected", [])


async def test_a_venue_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciling, "ANSWER_S", 0.01)
    core = FakeCore()
    silent = FakeVenue(a_profile())
    reconciler = Reconciler({VENUE: silent}, core.state, Inbox(), Venue(core, []))
    found = await reconciler.reconcile(VENUE)
    assert found.failure is not None
    assert found.failure.startswith("no answer in ")


async def test_two_who_ask_at_once_are_answered_one_after_the_other() -> None:
    venue = Venue(FakeCore(), [[("USDT", "5")], [("USDT", "5")]])
    found = await asyncio.gather(*(venue.reconciler.reconcile(VENUE) for _ in range(2)))
    assert [each.failure for each in found] == [None, None]
    assert venue.said == []
