"""FIX messages as bytes, for clients that must cost little.

Here: framing of one message, and the few message bodies the benchmarks send.
Not here: sockets, sessions, parsing of anything but what a benchmark waits for.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

SOH: Final = "\x01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who speaks to whom on one session."""

    begin_string: str
    sender_comp_id: str
    target_comp_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderForm:
    """What every order of a run looks like, apart from its ClOrdID and MsgSeqNum."""

    symbol: str
    side: str
    order_qty: str
    ord_type: str
    price: str
    account: str


def utc_timestamp() -> str:
    """Now, as FIX 4.2 and 4.4 write a UTCTimestamp, in milliseconds."""
    now_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
    seconds, rest_ns = divmod(now_ns, 1_000_000_000)
    return time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(seconds)) + f".{rest_ns // 1_000_000:03d}"


def frame(identity: Identity, msg_type: str, msg_seq_num: int, body: str) -> bytes:
    """One complete message; `body` is `tag=value` fields, each closed by SOH."""
    content = (
        f"35={msg_type}{SOH}34={msg_seq_num}{SOH}49={identity.sender_comp_id}{SOH}"
        f"52={utc_timestamp()}{SOH}56={identity.target_comp_id}{SOH}{body}"
    )
    head = f"8={identity.begin_string}{SOH}9={len(content)}{SOH}{content}".encode("ascii")
    return head + b"10=%03d\x01" % (sum(head) % 256)


def fields(*pairs: tuple[int, str]) -> str:
    """A body from tags and values, in the order given; empty values are left out."""
    return "".join(f"{tag}={value}{SOH}" for tag, value in pairs if value)


def logon(identity: Identity, *, heart_bt_int_s: int, reset: bool, msg_seq_num: int = 1) -> bytes:
    """Logon; with `reset`, both sides start from 1 (141=Y)."""
    body = fields((98, "0"), (108, str(heart_bt_int_s)), (141, "Y" if reset else ""))
    return frame(identity, "A", msg_seq_num, body)


def new_order_single(
    identity: Identity, form: OrderForm, *, msg_seq_num: int, cl_ord_id: str
) -> bytes:
    """NewOrderSingle as `form` says; limit orders carry their price, market orders none."""
    is_limit = form.ord_type == "2"
    body = fields(
        (11, cl_ord_id),
        (1, form.account),
        (21, "1"),
        (55, form.symbol),
        (54, form.side),
        (60, utc_timestamp()),
        (38, form.order_qty),
        (40, form.ord_type),
        (44, form.price if is_limit else ""),
        (59, "0"),
    )
    return frame(identity, "D", msg_seq_num, body)
