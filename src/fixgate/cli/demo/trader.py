"""A client that trades at random, and remembers all that it sent and saw.

Here: RandomTrader. Not here: FIX sessions (fixclient), judging what was seen (audit).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Final

from fixgate.cli.book import Book, ClientOrder
from fixgate.cli.fixclient import Ended, FixClient
from fixgate.cli.fixtext import Message
from fixgate.cli.ticket import TIFS, Changes, Field, Ticket

# Symbol, rough price, tick, lot; the last one does not exist.
_MARKETS: Final = (
    ("BTC/USDT", Decimal(50_000), Decimal("0.01"), Decimal("0.001")),
    ("ETH/USDT", Decimal(3_000), Decimal("0.01"), Decimal("0.01")),
    ("SOL/USDT", Decimal(150), Decimal("0.01"), Decimal("0.1")),
)
_BAD_EVERY: Final = 25  # one order in so many is wrong on purpose
_LEFTOVER_PASSES: Final = 3


@dataclass(slots=True)
class Seen:
    """What one client sent and received."""

    session: str
    sent: list[Message] = field(default_factory=list)
    received: list[Message] = field(default_factory=list)
    sent_at_s: dict[str, float] = field(default_factory=dict)  # by ClOrdID
    answered_at_s: dict[str, float] = field(default_factory=dict)
    ended: str | None = None

    @property
    def unanswered(self) -> list[str]:
        """ClOrdIDs of orders and requests to which nothing came back."""
        return [each for each in self.sent_at_s if each not in self.answered_at_s]


class RandomTrader:
    """Places, replaces and cancels, some of it wrong; then cleans up."""

    def __init__(
        self, session: str, client: FixClient, random: Random, now_ns: Callable[[], int]
    ) -> None:
        self.seen = Seen(session)
        self._client = client
        self._random = random
        self._now_ns = now_ns
        self._book = Book()
        self._names = 0
        client.on_received = self._arrived

    async def trade(self, until_s: float, messages_per_s: float) -> None:
        """Send at random moments until the loop's time is ``until_s``; then cancel what is open."""
        reading = asyncio.create_task(self._read())
        loop = asyncio.get_running_loop()
        try:
            while loop.time() < until_s:
                self._act()
                await asyncio.sleep(self._random.expovariate(messages_per_s))
            await self._wait_for_answers()
            for _ in range(_LEFTOVER_PASSES):
                self._cancel_all()
                await self._wait_for_answers()
        except Ended as ended:
            self.seen.ended = str(ended)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            message = await self._client.next()
            self.seen.received.append(message)
            self._book.received(message)

    def _arrived(self, message: Message, at_s: float) -> None:
        """Noted when the bytes arrive, so that the client's own work is not measured."""
        cl_ord_id = message.get(11)
        if message.msg_type in ("8", "9") and cl_ord_id is not None:
            self.seen.answered_at_s.setdefault(cl_ord_id, at_s)

    def _act(self) -> None:
        working = [each for each in self._book if each.ord_status in "01" and not each.requests]
        choice = self._random.random()
        if working and choice < 0.25:
            order = self._random.choice(working)
            self._send("F", lambda name: order.request_fields(name, self._now_ns()))
        elif working and choice < 0.45:
            self._replace(self._random.choice(working))
        else:
            self._place()

    def _place(self) -> None:
        symbol, px, tick, lot = self._random.choice(_MARKETS)
        kind = self._random.random()
        price = str(self._near(px, tick)) if kind > 0.2 else None
        post_only = price is not None and kind > 0.95
        ticket = Ticket(
            side=self._random.choice("12"),
            order_qty=str(lot * self._random.randint(1, 500)),
            symbol=symbol,
            price=price,
            time_in_force=TIFS["gtc"]
            if post_only
            else self._random.choice(
                [TIFS[each] for each in ("day", "day", "gtc", "gtc", "ioc", "fok")]
            ),
            post_only=post_only,
        )
        wrong = self._random.randrange(_BAD_EVERY)
        if wrong == 0:
            self._send("D", lambda name: _with(ticket.fields(name, self._now_ns()), 55, "NO/SUCH"))
        elif wrong == 1:
            self._send(
                "D", lambda name: _with(ticket.fields(name, self._now_ns()), 38, "0.0000007")
            )
        else:
            self._send("D", lambda name: ticket.fields(name, self._now_ns()))

    def _replace(self, order: ClientOrder) -> None:
        _, px, tick, lot = next(each for each in _MARKETS if each[0] == order.symbol)
        changes = Changes(
            order_qty=str(lot * self._random.randint(1, 500)),
            price=str(self._near(px, tick)) if 44 in order.terms else None,
        )
        self._send("G", lambda name: order.replace_fields(name, self._now_ns(), changes))

    def _near(self, px: Decimal, tick: Decimal) -> Decimal:
        away = Decimal(self._random.randint(-300, 300)) / 10_000
        return (px * (1 + away)).quantize(tick)

    def _cancel_all(self) -> None:
        for order in self._book:
            if not order.is_over and not order.requests:
                self._send("F", lambda name, o=order: o.request_fields(name, self._now_ns()))  # type: ignore[misc]

    def _send(self, msg_type: str, fields: Callable[[str], list[Field]]) -> None:
        self._names += 1
        name = f"{self.seen.session}-{self._names}"
        self.seen.sent_at_s[name] = asyncio.get_running_loop().time()
        message = self._client.send(msg_type, fields(name))
        self.seen.sent.append(message)
        self._book.sent(message)

    async def _wait_for_answers(self) -> None:
        """Until nothing is open to be answered, or for so long that it never will be."""
        limit_s = asyncio.get_running_loop().time() + 10.0
        while asyncio.get_running_loop().time() < limit_s and self._client.ended is None:
            if not self.seen.unanswered and not any(each.requests for each in self._book):
                return
            await asyncio.sleep(0.05)

    @property
    def still_working(self) -> list[ClientOrder]:
        """Orders that are not over."""
        return [each for each in self._book if not each.is_over]

    @property
    def orders(self) -> list[ClientOrder]:
        """All orders."""
        return list(self._book)


def _with(fields: list[Field], tag: int, value: str) -> list[Field]:
    return [(each, value if each == tag else old) for each, old in fields]
