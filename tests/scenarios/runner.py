"""Runs scenario files: a FIX conversation written as a session.

A scenario begins with ``# ID  what it shows``. Directives set it up::

    ! while_pending=refuse           a field of SessionRules
    ! venue replace=cancel_then_new  a field of VenueProfile; accepts=1/1,2/1: 40 and 59 of each
    ! instrument min_qty=1           a field of Instrument
    ! limits default order_qty_max=5 limits of "default" or "session CLIENT", "account A" and so on;
                                     repeated_trades=3/1000 is 3 in 1,000 ms
    ! limits all four_eyes=yes       what holds for all of them
    ! only FIX.4.4                   the version it runs under (else both)
    ! venues W X                     more venues like V; orders may be routed over all of them
    ! at W lot_size=1 taker_bp=10    a field of Instrument, VenueProfile or Fees at one of them
    ! routing by=best_price split=yes     a field of RoutingPolicy
    ! one process: WHY               a restart in its middle would make another story of it
    ! echo 5001 5002                 tags of the client's own that its session repeats

Then come lines of steps, any number a line, in columns or below each other::

    C> D 11=X 54=1 38=100 40=2 44=9  the client sends; 55, 60 and, in 4.2, 21 are filled in
    C> resend D 11=X ...             the same with PossResend (97=Y)
    C> M 66=>L                       66 is the value kept as L, from what the client got
    C< 8 150=0 39=0 14=0 151=100     the client gets; every field named must be as named
                                     (150=* any value, 58=- not there, 17=<E the value is kept
                                     as E, 19=>E it is the value kept as E)
    C< r 534=1 41#1=X                41 in the first entry of a repeating group
    C< nothing                       the client gets nothing more
    V< submit 100 @ 9                the venue gets a call: submit, cancel, replace, query
    V@W< submit 60 @ 9               venue W gets one; V@W> is what W says
    V< nothing
    V> ack | rejected TEXT | unknown | not sent          answers the submit
    V> own cancel ...                answers a cancel of ours, which no request asked for
    V> cancel accepted [CUM] | cancel refused [TEXT] | cancel unknown | cancel not sent
    V> replace accepted | replace refused [TEXT] | replace unknown | replace not sent
    V> trade 100 @ 9 [id T1]         trades are numbered T1, T2, ... unless they name themselves
    V> closed canceled|expired|done|rejected CUM [reason 2] [TEXT]
    V> restated [qty Q] [price P] [reason N]
    V> correct T1 90 @ 9 | bust T1
    V> found working CUM [qty Q] [price P] | found closed CUM canceled|expired|filled|rejected
    V> not found
    V> triggered
    V> balances USDT=1000 BTC=2      what its account holds
    V> down | up                     the connection to the venue
    M> quote BID OFFER [LAST]        what the venue's market is from here on; - for none. Orders
                                     that wait for it hear of it
    M> book W 5@99 9@98 / 5@100      venue W's book from here on: bids / offers
    A< exceeds OrderQty              operations get an alert whose text contains this
    G> restart [refused]             the gateway stops and starts again from what is durable;
                                     refused: it had told the client that it takes no more (380=4)
    G> connected [cancel|keep]       the client logs on; what happens to its orders when it leaves
    G> disconnected [cancel|keep]    its connection ends
    G> stopping [cancel]             it is about to stop; open orders are canceled
    G> tick SECONDS                  that much time goes by
    O> kill on|off gateway | kill on|off session CLIENT | ... account A | ... venue V
    O> cancel all gateway | cancel all session CLIENT | ...
    O> release CLIENT                a paused session goes on
    O> limits default order_qty_max=7 [from SECONDS]   other limits in place of all; by jane, who
                                     changed the files
    O> approve JOHN | withdraw       a second person agrees to what jane proposed
    O> query X | force cancel X | resolve X canceled|rejected | resolve X filled 10 @ 9
                                     X: a ClOrdID, an OrderID, or @W: the order last called at W
    O< no open order                 operations are told that it cannot be done, and why

``V>`` and ``V<`` lines are about the order that the last call was about, or the one named in
front by any ClOrdID it had: ``V> X: ack``. A line is about the leg that works, or ``leg N``.

Everything must be said: a message, call or alert that no line expects fails the scenario, and
every message is checked against what always holds (invariants), and against the dictionary
as a client's engine would (dictionaries). Values are those of FIX 4.4;
what 4.2 writes differently is translated (versions).
"""

import re
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, NoReturn, get_origin, get_type_hints

from fakes.core import SESSION, VENUE, FakeCore, a_profile, an_instrument, some_rules
from fixgate.adapters.store.reader import StoredSession
from fixgate.application.holding import worth_telling
from fixgate.application.seeing import positions_due
from fixgate.application.starting import left_behind
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import ClOrdID, OrderID, SessionName, VenueName
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.market import Book, Quote
from fixgate.domain.operations import coverage_from
from fixgate.domain.order import Order, RequestPhase
from fixgate.domain.routing import Criterion, Fees, RoutingPolicy, VenueFees
from fixgate.domain.sessions import FixVersion, SessionRules
from fixgate.domain.values import OrdType, TimeInForce
from scenarios.dictionaries import fault_of
from scenarios.invariants import Wire
from scenarios.limit_words import limits_from
from scenarios.venue_words import called, heard
from scenarios.versions import as_42

_WITHOUT_SYMBOL = frozenset(("q", "AF", "AD", "AN", "x", "c", "E", "M", "K", "j"))
_STEP = re.compile(r"(?<!@)(?=\b(?:[CVAGOM]|V@\w+)[<>] )")
_NAMED = re.compile(r"([\w.]+): ")
_ROUTING = ("venues", "at", "routing")
_OF_ALL = "limits all "
_FILES_DIFFER = "The limits in the files are not those in force"  # a start says so, every time


@dataclass
class Scenario:
    """One scenario of a file."""

    name: str
    where: str
    settings: list[str] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)  # (where, step)

    def versions(self) -> list[FixVersion]:
        """The FIX versions it is about."""
        only = [s.removeprefix("only ") for s in self.settings if s.startswith("only ")]
        return [FixVersion(only[0])] if only else list(FixVersion)


def load(path: Path) -> list[Scenario]:
    """The scenarios of a file."""
    scenarios: list[Scenario] = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{path.name}:{number}"
        if line.startswith("# "):
            scenarios.append(Scenario(line[2:].strip(), where))
        elif line.startswith("! "):
            scenarios[-1].settings.append(line[2:].strip())
        elif line.strip():
            steps = [each.strip() for each in _STEP.split(line) if each.strip()]
            scenarios[-1].steps.extend((where, step) for step in steps)
    return scenarios


def _coerce(cls: type, name: str, text: str) -> Any:
    hint = get_type_hints(cls)[name]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(text)
    if get_origin(hint) is frozenset:
        return _set_of(text)
    if hint is bool:
        return text == "yes"
    if hint is int:
        return int(text)
    if hint is Decimal or Decimal in getattr(hint, "__args__", ()):
        return Decimal(text)
    return tuple(text.split(",")) if name == "venues" else text


def _set_of(text: str) -> frozenset[Any]:
    """Kinds of orders by 40 and 59, or plain words; or a set of whatever with nothing in it."""
    words = [each for each in text.split(",") if text != "none"]
    if "/" not in text:
        return frozenset(words)
    pairs = [each.split("/") for each in words]
    return frozenset((OrdType(one), TimeInForce(two)) for one, two in pairs)


def _settings(scenario: Scenario, kind: str, cls: type) -> dict[str, Any]:
    changes = {}
    for setting in scenario.settings:
        words = setting.split()
        if words[0] in ("only", "echo", "limits", *_ROUTING) or _is_of_one_process(setting):
            continue
        target = words[0] if words[0] in ("venue", "instrument") else "session"
        if target == kind:
            for pair in words[0 if kind == "session" else 1 :]:
                name, _, text = pair.partition("=")
                changes[name] = _coerce(cls, name, text)
    return changes


def _is_of_one_process(setting: str) -> bool:
    """Whether it says that a restart in the middle would make another story, and why."""
    return setting.startswith("one process: ")


def _routing(scenario: Scenario) -> dict[str, Any]:
    """The other venues, the policy and the fees, as FakeCore takes them."""
    settings = [each.split() for each in scenario.settings]
    names = [name for kind, *rest in settings if kind == "venues" for name in rest]
    changes = {rest[0]: rest[1:] for kind, *rest in settings if kind == "at"}
    pairs = [pair for kind, *rest in settings if kind == "routing" for pair in rest]
    policy = RoutingPolicy(name="default", by=Criterion.BEST_PRICE)
    policy = replace(policy, **_of(RoutingPolicy, pairs))
    others = []
    for name in names:
        at = {"venue": VenueName(name)}
        pairs = changes.get(name, [])
        profile = a_profile(**at, **_of(VenueProfile, pairs))
        others.append((profile, an_instrument(**at, **_of(Instrument, pairs))))
    fees = tuple(
        VenueFees(venue=VenueName(name), fees=Fees(**_of(Fees, pairs)))
        for name, pairs in changes.items()
    )
    return {"others": tuple(others), "policies": (policy,) if names else (), "fees": fees}


def _of(cls: type, pairs: list[str]) -> dict[str, Any]:
    """Those of ``pairs`` that are fields of a class."""
    named = [pair.partition("=") for pair in pairs]
    names = {each.name for each in fields(cls)}
    return {name: _coerce(cls, name, text) for name, _, text in named if name in names}


class Run:
    """One scenario under one version."""

    def __init__(self, scenario: Scenario, version: FixVersion) -> None:
        self.version = version
        profile = a_profile(**_settings(scenario, "venue", VenueProfile))
        self.core = FakeCore(
            limits=limits_from(scenario.settings),
            rules=some_rules(version, **_settings(scenario, "session", SessionRules)),
            profile=profile,
            custom_tags=self._custom_tags(scenario),
            instruments=(an_instrument(**_settings(scenario, "instrument", Instrument)),),
            **_routing(scenario),
        )
        self.wire = Wire(version.value, reopens=profile.reopens_filled)
        self.scenario = scenario
        self.subjects: dict[VenueName, OrderID] = {}  # per venue, what its last call was about
        self.kept: dict[str, str] = {}
        self.trades = 0
        self.asked_of: dict[OrderID, None] = {}  # after a restart, and not answered yet
        self.told_of: set[OrderID] = set()  # asked about, and the scenario has the answer
        self.killed = False
        self.where = scenario.where

    @staticmethod
    def _custom_tags(scenario: Scenario) -> tuple[int, ...]:
        words = next((each for each in scenario.settings if each.startswith("echo ")), "")
        return tuple(int(each) for each in words.split()[1:])

    def play(self, *, restart_before: int | None = None) -> None:
        """Run every step; raise AssertionError naming the line of the first that fails.

        ``restart_before``: the step before which the gateway is killed and started again.
        """
        steps = {
            "C>": self._client_sends,
            "C<": self._client_gets,
            "A<": self._alerted,
            "M>": self._market_moves,
            "G>": self._gateway,
            "O>": self._operations_say,
            "O<": self._operations_hear,
        }
        for number, (where, step) in enumerate(self.scenario.steps):
            if number == restart_before:
                self._killed()
            self.where = where
            side, _, rest = step.partition(" ")
            if side.endswith(">"):
                self._nothing_left(calls=side != "C>")
            if side.startswith("V"):
                venue = VenueName(side[2:-1] or VENUE)
                (self._venue_gets if side.endswith("<") else self._venue_says)(rest.strip(), venue)
            else:
                steps[side](rest.strip())
        self._nothing_left(calls=True)

    def restarts(self) -> list[int]:
        """The steps before which the gateway may be killed: somebody else speaks next."""
        if any(map(_is_of_one_process, self.scenario.settings)):
            return []
        return [
            number
            for number, (_, step) in enumerate(self.scenario.steps)
            if step.startswith(("C> ", "V> ", "G> ", "O> ")) and number
        ]

    def _killed(self) -> None:
        """Another process begins, from what is durable. It asks about every order that is open.

        The venue says what it said before of an order that it owes no answer. What it owes one
        for, it answers as the scenario goes on: what was under way there goes on too. A client
        that was logged on comes back.
        """
        self.where = f"{self.where}, killed"
        if self.core.sent or self.core.calls:
            return  # what was written down is not all acted on; the steps that follow take it
        state = self.core.state
        present, cancels = SESSION in state.present, SESSION in state.cancels
        self.core.restart()
        self.core.alerts = [each for each in self.core.alerts if _FILES_DIFFER not in each]
        self._asked_again()
        self._connection_lost(present=present, cancels=cancels)
        if present:
            self.core.connection(on=True, cancels=cancels)
        self.killed = True

    def _connection_lost(self, *, present: bool, cancels: bool) -> None:
        """What a start says of the client's connection to the process before."""
        seen = StoredSession(
            name=SESSION,
            last_in=0,
            last_out=0,
            connected=present,
            peer="",
            since_ns=0,
            cancel_after_ms=0 if cancels else None,
        )
        for each in left_behind([seen], self.core.state.open_orders(), self.core.at_ns):
            self.core.connection(on=False, cancels=each.cancel_on_disconnect)

    def _asked_again(self) -> None:
        """The venues that can be reached are asked about what an earlier process left open."""
        for each in tuple(self.core.calls):
            intent, order = each
            if isinstance(intent, e.QuerySent):
                self.core.calls.remove(each)
                if order.order_id not in self.told_of:
                    self.asked_of[order.order_id] = None
        self._venue_answers()

    def _venue_answers(self) -> None:
        """What it was asked after a restart, of the orders that it owes no other answer for."""
        for order_id in tuple(self.asked_of):
            order = self._order(order_id)
            busy = order.requests and order.requests[0].phase is not RequestPhase.WAITING
            leaving = order.withdrawn is not None and order.withdrawn.sent
            if busy or order.is_unanswered or order.closing or leaving:
                continue
            del self.asked_of[order_id]
            if not order.is_terminal:
                words = f"found working {order.leg_cum_qty} qty {order.leg_qty}"
                if order.terms.price is not None:
                    words += f" price {order.terms.price}"
                self.core.say(heard(words.split(), order, ""))

    def fail(self, text: str) -> NoReturn:
        """Fail at the current line."""
        raise AssertionError(f"{self.where} [{self.version.value}]: {text}")

    def _nothing_left(self, *, calls: bool) -> None:
        self._client_gets("nothing")
        if calls:
            self._venue_gets("nothing")
        if self.core.alerts:
            self.fail(f"unexpected alert {self.core.alerts[0]!r}")
        if self.core.refusals:
            self.fail(f"unexpected refusal {self.core.refusals[0]!r}")

    # --- the client ---------------------------------------------------------------------

    def _client_sends(self, rest: str) -> None:
        poss_resend = rest.startswith("resend ")
        msg_type, _, fields = rest.removeprefix("resend ").partition(" ")
        given = dict(pair.split("=", 1) for pair in fields.split())
        given = {k: self.kept[v[1:]] if v.startswith(">") else v for k, v in given.items()}
        fill = {} if msg_type in _WITHOUT_SYMBOL else {"55": "BTC/USDT", "54": "1"}
        if msg_type in "DFGqK":
            fill["60"] = "20231114-22:13:20"
        if msg_type in "DG" and self.version is FixVersion.FIX42:
            fill["21"] = "1"
        if msg_type == "G":
            fill["40"] = "2"
        # A field of a repeating group may come again: 448#2.
        whole = {**fill, **given}
        text = self.core.send(
            msg_type,
            "|".join(f"{k.partition('#')[0]}={v}" for k, v in whole.items()),
            poss_resend=poss_resend,
        )
        self.wire.hear(text)

    def _client_gets(self, rest: str) -> None:
        if rest == "nothing":
            if self.core.sent:
                self.fail(f"unexpected {self.core.sent[0]!r}")
            return
        if not self.core.sent:
            self.fail(f"nothing came, expected {rest}")
        text = self.core.sent.popleft()
        try:
            got = self.wire.see(text)
        except AssertionError as error:
            self.fail(str(error))
        fault = fault_of(text, self.version, user_tags=not self._custom_tags(self.scenario))
        if fault is not None:
            self.fail(f"a client's engine would refuse {text!r}: {fault}")
        msg_type, _, fields = rest.partition(" ")
        wanted = dict(pair.split("=", 1) for pair in fields.split())
        wanted["35"] = msg_type
        if self.version is FixVersion.FIX42:
            wanted = as_42(wanted)
        for tag, value in wanted.items():
            self._compare(tag, value, got.get(tag), text)

    def _compare(self, tag: str, wanted: str, found: str | None, text: str) -> None:
        if wanted.startswith("<") and found is not None:
            self.kept[wanted[1:]] = found
        elif wanted.startswith(">"):
            self._compare(tag, self.kept[wanted[1:]], found, text)
        elif wanted == "-" and found is not None:
            self.fail(f"tag {tag} is {found!r}, expected none in {text!r}")
        elif wanted == "*" and found is None:
            self.fail(f"tag {tag} is missing in {text!r}")
        elif wanted not in ("-", "*") and found != wanted:
            self.fail(f"tag {tag} is {found!r}, expected {wanted!r} in {text!r}")

    # --- the venue ----------------------------------------------------------------------

    def _venue_gets(self, rest: str, venue: VenueName = VENUE) -> None:
        if rest == "nothing":
            if self.core.calls:
                self.fail(f"unexpected call: {called(self.core.calls[0][0])}")
            return
        at = [each for each in self.core.calls if each[1].instruction.venue == venue]
        if not at:
            self.fail(f"no call of {venue}, expected {rest}")
        intent, order = at[0]
        self.core.calls.remove(at[0])
        named, rest = self._named(rest)
        if named is not None and named.order_id != order.order_id:
            self.fail(f"the call is about {order.cl_ord_id}, expected {named.cl_ord_id}")
        self.subjects[venue] = order.order_id
        if called(intent) != rest:
            self.fail(f"the venue was called with {called(intent)!r}, expected {rest!r}")
        if isinstance(intent, e.QuerySent):
            self.told_of.add(order.order_id)

    def _venue_says(self, rest: str, venue: VenueName) -> None:
        if rest in ("up", "down"):
            self.core.say(i.VenueConnection(venue=venue, up=rest == "up"))
            if self.killed:
                self._asked_again()
            return
        if rest.startswith("balances "):
            pairs = [each.split("=") for each in rest.split()[1:]]
            held = tuple((asset, Decimal(free), Decimal(0)) for asset, free in pairs)
            self.core.say(
                i.BalancesReported(venue=venue, asked_at_ns=self.core.at_ns, balances=held)
            )
            return
        order, rest = self._named(rest)
        if order is None:
            if venue not in self.subjects:
                self.fail(f"{venue} was never called")
            order = self._order(self.subjects[venue])
        words = rest.split()
        if "found" in words[:2]:
            self.told_of.discard(order.order_id)
        self.trades += words[0] == "trade" and "id" not in words
        self.core.say(heard(words, order, f"T{self.trades}"))
        if self.asked_of:
            self._venue_answers()

    def _market_moves(self, rest: str) -> None:
        what, *prices = rest.split()
        if what == "book":
            self._book_is(VenueName(prices[0]), " ".join(prices[1:]))
            return
        if what != "quote":
            self.fail(f"the market cannot {rest}")
        bid, offer, last = (None if px == "-" else Decimal(px) for px in [*prices, "-"][:3])
        self.core.market.quotes[VENUE, "BTC/USDT"] = Quote(
            venue=VENUE,
            symbol="BTC/USDT",
            bid_px=bid,
            offer_px=offer,
            last_px=last,
            at_ns=self.core.at_ns,
        )
        seen = worth_telling(self.core.state, self.core.market)
        if seen:
            self.core.say(i.PricesSeen(quotes=seen))

    def _book_is(self, venue: VenueName, text: str) -> None:
        bids, offers = (
            tuple((Decimal(px), Decimal(qty)) for qty, px in (e.split("@") for e in side.split()))
            for side in text.split("/")
        )
        self.core.market.books[venue, "BTC/USDT"] = Book(
            venue=venue, symbol="BTC/USDT", bids=bids, offers=offers, at_ns=self.core.at_ns
        )

    def _named(self, rest: str) -> tuple[Order | None, str]:
        match = _NAMED.match(rest)
        if match is None:
            return None, rest
        name = SESSION, ClOrdID(match[1])
        order_id = self.core.state.order_ids.get(name) or self.core.recall.names.get(name)
        if order_id is None:
            self.fail(f"no order is named {match[1]}")
        return self._order(order_id), rest[match.end() :]

    def _order(self, order_id: OrderID) -> Order:
        """The order as it is now, or as it was when it was last written down."""
        known = self.core.state.orders.get(order_id)
        if known is None:
            recalled = self.core.recall.by_order_id(order_id)
            known = None if recalled is None else recalled.order
        if known is None:
            self.fail(f"{order_id} is not an order")
        return known

    # --- operations ---------------------------------------------------------------------

    def _alerted(self, rest: str) -> None:
        if not self.core.alerts:
            self.fail(f"no alert, expected {rest!r}")
        text = self.core.alerts.pop(0)
        if rest not in text:
            self.fail(f"the alert is {text!r}, expected {rest!r}")

    def _gateway(self, rest: str) -> None:
        match rest.split():
            case ["restart", *refused]:
                self.core.refused = (SESSION,) if refused == ["refused"] else ()
                self.core.restart()
            case ["connected" | "disconnected" as state, *wanted]:
                cancels = "cancel" in wanted if wanted else None
                self.core.connection(on=state == "connected", cancels=cancels)
            case ["stopping", *cancels]:
                self.core.say(i.Stopping(text="Going home", cancels=cancels == ["cancel"]))
            case ["tick", seconds]:
                self.core.at_ns += int(float(seconds) * 1e9)
                self.core.say(i.Ticked())
                due = positions_due(self.core.state, self.core.market, self.core.at_ns)
                if due is not None:
                    self.core.say(due)
            case _:
                self.fail(f"the gateway cannot {rest}")

    # --- operations ---------------------------------------------------------------------

    def _operations_say(self, rest: str) -> None:
        who = {"person": "jane (ops)", "reason": "a test"}
        words = rest.split()
        command: i.OperatorCommand
        match words:
            case ["kill", state, *about]:
                coverage = coverage_from(":".join(about))
                command = i.KillSwitchTurned(coverage=coverage, on=state == "on", **who)
            case ["cancel", "all", *about]:
                command = i.CancelAllOrdered(coverage=coverage_from(":".join(about)), **who)
            case ["release", name]:
                command = i.SessionReleased(session=SessionName(name), **who)
            case ["limits", *about]:
                later = "from" in about and about.index("from")
                from_ns = self.core.at_ns + int(float(about[-1]) * 1e9) if later else None
                about = about[:later] if later else about
                of_all = [each for each in self.scenario.settings if each.startswith(_OF_ALL)]
                wanted = limits_from([*of_all, " ".join(["limits", *about])])
                self.core.limits, self.core.limits_from_ns = wanted, from_ns
                command = i.LimitsGiven(limits=wanted, effective_ns=from_ns, **who)
            case ["approve", *name]:
                command = i.LimitsAgreed(person=" ".join(name), reason="a test")
            case ["withdraw"]:
                command = i.LimitsDropped(**who)
            case ["query", name]:
                command = i.OrderQueried(order_id=self._id(name), **who)
            case ["force", "cancel", name]:
                command = i.OrderForceCanceled(order_id=self._id(name), **who)
            case ["resolve", name, word, *more]:
                command = i.OrderResolved(
                    order_id=self._id(name),
                    resolution=i.Resolution(word),
                    last_qty=Decimal(more[0]) if more else None,
                    last_px=Decimal(more[2]) if more else None,
                    **who,
                )
            case _:
                self.fail(f"operations cannot {rest}")
        self.core.say(command)

    def _operations_hear(self, rest: str) -> None:
        if not self.core.refusals:
            self.fail(f"nobody refused, expected {rest!r}")
        text = self.core.refusals.pop(0)
        if rest not in text:
            self.fail(f"operations are told {text!r}, expected {rest!r}")

    def _id(self, name: str) -> OrderID:
        if name.startswith("@"):
            return self.subjects[VenueName(name[1:])]
        return self.core.state.order_ids.get((SESSION, ClOrdID(name)), OrderID(name))
