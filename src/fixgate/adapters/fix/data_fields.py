"""Fields whose length stands in another field (FIX type DATA), checked before the engine.

Here: the pairs of tags, and the check. Not here: framing.
QuickFIX 1.16.0 trusts these lengths (Message.cpp, extractField) and ends the process on a wrong
one, so a message whose lengths do not hold is never fed to it.
"""

import re
from dataclasses import dataclass
from typing import Final

LENGTH_OF: Final = {  # tag of the data: tag of its length
    b"89": b"93",  # Signature
    b"91": b"90",  # SecureData
    b"96": b"95",  # RawData
    b"213": b"212",  # XmlData
    b"349": b"348",  # EncodedIssuer
    b"351": b"350",  # EncodedSecurityDesc
    b"353": b"352",  # EncodedListExecInst
    b"355": b"354",  # EncodedText
    b"357": b"356",  # EncodedSubject
    b"359": b"358",  # EncodedHeadline
    b"361": b"360",  # EncodedAllocText
    b"363": b"362",  # EncodedUnderlyingIssuer
    b"365": b"364",  # EncodedUnderlyingSecurityDesc
    b"446": b"445",  # EncodedListStatusText
    b"619": b"618",  # EncodedLegIssuer
    b"622": b"621",  # EncodedLegSecurityDesc
}
DATA_OF: Final = {length: data for data, length in LENGTH_OF.items()}
PRESENT: Final = re.compile(
    rb"\x01(?:8[9]=|9[01356]=|21[23]=|3(?:4[89]|5\d|6[0-5])=|44[56]=|61[89]=|62[12]=)"
)
_DIGITS_MAX: Final = 6
_SOH: Final = 0x01


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a well-framed message is not fed to the engine: the tag, 373's value, and words."""

    tag: int | None
    reject_reason: int  # SessionRejectReason (373)
    text: str


def fault_of(raw: bytes) -> Fault | None:
    """The first length that does not hold; None if all do."""
    at = 0
    while at < len(raw):
        tag, value_at, end = _field(raw, at)
        if tag in LENGTH_OF:
            return _fault(tag, "has no length in front of it")
        if tag in DATA_OF:
            digits = raw[value_at:end]
            if not digits.isdigit() or len(digits) > _DIGITS_MAX:
                return _fault(tag, "is not a length")
            data, data_at, data_soh = _field(raw, end + 1)
            if data != DATA_OF[tag]:
                return _fault(tag, f"is not followed by {DATA_OF[tag].decode()}")
            end = data_at + int(digits)
            if end >= len(raw) or raw[end] != _SOH:
                return _fault(tag, "is not the length of the data")
            if data_soh != end:
                # The engine and our codec read up to the delimiter and would see other fields.
                return _fault(data, "holds a delimiter, which is not supported")
        at = end + 1
    return None


def _field(raw: bytes, at: int) -> tuple[bytes, int, int]:
    """Tag, where the value begins, and where its delimiter is."""
    end = raw.find(b"\x01", at)
    end = len(raw) if end < 0 else end
    equals = raw.find(b"=", at, end)
    if equals < 0:
        return b"", end, end
    return raw[at:equals], equals + 1, end


def _fault(tag: bytes, what: str) -> Fault:
    # FIX 4.4: SessionRejectReason 6 is "Incorrect data format for value".
    return Fault(tag=int(tag), reject_reason=6, text=f"{tag.decode()} {what}")
