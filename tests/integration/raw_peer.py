"""A FIX client made of a socket and strings: nothing of the gateway's own code is in it.

Here: Peer, whose messages are written by hand; Said, a message that came.
Everything waits for what it needs, with a generous limit.
"""

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

LIMIT_S = 60.0
SOH = b"\x01"
_NAMES = count(1)
_TRAILER_BYTES = 7


def a_name(prefix: str = "c") -> str:
    """A ClOrdID that no other test uses."""
    return f"{prefix}{next(_NAMES)}"


def sending_time() -> str:
    """Now, as SendingTime and TransactTime say it."""
    at = datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), UTC)
    return f"{at:%Y%m%d-%H:%M:%S}.{at.microsecond // 1000:03d}"


def frame(version: str, inside: bytes) -> bytes:
    """BeginString, BodyLength and CheckSum around fields that end with SOH."""
    text = b"8=%s\x019=%d\x01" % (version.encode(), len(inside)) + inside
    return text + b"10=%03d\x01" % (sum(text) % 256)


@dataclass(frozen=True, slots=True)
class Said:
    """A message that came, with its bytes."""

    raw: bytes

    @property
    def text(self) -> str:
        return self.raw.decode("latin-1")

    @property
    def fields(self) -> dict[str, str]:
        """By tag; of a tag that occurs more than once, the first."""
        found: dict[str, str] = {}
        for each in self.text.split("\x01")[:-1]:
            tag, _, value = each.partition("=")
            found.setdefault(tag, value)
        return found

    def __getitem__(self, tag: int) -> str:
        return self.fields.get(str(tag), "")

    def shown(self) -> str:
        return self.text.replace("\x01", "|")


class ClosedError(ConnectionError):
    """The other side has closed the connection."""


class Peer:
    """One client session; it lives on when its connection ends."""

    def __init__(self, comp_id: str, version: str = "FIX.4.4", *, next_out: int = 1) -> None:
        self.comp_id = comp_id
        self.version = version
        self.next_out = next_out
        self.received: list[Said] = []
        self.sent: dict[int, tuple[str, str]] = {}  # MsgType and body, by MsgSeqNum
        self._socket: socket.socket | None = None
        self._bytes = b""

    # --- the connection

    def connect(self, port: int, tls: ssl.SSLContext | None = None) -> "Peer":
        """A connection on which nothing was said yet."""
        self.hang_up()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket, server_hostname="localhost")
        self._bytes = b""
        return self

    def log_on(
        self, port: int, body: str = "98=0|108=30", *, tls: ssl.SSLContext | None = None
    ) -> Said:
        """Connect, log on, and read the answer."""
        self.connect(port, tls)
        self.send("A", body)
        answer = self.receive()
        assert answer[35] == "A", answer.shown()
        return answer

    def log_out(self) -> None:
        """Log out as a client should, and see the connection closed."""
        if self._socket is None:
            return
        self.send("5")
        self.until(lambda said: said[35] == "5")
        self.closed()

    def hang_up(self) -> None:
        """Close without a word."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    # --- sending

    def inside(
        self, msg_type: str, body: str = "", *, seq: int | None = None, head: str = ""
    ) -> bytes:
        """Everything between BodyLength and CheckSum; ``|`` ends a field, one byte a character."""
        number = self.next_out if seq is None else seq
        begin = f"35={msg_type}|34={number}|49={self.comp_id}|{head}52={sending_time()}|56=FIXGATE|"
        return (begin + body + ("|" if body else "")).encode("latin-1").replace(b"|", SOH)

    def send(self, msg_type: str, body: str = "", *, head: str = "") -> int:
        """A message under the next number, which it returns."""
        number = self.next_out
        self.sent[number] = msg_type, body
        self.next_out += 1
        self.write(frame(self.version, self.inside(msg_type, body, seq=number, head=head)))
        return number

    def resend(self, asked: Said) -> None:
        """Answer a ResendRequest: orders again, as possible duplicates, and gaps for the rest."""
        last = int(asked[16]) or self.next_out - 1
        for number in range(int(asked[7]), min(last, self.next_out - 1) + 1):
            msg_type, body = self.sent[number]
            head = f"43=Y|122={sending_time()}|"
            if msg_type in "A0125":
                msg_type, body = "4", f"36={number + 1}|123=Y"
            self.write(frame(self.version, self.inside(msg_type, body, seq=number, head=head)))

    def write(self, data: bytes) -> None:
        """Bytes as they are."""
        if self._socket is None:
            raise ClosedError
        self._socket.sendall(data)

    # --- receiving

    def receive(self) -> Said:
        """The next message. Raises ClosedError."""
        while (said := self._next()) is None:
            self._read()
        self.received.append(said)
        return said

    def all_answered(self) -> list[Said]:
        """Log on has happened: ask for what we missed, resend what is asked for, until all is done.

        A TestRequest is answered after everything before it, unless messages are missing. A status
        is reported at once, before the venue has answered orders of the same batch; the second one
        is asked for in a later batch, and comes after what the venue said.
        """
        expected = 1 + max((int(each[34]) for each in self.received[:-1]), default=0)
        said: list[Said] = []
        if int(self.received[-1][34]) > expected:
            self.send("2", f"7={expected}|16=0")
        self.send("1", "112=all")
        while not said or said[-1][112] != "all":
            said.append(self.receive())
            if said[-1][35] == "2":
                self.resend(said[-1])
        return said + self.ask() + self.ask()

    def until(self, holds: Callable[[Said], bool]) -> list[Said]:
        """Everything up to the first message of which it holds, with that one as the last."""
        said = [self.receive()]
        while not holds(said[-1]):
            said.append(self.receive())
        return said

    def closed(self) -> list[Said]:
        """Wait until the gateway closes; what it said before."""
        said: list[Said] = []
        with suppress(ClosedError):
            while True:
                said.append(self.receive())
        self.hang_up()
        return said

    def closed_at_once(self) -> bool:
        """Whether the gateway closes without a word; else its answer is the last received."""
        try:
            self.receive()
        except ClosedError:
            return True
        return False

    def _read(self) -> None:
        if self._socket is None:
            raise ClosedError
        try:
            data = self._socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            self.hang_up()
            raise ClosedError
        self._bytes += data

    def _next(self) -> Said | None:
        """The next whole message, found as its BodyLength says, and its CheckSum verified."""
        at = self._bytes.find(b"\x0135=")
        if at < 0:
            return None
        length = int(self._bytes[self._bytes.index(b"\x019=") + 3 : at])
        end = at + 1 + length + _TRAILER_BYTES
        if len(self._bytes) < end:
            return None
        raw, self._bytes = self._bytes[:end], self._bytes[end:]
        assert raw.startswith(b"8=" + self.version.encode() + SOH), raw
        assert raw[-_TRAILER_BYTES:] == b"10=%03d\x01" % (sum(raw[:-_TRAILER_BYTES]) % 256), raw
        return Said(raw)

    # --- orders

    def order_body(self, cl_ord_id: str, **changes: str | None) -> str:
        """A limit order that rests, with fields changed (``_38="1"``) or left out (None)."""
        fields = {
            "1": "DEMO", "11": cl_ord_id, "21": "1", "38": "0.5", "40": "2", "44": "48000",
            "54": "1", "55": "BTC/USDT", "59": "1", "60": sending_time(),
        }  # fmt: skip
        given = {tag.removeprefix("_"): value for tag, value in changes.items()}
        merged = fields | given
        return "|".join(f"{tag}={value}" for tag, value in merged.items() if value is not None)

    def trade(self) -> Said:
        """One market order, and its fill: what somebody does who minds his own business."""
        name = a_name("t")
        self.send("D", self.order_body(name, _38="0.01", _40="1", _44=None, _59="3"))
        said = self.until(lambda each: each[11] == name and each[39] not in ("0", "1", "A"))
        assert said[-1][39] == "2", [each.shown() for each in said]
        return said[-1]

    def ask(self) -> list[Said]:
        """Ask for an order that does not exist; everything that came before that was answered.

        Answers come in the order of what they answer, so whatever was sent before has had its.
        """
        name = a_name("q")
        self.send("H", f"11={name}|54=1|55=BTC/USDT")
        return self.until(lambda each: each[11] == name)[:-1]
