"""What a client session may do and how it likes its reports: the part the core decides on.

Here: SessionRules.
Not here: passwords, addresses, heartbeats, sockets (configuration and adapters/fix).
"""

from enum import Enum, unique

from fixgate.domain.frozen import value
from fixgate.domain.ids import SessionName, VenueName


@unique
class FixVersion(Enum):
    """BeginString (8)."""

    FIX42 = "FIX.4.2"
    FIX44 = "FIX.4.4"


@unique
class WhilePending(Enum):
    """What becomes of a replace that arrives while another request is open."""

    IN_TURN = "in_turn"  # matrix D.2.a: it waits until the first is answered
    PENDING_FIRST = "pending_first"  # matrix D.2.b: Pending Replace at once, then in turn
    REFUSE = "refuse"  # matrix D.2.c: 9 with 102=3


@unique
class Role(Enum):
    """What a session is for."""

    ORDER_ENTRY = "order_entry"
    DROP_COPY = "drop_copy"
    MARKET_DATA = "market_data"


@value
class SessionRules:
    """Rules of one client session."""

    name: SessionName
    version: FixVersion
    default_venue: VenueName
    accounts: frozenset[str] = frozenset()  # empty: any; else Account (1) must be one of them
    default_account: str | None = None
    venues: frozenset[VenueName] = frozenset()  # empty: any
    pending_new_reports: bool = False  # send 39=A
    pending_reports: bool = True  # send 39=6 and 39=E
    while_pending: WhilePending = WhilePending.IN_TURN
    open_requests_max: int = 10  # per order
    # An order that never reached its venue is rejected, or sent again while it is younger.
    submit_again_ms: int = 0
    cancel_on_disconnect: bool = False  # open orders, when its connection ends
    cancel_grace_ms: int = 0  # unless it is back by then
    role: Role = Role.ORDER_ENTRY
    sees_quotes: bool = False  # its orders are decided by prices: they come with the input
    routing: str | None = None  # the policy by which its orders to SMART are routed; None: default
    positions_max: int = 10  # subscriptions to positions at the same time
    positions_every_ms: int = 1_000  # between two times that one is told what has changed
    news: bool = False  # it is told when a venue goes down and comes back (B)
    covers: tuple[str, ...] = ()  # a drop copy session: names of sessions, or "*" for all


def drop_copies(
    sessions: tuple[SessionRules, ...],
) -> dict[SessionName, tuple[SessionName, ...]]:
    """Which drop copy sessions get the ExecutionReports of each session; empty: none do."""
    copies: dict[SessionName, list[SessionName]] = {}
    for each in sessions:
        if each.role is Role.DROP_COPY:
            for covered in sessions:
                if covered.role is Role.ORDER_ENTRY and (
                    "*" in each.covers or covered.name in each.covers
                ):
                    copies.setdefault(covered.name, []).append(each.name)
    return {name: tuple(sorted(to)) for name, to in copies.items()}
