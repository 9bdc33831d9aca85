"""Subscribers and their desk: what is sent to whom, what is not, and what is kept of it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from fakes.market_reader import MarketReader, pairs_of
from fixgate.adapters.fix.config import MarketDataRules, SessionConfig, SessionStart
from fixgate.adapters.fix.market_data_desk import MarketDataDesk
from fixgate.adapters.fix.market_data_subscriber import Subscriber
from fixgate.adapters.fix.numbers import PRICES_JUMP, NumbersFile
from fixgate.application.ports.fix import Handling
from fixgate.domain.ids import VenueName
from fixgate.domain.market import Book, MarketTrade, Quote
from unit.adapters.fix.messages import SystemClock, config
from unit.adapters.fix.session_kit import Kit

BTC = "BTC/USDT"
FAST = MarketDataRules(default_venue=VenueName("SIM"), min_interval_s=0.0, subscriptions_max=3)
LIMIT_S = 20.0


class FakePrices:
    """One market, whose best bid the test sets."""

    def __init__(self) -> None:
        self.px: Decimal | None = Decimal(100)
        self.following: list[Callable[[], None]] = []
        self.looks = 0

    def move(self, px: str | None) -> None:
        """Everybody is told."""
        self.px = None if px is None else Decimal(px)
        for each in tuple(self.following):
            each()

    def book(self, venue: VenueName, symbol: str, levels: int) -> Book | None:
        self.looks += 1
        if self.px is None:
            return None
        bids = tuple((self.px - n, Decimal(1)) for n in range(min(levels, 10)))
        return Book(venue=venue, symbol=symbol, bids=bids, offers=(), at_ns=1)

    def quote(self, venue: VenueName, symbol: str) -> Quote | None:
        return None

    def follow(
        self, venue: VenueName, symbol: str, changed: Callable[[], None]
    ) -> Callable[[], None] | None:
        self.following.append(changed)
        return lambda: self.following.remove(changed)

    def trades(self, venue: VenueName, symbol: str, after: int) -> tuple[MarketTrade, ...]:
        return ()


@dataclass
class FakeOutlet:
    """A session without an engine, whose client reads when it is told to."""

    config: SessionConfig
    clear: bool = True
    waiting_bytes: int = 0
    sent: list[bytes] = field(default_factory=list)
    answered: list[tuple[str, dict[int, str]]] = field(default_factory=list)
    digests: list[tuple[int, str]] = field(default_factory=list)
    ended: str | None = None
    number: int = 1

    def send_past(self, count: int, make: Callable[[int], Sequence[bytes]]) -> None:
        self.sent += make(self.number)
        self.number += count

    def answer(self, msg_type: str, fields: Sequence[tuple[int, str]]) -> None:
        self.answered.append((msg_type, dict(fields)))

    def note_digest(self, last: int, text: str) -> None:
        self.digests.append((last, text))

    def cut_off(self, reason: str) -> None:
        self.ended = reason


class World:
    """A desk, a market, and one subscriber."""

    def __init__(self, *, stalled_s: float = 1_000.0) -> None:
        self.prices = FakePrices()
        self.desk = MarketDataDesk(self.prices, lambda _, symbol: symbol)
        self.outlet = FakeOutlet(config("PRICES"))
        rules = replace(FAST, stalled_s=stalled_s)
        self.subscriber = Subscriber(self.outlet, rules, self.desk, SystemClock())
        self.reader = MarketReader()
        self._read = 0

    def ask(
        self,
        md_req_id: str = "a",
        wish: str = "1",
        symbols: Sequence[str] = (BTC,),
        depth: int = 0,
    ) -> None:
        """A MarketDataRequest."""
        text = f"35=V|34=2|262={md_req_id}|263={wish}|264={depth}|265=1|"
        text += f"267=1|269=0|146={len(symbols)}|"
        text += "".join(f"55={each}|" for each in symbols)
        self.subscriber.take(("8=FIX.4.4|" + text).replace("|", "\x01"), too_much=None)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the desk have its turns until something holds of what the reader has."""
        async with asyncio.timeout(LIMIT_S):
            while not holds():
                await asyncio.sleep(0)
                for each in self.outlet.sent[self._read :]:
                    self.reader.take(pairs_of(each))
                self._read = len(self.outlet.sent)

    @property
    def best(self) -> Decimal | None:
        """As the reader has it."""
        bids = self.reader.book()[0]
        return bids[0][0] if bids else None


async def test_a_client_that_reads_again_is_told_of_the_market_as_it_is_then() -> None:
    world = World()
    world.ask()
    await world.until(lambda: world.best == 100)
    world.outlet.waiting_bytes = 10_000_000
    for px in range(200, 300):
        world.prices.move(str(px))
        await asyncio.sleep(0.001)
    assert len(world.outlet.sent) == 1
    world.outlet.waiting_bytes = 0
    await world.until(lambda: world.best == 299)
    assert len(world.outlet.sent) <= 3  # the last look may have been before the last move


async def test_a_client_that_takes_nothing_for_too_long_is_let_go() -> None:
    world = World(stalled_s=0.0)
    world.ask()
    await world.until(lambda: world.best == 100)
    world.outlet.waiting_bytes = 10_000_000
    world.prices.move("101")
    await world.until(lambda: world.outlet.ended is not None)
    assert world.outlet.ended == "the client does not read what it is sent"


async def test_nothing_is_sent_while_the_session_has_something_else_to_say() -> None:
    world = World()
    world.ask()
    await world.until(lambda: world.best == 100)
    world.outlet.clear = False
    world.prices.move("101")
    looks = world.prices.looks
    await world.until(lambda: world.prices.looks > looks)
    await asyncio.sleep(0.05)
    assert world.best == 100
    world.outlet.clear = True
    await world.until(lambda: world.best == 101)


async def test_subscriptions_that_are_alike_share_one_look_at_the_market() -> None:
    world = World()
    for md_req_id in "abc":
        world.ask(md_req_id)
    await world.until(lambda: world.reader.snapshots == 3)
    looks = world.prices.looks
    assert len(world.prices.following) == 1
    world.prices.px = Decimal(101)
    world.prices.following[0]()
    async with asyncio.timeout(LIMIT_S):
        while len(world.outlet.sent) < 6:
            await asyncio.sleep(0)
    assert world.prices.looks == looks + 1


async def test_what_changes_within_an_interval_is_told_when_it_is_over() -> None:
    world = World()
    world.subscriber.rules = replace(FAST, min_interval_s=0.2)
    world.ask()
    await world.until(lambda: world.best == 100)
    for px in range(101, 110):
        world.prices.move(str(px))  # and nothing happens after the last
        await asyncio.sleep(0.001)
    await world.until(lambda: world.best == 109)
    assert len(world.outlet.sent) <= 3


async def test_a_market_is_followed_once_however_differently_it_is_subscribed_to() -> None:
    world = World()
    world.subscriber.rules = replace(FAST, subscriptions_max=100)
    for depth in range(1, 101):
        world.ask(f"{depth}", depth=depth)
    await world.until(lambda: world.reader.snapshots == 100)
    assert len(world.prices.following) == 1


async def test_subscribing_and_unsubscribing_without_reading_leaves_nothing_behind() -> None:
    world = World()
    world.outlet.waiting_bytes = 10_000_000
    for _ in range(1_000):
        world.ask("a")
        world.ask("a", wish="2")
    assert len(world.subscriber.due) < 100
    assert (world.outlet.answered, world.prices.following) == ([], [])


async def test_a_market_without_prices_is_said_and_so_is_one_that_has_them_again() -> None:
    world = World()
    world.ask()
    await world.until(lambda: world.best == 100)
    world.prices.move(None)
    await world.until(lambda: world.reader.why_not is not None)
    assert (world.reader.why_not, world.best) == ("no live prices from SIM", None)
    world.prices.move("103")
    await world.until(lambda: world.best == 103)
    assert world.reader.why_not is None


async def test_a_market_that_nobody_is_interested_in_any_more_is_not_followed() -> None:
    world = World()
    world.ask("a")
    world.ask("b")
    world.ask("c", wish="0")
    world.ask("a", wish="2")
    await world.until(lambda: world.reader.snapshots == 2)  # b and c; a had ended before its turn
    assert len(world.prices.following) == 1
    world.subscriber.gone()
    assert world.prices.following == []
    assert world.subscriber.count == 0
    world.ask("a")  # the names are free again
    assert world.outlet.answered == []


async def test_more_symbols_than_allowed_are_refused_as_a_whole() -> None:
    world = World()
    world.ask("a", symbols=("A", "B", "C"))
    world.ask("b", symbols=("D",))
    assert world.outlet.answered[0][0] == "Y"
    assert world.outlet.answered[0][1][281] == "2"
    world.ask("a", wish="2")
    world.ask("b", symbols=("A", "B", "C", "D"))
    assert world.outlet.answered[1][1][281] == "2"
    assert world.subscriber.count == 0
    assert world.prices.following == []


async def test_what_was_sent_is_noted_with_its_numbers_and_the_digest_of_its_bytes() -> None:
    world = World()
    world.ask()
    await world.until(lambda: world.best == 100)
    world.prices.move("101")
    await world.until(lambda: world.best == 101)
    world.subscriber.note()
    world.subscriber.note()  # nothing since
    sent = b"".join(world.outlet.sent)
    text = f"2 messages W and X from 1 to 2, {len(sent)} bytes, SHA-256 {sha256(sent).hexdigest()}"
    assert world.outlet.digests == [(2, text)]


def test_the_number_after_a_kill_is_above_every_price_that_was_sent(tmp_path: Path) -> None:
    kit = Kit(tmp_path)
    kit.connect()
    for _ in range(3):
        kit.session.send_past(500, lambda first: [b"%d," % (first + n) for n in range(500)])
        numbers = NumbersFile(tmp_path / "numbers", fence=2)
        last = int(kit.wire.written[-1].split(b",")[-2])
        assert numbers.begin(SessionStart(next_sender=2, next_target=2))[0] > last
    kit.session.tick()
    assert numbers.begin(SessionStart(next_sender=2, next_target=2))[0] == last + 1


def test_after_a_power_cut_a_session_for_prices_jumps_further(tmp_path: Path) -> None:
    numbers = NumbersFile(tmp_path / "numbers", fence=9, jump=PRICES_JUMP)
    start = SessionStart(next_sender=5_000, next_target=2)
    assert numbers.begin(start)[0] == 5_000 + PRICES_JUMP


def test_a_digest_counts_for_the_journal_but_is_never_resent(tmp_path: Path) -> None:
    kit = Kit(tmp_path)
    kit.connect()
    kit.session.note_digest(77, "what was sent")
    (note,) = kit.noted(lambda each: each.message.handling is Handling.DIGEST)
    assert (note.message.msg_seq_num, note.message.reason) == (77, "what was sent")
