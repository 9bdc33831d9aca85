"""The reports that the journal promised a client, for the engine's store.

Here: promised(), the numbered reports of a session since its numbers were last reset.
Not here: what the engine's store has of them.
"""

from collections.abc import Iterator
from typing import Final

from fixgate.adapters.store.reader import MessageFilter, Reader
from fixgate.application.ports.fix import Handling
from fixgate.domain.ids import SessionName

LATEST_MAX: Final = 10_000
"""Reports looked at: many more than can lie between the journal and an intact engine's store."""


def promised(reader: Reader, session: SessionName) -> Iterator[tuple[int, str]]:
    """MsgSeqNum and text of the latest reports, ascending; none from before a reset."""
    wanted = MessageFilter(session=session, direction="out")
    found: list[tuple[int, str]] = []
    for stored in reversed(reader.messages(wanted, LATEST_MAX)):
        message = stored.message
        if message.handling is not Handling.REPORT:
            if message.msg_type == "A" and "\x01141=Y\x01" in message.text:
                break
            continue
        found.append((message.msg_seq_num, message.text.encode("latin-1").decode()))
    yield from reversed(found)
