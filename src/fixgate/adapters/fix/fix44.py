"""What FIX 4.4 writes on the wire where versions differ. Data only."""

from collections.abc import Mapping
from typing import Final

from fixgate.adapters.fix.dialect import Dialect
from fixgate.domain.values import ExecType, RefusalReason

ORD_REJ_REASON: Final[Mapping[RefusalReason, int]] = {
    RefusalReason.NOT_PERMITTED: 0,
    RefusalReason.HALTED: 0,
    RefusalReason.DUPLICATE_ORDER: 6,
    RefusalReason.UNKNOWN_ORDER: 5,
    RefusalReason.ALREADY_PENDING: 99,
    RefusalReason.TOO_LATE: 4,
    RefusalReason.UNKNOWN_SYMBOL: 1,
    RefusalReason.UNSUPPORTED: 11,
    RefusalReason.INCORRECT_QUANTITY: 13,
    RefusalReason.INCORRECT_PRICE: 99,
    RefusalReason.NOT_PRICED: 99,
    RefusalReason.EXCEEDS_LIMIT: 3,
    RefusalReason.REPEATED_ORDER: 6,
    RefusalReason.SELF_MATCH: 0,
    RefusalReason.OTHER: 99,
    RefusalReason.VENUE_DOWN: 2,
    RefusalReason.VENUE_REFUSED: 0,
}
CXL_REJ_REASON: Final[Mapping[RefusalReason, int]] = {
    RefusalReason.NOT_PERMITTED: 2,
    RefusalReason.HALTED: 2,
    RefusalReason.DUPLICATE_ORDER: 6,
    RefusalReason.UNKNOWN_ORDER: 1,
    RefusalReason.ALREADY_PENDING: 3,
    RefusalReason.TOO_LATE: 0,
    RefusalReason.UNKNOWN_SYMBOL: 99,
    RefusalReason.UNSUPPORTED: 99,
    RefusalReason.INCORRECT_QUANTITY: 99,
    RefusalReason.INCORRECT_PRICE: 99,
    RefusalReason.NOT_PRICED: 99,
    RefusalReason.EXCEEDS_LIMIT: 2,
    RefusalReason.REPEATED_ORDER: 99,
    RefusalReason.SELF_MATCH: 2,
    RefusalReason.OTHER: 99,
    RefusalReason.VENUE_DOWN: 2,
    RefusalReason.VENUE_REFUSED: 2,
}

FIX44: Final = Dialect(
    ord_rej_reason=ORD_REJ_REASON,
    cxl_rej_reason=CXL_REJ_REASON,
    exec_types={each: each.value for each in ExecType},
    exec_trans_types=None,
    restatement_max=99,
    not_echoed=frozenset((76, 109)),
    has_trade_details=True,
)
