"""Recorded inputs decided again by today's code, and compared with what is recorded.

Here: verify_replay(), which says what differs; folded(), the state at a record.
Not here: the command (replaying), deciding (application.replay).
"""

import gc
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from fixgate.cli.console import Problem, say
from fixgate.cli.differing import in_words
from fixgate.cli.moments import microseconds
from fixgate.cli.progress import Bar, remark
from fixgate.cli.records import followed, open_ledger, span_of

if TYPE_CHECKING:
    from fixgate.adapters.store.ledger import Ledger, Span
    from fixgate.application.ports.journal import Record
    from fixgate.application.replay import Replay
    from fixgate.bootstrap.settings import Configuration
    from fixgate.domain.state import State

_KINDS: Final = 5
_LEAD: Final = 50_000
"""Records decided before the first that is compared: more than one commit ever holds."""


def verify_replay(
    configuration: "Configuration", since_ns: int | None, until_ns: int | None, limit: int
) -> int:
    """Decide recorded inputs again and compare; the number of differences.

    Raises:
        Problem: a record cannot be read, or the records do not follow from each other.
    """
    with open_ledger(configuration) as ledger, followed():
        return _verify(configuration, ledger, span_of(ledger, since_ns, until_ns), limit)


def _verify(configuration: "Configuration", ledger: "Ledger", wanted: "Span", limit: int) -> int:
    from fixgate.application.replay import Replay  # noqa: PLC0415 - 0.3 s
    from fixgate.bootstrap import parts  # noqa: PLC0415 - with it

    # Whole inputs with all their events.
    first, after = ledger.input_from(wanted.first), ledger.input_from(wanted.last + 1)
    lead = ledger.input_from(max(1, first - _LEAD))
    gc.disable()  # nothing that a replay makes has cycles
    state = folded(configuration, ledger, lead - 1)
    replay = Replay(state, parts.codec(configuration))
    if lead < first:
        replay.settle(ledger.records(lead, first - 1))
    started = time.perf_counter()
    total = after - first
    count = 0
    alike: Counter[str] = Counter()
    with Bar("replay", total) as bar:
        records = _counted(ledger.records(first, after - 1), bar)
        for difference in replay.differences(records):
            count += 1
            lines = list(in_words(difference.recorded, difference.replayed))
            alike[lines[0].partition(":")[0]] += 1
            if count <= limit:
                _show(ledger, difference.seq, lines)
    took_s = time.perf_counter() - started
    _sum_up(replay, total, took_s)
    if count > limit:
        say(f"              {count - limit:,} more differences are not shown; see --limit")
    if count > limit:
        for what, times in alike.most_common(_KINDS):
            say(f"              {times:,} begin with {what}")
    say(f"Differences   {count:,}")
    return count


def folded(configuration: "Configuration", ledger: "Ledger", through: int) -> "State":
    """The state after a record, from the events up to it; or end the command."""
    from fixgate.adapters.store.ledger import Span  # noqa: PLC0415 - 0.3 s
    from fixgate.application.replay import fold  # noqa: PLC0415 - 0.3 s
    from fixgate.domain.ids import Ids  # noqa: PLC0415 - with it
    from fixgate.domain.state import State  # noqa: PLC0415 - with it

    state = State(
        Ids(ledger.epoch),
        terminal_max=configuration.gateway.journal.terminal_orders_in_memory,
    )
    gone = ledger.missing(Span(1, through))
    if gone is not None:
        raise Problem(f"record {gone} is not there: {ledger.gap(gone)}")
    if through < 1:
        return state
    started = time.perf_counter()
    with Bar("state", through) as bar:
        fold(state, ledger.happened(1, through, progress=bar.done))
    took_s = time.perf_counter() - started
    remark(f"State         from {through:,} records before, in {took_s:.1f} s")
    return state


def _counted(records: "Iterable[Record]", bar: Bar) -> "Iterator[Record]":
    for number, record in enumerate(records):
        if not number % 2_000:
            bar.done(number)
        yield record


def _show(ledger: "Ledger", seq: int, lines: list[str]) -> None:
    about = ledger.one(seq)
    when = f", {microseconds(about.at_ns)}, {about.kind}" if about else ""
    say(f"Record {seq:,}{when}", "yellow")
    for line in lines:
        say(f"    {line}")


def _sum_up(replay: "Replay", records: int, took_s: float) -> None:
    rate = records / took_s if took_s else 0.0
    say(f"Replayed      {records:,} records in {took_s:.1f} s, {rate:,.0f} a second")
    say(f"Compared      {replay.inputs:,} inputs, {replay.messages:,} messages to clients")
    if replay.not_compared:
        say(f"Not compared  {replay.not_compared:,} messages of sessions not configured any more")
