"""Identifiers, one type each, and how Fixgate makes its own.

Here: NewTypes for every id, and Ids, which derives ours from the journal.
Not here: anything random; the same journal gives the same ids for ever.
"""

from dataclasses import dataclass
from typing import Final, NewType

ClOrdID = NewType("ClOrdID", str)  # tag 11: the client's name for an order or request
OrderID = NewType("OrderID", str)  # tag 37: ours
ExecID = NewType("ExecID", str)  # tag 17: ours
SessionName = NewType("SessionName", str)  # the client session, e.g. "DEMO44"
VenueName = NewType("VenueName", str)  # e.g. "SIM", "BINANCE"
VenueClOrdID = NewType("VenueClOrdID", str)  # our name for one leg of an order at its venue
VenueOrderID = NewType("VenueOrderID", str)  # the venue's name for that leg
TradeID = NewType("TradeID", str)  # the venue's name for one trade

CL_ORD_ID_LENGTH_MAX: Final = 64
EPOCH_LENGTH: Final = 6
_SEQ_LENGTH: Final = 8
ORDER_ID_LENGTH: Final = EPOCH_LENGTH + _SEQ_LENGTH
_LEG_LENGTH_MAX: Final = 4  # 18 in all, which nearly every venue takes
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALPHABET_SET: Final = frozenset(_ALPHABET)

_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)


def base36(number: int, *, width: int) -> str:
    """``number`` in upper-case base 36, zero-padded to ``width``."""
    digits = ""
    while number:
        number, pair = divmod(number, 1296)
        digits = _PAIRS[pair] + digits
    if len(digits) > width:
        digits = digits.lstrip("0")
    return digits.rjust(width, "0")


@dataclass(frozen=True, slots=True)
class Ids:
    """Makes ids from the journal's epoch and an input's number in it.

    The epoch tells one journal from another, so that a gateway started on an empty data
    directory never repeats an id that an older one gave to the same venue account.
    """

    epoch: str

    def order_id(self, seq: int) -> OrderID:
        """The OrderID (37) of the order that input ``seq`` brought: 14 of [0-9A-Z]."""
        return OrderID(self.epoch + base36(seq, width=_SEQ_LENGTH))

    def exec_id(self, seq: int, index: int) -> ExecID:
        """The ExecID (17) of the ``index``-th report that input ``seq`` caused."""
        return ExecID(f"{self.epoch}{base36(seq, width=_SEQ_LENGTH)}-{index}")


def venue_cl_ord_id(order_id: OrderID, leg: int) -> VenueClOrdID:
    """Our id at the venue for leg ``leg`` of an order: 16 of [0-9A-Z], fits every venue.

    From leg 1,296 on it is 17 long, and 18, which still fits, up to leg 1,679,615.
    """
    tail = _PAIRS[leg] if leg < len(_PAIRS) else base36(leg, width=2)
    return VenueClOrdID(order_id + tail)


def order_of(venue_id: VenueClOrdID) -> tuple[OrderID, int] | None:
    """The order and leg that a venue's echo of our id names; None if it is not one of ours."""
    order_id, leg = OrderID(venue_id[:ORDER_ID_LENGTH]), venue_id[ORDER_ID_LENGTH:]
    if not 2 <= len(leg) <= _LEG_LENGTH_MAX or not _ALPHABET_SET.issuperset(venue_id):
        return None
    number = int(leg, 36)
    # One spelling for one leg: what we would not have written is not ours.
    return (order_id, number) if venue_cl_ord_id(order_id, number) == venue_id else None
