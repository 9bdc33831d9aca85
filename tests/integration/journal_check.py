"""What must hold of any journal, whatever happened to the gateway that wrote it.

Here: audit(), for the end of every test with a real gateway; Journaled, what it found.
Not here: what a test itself proves.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from fixgate.adapters.store.reader import MessageFilter
from fixgate.application.ports.fix import Handling
from fixgate.application.ports.journal import Record
from fixgate.application.replay import Replay
from fixgate.bootstrap import parts
from fixgate.bootstrap.loading import load
from fixgate.bootstrap.stores import open_to_read
from fixgate.domain.ids import Ids
from fixgate.domain.state import State

_MOST = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Journaled:
    """What the journal says."""

    records: list[Record]
    reports: dict[str, list[tuple[int, str]]]  # per session: MsgSeqNum and text, as promised
    messages: list[str]  # everything in and out, as bytes are kept: one character each

    def reports_of(self, session: str) -> list[tuple[int, str]]:
        """What was promised to a client, in order."""
        return self.reports.get(session, [])


def audit(home: Path) -> Journaled:
    """The chain is whole; deciding everything again gives the same; no ExecID occurs twice.

    It reads what is committed, so it can be used while the gateway runs and when it does not.
    """
    configuration = load(home, {})
    reader = open_to_read(configuration)
    try:
        assert reader.verify() is None, f"record {reader.verify()} is not as written"
        records = list(reader.records())
        state = State(
            Ids(reader.meta("epoch")),
            terminal_max=configuration.gateway.journal.terminal_orders_in_memory,
        )
        replay = Replay(state, parts.codec(configuration))
        differences = list(replay.differences(records))
        assert differences == [], differences[:5]
        assert replay.inputs
        found = reader.messages(MessageFilter(), _MOST)
    finally:
        reader.close()
    reports: dict[str, list[tuple[int, str]]] = {}
    for each in found:
        # One that was released late is there once more, as it went out.
        if each.message.handling is Handling.REPORT and not each.row.repeats:
            session = str(each.row.session)
            text = each.message.text
            reports.setdefault(session, []).append((each.message.msg_seq_num, text))
    _exec_ids_are_unique(reports)
    return Journaled(
        records=records, reports=reports, messages=[each.message.text for each in found]
    )


def _exec_ids_are_unique(reports: dict[str, list[tuple[int, str]]]) -> None:
    ids = Counter(
        text.split("\x0117=")[1].split("\x01")[0]
        for session in reports.values()
        for _, text in session
        # Answers to status requests are no executions: theirs is 0 in FIX 4.2 and 4.4 alike.
        # A report sent again after a reset of the numbers (PossResend) has the id it had.
        if "\x0117=" in text
        and "\x0117=0\x01" not in text
        and "\x0197=Y\x01" not in text
        # Nor a drop copy or a TradeCaptureReport: it has the id of the report it is about.
        and "\x01115=" not in text
        and "\x0135=AE\x01" not in text
    )
    assert [each for each, count in ids.items() if count > 1] == []
