"""The core between fake edges, driven one input at a time.

Here: FakeCore: FIX text in, FIX text out, venue calls out, without sockets, disk or clock; and
contents(), all that a State holds, to compare two of them.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from fixgate.adapters.fix.codec import Codec, addressing
from fixgate.adapters.fix.fields import enclose
from fixgate.adapters.store.trade_search import in_time, standing
from fixgate.application.inbox import Given, Item
from fixgate.application.ports.fix import (
    Direction,
    FixDelivered,
    FixMessage,
    Handling,
    SessionChanged,
)
from fixgate.application.ports.journal import Batch, ExecutionRow, PositionRow, Record
from fixgate.application.step import Intent, Stepper, Steps, all_steps
from fixgate.domain import inputs as i
from fixgate.domain.balance import Balance
from fixgate.domain.capabilities import Option, each_of
from fixgate.domain.events import CommandRefused
from fixgate.domain.ids import ClOrdID, Ids, OrderID, SessionName, VenueName
from fixgate.domain.instruments import Instrument, ReplaceStyle, VenueProfile
from fixgate.domain.limits import Dealt, LimitSet, StandingLimits, day_end_ns
from fixgate.domain.market import Book, Quote
from fixgate.domain.operations import Kill
from fixgate.domain.order import Order, UsedID
from fixgate.domain.position import Position
from fixgate.domain.positions import Key, Positions
from fixgate.domain.rounding import notional
from fixgate.domain.routing import RoutingPolicy, VenueFees, smart_profile
from fixgate.domain.sessions import FixVersion, SessionRules
from fixgate.domain.state import State
from fixgate.domain.trades import RecordedTrade, TradeRequest
from fixgate.domain.values import OrdType, TimeInForce

SESSION = SessionName("CLIENT")
VENUE = VenueName("V")
EPOCH = "EPOCH0"
START_NS = 1_700_000_000_000_000_000
_DAY_NS = 86_400_000_000_000

EVERYTHING = frozenset((each, tif) for each in OrdType for tif in TimeInForce)
EVERY_OPTION = each_of(Option, OrdType, TimeInForce)


def a_profile(**changes: object) -> VenueProfile:
    """A venue that takes everything."""
    profile = VenueProfile(
        venue=VENUE, accepts=EVERYTHING, options=EVERY_OPTION, replace=ReplaceStyle.NATIVE
    )
    return replace(profile, **changes)  # type: ignore[arg-type]


def an_instrument(**changes: object) -> Instrument:
    """An instrument with generous steps."""
    instrument = Instrument(
        venue=VENUE,
        symbol="BTC/USDT",
        venue_symbol="BTCUSDT",
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.001"),
    )
    return replace(instrument, **changes)  # type: ignore[arg-type]


def some_rules(version: FixVersion = FixVersion.FIX44, **changes: object) -> SessionRules:
    """A session with the default behaviour."""
    rules = SessionRules(name=SESSION, version=version, default_venue=VENUE)
    return replace(rules, **changes)  # type: ignore[arg-type]


def contents(state: State) -> dict[str, object]:
    """Everything in ``state``, comparable; the order in which names were given means nothing."""
    held = {name: getattr(state, name) for name in State.__slots__}
    names = {order_id: sorted(each) for order_id, each in state.names.items() if each}
    positions = {name: getattr(state.positions, name) for name in Positions.__slots__}
    del positions["changes"]  # the last ones, and nobody's any more
    return {**held, "terminal": list(state.terminal), "names": names, "positions": positions}


class ForgetfulRecall:
    """Recalls from what was committed, as a store would."""

    def __init__(self) -> None:
        self.by_id: dict[OrderID, i.Recalled] = {}
        self.names: dict[tuple[SessionName, ClOrdID], OrderID] = {}
        self.executions: dict[OrderID, list[ExecutionRow]] = {}

    def by_cl_ord_id(self, session: SessionName, cl_ord_id: ClOrdID) -> i.Recalled | None:
        order_id = self.names.get((session, cl_ord_id))
        if order_id is None:
            return None
        used = UsedID(session=session, cl_ord_id=cl_ord_id, order_id=order_id)
        return self.by_id.get(order_id) or i.Recalled(used=used)

    def by_order_id(self, order_id: OrderID) -> i.Recalled | None:
        return self.by_id.get(order_id)

    def note(self, session: SessionName, cl_ord_id: ClOrdID) -> None:
        """Nothing: what is committed is known."""

    def committed(self, steps: Steps, state: State) -> None:
        batch = steps.batch
        for row in batch.executions:
            self.executions.setdefault(row.order_id, []).append(row)
        for session, cl_ord_id, order_id in batch.names:
            self.names[session, cl_ord_id] = order_id
        for refused in batch.refused:
            self.by_id[refused.order_id] = i.Recalled(
                refused=refused, cl_ord_ids=(refused.cl_ord_id,)
            )
        for order in batch.orders.values():
            names = tuple(n for (_, n), oid in self.names.items() if oid == order.order_id)
            executions = tuple(state.executions.get(order.order_id, {}).values())
            self.by_id[order.order_id] = i.Recalled(
                order=order, executions=executions, cl_ord_ids=names
            )


class FakeMarket:
    """Knows the prices that a test says."""

    def __init__(self) -> None:
        self.quotes: dict[tuple[VenueName, str], Quote] = {}
        self.books: dict[tuple[VenueName, str], Book] = {}

    def quote(self, venue: VenueName, symbol: str) -> Quote | None:
        return self.quotes.get((venue, symbol))

    def book(self, venue: VenueName, symbol: str, levels: int) -> Book | None:
        book = self.books.get((venue, symbol))
        if book is None:
            return None
        return replace(book, bids=book.bids[:levels], offers=book.offers[:levels])


class FakeCore:
    """One client session; one venue, or several and orders routed over them."""

    def __init__(
        self,
        *,
        rules: SessionRules | None = None,
        profile: VenueProfile | None = None,
        instruments: tuple[Instrument, ...] = (),
        terminal_max: int = 5_000,
        aliases: tuple[tuple[str, str], ...] = (),
        custom_tags: tuple[int, ...] = (),
        started: bool = True,
        others: tuple[tuple[VenueProfile, Instrument], ...] = (),
        policies: tuple[RoutingPolicy, ...] = (),
        fees: tuple[VenueFees, ...] = (),
        limits: LimitSet | None = None,
    ) -> None:
        self.rules = rules or some_rules()
        self.codec = Codec(
            {
                self.rules.name: addressing(
                    self.rules.version,
                    sender_comp_id="FIXGATE",
                    target_comp_id="CLIENT",
                    custom_tags=custom_tags,
                )
            }
        )
        self.recall = ForgetfulRecall()
        self.profile = profile or a_profile()
        self.instruments = instruments or (an_instrument(),)
        self.aliases = aliases
        self.others, self.policies, self.fees = others, policies, fees
        self.terminal_max = terminal_max
        self.limits = limits or LimitSet()  # what the files say
        self.limits_from_ns: int | None = None  # and from when on
        self.standing = StandingLimits()
        self.dealt: tuple[Dealt, ...] = ()  # what the store has of today
        self.state = State(Ids(EPOCH), terminal_max=terminal_max)
        self.market = FakeMarket()
        self.stepper = self._a_stepper(last_seq=0)
        self.at_ns = START_NS
        self.items: list[Item] = []  # everything that was put in, for a replay
        self.sent: deque[str] = deque()  # FIX text the client has not looked at yet
        self.calls: deque[tuple[Intent, Order]] = deque()  # venue calls nobody has looked at yet
        self.alerts: list[str] = []
        self.refusals: list[str] = []  # what operations were told cannot be done
        self.batches: list[Batch] = []
        self.journal: list[Record] = []
        self.records: list[object] = []  # their payloads
        # The query tables of positions and balances.
        self.positions: dict[Key, Position] = {}
        self.balances: dict[tuple[VenueName, str], Balance] = {}
        self.history: list[PositionRow] = []
        self.kills: tuple[Kill, ...] = ()  # what stood when the process before ended
        self.disabled: tuple[SessionName, ...] = ()
        self.paused: tuple[tuple[SessionName, str], ...] = ()
        self.away: set[VenueName] = set()  # venues that it could not reach then, nor can now
        self.refused: tuple[SessionName, ...] = ()  # told 380=4 when that process ended
        self._in = 0
        self._out = 0
        if started:
            self._configure()

    def _a_stepper(self, *, last_seq: int) -> Stepper:
        return Stepper(self.state, self.codec, self.recall, last_seq=last_seq, market=self.market)

    def _configure(self) -> None:
        """What a process says when it starts."""
        venue = self.profile.venue
        opened = tuple(self.state.orders)
        self.say(
            i.Started(
                epoch=EPOCH,
                open_orders=opened,
                version="test",
                fingerprint="",
                kills=self.kills,
                disabled=self.disabled,
                paused=self.paused,
                refused=self.refused,
            )
        )
        if self.limits.rules or self.standing.in_force:
            self.say(
                i.LimitsConfigured(
                    limits=self.limits,
                    effective_ns=self.limits_from_ns,
                    standing=self.standing,
                    dealt=self.dealt,
                )
            )
        self.say(i.SessionsConfigured(sessions=(self.rules,), aliases=self.aliases))
        self.say(i.VenueConfigured(profile=self.profile))
        self.say(i.InstrumentsLoaded(venue=venue, instruments=self.instruments))
        self.say(i.VenueConnection(venue=venue, up=venue not in self.away))
        if self.policies:
            self._configure_routing()

    def _configure_routing(self) -> None:
        for profile, instrument in self.others:
            self.say(i.VenueConfigured(profile=profile))
            self.say(i.InstrumentsLoaded(venue=profile.venue, instruments=(instrument,)))
            self.say(i.VenueConnection(venue=profile.venue, up=profile.venue not in self.away))
        profiles = (self.profile, *(each for each, _ in self.others))
        self.say(i.VenueConfigured(profile=smart_profile(profiles)))
        self.say(i.RoutingConfigured(policies=self.policies, fees=self.fees))

    def restart(self) -> None:
        """The process ends and another begins with the open orders as they were committed."""
        self.away = {name for name, up in self.state.venues_up.items() if not up}
        self.kills, self.disabled = tuple(self.state.kills.values()), tuple(self.state.disabled)
        self.paused = tuple(self.state.exposure.paused.items())
        self.standing = self.state.limits.standing
        self.dealt = self.traded_today
        self.state = State(Ids(EPOCH), terminal_max=self.terminal_max)
        for each in self.recall.by_id.values():
            if each.order is not None and not each.order.is_over:
                self.state.load(each.order, each.executions, each.cl_ord_ids)
        self.state.positions.load(self.positions.values(), self.balances.values())
        self.stepper = self._a_stepper(last_seq=self.stepper.last_seq)
        self._configure()

    @property
    def traded_today(self) -> tuple[Dealt, ...]:
        """What every order traded since midnight, as the store would say."""
        since_ns = day_end_ns(self.at_ns - _DAY_NS, self.limits.time_zone)
        return tuple(
            Dealt(
                session=each.session,
                account=each.account,
                venue=each.venue,
                symbol=each.symbol,
                notional=notional(each.last_qty, each.last_px),
            )
            for each in self._standing()
            if each.at_ns >= since_ns
        )

    def _standing(self) -> Iterator[RecordedTrade]:
        orders = [each.order for each in self.recall.by_id.values() if each.order is not None]
        for order in orders:
            yield from standing(order, self.recall.executions.get(order.order_id, ()))

    def message(self, msg_type: str, fields: str, *, poss_resend: bool = False) -> str:
        """A whole client message from ``11=X|54=1`` and so on."""
        self._in += 1
        body = fields.replace("|", "\x01")
        resend = "97=Y\x01" if poss_resend else ""
        rest = (
            f"35={msg_type}\x0134={self._in}\x0149=CLIENT\x0152=20231114-22:13:20.000\x01"
            f"56=FIXGATE\x01{resend}{body}\x01"
        )
        return enclose(f"8={self.rules.version.value}\x01", rest)

    def send(self, msg_type: str, fields: str, *, poss_resend: bool = False) -> str:
        """The client sends a message; all of it."""
        text = self.message(msg_type, fields, poss_resend=poss_resend)
        message = FixMessage(
            direction=Direction.IN,
            handling=Handling.DELIVERED,
            msg_type=msg_type,
            msg_seq_num=self._in,
            text=text,
        )
        self.take(
            FixDelivered(
                at_ns=self._tick(),
                session=self.rules.name,
                message=message,
                text=text,
                last_in=self._in,
            )
        )
        return text

    def say(self, given: i.Input) -> None:
        """A venue, or the process, says something."""
        self.take(Given(at_ns=self._tick(), given=given))

    def connection(self, *, on: bool, cancels: bool | None = None) -> None:
        """The client logs on, or its connection ends."""
        self.take(
            SessionChanged(
                at_ns=self._tick(),
                session=self.rules.name,
                connected=on,
                peer="10.0.0.1:5",
                cancel_on_disconnect=cancels,
            )
        )

    def take(self, item: Item) -> None:
        """Decide one item, as if it were committed at once."""
        self.items.append(item)
        steps = all_steps(self.stepper, [item])
        self.batches.append(steps.batch)
        self.journal.extend(steps.batch.records)
        self.records.extend(each.payload for each in steps.batch.records)
        self.recall.committed(steps, self.state)
        self.positions |= steps.batch.positions
        self.balances |= steps.batch.balances
        self.history += steps.batch.position_history
        for owed in steps.owed.get(self.rules.name, []):
            self._out += 1
            self.sent.append(
                self.codec.encode(owed.report, msg_seq_num=self._out, at_ns=owed.at_ns)
            )
        self.calls.extend((intent, order) for intent, order, _ in steps.intents)
        for asked in steps.trades_wanted:
            self._look_up(asked)
        self.alerts.extend(each.text for each, _ in steps.alerts)
        payloads = (each.payload for each in steps.batch.records)
        self.refusals.extend(each.text for each in payloads if isinstance(each, CommandRefused))

    def _look_up(self, request: TradeRequest) -> None:
        """Tell what was committed, in pages of two."""
        query = request.query
        found = in_time(
            trade
            for trade in self._standing()
            if query.fits(trade) and self._named(query.cl_ord_id, trade.order_id)
        )
        for first in range(0, max(len(found), 1), 2):
            page = tuple(found[first : first + 2])
            self.say(i.TradesFound(request=request, total=len(found), first=first, trades=page))

    def _named(self, cl_ord_id: str | None, order_id: OrderID) -> bool:
        named = self.recall.names.get((self.rules.name, ClOrdID(cl_ord_id or "")))
        return cl_ord_id is None or named == order_id

    def _tick(self) -> int:
        self.at_ns += 1_000_000
        return self.at_ns
