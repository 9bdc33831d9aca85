"""What decoders of client messages have in common.

Here: the fields of a message, the answer to a bad one, and checks of ids and text.
Not here: any message (decode, decode_mass and their like), repeating groups (groups).
"""

from collections.abc import Iterable
from typing import Final

from fixgate.domain.ids import CL_ORD_ID_LENGTH_MAX, SessionName
from fixgate.domain.inputs import BadMessage

Fields = dict[str, str]
ID_LENGTH_MAX: Final = CL_ORD_ID_LENGTH_MAX  # of every id
_SEQ_NUM_LENGTH_MAX: Final = 18


def ref_seq_num(fields: Fields) -> int:
    """MsgSeqNum (34) for RefSeqNum (45)."""
    number = fields.get("34", "0")
    sane = number.isascii() and number.isdecimal() and len(number) <= _SEQ_NUM_LENGTH_MAX
    return int(number) if sane else 0


def bad(session: SessionName, fields: Fields, tag: str, reason: int, fault: str) -> BadMessage:
    """Reject (3) for one field; ``reason`` is tag 373."""
    return BadMessage(
        session=session,
        ref_seq_num=ref_seq_num(fields),
        ref_msg_type=fields["35"],
        ref_tag_id=int(tag),
        reason=reason,
        text=f"Tag {tag} {fault}",
    )


def missing(session: SessionName, fields: Fields, tags: Iterable[str]) -> BadMessage | None:
    """Reject (3) for the first of ``tags`` that has no value."""
    for tag in tags:
        if not fields.get(tag):
            reason, fault = (4, "has no value") if tag in fields else (1, "is missing")
            return bad(session, fields, tag, reason, fault)
    return None


def unfit(session: SessionName, fields: Fields, tags: Iterable[str]) -> BadMessage | None:
    """Reject (3) for the first of ``tags`` that has a value which cannot be repeated."""
    values = fields.values()
    if all(values) and len(max(values, key=len)) <= ID_LENGTH_MAX and "".join(values).isprintable():
        return None  # as nearly always: no value in the message is unfit
    for tag in tags:
        value = fields.get(tag)
        fault = None if value is None else fault_of(value)
        if fault is not None:
            return bad(session, fields, tag, *fault)
    return None


def fault_of(value: str) -> tuple[int, str] | None:
    """Why a value cannot be repeated on reports and name rows: tag 373, and words."""
    if not value:
        return 4, "has no value"
    if len(value) > ID_LENGTH_MAX:
        return 5, f"is longer than {ID_LENGTH_MAX} characters"
    if not value.isprintable():
        # A NUL in a stored report would make the engine's resends loop for ever.
        return 6, "has a character that cannot be shown"
    return None
