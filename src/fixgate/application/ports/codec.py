"""Between FIX text and the core's words.

Here: the Codec port.
"""

from typing import Protocol

from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import ClientCommand
from fixgate.domain.reports import Report


class Codec(Protocol):
    """Decodes what clients say and encodes what they are told. Pure."""

    def decode(self, session: SessionName, text: str) -> ClientCommand:
        """The command in a delivered message; never raises."""
        ...

    def encode(self, report: Report, *, msg_seq_num: int, at_ns: int) -> str:
        """The complete message. Raises KeyError for a session that is not configured."""
        ...

    def knows(self, session: SessionName) -> bool:
        """Whether the session is configured."""
        ...
