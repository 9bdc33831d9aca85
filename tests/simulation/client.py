"""Simulated FIX clients: they trade, lose their connection, come back, and forget nothing.

Here: Client, with its own sequence numbers that never go back, and its book of what it was told.
Not here: what must have been true in the end (judge).
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Protocol

from fixgate.adapters.fix.fields import enclose
from fixgate.domain.ids import SessionName
from fixgate.domain.sessions import FixVersion
from simulation.world import BugFound

SYMBOL = "BTC/USDT"
OVER = frozenset("2348C")
_OF_THE_COPY = frozenset({"8", "9", "10", "43", "52", "122"})


def essence(text: str) -> list[str]:
    """What a message says, whenever and however often it was sent."""
    return [each for each in text.split("\x01") if each.partition("=")[0] not in _OF_THE_COPY]


class World(Protocol):
    """Where a client lives: in simulated or in real time."""

    random: Random

    def after(self, seconds: float, happen: Callable[[], None]) -> None: ...


class Link(Protocol):
    """A connection, as a client uses it."""

    def to_server(self, message: tuple) -> None: ...

    def cut(self, *, half_open_s: float = 0.0) -> None: ...


@dataclass(frozen=True, slots=True)
class Market:
    """What is traded, around which price, in which steps."""

    px: Decimal = Decimal(100)
    tick: Decimal = Decimal(1)
    ticks: int = 10  # how far prices are away at most
    lot: Decimal = Decimal("0.1")
    lots: int = 400


@dataclass(slots=True)
class Told:
    """A report, parsed."""

    number: int
    fields: dict[int, str]


@dataclass(slots=True)
class Mine:
    """An order as the client knows it."""

    name: str  # of its last accepted request
    first: str
    side: str
    order_id: str | None = None
    status: str = "?"
    cum_qty: Decimal = Decimal(0)
    asking: set[str] = field(default_factory=set)  # requests without an answer
    qty: Decimal = Decimal(0)


class Client:
    """One client of one session."""

    def __init__(
        self,
        world: World,
        name: SessionName,
        version: FixVersion,
        *,
        calm_s: float,
        market: Market | None = None,
        away_s: tuple[float, ...] = (0.1, 1.0, 10.0, 600.0),
    ) -> None:
        self.name = name
        self.version = version
        self.connect: Callable[[Client], Link | None] = lambda _: None
        self.sent: dict[int, tuple[str, str] | None] = {}  # None: of the session layer
        self.sent_at_ns: dict[str, int] = {}
        self.next_out = 1
        self.next_in = 1
        self.reports: dict[int, str] = {}
        self.told: list[Told] = []
        self.orders: dict[str, Mine] = {}  # by every name
        self.open: dict[str, Mine] = {}  # by first name
        self.unanswered: dict[str, str] = {}  # ClOrdID to MsgType
        self.trading = True
        self._world = world
        self._calm_s = calm_s
        self._market = market or Market()
        self._away_s = away_s
        self._wire: Link | None = None
        self._logged_on = False
        self._asked = False
        self._names = 0
        world.after(world.random.uniform(0, 5), self._try_to_connect)
        world.after(world.random.expovariate(1 / calm_s), self._burst)

    # --- the connection

    @property
    def connected(self) -> bool:
        """Whether it is logged on, as far as it knows, and misses nothing."""
        return self._logged_on and not self._asked

    def cut(self, half_open_s: float) -> None:
        """Its connection breaks."""
        if self._wire is not None:
            self._wire.cut(half_open_s=half_open_s)

    def gone(self) -> None:
        self._wire, self._logged_on, self._asked = None, False, False
        away_s = self._world.random.choice(self._away_s)
        self._world.after(self._world.random.uniform(0, away_s), self._try_to_connect)

    def _try_to_connect(self) -> None:
        if self._wire is not None:
            return
        self._wire = self.connect(self)
        if self._wire is None:
            self._world.after(self._world.random.uniform(0.5, 10), self._try_to_connect)
            return
        self._send(None, "logon")

    def _send(self, logged: tuple[str, str] | None, kind: str, *rest: object) -> None:
        number, self.next_out = self.next_out, self.next_out + 1
        self.sent[number] = logged
        if self._wire is not None:
            self._wire.to_server((kind, number, *rest))

    def session_layer(self, kind: str, *rest: object) -> None:
        """Send a message that is no order, under a number of its own."""
        self._send(None, kind, *rest)

    # --- what comes

    def came(self, message: tuple) -> None:
        kind, number, *rest = message
        if kind == "logon":
            self._logged_on = True
        if kind == "resend":
            self._resend(rest[0])
        if number > self.next_in:
            if not self._asked:
                self._asked = True
                self._send(None, "resend", self.next_in)
            return
        again = kind == "gap" or (kind == "app" and rest[1])
        if number < self.next_in:
            if not again:
                raise BugFound(f"{self.name} got {message[:2]}, expected {self.next_in}")
            self._same(kind, number, rest)
            return
        self.next_in = rest[0] if kind == "gap" else number + 1
        if again or kind == "app":
            self._asked = False if again else self._asked
        if kind == "app":
            self.reports[number] = rest[0]
            self._told(number, rest[0])

    def _same(self, kind: str, number: int, rest: list) -> None:
        if kind != "app":
            return
        before = self.reports.get(number)
        if before is None or essence(before) != essence(rest[0]):
            raise BugFound(f"{self.name} got {number} again as {rest[0]!r}")

    def _resend(self, begin: int) -> None:
        number = begin
        while number < self.next_out:
            logged = self.sent[number]
            if logged is not None:
                if self._wire is not None:
                    self._wire.to_server(("app", number, *logged, True))
                number += 1
                continue
            gap = number
            while number < self.next_out and self.sent[number] is None:
                number += 1
            if self._wire is not None:
                self._wire.to_server(("gap", gap, number, True))

    def _told(self, number: int, text: str) -> None:
        fields = {}
        for each in text.split("\x01")[:-1]:
            tag, _, value = each.partition("=")
            fields[int(tag)] = value
        told = Told(number, fields)
        self.told.append(told)
        match fields[35]:
            case "j":
                name = fields[379]
                self._unserved(name)
            case "8":
                self._reported(told)
            case "9":
                self._answered(fields[11])
                mine = self.orders.get(fields[41])
                if mine is not None:
                    mine.asking.discard(fields[11])
                    self._stands(mine, fields[39])
            case "B":
                pass  # News, which is about a venue and no order
            case other:
                raise BugFound(f"{self.name} got {other}: {text!r}")

    def _answered(self, name: str) -> None:
        self.unanswered.pop(name, None)

    def _reported(self, told: Told) -> None:
        fields = told.fields
        name = fields[11]
        pending = fields[39] in ("6", "E", "A") and fields[150] in ("6", "E", "A")
        mine = self.orders.get(name) or self.orders.get(fields.get(41, ""))
        if fields[150] == "8" and fields.get(103) == "6":
            self._answered(name)  # a duplicate
            return
        if mine is None:
            raise BugFound(f"{self.name} is told of {name}, which it never sent")
        if fields.get(103) == "5":
            if name == mine.first and mine.order_id is not None:
                raise BugFound(f"{self.name} is told that {name} is unknown, which was reported")
            # It was refused, by a message that was lost with its connection.
            self._unserved(name)
            return
        if not pending:
            self._answered(name)
            mine.asking.discard(name)
        if fields[150] == "I" or fields.get(20) == "3":
            return
        mine.order_id = fields[37]
        mine.cum_qty = Decimal(fields[14])
        if fields[150] == "5":
            mine.name = name
            mine.qty = Decimal(fields[38])
        self._stands(mine, fields[39])

    def _stands(self, mine: Mine, status: str) -> None:
        mine.status = status
        if status in OVER:
            self.open.pop(mine.first, None)

    # --- trading

    def _burst(self) -> None:
        """Some messages in a short time; then calm."""
        if not self.trading:
            return
        random = self._world.random
        if self._logged_on:
            for _ in range(random.choice((1, 1, 2, 3, 6, 12))):
                self._world.after(random.choice((0, 0.001, 0.1, 2)) * random.random(), self._act)
        self._world.after(random.expovariate(1 / self._calm_s), self._burst)

    def _act(self) -> None:
        if not self._logged_on or not self.trading:
            return
        random = self._world.random
        choice = random.random()
        orders = [each for each in self.open.values() if each.order_id is not None]
        if orders and choice < 0.25 + 0.02 * len(orders):
            mine = random.choice(orders)
            (self._cancel if random.random() < 0.6 else self._replace)(mine)
        elif self.orders and choice > 0.97:
            name = random.choice((*self.orders,))
            self.ask(name)
        elif self.orders and choice > 0.95:
            used = random.choice((*self.orders.values(),))
            self._new(used.first if used.order_id is not None else None)
        else:
            self._new(None)

    def ask(self, name: str) -> None:
        """OrderStatusRequest."""
        self._app("H", f"11={name}|54={self.orders[name].side}|55={SYMBOL}|")

    def cancel_all(self) -> None:
        """Ask for the cancel of everything that is open and not being canceled."""
        if self._logged_on:
            for mine in [*self.open.values()]:
                if mine.order_id is not None and not mine.asking:
                    self._cancel(mine)

    def ask_for_all(self) -> None:
        """Ask for the status of everything that was never answered."""
        if self._logged_on:
            for name in [*self.unanswered]:
                self.ask(name)

    def requests(self) -> Iterator[tuple[int, str, str]]:
        """MsgSeqNum, MsgType and ClOrdID of everything that must have an answer."""
        for number, logged in self.sent.items():
            if logged is not None and logged[0] in "DFG":
                yield number, logged[0], logged[1].split("\x0111=")[1].split("\x01")[0]

    def give_up(self, numbers: AbstractSet[int]) -> None:
        """These messages were refused; if it was not heard, there is nothing to wait for."""
        for number, kind, name in self.requests() if numbers else ():
            if number in numbers and self.unanswered.get(name) == kind:
                self._unserved(name)

    def _unserved(self, name: str) -> None:
        """A message of that name was refused (380=4)."""
        self._answered(name)
        mine = self.orders[name]
        mine.asking.discard(name)
        if mine.order_id is None:
            self.open.pop(name, None)

    def _name(self) -> str:
        self._names += 1
        return f"{self.name}-{self._names}"

    def _new(self, used: str | None) -> None:
        random = self._world.random
        name = used or self._name()
        side = random.choice("12")
        qty = random.randint(1, self._market.lots) * self._market.lot
        kind = random.random()
        form = f"40=2|44={self._px()}|" if kind > 0.2 else "40=1|"
        tif = random.choice("01111133") if kind > 0.2 else "1"
        if used is None:
            mine = Mine(name=name, first=name, side=side, qty=qty)
            self.orders[name] = self.open[name] = mine
            self.unanswered[name] = "D"
        self._app("D", f"11={name}|21=1|38={qty}|{form}54={side}|55={SYMBOL}|59={tif}|{self._at()}")

    def _px(self) -> Decimal:
        ticks = self._market.ticks
        return self._market.px + self._world.random.randint(-ticks, ticks) * self._market.tick

    def _at(self) -> str:
        return "60=20270115-08:00:00|"

    def _cancel(self, mine: Mine) -> None:
        name = self._request(mine, "F")
        body = f"11={name}|41={mine.name}|54={mine.side}|55={SYMBOL}|{self._at()}"
        self._app("F", body)

    def _replace(self, mine: Mine) -> None:
        random = self._world.random
        name = self._request(mine, "G")
        lots = self._market.lots // 4
        lot = self._market.lot
        qty = max(lot, mine.qty + random.randint(-lots, lots) * lot)
        self._app(
            "G",
            f"11={name}|21=1|38={qty}|40=2|41={mine.name}|44={self._px()}|"
            f"54={mine.side}|55={SYMBOL}|{self._at()}",
        )

    def _request(self, mine: Mine, msg_type: str) -> str:
        name = self._name()
        mine.asking.add(name)
        self.orders[name] = mine
        self.unanswered[name] = msg_type
        return name

    def _app(self, msg_type: str, fields: str) -> None:
        """An application message: kept, whatever becomes of the connection."""
        number = self.next_out
        body = fields.replace("|", "\x01")
        rest = (
            f"35={msg_type}\x0134={number}\x0149={self.name}\x01"
            f"52=20270115-08:00:00.000\x0156=FIXGATE\x01{body}"
        )
        text = enclose(f"8={self.version.value}\x01", rest)
        self._send((msg_type, text), "app", msg_type, text, False)
