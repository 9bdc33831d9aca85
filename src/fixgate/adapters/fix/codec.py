"""FIX text to commands and reports to FIX text, for the configured sessions.

Here: Codec, which knows each session's version and CompIDs.
Not here: the syntax of messages (decode, encode).
"""

from collections.abc import Mapping
from typing import Final

from fixgate.adapters.fix.decode import ECHO_TAGS, REFUSED_ECHO_TAGS, decode, with_custom
from fixgate.adapters.fix.dialect import Dialect
from fixgate.adapters.fix.encode import Addressing, encode
from fixgate.adapters.fix.fix42 import FIX42
from fixgate.adapters.fix.fix44 import FIX44
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import ClientCommand
from fixgate.domain.reports import DropCopy, Report, TradeCaptureReport
from fixgate.domain.sessions import FixVersion

DIALECTS: Final[Mapping[FixVersion, Dialect]] = {
    FixVersion.FIX42: FIX42,
    FixVersion.FIX44: FIX44,
}
_ALL_ECHO_TAGS: Final = frozenset(int(tag) for tag in (*ECHO_TAGS, *REFUSED_ECHO_TAGS, "66"))


def addressing(
    version: FixVersion,
    *,
    sender_comp_id: str,
    target_comp_id: str,
    echo_tags: frozenset[int] = _ALL_ECHO_TAGS,
    custom_tags: tuple[int, ...] = (),
) -> Addressing:
    """How to write to a client.

    ``echo_tags`` narrows what reports repeat of an order, ``custom_tags`` adds the client's own.
    """
    dialect = DIALECTS[version]
    return Addressing(
        version=version,
        sender_comp_id=sender_comp_id,
        target_comp_id=target_comp_id,
        dialect=dialect,
        echo_tags=(echo_tags - dialect.not_echoed).union(custom_tags),
        custom_tags=tuple(str(each) for each in sorted(custom_tags)),
    )


class Codec:
    """Decodes and encodes for a set of sessions."""

    def __init__(self, sessions: Mapping[SessionName, Addressing]) -> None:
        self._sessions = sessions

    @property
    def sessions(self) -> Mapping[SessionName, Addressing]:
        """Those that are known."""
        return self._sessions

    def replace(self, sessions: Mapping[SessionName, Addressing]) -> None:
        """From now on these are known."""
        self._sessions = sessions

    def decode(self, session: SessionName, text: str) -> ClientCommand:
        """What the client says; never raises for a message that the engine delivered."""
        to = self._sessions.get(session)
        if to is not None and to.custom_tags:
            return with_custom(decode(session, text), text, to.custom_tags)
        return decode(session, text)

    def encode(self, report: Report, *, msg_seq_num: int, at_ns: int) -> str:
        """The complete message for the report's session.

        Raises:
            KeyError: the session is not configured; the caller asks ``knows`` first.
        """
        to = self._sessions[report.session]
        if isinstance(report, DropCopy):
            copied = report.report
            return encode(
                copied,
                to,
                msg_seq_num=msg_seq_num,
                at_ns=at_ns,
                on_behalf_of=self._comp_id(copied.session),
            )
        if isinstance(report, TradeCaptureReport) and report.trade.session != report.session:
            return encode(
                report,
                to,
                msg_seq_num=msg_seq_num,
                at_ns=at_ns,
                on_behalf_of=self._comp_id(report.trade.session),
            )
        return encode(report, to, msg_seq_num=msg_seq_num, at_ns=at_ns)

    def _comp_id(self, session: SessionName) -> str:
        """The client's CompID; the session's name where it is no longer configured."""
        known = self._sessions.get(session)
        return session if known is None else known.target_comp_id

    def knows(self, session: SessionName) -> bool:
        """Whether the session is configured."""
        return session in self._sessions
