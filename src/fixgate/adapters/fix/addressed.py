"""Which frames of a client the engine never sees, whatever their numbers.

Here: Addressed, what every message of a session's client must say of itself.
Not here: a first Logon (logon), framing (framing), what the engine rejects.
"""

from typing import Final, NamedTuple

from fixgate.adapters.fix.config import SessionConfig
from fixgate.adapters.fix.data_fields import Fault
from fixgate.adapters.fix.fields import engine_text, value_of
from fixgate.adapters.fix.framing import MSG_SEQ_NUM_MAX, Frame

# FIX 4.4, SessionRejectReason (373)
_REQUIRED_TAG_MISSING: Final = 1
_VALUE_IS_INCORRECT: Final = 5


class Addressed(NamedTuple):
    """What every message of one session's client must say."""

    begin: bytes
    client: bytes
    us: bytes

    @classmethod
    def of(cls, config: SessionConfig) -> "Addressed":
        """That of a session."""
        return cls(
            f"8={config.version.value}\x01".encode(),
            f"\x0149={config.target_comp_id}\x01".encode(),
            f"\x0156={config.sender_comp_id}\x01".encode(),
        )

    def unacceptable(self, frame: Frame) -> str | None:
        """Why no number can be told for this frame, so that only Logout is left."""
        if not frame.raw.startswith(self.begin):
            return "Incorrect BeginString"
        if frame.msg_seq_num == 0:
            # FIX 4.4 vol. 2: a message without MsgSeqNum is answered with Logout.
            return "MsgSeqNum (34) is missing or not a number"
        return None

    def fault(self, frame: Frame) -> Fault | None:
        """Why this frame is answered with Reject by us and not shown to the engine."""
        if frame.fault is not None:
            return frame.fault
        # Without CompIDs the engine counts an application message whatever its number is.
        for expected, tag in ((self.client, 49), (self.us, 56)):
            if expected not in frame.raw and f"\x01{tag}=".encode() not in frame.raw:
                return Fault(tag=tag, reject_reason=_REQUIRED_TAG_MISSING, text="no CompID")
        if frame.msg_type == "4":
            new_seq_no = value_of(engine_text(frame.raw), 36) or ""
            if new_seq_no.isdigit() and int(new_seq_no[:20]) > MSG_SEQ_NUM_MAX:
                return Fault(tag=36, reject_reason=_VALUE_IS_INCORRECT, text="NewSeqNo too high")
        return None
