"""FIX enumerations. Closed, and each member carries its value on the wire (FIX 4.4).

Here: the values the core reasons about.
Not here: what FIX 4.2 writes differently (adapters/fix), and values nobody decides on.
"""

from enum import Enum, unique
from operator import attrgetter
from typing import TYPE_CHECKING, Final


class Value(Enum):
    """An enumeration whose members are looked up in tables on the hot path.

    Enum hashes by name, in Python; members are singletons, so their identity does as well.
    """

    __hash__ = object.__hash__

    if not TYPE_CHECKING:
        # Enum's own is found by a function in Python, at three times the cost.
        value = property(attrgetter("_value_"))


@unique
class Side(Value):
    """Tag 54."""

    BUY = "1"
    SELL = "2"


@unique
class OrdType(Value):
    """Tag 40."""

    MARKET = "1"
    LIMIT = "2"
    STOP = "3"
    STOP_LIMIT = "4"
    PEGGED = "P"  # with ExecInst (18) a: a trailing stop; no other peg is taken

    @property
    def waits(self) -> bool:
        """Whether such an order does nothing until the market has come to a price."""
        return self in (OrdType.STOP, OrdType.STOP_LIMIT, OrdType.PEGGED)

    @property
    def needs_price(self) -> bool:
        """Whether Price (44) is required."""
        return self in _PRICED

    @property
    def needs_stop_px(self) -> bool:
        """Whether StopPx (99) is required."""
        return self in _STOPS


_PRICED: Final = frozenset((OrdType.LIMIT, OrdType.STOP_LIMIT))
_STOPS: Final = frozenset((OrdType.STOP, OrdType.STOP_LIMIT))


@unique
class TimeInForce(Value):
    """Tag 59."""

    DAY = "0"
    GOOD_TILL_CANCEL = "1"
    IMMEDIATE_OR_CANCEL = "3"
    FILL_OR_KILL = "4"
    GOOD_TILL_DATE = "6"


@unique
class PositionEffect(Value):
    """Tag 77 (OpenClose in 4.2): what an order may do to a position."""

    OPEN = "O"  # open or enlarge it
    CLOSE = "C"  # reduce it, and no further than to nothing


@unique
class SelfTradePrevention(Value):
    """Tag 7928: what gives way when an order would trade with another of the same client."""

    CANCEL_NEWEST = "N"  # what is left of the incoming order
    CANCEL_OLDEST = "O"  # the resting order
    CANCEL_BOTH = "B"


@unique
class PegOffsetType(Value):
    """Tag 836: what PegOffsetValue (211) is counted in."""

    PRICE = "0"
    BASIS_POINTS = "1"
    TICKS = "2"  # of the instrument at its venue


@unique
class MarginMode(Value):
    """Tag 20002: the margin a futures order draws on."""

    CROSS = "C"
    ISOLATED = "I"


@unique
class OrdStatus(Value):
    """Tag 39."""

    NEW = "0"
    PARTIALLY_FILLED = "1"
    FILLED = "2"
    DONE_FOR_DAY = "3"
    CANCELED = "4"
    PENDING_CANCEL = "6"
    REJECTED = "8"
    PENDING_NEW = "A"
    EXPIRED = "C"
    PENDING_REPLACE = "E"


@unique
class ExecType(Value):
    """Tag 150: what just happened to an order."""

    NEW = "0"
    DONE_FOR_DAY = "3"
    CANCELED = "4"
    REPLACED = "5"
    PENDING_CANCEL = "6"
    REJECTED = "8"
    PENDING_NEW = "A"
    EXPIRED = "C"
    RESTATED = "D"
    PENDING_REPLACE = "E"
    TRADE = "F"
    TRADE_CORRECT = "G"
    TRADE_CANCEL = "H"
    ORDER_STATUS = "I"
    TRIGGERED = "L"


@unique
class RefusalReason(Value):
    """Why an order or request was refused, in order of precedence.

    The values are names: tags 102, 103 and 380 are mapped per FIX version in adapters/fix.
    """

    NOT_PERMITTED = "not_permitted"
    HALTED = "halted"
    DUPLICATE_ORDER = "duplicate_order"
    UNKNOWN_ORDER = "unknown_order"
    ALREADY_PENDING = "already_pending"
    TOO_LATE = "too_late"
    UNKNOWN_SYMBOL = "unknown_symbol"
    UNSUPPORTED = "unsupported"
    INCORRECT_QUANTITY = "incorrect_quantity"
    INCORRECT_PRICE = "incorrect_price"
    NOT_PRICED = "not_priced"  # a limit cannot be checked: no price, or no rate
    EXCEEDS_LIMIT = "exceeds_limit"
    REPEATED_ORDER = "repeated_order"  # looks like one that was sent twice
    SELF_MATCH = "self_match"
    OTHER = "other"
    VENUE_DOWN = "venue_down"
    VENUE_REFUSED = "venue_refused"


# MsgType of a rejection that is not answered with another: two engines could go on for ever.
BUSINESS_MESSAGE_REJECT: Final = "j"


@unique
class BusinessRejectReason(Value):
    """Tag 380."""

    OTHER = "0"
    UNKNOWN_ID = "1"
    UNKNOWN_SECURITY = "2"
    UNSUPPORTED_MESSAGE_TYPE = "3"
    APPLICATION_NOT_AVAILABLE = "4"
    CONDITIONALLY_REQUIRED_FIELD_MISSING = "5"
    NOT_AUTHORIZED = "6"


@unique
class CxlRejResponseTo(Value):
    """Tag 434."""

    CANCEL = "1"
    REPLACE = "2"


@unique
class MassCancelRejectReason(Value):
    """Tag 532."""

    NOT_SUPPORTED = "0"
    UNKNOWN_SECURITY = "1"
    OTHER = "99"


@unique
class SecurityRequestResult(Value):
    """Tag 560."""

    VALID = "0"
    INVALID = "1"
    NONE_FOUND = "2"
    NOT_SUPPORTED = "5"


@unique
class TradeRequestResult(Value):
    """Tag 749."""

    SUCCESSFUL = "0"
    UNKNOWN_INSTRUMENT = "1"
    TYPE_NOT_SUPPORTED = "8"
    OTHER = "99"


@unique
class PosReqResult(Value):
    """Tag 728."""

    VALID = "0"
    UNSUPPORTED = "1"
    NONE_FOUND = "2"
    NOT_AUTHORIZED = "3"
    NOT_SUPPORTED = "4"


@unique
class RestatementReason(Value):
    """Tag 378."""

    VENUE_CANCEL = "2"  # FIX: verbal change; the matrices use it for an unsolicited cancel
    REPRICED = "3"
    BROKER_OPTION = "4"  # by operations: a kill switch, a mass cancel, a forced cancel
    PARTIAL_DECLINE = "5"
    HALT = "6"
    SYSTEM_FAILURE = "7"  # FIX 4.4: cancel on system failure; the session's connection ended
    OTHER = "99"
