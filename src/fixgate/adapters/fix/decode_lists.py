"""NewOrderList (E), ListStatusRequest (M) and ListCancelRequest (K) from their text to commands.

Here: the list as a whole. Not here: an order of it, which is read as a NewOrderSingle (decode).
"""

from collections.abc import Callable, Sequence
from typing import Final

from fixgate.adapters.fix.decode_parties import PARTIES, parties_of
from fixgate.adapters.fix.fields import pairs
from fixgate.adapters.fix.groups import Entry, GroupBroken, Layout, read
from fixgate.adapters.fix.inbound import Fields, bad, missing, unfit
from fixgate.domain.frozen import changed
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import (
    BadMessage,
    ClientCommand,
    ListRequest,
    NewOrderList,
    NewOrderSingle,
)
from fixgate.domain.lists import Contingency

Single = Callable[[SessionName, Fields], ClientCommand]

ORDERS_MAX: Final = 10
_ORDERS, _PARTIES = "73", "453"
_CONTINGENCIES: Final = {each.value: each for each in Contingency}
# The dictionaries let an order of a list do without them; nobody can say what it is then.
_NEEDED: Final = ("40", "55")
_NO_BIDDING, _IMMEDIATE = "3", "1"  # tags 394, 433
# Tags of an order in the dictionaries, those of its groups apart.
_TAGS: Final = """
    11 67 109 76 1 660 581 589 590 591 70 63 64 544 635 21 18 110 111 100 81 55 65 48 22 460 461
    167 762 200 541 205 201 202 947 206 231 207 106 348 349 107 350 351 667 140 54 114 60 854 38
    152 516 468 469 40 423 44 99 15 376 377 23 117 59 168 432 126 427 12 13 479 497 528 529 582 47
    121 120 775 58 354 355 193 192 640 77 203 204 210 211 439 440 388 389 526 583 835 836 837 838
    840 841 842 843 844 846 847 848 849 7928 20001 20002 20003 20004
"""
_ALLOCS: Final = Layout(
    first="79", members=frozenset(("79", "661", "736", "467", "80", "539")), nested={}
)
_SESSIONS: Final = Layout(first="336", members=frozenset(("336", "625")))
_LAYOUT: Final = Layout(
    first="11",
    members=frozenset((*_TAGS.split(), "453", "78", "386")),
    nested={"453": PARTIES, "78": _ALLOCS, "386": _SESSIONS},
)


def new_order_list(
    session: SessionName, text: str, fields: Fields, single: Single
) -> ClientCommand:
    """35=E. ``single`` reads an order of it."""
    wrong = missing(session, fields, ("66", "68", _ORDERS)) or unfit(session, fields, ("66", "68"))
    if wrong is not None:
        return wrong
    try:
        entries = read(pairs(text), _ORDERS, _LAYOUT)
    except GroupBroken as broken:
        return bad(session, fields, broken.tag, 5, str(broken))
    orders: list[NewOrderSingle] = []
    for entry in entries:
        made = _fields(entry, fields)
        command = missing(session, made, (*made, *_NEEDED)) or single(session, made)
        if isinstance(command, BadMessage):
            return changed(command, ref_msg_type=fields["35"])
        if isinstance(command, NewOrderSingle):
            echo = tuple(sorted((*command.echo, (66, fields["66"]))))
            orders.append(changed(command, echo=echo))
    return NewOrderList(
        session=session,
        list_id=fields["66"],
        contingency=_CONTINGENCIES.get(fields.get("1385", "")),
        orders=tuple(orders),
        fault=_fault(fields, entries),
    )


def _fields(entry: Entry, fields: Fields) -> Fields:
    """An entry as a message of its own; a party's group as the reports repeat it."""
    made: Fields = {tag: fields[tag] for tag in ("8", "34", "97") if tag in fields}
    made |= {**entry.fields, "35": "D"}
    parties = parties_of(entry)
    made.pop(_PARTIES, None)
    if parties is not None:
        made[_PARTIES] = parties
    return made


def _fault(fields: Fields, entries: Sequence[Entry]) -> str | None:
    contingency = _CONTINGENCIES.get(fields.get("1385", ""))
    least, most = 2, ORDERS_MAX
    if contingency is Contingency.ONE_TRIGGERS_OTHER:
        most = 3
    numbers = [entry.fields.get("67") for entry in entries]
    rules = (
        (
            contingency is None,
            "ContingencyType (1385) must be 1 or 2; orders do not update one another",
        ),
        (fields["68"] != str(len(entries)), "TotNoOrders (68) must be NoOrders (73)"),
        (not least <= len(entries) <= most, f"NoOrders (73) must be {least} to {most}"),
        (
            numbers != [str(number) for number in range(1, len(entries) + 1)],
            "ListSeqNo (67) must count from 1, in the order of the orders",
        ),
        (fields.get("893", "Y") != "Y", "LastFragment (893) must be Y: a list comes whole"),
        (
            fields.get("394", _NO_BIDDING) != _NO_BIDDING,
            "BidType (394) must be 3: there is no bidding process",
        ),
        (
            fields.get("433", _IMMEDIATE) != _IMMEDIATE,
            "ListExecInstType (433) must be 1: a list is carried out at once",
        ),
    )
    return next((text for broken, text in rules if broken), None)


def list_request(session: SessionName, _: str, fields: Fields) -> ClientCommand:
    """35=M or 35=K."""
    wrong = missing(session, fields, ("66",)) or unfit(session, fields, ("66",))
    return wrong or ListRequest(session=session, list_id=fields["66"], cancels=fields["35"] == "K")
