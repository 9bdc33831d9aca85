"""One run of holding the gateway's trades against drop copies and venues (control 21).

Here: Comparison, which takes one piece of the record after the other, and Report. What a venue has
and the gateway lacks is asked for as an order in doubt is, and comes in by that way; every
difference is an alert.
Not here: which pieces there are (trade_reconciling), two books side by side (domain.trade_books).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from fixgate.application.inbox import Given, Inbox
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.trade_books import BookedTrade, BookPage, Copies, TradeBooks
from fixgate.application.ports.trade_listing import ListedTrade, TradeListing, TradesUnlisted
from fixgate.application.ports.venue import QueryLeg, VenuePort
from fixgate.domain.balance import Differences
from fixgate.domain.frozen import value
from fixgate.domain.ids import OrderID, TradeID, VenueClOrdID, VenueName, VenueOrderID, order_of
from fixgate.domain.ids import venue_cl_ord_id as our_id
from fixgate.domain.inputs import Noticed
from fixgate.domain.order import Order
from fixgate.domain.state import State
from fixgate.domain.trade_books import Book, Difference, Entry, Tally, differences, tallied
from fixgate.domain.trades import is_by_hand

SLACK_NS: Final = 5 * 10**9
"""A trade reaches us within that time, as a rule; what takes longer is looked for by itself."""
AGAIN_S: Final = 1.0
AGAIN_TIMES: Final = 5
SUBJECT: Final = "trade difference"
_TOLD_MAX: Final = 100  # alerts of one run; the rest is one more
_NAMED_MAX: Final = 1_000  # differences that a report names
_OWNERS_MAX: Final = 100  # orders that one run asks a venue about

Tallies = dict[tuple[str, str], tuple[Tally, Tally]]
"""By venue or drop copy session, and instrument: the gateway's side, and the other."""
Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class Report:
    """What a run came to."""

    since_ns: int
    until_ns: int
    venues: Tallies = field(default_factory=dict)
    copies: Tallies = field(default_factory=dict)
    by_hand: int = 0  # trades that a person said there were: no venue has them
    found: int = 0  # differences
    named: list[str] = field(default_factory=list)  # the first of them
    unlisted: dict[VenueName, str] = field(default_factory=dict)  # not compared, and why


@value
class Scope:
    """Who is compared with the gateway."""

    venues: frozenset[VenueName]
    copies: bool = True


@value
class Reached:
    """What a comparison reads and tells."""

    books: TradeBooks
    ports: Mapping[VenueName, VenuePort]
    state: State
    inbox: Inbox
    clock: Clock
    sleep: Sleep


@value
class _Owned:
    """A listed trade of one of our orders, which the gateway may not have."""

    trade: ListedTrade
    leg_id: VenueClOrdID
    order: Order


@dataclass(frozen=True, slots=True)
class _Carried:
    """What one piece leaves for the next."""

    known: frozenset[TradeID] = frozenset()  # trades that were in the record
    # By symbol, trades of the venue that were not.
    strange: dict[str, dict[TradeID, ListedTrade]] = field(default_factory=dict)


_NOTHING: Final = _Carried()
_Known = tuple[Order, tuple[BookedTrade, ...]]


class Comparison:
    """Takes pieces, and reports."""

    def __init__(
        self, reached: Reached, report: Report, scope: Scope, symbols: set[tuple[VenueName, str]]
    ) -> None:
        self._reached = reached
        self._report = report
        self._scope = scope
        self._symbols = symbols
        self._owners: dict[tuple[VenueName, VenueOrderID], VenueClOrdID | None] = {}
        self._carried: dict[VenueName, _Carried] = {}
        # Orders that this run has asked for: when, and which of their trades were known then.
        self._asked: dict[OrderID, tuple[int, frozenset[TradeID]]] = {}

    async def take(self, page: BookPage, *, since_ns: int, until_ns: int) -> None:
        """The records of a time, after those that were taken before."""
        for name, copies in page.copies.items() if self._scope.copies else ():
            await self._copied(name, copies)
        for venue in sorted(self._scope.venues - self._report.unlisted.keys()):
            booked = [each for each in page.trades if each.venue == venue]
            ours = [each for each in booked if not is_by_hand(each.trade_id)]
            self._report.by_hand += len(booked) - len(ours)
            await self._sought(venue, self._at_venue(venue, ours, since_ns, until_ns))

    async def end(self) -> None:
        """There are no more records."""
        for venue in sorted(self._scope.venues - self._report.unlisted.keys()):
            await self._sought(venue, self._left_over(venue))
        more = self._report.found - _TOLD_MAX
        if more > 0:
            self._alert("(more)", f"{more} more trades differ: fixgate reconcile trades shows them")

    async def _sought(self, venue: VenueName, compared: Awaitable[None]) -> None:
        """What cannot be compared is said, and does not keep the others from it."""
        try:
            await compared
        except TradesUnlisted as error:
            self._report.unlisted[venue] = str(error)

    # --- drop copies

    async def _copied(self, name: str, copies: Copies) -> None:
        held = await asyncio.to_thread(_held_against, copies.covered, copies.sent)
        self._count(self._report.copies, name, held)
        for each in held.differences:
            self._tell(name, each, theirs="the drop copy")

    # --- venues

    async def _at_venue(
        self, venue: VenueName, booked: list[BookedTrade], since_ns: int, until_ns: int
    ) -> None:
        """The order of the record is not that of the venue's clock, so that a trade may be in one
        piece of ours and in the time of another: what is strange in one is looked for in the next.
        """
        if not self._reached.state.venues_up.get(venue, False):
            raise TradesUnlisted("it is not connected")
        listing = self._reached.ports[venue].listing()
        begins_ns = listing.begins_ns()
        ours = {each.trade_id: each for each in booked if each.at_ns >= begins_ns}
        carried, found = self._carried.get(venue, _NOTHING), _Carried(known=frozenset(ours))
        symbols = {symbol for at, symbol in self._symbols if at == venue}
        symbols |= {each.symbol for each in ours.values()} | carried.strange.keys()
        for symbol in sorted(symbols):
            mine = {key: each for key, each in ours.items() if each.symbol == symbol}
            begin_ns = max(since_ns, begins_ns)
            listed = await listing.between(symbol, begin_ns - SLACK_NS, until_ns + SLACK_NS)
            before = carried.strange.get(symbol, {})
            theirs = {**before, **{each.trade_id: each for each in listed}}
            await self._compare(venue, listing, mine, theirs)
            await self._judge(venue, [each for key, each in before.items() if key not in mine])
            found.strange[symbol] = {
                each.trade_id: each
                for each in listed
                if begin_ns <= each.at_ns < until_ns
                and each.trade_id not in mine
                and each.trade_id not in carried.known
            }
        self._carried[venue] = found

    async def _compare(
        self,
        venue: VenueName,
        listing: TradeListing,
        mine: Mapping[TradeID, BookedTrade],
        theirs: Mapping[TradeID, ListedTrade],
    ) -> None:
        """What the gateway has of one instrument, with what the venue has of that."""
        there: dict[TradeID, ListedTrade] = {}
        for key, each in mine.items():
            found = theirs.get(key) or await self._looked_up(listing, each)
            if found is not None:
                there[key] = found
        held = await asyncio.to_thread(lambda: _held_against(_booked(mine), _listed(there)))
        self._count(self._report.venues, venue, held)
        for difference in held.differences:
            self._tell(venue, difference, theirs="the venue")

    async def _left_over(self, venue: VenueName) -> None:
        carried = self._carried.pop(venue, _NOTHING)
        for strange in carried.strange.values():
            await self._judge(venue, list(strange.values()))

    async def _judge(self, venue: VenueName, strange: list[ListedTrade]) -> None:
        """Trades of the venue that are not in the record where they should be."""
        if not strange:
            return
        unknown = {each.trade_id: each for each in await self._unknown(venue, strange)}
        held = _held_against({}, _listed(unknown))
        self._count(self._report.venues, venue, held)
        for difference in held.differences:
            self._tell(venue, difference, theirs="the venue")

    async def _unknown(self, venue: VenueName, strange: list[ListedTrade]) -> list[ListedTrade]:
        """Those of the venue's trades that the gateway lacks. It asks for those of its orders."""
        lacking: list[_Owned] = []
        came: list[ListedTrade] = []
        foreign: list[ListedTrade] = []
        known: dict[OrderID, _Known | None] = {}
        for trade in strange:
            owner = await self._owner(venue, trade)
            named = None if owner is None else order_of(owner)
            if named is not None and named[0] not in known:
                known[named[0]] = await self._reached.books.of_order(named[0])
            found = None if named is None else known[named[0]]
            if owner is None or found is None or found[0].instruction.venue != venue:
                foreign.append(trade)
            elif trade.trade_id not in {each.trade_id for each in found[1]}:
                lacking.append(_Owned(trade=trade, leg_id=owner, order=found[0]))
            elif self._came_by_asking(found[0].order_id, trade):
                came.append(trade)
        # It may be on its way: a stream is not slower than its list for long.
        lacking = await self._still_lacking(lacking, times=2)
        for each in {one.leg_id: one for one in lacking}.values():
            before = known[each.order.order_id]
            ids = frozenset(one.trade_id for one in before[1]) if before else frozenset()
            self._asked.setdefault(each.order.order_id, (self._reached.clock.now_ns(), ids))
            self._query(venue, each)
        if lacking:
            await self._still_lacking(lacking, times=AGAIN_TIMES)
        ignored = self._reached.state.positions.policies.get(venue) is Differences.IGNORE
        return [*(each.trade for each in lacking), *came, *(() if ignored else foreign)]

    def _came_by_asking(self, order_id: OrderID, trade: ListedTrade) -> bool:
        """Whether it is there only because this run has asked for another trade of its order."""
        asked_ns, before = self._asked.get(order_id, (0, frozenset()))
        return trade.trade_id not in before and trade.at_ns < asked_ns - SLACK_NS

    async def _owner(self, venue: VenueName, trade: ListedTrade) -> VenueClOrdID | None:
        listing = self._reached.ports[venue].listing()
        known = listing.known_owner(trade)
        if known is not None:
            return known
        key = (venue, trade.venue_order_id)
        if key not in self._owners:
            if len(self._owners) >= _OWNERS_MAX:
                return None  # so many that no process of ours sent lately are somebody else's
            self._owners[key] = await listing.owner(trade)
        return self._owners[key]

    async def _still_lacking(self, lacking: list[_Owned], *, times: int) -> list[_Owned]:
        for _ in range(times):
            if not lacking:
                break
            await self._reached.sleep(AGAIN_S)
            known: dict[OrderID, set[str]] = {}
            for each in lacking:
                order_id = each.order.order_id
                if order_id not in known:
                    found = await self._reached.books.of_order(order_id)
                    known[order_id] = {one.trade_id for one in found[1]} if found else set()
            lacking = [
                each for each in lacking if each.trade.trade_id not in known[each.order.order_id]
            ]
        return lacking

    def _query(self, venue: VenueName, owned: _Owned) -> None:
        """Have the venue say again what became of an order: the way in which doubts are settled."""
        instrument = self._reached.state.instrument(venue, owned.trade.symbol)
        if instrument is not None:
            self._reached.ports[venue].query(
                QueryLeg(
                    venue_cl_ord_id=owned.leg_id,
                    instrument=instrument,
                    side=owned.order.instruction.side,
                    sent_at_ns=0,
                    venue_order_id=owned.trade.venue_order_id,
                    leg_cum_qty=owned.order.leg_cum_qty,
                )
            )

    async def _looked_up(self, listing: TradeListing, ours: BookedTrade) -> ListedTrade | None:
        """The venue's trade, which is not where it should be in its list."""
        leg_id = our_id(ours.order_id, ours.leg)
        for attempt in range(2):
            if attempt:
                await self._reached.sleep(AGAIN_S)
            for each in await listing.of_leg(leg_id, ours.symbol, ours.side):
                if each.trade_id == ours.trade_id:
                    return each
        return None

    # --- what came of it

    def _count(self, into: Tallies, about: str, held: "_Held") -> None:
        for symbol in {**held.ours, **held.theirs}:
            before = into.get((about, symbol), (Tally(), Tally()))
            now = (held.ours.get(symbol, Tally()), held.theirs.get(symbol, Tally()))
            into[about, symbol] = before[0].plus(now[0]), before[1].plus(now[1])

    def _tell(self, about: str, difference: Difference, *, theirs: str) -> None:
        report = self._report
        entry = difference.ours or difference.theirs
        have = (
            f"{who} has {each.words if each is not None else 'none'}"
            for who, each in (("the gateway", difference.ours), (theirs, difference.theirs))
        )
        symbol = entry.symbol if entry is not None else ""
        text = f"{about} {symbol} trade {difference.key}: {', '.join(have)}"
        report.found += 1
        if report.found <= _NAMED_MAX:
            report.named.append(text)
        if report.found <= _TOLD_MAX:
            self._alert(f"{about} {difference.key}", text)

    def _alert(self, about: str, text: str) -> None:
        noticed = Noticed(subject=SUBJECT, about=about, text=text)
        self._reached.inbox.put(Given(at_ns=self._reached.clock.now_ns(), given=noticed))


@dataclass(frozen=True, slots=True)
class _Held:
    """Two books against each other."""

    ours: Mapping[str, Tally]
    theirs: Mapping[str, Tally]
    differences: list[Difference]


def _held_against(ours: Book, theirs: Book) -> _Held:
    """Computed on a thread where there may be thousands: orders are not to wait for it."""
    return _Held(
        ours=tallied(ours.values()),
        theirs=tallied(theirs.values()),
        differences=list(differences(ours, theirs)),
    )


def _booked(trades: Mapping[TradeID, BookedTrade]) -> Book:
    return {str(key): each.entry for key, each in trades.items()}


def _listed(trades: Mapping[TradeID, ListedTrade]) -> Book:
    return {
        str(key): Entry(symbol=each.symbol, last_qty=each.last_qty, last_px=each.last_px)
        for key, each in trades.items()
    }
