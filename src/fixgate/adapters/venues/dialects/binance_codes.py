"""What Binance's error codes prove.

Here: the codes that mean "not carried out", by the list in Binance's spot API documentation
(errors.md). Everything that is not listed here proves nothing.
Not here: HTTP statuses (outcomes).
"""

from typing import Final

NO_SUCH_ORDER: Final = -2013
ORDER_ARCHIVED: Final = -2026
INVALID_TIMESTAMP: Final = -1021
DENIED: Final = frozenset({-1002, -1022, -2014, -2015})  # key, signature, address, permission
_NEW_ORDER_REJECTED: Final = frozenset({-2010, -1010})
_REFUSED: Final = frozenset(
    {
        -1002,  # not authorized
        -1003,  # too many requests
        -1013,  # filter failure: "the request didn't reach the matching engine"
        -1014,  # unsupported order combination
        -1015,  # too many orders
        -1020,  # unsupported operation
        INVALID_TIMESTAMP,
        -1022,  # invalid signature
        -1099,  # not found, authenticated or authorized
        -2011,  # cancel rejected
        -2014,  # API key format
        -2015,  # API key, address or permissions
        -2016,  # no trading window
    }
)
# Not listed, so UNKNOWN: -1000 and -1001 (internal error), -1006 and -1007 ("execution status
# unknown"), -1008 (busy), -1016 (shutting down), -2021 and -2022 (cancelReplace, not used).


def is_refusal(code: int | None, message: str) -> bool:
    """Whether the code proves that the request was not carried out, now or before."""
    if code is None:
        return False
    if code in _NEW_ORDER_REJECTED:
        # "Duplicate order sent.": an order with our id is open. It can only be our own.
        return "duplicate" not in message.lower()
    # 11xx: a parameter is wrong; found before anything is done.
    return code in _REFUSED or -1199 <= code <= -1100
