"""What routing costs: a plan over many books, and orders that are not routed.

Here: one plan over ten venues of fifty levels against one JSON encode and decode of the same books,
and the core's time for a plain order with and without policies in force.
Not here: the load of a whole gateway (run).
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.figures import Figure, Sizes
from fixgate.adapters.fix.codec import Codec, addressing
from fixgate.adapters.fix.fields import enclose
from fixgate.application.inbox import Given
from fixgate.application.ports.fix import Direction, FixDelivered, FixMessage, Handling
from fixgate.application.step import Stepper, Steps
from fixgate.domain import inputs as i
from fixgate.domain.ids import Ids, SessionName, TradeID, VenueName
from fixgate.domain.instruments import Instrument, ReplaceStyle, VenueProfile
from fixgate.domain.market import Book, Quote
from fixgate.domain.order import Terms
from fixgate.domain.routing import Criterion, Fees, RoutingPolicy, smart_profile
from fixgate.domain.sessions import FixVersion, SessionRules
from fixgate.domain.state import State
from fixgate.domain.values import OrdType, Side, TimeInForce
from fixgate.routing import Asked, Place, plan

VENUES, LEVELS = 10, 50
SYMBOL: Final = "BTC/USDT"
_HUNDRED: Final = 100


def _instrument(venue: VenueName) -> Instrument:
    return Instrument(
        venue=venue,
        symbol=SYMBOL,
        venue_symbol="BTCUSDT",
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.00001"),
        min_notional=Decimal(5),
    )


def _places() -> tuple[Place, ...]:
    """Ten books that lie into each other, level by level."""
    places = []
    for number in range(VENUES):
        venue = VenueName(f"V{number}")
        offers = tuple(
            (Decimal("50000.01") + step * 10 + number, Decimal("0.12345") + number)
            for step in range(LEVELS)
        )
        bids = tuple((Decimal(100_000) - px, qty) for px, qty in offers)
        places.append(
            Place(
                venue=venue,
                instrument=_instrument(venue),
                book=Book(venue=venue, symbol=SYMBOL, bids=bids, offers=offers, at_ns=0),
                fees=Fees(taker_bp=Decimal(number), maker_bp=Decimal(1)),
            )
        )
    return tuple(places)


def _timed(work: Callable[[], object], times: int) -> list[float]:
    """Processor time in microseconds, ascending: what else the machine does is not in it."""
    taken = []
    for _ in range(times):
        began = time.thread_time_ns()
        work()
        taken.append((time.thread_time_ns() - began) / 1_000)
    return sorted(taken)


def _plans(times: int) -> Iterator[Figure]:
    places = _places()
    qty = Decimal(1_000)  # about half of all that is offered
    terms = Terms(
        order_qty=qty,
        ord_type=OrdType.MARKET,
        time_in_force=TimeInForce.GOOD_TILL_CANCEL,
    )
    asked = Asked(side=Side.BUY, qty=qty, terms=terms)
    policy = RoutingPolicy(name="p", by=Criterion.BEST_PRICE, split=True, parts_max=VENUES)
    books = tuple(each.book for each in places)
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(tuple[Book, ...])
    planned = _timed(lambda: plan(asked, places, policy), times)
    coded = _timed(lambda: decoder.decode(encoder.encode(books)), times)
    p99, coded_p99 = (each[times * 99 // _HUNDRED] for each in (planned, coded))
    ratio = p99 / coded_p99
    yield Figure(
        f"A plan over {VENUES} venues of {LEVELS} levels, half of all taken, p99",
        "at most 2.0 x one JSON encode and decode of the same books",
        f"{ratio:.2f} ({p99:,.0f} us to {coded_p99:,.0f} us; p50 {planned[times // 2]:,.0f} us)",
        ratio <= 2,
    )


# --- plain orders ---------------------------------------------------------------------------

SIM: Final = VenueName("SIM")
DESK: Final = SessionName("DESK")
_AT_NS: Final = 1_700_000_000_000_000_000


class _Nothing:
    """A recall of nothing, and a market that stands still."""

    def by_cl_ord_id(self, *_: object) -> i.Recalled | None:
        return None

    def by_order_id(self, _: object) -> i.Recalled | None:
        return None

    def note(self, *_: object) -> None:
        pass

    def quote(self, venue: VenueName, symbol: str) -> Quote | None:
        return Quote(
            venue=venue,
            symbol=symbol,
            bid_px=Decimal(49_999),
            offer_px=Decimal(50_001),
            last_px=None,
            at_ns=_AT_NS,
        )

    def book(self, *_: object) -> Book | None:
        return None


class _Core:
    """The core alone: a client's order, the venue's answer, its trade."""

    def __init__(self, *, routed: bool) -> None:
        nothing = _Nothing()
        codec = Codec(
            {DESK: addressing(FixVersion.FIX44, sender_comp_id="FIXGATE", target_comp_id="DESK")}
        )
        self._state = State(Ids("BENCH0"))
        self._stepper = Stepper(self._state, codec, nothing, last_seq=0, market=nothing)
        self._orders = 0
        profile = VenueProfile(
            venue=SIM,
            accepts=frozenset({(OrdType.LIMIT, TimeInForce.DAY)}),
            replace=ReplaceStyle.NATIVE,
        )
        rules = SessionRules(name=DESK, version=FixVersion.FIX44, default_venue=SIM)
        self._say(i.SessionsConfigured(sessions=(rules,)))
        self._say(i.VenueConfigured(profile=profile))
        self._say(i.InstrumentsLoaded(venue=SIM, instruments=(_instrument(SIM),)))
        self._say(i.VenueConnection(venue=SIM, up=True))
        if routed:
            self._say(i.VenueConfigured(profile=smart_profile((profile,))))
            policy = RoutingPolicy(name="p", by=Criterion.BEST_PRICE)
            self._say(i.RoutingConfigured(policies=(policy,)))

    def _say(self, given: i.Input) -> Steps:
        steps = Steps()
        self._stepper.take(Given(at_ns=_AT_NS, given=given), steps)
        return steps

    def order(self) -> None:
        """One order, accepted and filled."""
        self._orders += 1
        number = self._orders
        fields = f"11=C{number}|55={SYMBOL}|54=1|38=0.5|40=2|44=50000|60=20231114-22:13:20"
        text = enclose(
            "8=FIX.4.4\x01",
            f"35=D\x0134={number}\x0149=DESK\x0152=20231114-22:13:20.000\x0156=FIXGATE\x01"
            + fields.replace("|", "\x01")
            + "\x01",
        )
        message = FixMessage(
            direction=Direction.IN,
            handling=Handling.DELIVERED,
            msg_type="D",
            msg_seq_num=number,
            text=text,
        )
        steps = Steps()
        item = FixDelivered(at_ns=_AT_NS, session=DESK, message=message, text=text, last_in=number)
        self._stepper.take(item, steps)
        _, order, _ = steps.intents[0]
        venue_id = order.venue_cl_ord_id
        self._say(
            i.VenueAnswered(
                venue=SIM,
                call=i.VenueCall.SUBMIT,
                venue_cl_ord_id=venue_id,
                outcome=i.Outcome.ACCEPTED,
            )
        )
        self._say(
            i.VenueTraded(
                venue=SIM,
                venue_cl_ord_id=venue_id,
                trade_id=TradeID(f"T{number}"),
                last_qty=Decimal("0.5"),
                last_px=Decimal(50_000),
            )
        )


def _plain_orders(rounds: int, orders: int) -> Iterator[Figure]:
    """In turns, so that what else the machine does falls on both alike."""
    without, with_routing = _Core(routed=False), _Core(routed=True)
    ratios = []
    for _ in range(rounds):
        base = statistics.median(_timed(without.order, orders))
        more = statistics.median(_timed(with_routing.order, orders))
        ratios.append(more / base)
    ratio = statistics.median(ratios)
    yield Figure(
        "The core's time for an order that is not routed, with policies in force, to without",
        "within 15 %",
        f"{ratio:.2f}",
        ratio <= 1.15,
    )


def cost(_: Path, sizes: Sizes) -> Iterator[Figure]:
    """The figures, with the garbage collector as the gateway has it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    yield from _plans(max(1_000, sizes.orders // 4))
    yield from _plain_orders(sizes.rounds * 5, 400)
