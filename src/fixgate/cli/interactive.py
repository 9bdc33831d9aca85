"""`fixgate order` without arguments: a conversation, on a terminal or from a pipe.

Here: the commands of the conversation, and reading lines without holding up the session.
Not here: FIX (desk).
"""

import asyncio
import shlex
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from threading import Thread
from typing import Final

from fixgate.cli.book import ClientOrder
from fixgate.cli.console import say, show, table
from fixgate.cli.desk import Desk
from fixgate.cli.ticket import BadTicket, make_changes, make_ticket
from fixgate.cli.words import SIDE_WORDS, STATUS_WORDS, number

_ANSWER_S: Final = 10.0
_FLAGS: Final = frozenset({"post-only", "reduce-only"})
_PLACE_OPTIONS: Final = frozenset(
    {"limit", "stop", "tif", "expire", "post-only", "venue", "account"}
    | {"trail", "iceberg", "min-qty", "reduce-only", "leverage", "self-trade"}
    | {"stop-loss", "take-profit"}
)
_CHANGE_OPTIONS: Final = frozenset({"qty", "limit", "stop", "tif", "expire"})
_HELP: Final = """\
buy|sell QTY SYMBOL [limit PX] [stop PX] [tif day|gtc|ioc|fok|gtd] [expire DATE] [post-only]
                    [trail DISTANCE] [iceberg QTY] [min-qty QTY] [reduce-only] [leverage X]
                    [stop-loss PRICE] [take-profit PRICE]
                    [self-trade newest|oldest|both]
                    [venue V] [account A]        place an order, as: buy 0.5 BTC/USDT limit 50000
replace ORDER [qty QTY] [limit PX] [stop PX] [tif ...] [expire DATE]
cancel ORDER
status ORDER                                     ask the gateway
list                                             the orders of this session
help, quit
ORDER is a number from the list, a ClOrdID or an OrderID."""


async def talk(desk: Desk) -> int:
    """Read commands and carry them out, until quit or the end of the input; the exit status."""
    lines = _Lines()
    if lines.asks:
        say("Logged on. Type help for the commands.", "dim")
    while (line := await desk.next_line(lines.next())) is not None:
        try:
            words = shlex.split(line, comments=True)
            if words and words[0].lower() in ("quit", "exit"):
                break
            if words:
                await _carry_out(desk, words)
        except (BadTicket, ValueError) as bad:
            say(f"{bad}", "red")
    return 0


async def _carry_out(desk: Desk, words: Sequence[str]) -> None:
    name, *rest = words
    name = name.lower()
    if name == "place" and rest:
        name, *rest = rest
        name = name.lower()
    if name in ("buy", "sell"):
        await _place(desk, [name, *rest])
        return
    command = _COMMANDS.get(name)
    if command is None:
        raise BadTicket(f"{name!r} is no command; type help")
    await command(desk, rest)


async def _place(desk: Desk, words: Sequence[str]) -> None:
    plain, options = _options(words, _PLACE_OPTIONS)
    if len(plain) != 3:
        raise BadTicket("an order reads like: buy 0.5 BTC/USDT limit 50000")
    order = desk.place(make_ticket(plain[0], plain[1], plain[2], options))
    name = order.cl_ord_id
    await _answer(
        desk, lambda: order.ord_status not in ("?", "A") or name in desk.refused, "the order"
    )


async def _replace(desk: Desk, words: Sequence[str]) -> None:
    plain, options = _options(words, _CHANGE_OPTIONS)
    order = _order(desk, plain)
    name = desk.replace(order, make_changes(options))
    await _answer(desk, lambda: _answered(desk, order, name), "the replace")


async def _cancel(desk: Desk, words: Sequence[str]) -> None:
    order = _order(desk, words)
    name = desk.cancel(order)
    await _answer(desk, lambda: _answered(desk, order, name), "the cancel")


async def _status(desk: Desk, words: Sequence[str]) -> None:
    order = _order(desk, words)
    before = desk.statuses
    desk.ask_status(order)
    await _answer(desk, lambda: desk.statuses > before, "the status request")


async def _list(desk: Desk, _words: Sequence[str]) -> None:
    made = table(
        "#",
        "ClOrdID",
        "side",
        "quantity",
        "symbol",
        "price",
        "status",
        "filled",
        "average",
        right=("#", "quantity", "price", "filled", "average"),
    )
    for order in desk.book:
        made.add_row(
            str(order.number),
            order.cl_ord_id,
            SIDE_WORDS.get(order.side, order.side),
            number(order.terms.get(38)),
            order.symbol,
            number(order.terms[44]) if 44 in order.terms else "market",
            STATUS_WORDS.get(order.ord_status, order.ord_status),
            number(order.cum_qty),
            number(order.avg_px),
        )
    if made.row_count:
        show(made)
    else:
        say("no orders yet")


async def _help(_desk: Desk, _words: Sequence[str]) -> None:
    say(_HELP)


_COMMANDS: Final[Mapping[str, Callable[[Desk, Sequence[str]], Awaitable[None]]]] = {
    "replace": _replace,
    "cancel": _cancel,
    "status": _status,
    "list": _list,
    "help": _help,
    "place": _place,
}


def _answered(desk: Desk, order: ClientOrder, request: str) -> bool:
    return request not in order.requests or request in desk.refused


async def _answer(desk: Desk, done: Callable[[], bool], what: str) -> None:
    if not await desk.until(done, _ANSWER_S):
        say(f"{what} is not answered yet; what comes is shown when it comes", "yellow")


def _order(desk: Desk, words: Sequence[str]) -> ClientOrder:
    if len(words) != 1:
        raise BadTicket("name one order: a number from the list, a ClOrdID or an OrderID")
    order = desk.book.find(words[0])
    if order is None:
        raise BadTicket(f"no order {words[0]} in the list")
    return order


def _options(words: Sequence[str], known: frozenset[str]) -> tuple[list[str], dict[str, str]]:
    """Plain words and options; an option may be written with or without its dashes."""
    plain: list[str] = []
    options: dict[str, str] = {}
    waiting = iter(words)
    for word in waiting:
        name = word.removeprefix("--").lower()
        if name not in known:
            if word.startswith("-"):
                raise BadTicket(f"no option {word} here; type help")
            plain.append(word)
        elif name in _FLAGS:
            options[name] = ""
        else:
            value = next(waiting, None)
            if value is None:
                raise BadTicket(f"{name} needs a value")
            options[name] = value
    return plain, options


class _Lines:
    """Lines of stdin, read in a thread of their own: a terminal cannot be waited for otherwise."""

    def __init__(self) -> None:
        self.asks: Final = sys.stdin.isatty()
        self._loop = asyncio.get_running_loop()
        self._wanted = False
        self._queue: asyncio.Queue[str | None] = asyncio.Queue(1)

    async def next(self) -> str | None:
        """The next line; None at the end. One thread per line, so nothing is read ahead."""
        Thread(target=self._read, name="stdin", daemon=True).start()
        return await self._queue.get()

    def _read(self) -> None:
        if self.asks:
            print("> ", end="", flush=True)  # noqa: T201 - the prompt
        line = sys.stdin.readline()
        try:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, line or None)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more
