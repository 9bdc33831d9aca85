"""The demo's figures.

Here: the summary of what all clients saw, as tables.
Not here: whether it is right (audit).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import quantiles

from rich.table import Table

from fixgate.cli.console import table
from fixgate.cli.demo.trader import Seen
from fixgate.cli.fixtext import Message
from fixgate.cli.words import STATUS_WORDS

_SENT = {"D": "orders", "F": "cancel requests", "G": "replace requests"}
_EXEC_TYPES = {
    "0": "New",
    "1": "Partial fill (4.2)",
    "2": "Fill (4.2)",
    "3": "Done for day",
    "4": "Canceled",
    "5": "Replaced",
    "6": "Pending Cancel",
    "8": "Rejected",
    "A": "Pending New",
    "C": "Expired",
    "D": "Restated",
    "E": "Pending Replace",
    "F": "Trade (4.4)",
    "I": "Status",
    "L": "Triggered",
}
_FILLS = frozenset("12F")


def summary(all_seen: Sequence[Seen], seconds: float, statuses: Iterable[str]) -> list[Table]:
    """Tables: totals, reports by type, orders by final state, refusals by reason."""
    sent = [each for seen in all_seen for each in seen.sent]
    received = [each for seen in all_seen for each in seen.received]
    reports = [each for each in received if each.msg_type == "8"]
    totals = table("", "", right=("",))
    for msg_type, name in _SENT.items():
        totals.add_row(name, f"{sum(each.msg_type == msg_type for each in sent):,}")
    totals.add_row("messages from the gateway", f"{len(received):,}")
    totals.add_row("fills", f"{sum(each.get(150) in _FILLS for each in reports):,}")
    totals.add_row("messages per second", f"{(len(sent) + len(received)) / seconds:,.0f}")
    for name, value in _latencies(all_seen):
        totals.add_row(name, value)
    return [
        totals,
        _counted("reports", (_kind(each) for each in received)),
        _counted("orders ended as", (STATUS_WORDS.get(each, each) for each in statuses)),
        _counted("refusals", (_reason(each) for each in received if _is_refusal(each))),
    ]


def _latencies(all_seen: Sequence[Seen]) -> list[tuple[str, str]]:
    """From an order or request leaving the client to the first answer's arrival, as people time."""
    waits = [
        seen.answered_at_s[name] - at_s
        for seen in all_seen
        for name, at_s in seen.sent_at_s.items()
        if name in seen.answered_at_s
    ]
    if len(waits) < 2:
        return []
    parts = quantiles(waits, n=100, method="inclusive")
    shown = (("p50", parts[49]), ("p99", parts[98]))
    return [(f"first answer, {name}", f"{wait * 1_000:.2f} ms") for name, wait in shown]


def _kind(message: Message) -> str:
    if message.msg_type == "8":
        exec_type = message.get(150) or ""
        return _EXEC_TYPES.get(exec_type, f"ExecType {exec_type}")
    return {"9": "OrderCancelReject", "3": "Reject", "j": "BusinessMessageReject"}.get(
        message.msg_type, message.msg_type
    )


def _is_refusal(message: Message) -> bool:
    return message.msg_type in ("3", "9", "j") or message.get(150) == "8"


def _reason(message: Message) -> str:
    """The kind of message and its words; what names one order only is left out by the codes."""
    code = next(
        (f"{tag}={message.get(tag)}" for tag in (102, 103, 380, 373) if message.get(tag)), ""
    )
    return f"{_kind(message)} {code}: {message.get(58) or ''}"


def _counted(title: str, words: Iterable[str]) -> Table:
    made = table(title, "", right=("",))
    for word, count in Counter(words).most_common():
        made.add_row(word, f"{count:,}")
    return made
