"""One FIX session of the load client: a raw socket, messages encoded beforehand, reports counted.

Here: logging on, sending a range of orders, and counting what comes back, at the least cost.
Not here: which orders are sent when (load_modes), and the command line (load_client).
"""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from typing import Final

from benchmarks.fix_wire import Identity, OrderForm, fields, frame, logon, new_order_single

# Larger, and every receive would map and unmap fresh memory for its buffer.
CHUNK_BYTES: Final = 1 << 16
TIMEOUT_S: Final = 60.0
HEART_BT_INT_S: Final = 30
_END: Final = re.compile(rb"\x0110=\d{3}\x01")
_TEST_REQ_ID: Final = re.compile(rb"\x0135=1\x01(?:[^\x01]*\x01)*?112=([^\x01]*)\x01")
_CL_ORD_ID: Final = re.compile(rb"\x0111=([^\x01]*)\x01")
# A peer that sends one of these will not answer the orders as the run expects.
_FATAL: Final = {
    b"\x0135=2\x01": "a ResendRequest",
    b"\x0135=3\x01": "a Reject",
    b"\x0135=5\x01": "a Logout",
    b"\x0135=j\x01": "a BusinessMessageReject",
    b"\x01150=8\x01": "a rejected order",
}


class LoadFailed(Exception):  # noqa: N818 - it says what happened
    """The run did not go as planned; the message shows what the peer said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Where to connect, and how to begin."""

    host: str
    port: int
    first_seq_num: int | None
    """The MsgSeqNum of the Logon; None asks for a reset of both sides (141=Y)."""


class LoadSession:
    """A session that is logged on, with all its orders encoded and none sent."""

    def __init__(self, peer: Peer, identity: Identity, forms: list[OrderForm], prefix: str) -> None:
        self._identity = identity
        self._forms = forms
        self._prefix = prefix
        self._carry = b""
        self._admin_sent = 0
        self.sent = 0
        self.new = 0
        self.filled = 0
        first = peer.first_seq_num or 1
        self._order_seq_num = first + 1
        self.socket = socket.create_connection((peer.host, peer.port), timeout=TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._log_on(first, reset=peer.first_seq_num is None)
        except BaseException:
            self.socket.close()
            raise
        self._encoded = [self._encode(index) for index in range(len(forms))]

    @property
    def total(self) -> int:
        """How many orders this session sends in the run."""
        return len(self._forms)

    def answered(self, *, until_filled: bool) -> int:
        """How many orders have their New report and, with `until_filled`, are filled."""
        return min(self.new, self.filled) if until_filled else self.new

    def cl_ord_id(self, index: int) -> str:
        """Tag 11 of the order with this index."""
        return f"{self._prefix}{index}"

    def send_until(self, target: int) -> None:
        """Send the orders up to, and without, index `target`, in one write."""
        target = min(target, self.total)
        if target <= self.sent:
            return
        if self._admin_sent == 0:
            orders = self._encoded[self.sent : target]
        else:
            # An answer to a TestRequest took a number: what was encoded is one behind.
            orders = [self._encode(index) for index in range(self.sent, target)]
        self.sent = target
        self.socket.sendall(orders[0] if len(orders) == 1 else b"".join(orders))

    def receive(self) -> bytes:
        """Wait for bytes, count the complete messages in them, and return those messages.

        Raises LoadFailed when the peer closes, refuses something, or stays silent.
        """
        try:
            chunk = self.socket.recv(CHUNK_BYTES)
        except TimeoutError:
            raise LoadFailed(f"silent for {TIMEOUT_S:.0f} s after {self.new} New reports") from None
        if not chunk:
            self.socket.close()
            raise LoadFailed(f"connection closed after {self.new} New reports")
        buffer = self._carry + chunk
        end = self._end_of_last_message(buffer)
        complete, self._carry = buffer[:end], buffer[end:]
        self.new += complete.count(b"\x01150=0\x01")
        self.filled += complete.count(b"\x0139=2\x01")
        self._judge(complete)
        return complete

    def close(self) -> None:
        """Log out without waiting for the answer."""
        number = self._order_seq_num + self.sent + self._admin_sent
        self.socket.sendall(frame(self._identity, "5", number, ""))
        self.socket.close()

    @staticmethod
    def _end_of_last_message(buffer: bytes) -> int:
        start = buffer.rfind(b"\x0110=")
        while start >= 0:
            if found := _END.match(buffer, start):
                return found.end()
            start = buffer.rfind(b"\x0110=", 0, start)
        return 0

    def _judge(self, complete: bytes) -> None:
        for sign, what in _FATAL.items():
            if sign in complete:
                at = complete.index(sign)
                text = complete[max(0, at - 200) : at + 400].replace(b"\x01", b"|")
                self.socket.close()
                raise LoadFailed(f"the peer sent {what}: {text.decode(errors='replace')}")
        if b"\x0135=1\x01" in complete:
            for test_req_id in _TEST_REQ_ID.findall(complete):
                self._answer(test_req_id.decode())

    def _answer(self, test_req_id: str) -> None:
        number = self._order_seq_num + self.sent + self._admin_sent
        self._admin_sent += 1
        self.socket.sendall(frame(self._identity, "0", number, fields((112, test_req_id))))

    def _encode(self, index: int) -> bytes:
        return new_order_single(
            self._identity,
            self._forms[index],
            msg_seq_num=self._order_seq_num + index + self._admin_sent,
            cl_ord_id=self.cl_ord_id(index),
        )

    def _log_on(self, msg_seq_num: int, *, reset: bool) -> None:
        message = logon(
            self._identity, heart_bt_int_s=HEART_BT_INT_S, reset=reset, msg_seq_num=msg_seq_num
        )
        self.socket.sendall(message)
        give_up_s = time.monotonic() + TIMEOUT_S
        while b"\x0135=A\x01" not in self.receive():
            if time.monotonic() > give_up_s:
                raise LoadFailed("no answer to the Logon")


def cl_ord_ids_of_new_reports(complete: bytes) -> list[bytes]:
    """Tag 11 of every New report in some complete messages."""
    return [
        _CL_ORD_ID.findall(message)[0]
        for message in _END.split(complete)
        if b"\x01150=0\x01" in message
    ]
