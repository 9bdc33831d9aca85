"""How one FIX version differs from another, as data.

Here: Dialect.
Not here: the values (fix42, fix44).
"""

from collections.abc import Mapping

from fixgate.domain.frozen import value
from fixgate.domain.values import ExecType, RefusalReason


@value
class Dialect:
    """Tables of one version."""

    ord_rej_reason: Mapping[RefusalReason, int]  # tag 103
    cxl_rej_reason: Mapping[RefusalReason, int]  # tag 102
    exec_types: Mapping[ExecType, str]  # tag 150; "" means: by status
    exec_trans_types: Mapping[ExecType, str] | None  # tag 20; None: the version has no tag 20
    restatement_max: int  # the highest ExecRestatementReason (378); above it: 4, broker option
    not_echoed: frozenset[int]  # of orders of the other version, copied: its 35=8 has no such tags
    has_trade_details: bool  # 527 SecondaryExecID, 790, 851 in 35=8
