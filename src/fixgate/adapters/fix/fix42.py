"""What FIX 4.2 writes on the wire where versions differ. Data only.

Only values of the 4.2 standard, so that a client with the plain dictionary takes every report.
"""

from collections.abc import Mapping
from typing import Final

from fixgate.adapters.fix.dialect import Dialect
from fixgate.domain.values import ExecType, RefusalReason

ORD_REJ_REASON: Final[Mapping[RefusalReason, int]] = {
    RefusalReason.NOT_PERMITTED: 0,
    RefusalReason.HALTED: 0,
    RefusalReason.DUPLICATE_ORDER: 6,
    RefusalReason.UNKNOWN_ORDER: 5,
    RefusalReason.ALREADY_PENDING: 0,
    RefusalReason.TOO_LATE: 4,
    RefusalReason.UNKNOWN_SYMBOL: 1,
    RefusalReason.UNSUPPORTED: 0,
    RefusalReason.INCORRECT_QUANTITY: 0,
    RefusalReason.INCORRECT_PRICE: 0,
    RefusalReason.NOT_PRICED: 0,
    RefusalReason.EXCEEDS_LIMIT: 3,
    RefusalReason.REPEATED_ORDER: 6,
    RefusalReason.SELF_MATCH: 0,
    RefusalReason.OTHER: 0,
    RefusalReason.VENUE_DOWN: 2,
    RefusalReason.VENUE_REFUSED: 0,
}
CXL_REJ_REASON: Final[Mapping[RefusalReason, int]] = {
    RefusalReason.NOT_PERMITTED: 2,
    RefusalReason.HALTED: 2,
    RefusalReason.DUPLICATE_ORDER: 2,
    RefusalReason.UNKNOWN_ORDER: 1,
    RefusalReason.ALREADY_PENDING: 3,
    RefusalReason.TOO_LATE: 0,
    RefusalReason.UNKNOWN_SYMBOL: 2,
    RefusalReason.UNSUPPORTED: 2,
    RefusalReason.INCORRECT_QUANTITY: 2,
    RefusalReason.INCORRECT_PRICE: 2,
    RefusalReason.NOT_PRICED: 2,
    RefusalReason.EXCEEDS_LIMIT: 2,
    RefusalReason.REPEATED_ORDER: 2,
    RefusalReason.SELF_MATCH: 2,
    RefusalReason.OTHER: 2,
    RefusalReason.VENUE_DOWN: 2,
    RefusalReason.VENUE_REFUSED: 2,
}
_AS_STATUS: Final = ""  # 4.2 has no F, G, H or I: tag 150 repeats the status, tag 20 says which

EXEC_TYPES: Final[Mapping[ExecType, str]] = {
    each: each.value for each in ExecType if each.value not in "FGHIL"
} | {
    ExecType.TRADE: _AS_STATUS,
    ExecType.TRADE_CORRECT: _AS_STATUS,
    ExecType.TRADE_CANCEL: _AS_STATUS,
    ExecType.ORDER_STATUS: _AS_STATUS,
    ExecType.TRIGGERED: "D",  # 4.2 has no L: restated, 378=4 (broker option)
}
EXEC_TRANS_TYPES: Final[Mapping[ExecType, str]] = {
    ExecType.TRADE_CORRECT: "2",
    ExecType.TRADE_CANCEL: "1",
    ExecType.ORDER_STATUS: "3",
}

FIX42: Final = Dialect(
    ord_rej_reason=ORD_REJ_REASON,
    cxl_rej_reason=CXL_REJ_REASON,
    exec_types=EXEC_TYPES,
    exec_trans_types=EXEC_TRANS_TYPES,
    restatement_max=5,
    not_echoed=frozenset((453,)),
    has_trade_details=False,
)
