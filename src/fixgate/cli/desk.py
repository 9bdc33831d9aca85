"""A person's place at the gateway: one FIX session, its orders, and a screen that shows both.

Here: Desk. Not here: the commands that use it (order, interactive), the session itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from fixgate.cli.book import Book, ClientOrder
from fixgate.cli.fixclient import Ended, FixClient
from fixgate.cli.fixstore import ClientStore
from fixgate.cli.fixtext import Message, shown
from fixgate.cli.ticket import Changes, Field, Ticket
from fixgate.cli.words import in_words, order_in_words

Say = Callable[[str, str], None]
"""Prints a line in a style."""

_BAD: frozenset[str] = frozenset({"3", "9", "j"})


class Desk:
    """Sends what a person wants and shows what comes back, as it comes."""

    def __init__(
        self, client: FixClient, store: ClientStore, *, now_ns: Callable[[], int], say: Say
    ) -> None:
        self._client = client
        self._now_ns = now_ns
        self._say = say
        self._names_given = 0
        self._changed = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._sent_as: dict[int, str] = {}  # ClOrdID (11) by MsgSeqNum, for Reject (3) and j
        self.refused: set[str] = set()  # ClOrdIDs of messages answered with 3 or j
        self.statuses = 0  # answers to status requests
        self.ended: str | None = None
        self.book = Book()
        for ours, message in store.history:
            if ours:
                self.book.sent(message)
            else:
                self.book.received(message)

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching

    def place(self, ticket: Ticket) -> ClientOrder:
        """Send an order. Raises Ended."""
        cl_ord_id = self._name()
        self._send("D", ticket.fields(cl_ord_id, self._now_ns()))
        order = self.book.find(cl_ord_id)
        if order is None:
            raise AssertionError("an order that was sent is in the book")
        return order

    def cancel(self, order: ClientOrder) -> str:
        """Send a cancel request; its ClOrdID. Raises Ended."""
        cl_ord_id = self._name()
        self._send("F", order.request_fields(cl_ord_id, self._now_ns()))
        return cl_ord_id

    def replace(self, order: ClientOrder, changes: Changes) -> str:
        """Send a replace request; its ClOrdID. Raises Ended."""
        cl_ord_id = self._name()
        self._send("G", order.replace_fields(cl_ord_id, self._now_ns(), changes))
        return cl_ord_id

    def ask_status(self, order: ClientOrder) -> None:
        """Send a status request. Raises Ended."""
        self._send("H", order.status_fields())

    async def next_line(self, line: Awaitable[str | None]) -> str | None:
        """Wait for a line of input. Raises Ended if the session ends first."""
        reading = asyncio.ensure_future(line)
        waiting: set[asyncio.Future[Any]] = {reading}
        if self._watching is not None:
            waiting.add(self._watching)
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            reading.cancel()
            raise Ended(self.ended or "it was closed")
        return reading.result()

    async def until(self, done: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until ``done`` says so; whether it did within ``timeout_s``. Raises Ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not done():
                    if self.ended is not None:
                        raise Ended(self.ended)
                    self._changed.clear()
                    await self._changed.wait()
        return done()

    def _send(self, msg_type: str, fields: Sequence[Field]) -> None:
        message = self._client.send(msg_type, fields)
        self.book.sent(message)
        order = self.book.of(message)
        if msg_type != "H":
            self._sent_as[message.msg_seq_num] = message.get(11) or ""
        words = {
            "D": "",
            "F": "cancel ",
            "G": "replace by ",
            "H": "status of ",
        }[msg_type]
        if msg_type in ("D", "G"):
            words += order_in_words(message.get)
        elif order is not None:
            words += f"order {order.cl_ord_id}"
        self._show("->", order, words, message, "bold")

    async def _watch(self) -> None:
        try:
            while True:
                self._received(await self._client.next())
                self._changed.set()
        except Ended as ended:
            self.ended = str(ended)
            self._changed.set()

    def _received(self, message: Message) -> None:
        order = self.book.received(message)
        if message.msg_type in ("3", "j"):
            name = self._sent_as.get(message.number(45))
            if name is None:
                self.statuses += 1  # of all that we send, only a status request has no name
            else:
                self.refused.add(name)
                order = self.book.find(name)
        elif message.get(150) == "I" or message.get(20) == "3":
            self.statuses += 1
        bad = message.msg_type in _BAD or message.get(39) == "8"
        words = in_words(message)
        if message.poss_dup or message.get(97) == "Y":
            words += " [sent again; it happened while nobody was connected]"
        self._show("<-", order, words, message, "red" if bad else "green")

    def _show(
        self, way: str, order: ClientOrder | None, words: str, message: Message, style: str
    ) -> None:
        name = f"#{order.number} " if order is not None else ""
        self._say(f"{way} {name}{shown(words)}", style)
        self._say(f"   {shown(message.text)}", "dim")

    def _name(self) -> str:
        """A ClOrdID (11) that this session has never used: the time, and a count."""
        second, rest = divmod(self._now_ns(), 1_000_000_000)
        self._names_given += 1
        moment = datetime.fromtimestamp(second, tz=UTC)
        return f"{moment:%y%m%d-%H%M%S}{rest // 1_000_000:03d}-{self._names_given}"
