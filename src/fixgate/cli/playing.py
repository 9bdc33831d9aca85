"""Recorded client messages, played as a FIX client against another gateway.

Here: Recorded, one message to play; Playing, how; play(), which plays those of one session and
counts what comes back; Summary.
Not here: the session layer (fixclient), where messages come from (replaying).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from fixgate.adapters.clock import SystemClock
from fixgate.cli.console import Problem
from fixgate.cli.fixclient import Ended, FixClient, Refused
from fixgate.cli.fixsession import ADMIN, Identity
from fixgate.cli.fixstore import ClientStore
from fixgate.cli.fixtext import Message, utc_timestamp

SETTLE_S: Final = 2.0
"""After the last message: how long nothing must come back before the session is closed."""

_TAKEN_OUT: Final = frozenset({8, 9, 35, 49, 56, 34, 52, 43, 97, 122, 369, 10})
_HEADER: Final = frozenset({50, 57, 115, 116, 128, 129, 142, 143, 144, 145})
_NAMES: Final = frozenset({11, 41, 526})  # ClOrdID, OrigClOrdID, SecondaryClOrdID
_TIMES: Final = frozenset({60})  # TransactTime
_STEP_S: Final = 0.05
_BURST: Final = 100  # messages between two looks at what came back, at full speed


@dataclass(frozen=True, slots=True)
class Recorded:
    """A message that a client sent, and when."""

    at_ns: int
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """How messages are played."""

    address: tuple[str, int]
    identity: Identity
    speed: float | None  # 1: as recorded; None: as fast as the gateway takes them
    suffix: str = ""  # behind each ClOrdID, so that none is a duplicate


@dataclass(slots=True)
class Summary:
    """What was played, and what came back."""

    sent: Counter[str] = field(default_factory=Counter)  # by MsgType
    received: Counter[str] = field(default_factory=Counter)  # by MsgType and what it reports
    texts: Counter[str] = field(default_factory=Counter)  # of refusals
    first_answer_ns: list[int] = field(default_factory=list)
    unanswered: set[str] = field(default_factory=set)
    ended: str | None = None
    took_s: float = 0.0


def playable(messages: Iterable[Recorded]) -> list[Recorded]:
    """Those that an application sent; the session's own are made anew."""
    return [
        each
        for each in messages
        if each.message.msg_type not in ADMIN and each.message.get(43) != "Y"
    ]


def renewed(message: Message, *, suffix: str, now_ns: int) -> list[tuple[int, str]]:
    """A message's fields as they are played: new times, names with a suffix, no header of old."""
    head, body = [], []
    for tag, value in message.fields:
        if tag in _TAKEN_OUT:
            continue
        if tag in _NAMES:
            body.append((tag, value + suffix))
        elif tag in _TIMES:
            body.append((tag, utc_timestamp(now_ns)))
        elif tag in _HEADER:
            head.append((tag, value))
        else:
            body.append((tag, value))
    return [*head, *body]


async def play(
    messages: Sequence[Recorded], how: Playing, progress: Callable[[int], None]
) -> Summary:
    """Log on, play the messages, wait until nothing more comes, log out.

    Raises:
        Problem: no session came about.
    """
    summary, clock = Summary(), SystemClock()
    try:
        client = await FixClient.connect(
            how.identity, ClientStore(), how.address, now_ns=clock.now_ns
        )
    except Refused as problem:
        raise Problem(str(problem)) from None
    sent_ns: dict[str, int] = {}
    listening = asyncio.create_task(_listen(client, summary, sent_ns, clock))
    began = asyncio.get_running_loop().time()
    try:
        await _send_all(client, messages, how, _Sending(summary, sent_ns, clock, progress))
        await _quiet(summary, listening)
    finally:
        summary.took_s = asyncio.get_running_loop().time() - began
        summary.ended = client.ended
        await client.close()
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
    summary.unanswered = set(sent_ns)
    return summary


@dataclass(slots=True)
class _Sending:
    summary: Summary
    sent_ns: dict[str, int]  # by ClOrdID, until the first answer
    clock: SystemClock
    progress: Callable[[int], None]


async def _send_all(
    client: FixClient, messages: Sequence[Recorded], how: Playing, sending: _Sending
) -> None:
    loop = asyncio.get_running_loop()
    began, first_ns = loop.time(), messages[0].at_ns if messages else 0
    for count, recorded in enumerate(messages, 1):
        if how.speed is not None:
            due = began + (recorded.at_ns - first_ns) / 1e9 / how.speed
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
        elif not count % _BURST:
            await client.drained()
        message = recorded.message
        now_ns = sending.clock.now_ns()
        fields = renewed(message, suffix=how.suffix, now_ns=now_ns)
        try:
            client.send(message.msg_type, fields)
        except Ended:
            return
        sending.summary.sent[message.msg_type] += 1
        name = dict(fields).get(11)
        if name is not None:
            sending.sent_ns.setdefault(name, now_ns)
        sending.progress(count)


async def _listen(
    client: FixClient, summary: Summary, sent_ns: dict[str, int], clock: SystemClock
) -> None:
    while True:
        try:
            message = await client.next()
        except Ended:
            return
        summary.received[_kind(message)] += 1
        answered = sent_ns.pop(message.get(11) or "", None)
        if answered is not None:
            summary.first_answer_ns.append(clock.now_ns() - answered)
        refused = message.msg_type in ("9", "j", "3") or message.get(150) == "8"
        if refused and (text := message.get(58)):
            summary.texts[text.replace(message.get(11) or text, "...")] += 1


async def _quiet(summary: Summary, listening: "asyncio.Task[None]") -> None:
    """Wait until nothing came for a while, or the session is over."""
    loop = asyncio.get_running_loop()
    count, since = -1, loop.time()
    while not listening.done() and loop.time() - since < SETTLE_S:
        total = summary.received.total()
        if total != count:
            count, since = total, loop.time()
        await asyncio.sleep(_STEP_S)


def _kind(message: Message) -> str:
    """What is counted together: the MsgType, and of a report what it reports."""
    if message.msg_type == "8":
        return f"8 150={message.get(150)} 39={message.get(39)}"
    return message.msg_type
