"""What holds for the streams of venues, whatever is lost, repeated, or comes in between."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.core import an_instrument
from fakes.pace import HandPace
from fixgate.adapters.venues.dialect import StreamReport, WireCall
from fixgate.adapters.venues.dialects.binance import BinanceDialect
from fixgate.adapters.venues.instruments import Catalogue
from fixgate.adapters.venues.legs import Leg, LegBook
from fixgate.adapters.venues.limiter import Priority, RateLimiter
from fixgate.adapters.venues.redaction import Redactor
from fixgate.adapters.venues.settings import Credentials, RateLimits, Timeouts
from fixgate.adapters.venues.settling import Settler
from fixgate.adapters.venues.supervisor import Supervisor
from fixgate.adapters.venues.telling import Teller
from fixgate.application.ports.venue import QueryLeg
from fixgate.domain.ids import Ids, VenueName, VenueOrderID, venue_cl_ord_id
from fixgate.domain.inputs import VenueClosed, VenueConnection, VenueInput, VenueTraded
from fixgate.domain.rounding import ZERO
from fixgate.domain.values import ExecType, Side
from unit.adapters.store.samples import FixedClock

FEW = settings(max_examples=80, deadline=None)
BTC = an_instrument()
V, W = VenueName("V"), VenueName("W")
NO_KEY = Credentials(api_key="", secret="")
IDS = Ids("EPOCH0")
ENDS = {"CANCELED": ExecType.CANCELED, "EXPIRED": ExecType.EXPIRED}


@dataclass
class TrueOrder:
    """An order of 100 at Binance, and how Binance puts what happens to it."""

    number: int
    parts: Sequence[int]
    end: str | None
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = venue_cl_ord_id(IDS.order_id(self.number), 0)

    @property
    def cum_qty(self) -> int:
        return sum(self.parts)

    def status(self) -> str:
        if self.cum_qty == 100:
            return "FILLED"
        return self.end or ("PARTIALLY_FILLED" if self.parts else "NEW")

    def messages(self) -> list[dict[str, Any]]:
        """The stream's, in order."""
        made = [self._message("NEW", "NEW", 0)]
        for at, part in enumerate(self.parts):
            cum = sum(self.parts[: at + 1])
            status = "FILLED" if cum == 100 else "PARTIALLY_FILLED"
            trade = {"t": self._trade_number(at), "l": str(part), "L": "9.50", "n": "0.1"}
            made.append(self._message("TRADE", status, cum) | trade)
        if self.end is not None and self.cum_qty < 100:
            made.append(self._message(self.end, self.end, self.cum_qty))
        return made

    def _message(self, what: str, status: str, cum: int) -> dict[str, Any]:
        about = {"e": "executionReport", "s": "BTCUSDT", "S": "BUY", "o": "LIMIT", "w": True}
        numbers = {"i": self.number, "z": str(cum), "T": 1, "N": "BTC", "m": False}
        return about | numbers | {"c": self.name, "C": "", "x": what, "X": status}

    def _trade_number(self, at: int) -> int:
        return self.number * 1_000 + at

    def answer(self) -> dict[str, Any]:
        """To a question over REST."""
        return {
            "clientOrderId": self.name,
            "orderId": self.number,
            "status": self.status(),
            "executedQty": str(self.cum_qty),
            "origQty": "100",
            "price": "9.50",
        }

    def trades(self) -> list[dict[str, Any]]:
        """All of its trades, over REST."""
        return [
            {
                "symbol": "BTCUSDT",
                "id": self._trade_number(at),
                "orderId": self.number,
                "qty": str(part),
                "price": "9.50",
                "commission": "0.1",
                "commissionAsset": "BTC",
                "isMaker": False,
                "isBuyer": True,
                "time": 1,
            }
            for at, part in enumerate(self.parts)
        ]


class Venue:
    """What hears a venue: its stream, and questions over REST where something was missed."""

    def __init__(self, name: VenueName, orders: Sequence[TrueOrder]) -> None:
        self.heard: list[VenueInput] = []
        self.dialect = BinanceDialect(name)
        self.legs = LegBook()
        self.teller = Teller(name, self.heard.append, self.legs)
        self.truth = {each.name: each for each in orders}
        self.spawned: list[Coroutine[Any, Any, None]] = []
        for each in orders:
            leg = Leg(each.name, BTC, Side.BUY, Decimal(100))  # type: ignore[arg-type]
            self.legs.add(leg)
            self.legs.acknowledge(leg, VenueOrderID(str(each.number)))
        self.settler = Settler(
            dialect=self.dialect,
            calls=self,  # type: ignore[arg-type]
            legs=self.legs,
            teller=self.teller,
            clock=FixedClock(),
            pace=HandPace(),
            timeouts=Timeouts(),
            redactor=Redactor(NO_KEY),
            spawn=self.spawned.append,
            order_wait_max_s=5.0,
        )

    def take(self, message: dict[str, Any]) -> None:
        """A message of the stream."""
        read = self.dialect.read_stream({"event": message}, self.legs.find)
        assert isinstance(read, StreamReport)
        self.teller.stream(read)

    async def request(self, call: WireCall, _: Priority) -> object:
        """What the venue answers to a question."""
        if call.endpoint == "private_get_openorders":
            status = ("NEW", "PARTIALLY_FILLED")
            return [each.answer() for each in self.truth.values() if each.status() in status]
        if call.endpoint == "private_get_order":
            return self.truth[call.params["origClientOrderId"]].answer()
        number = int(call.params["orderId"])
        (order,) = (each for each in self.truth.values() if each.number == number)
        return order.trades()

    async def catch_up(self) -> None:
        """As after a gap; the core asks about orders whose end came without all trades."""
        await self.settler.compare()
        for each in [each for each in self.heard if isinstance(each, VenueClosed)]:
            if self.told(each.venue_cl_ord_id)[0] != each.leg_cum_qty:
                self.settler.query(
                    QueryLeg(
                        venue_cl_ord_id=each.venue_cl_ord_id,
                        instrument=BTC,
                        side=Side.BUY,
                        sent_at_ns=0,
                    )
                )
        for work in self.spawned:
            await work

    def told(self, name: str) -> tuple[Decimal, list[ExecType]]:
        """What an order has traded, each trade counted once, and how it ended."""
        about = [each for each in self.heard if getattr(each, "venue_cl_ord_id", None) == name]
        trades = {each.trade_id: each for each in about if isinstance(each, VenueTraded)}
        assert all(
            (each.last_px, each.fee) == (Decimal("9.50"), Decimal("0.1"))
            for each in trades.values()
        )
        total = sum((each.last_qty for each in trades.values()), ZERO)
        return total, [each.exec_type for each in about if isinstance(each, VenueClosed)]

    def is_told_all(self) -> bool:
        return all(
            self.told(each.name)
            == (
                each.cum_qty,
                [ENDS[each.end]] if each.end is not None and each.cum_qty < 100 else [],
            )
            for each in self.truth.values()
        )


parts = st.lists(st.integers(1, 40), max_size=5).map(
    lambda sizes: [each for at, each in enumerate(sizes) if sum(sizes[: at + 1]) <= 100]
)
ends = st.none() | st.sampled_from(list(ENDS))
many = st.lists(st.tuples(parts, ends), min_size=1, max_size=4).map(
    lambda each: [TrueOrder(number, *one) for number, one in enumerate(each, 1)]
)
picks = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=60)


def interleaved(queues: list[list[Any]], order: list[tuple[int, int]]) -> list[Any]:
    """One line of all: each queue keeps its order; now and then an old message comes again."""
    left, line = [[*each] for each in queues], []
    for pick, again in [*order, *((0, 9) for each in queues for _ in each)]:
        waiting = [each for each in left if each]
        if not waiting:
            break
        line.append(waiting[pick % len(waiting)].pop(0))
        if again < 3:
            line.append(line[(pick * 7) % len(line)])
    return line


@FEW
@given(many, picks)
def test_each_trade_is_told_once_and_each_end_once_in_the_words_of_the_core(
    orders: list[TrueOrder], order: list[tuple[int, int]]
) -> None:
    """Property: stream normalisation. Whatever is repeated, and however orders mix."""
    venue = Venue(V, orders)
    for message in interleaved([each.messages() for each in orders], order):
        venue.take(message)
    assert venue.is_told_all()
    trades = [each.trade_id for each in venue.heard if isinstance(each, VenueTraded)]
    assert len(trades) == len(set(trades))


@FEW
@given(many, many, picks)
def test_of_two_venues_each_is_heard_as_if_there_were_no_other(
    here: list[TrueOrder], there: list[TrueOrder], order: list[tuple[int, int]]
) -> None:
    """Property: concurrent streams. Though orders and trades of both have the same numbers."""
    alone, together = [Venue(V, here), Venue(W, there)], [Venue(V, here), Venue(W, there)]
    queues = [
        [(number, each) for order_ in orders for each in order_.messages()]
        for number, orders in enumerate((here, there))
    ]
    line = interleaved(queues, order)
    for number, message in line:
        together[number].take(message)
    for number in (0, 1):
        for message in (each for at, each in line if at == number):
            alone[number].take(message)
        assert together[number].heard == alone[number].heard
        assert together[number].is_told_all()


@FEW
@given(many, st.lists(st.booleans(), max_size=40))
def test_what_was_lost_in_a_gap_is_known_after_the_comparison_and_nothing_counts_twice(
    orders: list[TrueOrder], lost: list[bool]
) -> None:
    """Property: recovery. Before a venue is said to be up again."""
    venue, fates = Venue(V, orders), iter(lost)
    for each in orders:
        for message in each.messages():
            if not next(fates, False):
                venue.take(message)
    asyncio.run(venue.catch_up())
    assert venue.is_told_all()


class Line:
    """A socket to a venue that answers pings while the line is alive; and all around it."""

    def __init__(self) -> None:
        self.pace = HandPace()
        self.alive = True
        self.clients: dict[str, Line] = {}
        self.ws_dial_backoff: dict[str, float] = {}
        self.last_message_at = 0
        self.pings: list[float] = []
        self.heard: list[tuple[float, VenueInput]] = []
        self.clock_is_off = False
        timeouts = Timeouts(
            ping_every_s=10.0, stale_after_s=30.0, audit_every_s=1e9, refresh_every_s=1e9
        )
        self.supervisor = Supervisor(
            venue=V,
            symbols=(),
            catalogue=Catalogue(V, ()),
            exchange=self,
            dialect=self,  # type: ignore[arg-type]
            calls=self,  # type: ignore[arg-type]
            limiter=RateLimiter(RateLimits(), self.pace),
            settler=self,  # type: ignore[arg-type]
            hear=lambda said: self.heard.append((self.pace.at, said)),
            pace=self.pace,
            timeouts=timeouts,
        )

    @property
    def connection(self) -> "Line":
        return self

    async def ping(self) -> None:
        self.pings.append(self.pace.at)
        self.last_message_at += self.alive

    async def close(self) -> None: ...

    async def subscribe(self, _: object) -> None:
        self.clients["url"] = self
        self.last_message_at += 1

    async def set_clock(self) -> None: ...

    async def compare(self) -> None: ...

    async def request(self, *_: object) -> object:
        return {}

    def stream_url(self, _: object) -> str:
        return "url"

    def markets(self) -> WireCall:
        return WireCall(endpoint="")

    def read_markets(self, *_: object) -> Sequence[object]:
        return ()

    def read_allowances(self, _: object) -> tuple[()]:
        return ()

    async def until_up(self) -> None:
        """Some seconds; the list of instruments is read on another thread, once."""
        async with asyncio.timeout(60):
            while not self.supervisor.up:
                await self.pace.pass_until(self.pace.at + 0.25)  # exact as a float

    def downs(self, since: float) -> list[float]:
        """When it was said to be down."""
        return [
            at
            for at, said in self.heard
            if at >= since and isinstance(said, VenueConnection) and not said.up
        ]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([11, 60, 400]), st.sampled_from([5, 15, 40, 55])), max_size=5
    )
)
def test_a_stream_is_given_up_when_it_was_silent_for_too_long_and_never_before(
    story: list[tuple[int, int]],
) -> None:
    """Property: heartbeat. However quiet the market is, a living stream answers pings."""

    async def go() -> None:
        line = Line()
        running = asyncio.create_task(line.supervisor.run())
        for alive_s, silent_s in story:
            line.alive = True
            await line.until_up()
            began, asked = line.pace.at, len(line.pings)
            await line.pace.pass_until(began + alive_s)
            assert not line.downs(began)
            assert len(line.pings) - asked >= alive_s // 10
            line.alive = False
            died = line.pace.at
            await line.pace.pass_until(died + silent_s)
            downs = line.downs(died)
            assert bool(downs) is (silent_s >= 40)
            assert not downs or died + 30 <= downs[0] <= died + 40
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(go())
