"""FIX messages as a client writes them, for tests of the door and the sessions.

Here: messages and the clock. Not here: sessions (session_kit), sockets.
"""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from fixgate.adapters.fix.config import SessionConfig
from fixgate.adapters.fix.fields import compose
from fixgate.adapters.fix.framing import Frame, Framer
from fixgate.domain.ids import SessionName
from fixgate.domain.sessions import FixVersion

FIX_SPECS = Path(__file__).parents[4] / "fix_specs"
SOH = "\x01"
ORDER = "1=DEMO|11=X|21=1|38=0.5|40=2|44=50000|54=1|55=BTC/USDT|59=0|60=20260102-03:04:05.678"


class SystemClock:
    """The machine's clock: the engine knows no other."""

    def now_ns(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_REALTIME)


def stamp(offset_s: float = 0.0) -> str:
    """SendingTime, ``offset_s`` from now."""
    at = datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME) + offset_s, UTC)
    return f"{at:%Y%m%d-%H:%M:%S}.{at.microsecond // 1000:03d}"


def fields(body: str) -> list[tuple[int, str]]:
    """``1=a|2=b`` as pairs."""
    pairs = (each.split("=", 1) for each in body.split("|") if each)
    return [(int(tag), value) for tag, value in pairs]


def message(
    msg_type: str,
    seq: int | None,
    body: str = "",
    *,
    client: str = "CLIENT",
    version: FixVersion = FixVersion.FIX44,
    head: str = "",
    time_offset_s: float = 0.0,
) -> bytes:
    """A message from the client; ``|`` separates the fields of ``head`` (header) and ``body``."""
    begin: list[tuple[int, str]] = [(35, msg_type)]
    begin += [] if seq is None else [(34, str(seq))]
    begin += [(49, client), *fields(head), (52, stamp(time_offset_s)), (56, "FIXGATE")]
    return compose(version.value, [*begin, *fields(body)]).encode()


def raw(inside: str, begin: str = "FIX.4.4") -> bytes:
    """A well-framed message with exactly these fields after BodyLength, one char per byte."""
    content = inside.replace("|", SOH).encode("latin-1")
    text = f"8={begin}{SOH}9={len(content)}{SOH}".encode() + content
    return text + b"10=%03d\x01" % (sum(text) % 256)


def logon(seq: int = 1, body: str = "98=0|108=30", *, client: str = "CLIENT") -> bytes:
    return message("A", seq, body, client=client)


def order(seq: int, cl_ord_id: str = "X", *, client: str = "CLIENT") -> bytes:
    return message("D", seq, ORDER.replace("11=X", f"11={cl_ord_id}"), client=client)


def a_frame(data: bytes) -> Frame:
    """The one frame in some bytes."""
    (found,) = Framer().feed(data)
    assert isinstance(found, Frame), found
    return found


def report(seq: int, *, client: str = "CLIENT", sending_time: str = "", more: str = "") -> str:
    """An ExecutionReport as the codec writes it: header in order, body ascending by tag."""
    head = [(35, "8"), (34, str(seq)), (49, "FIXGATE"), (52, sending_time or stamp())]
    body = "6=0|11=X|14=0|17=E1|37=O1|38=0.5|39=0|54=1|55=BTC/USDT|150=0|151=0.5"
    return compose("FIX.4.4", [*head, (56, client), *fields(body), *fields(more)])


def config(client: str = "CLIENT", **changes: object) -> SessionConfig:
    """A session that lets everybody in from loopback."""
    settings: dict[str, object] = {
        "name": SessionName(client),
        "version": FixVersion.FIX44,
        "target_comp_id": client,
    }
    return SessionConfig(**(settings | changes))  # type: ignore[arg-type] # any field may change


def parsed(texts: Iterable[str]) -> list[dict[str, str]]:
    """Each message's fields by tag."""
    return [dict(each.split("=", 1) for each in text.rstrip(SOH).split(SOH)) for text in texts]
