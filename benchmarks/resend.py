"""What a client costs that asks for everything it was ever sent.

Here: ask_for_all(), one ResendRequest for 1 to 0, and what came back. Not here: making the
messages it asks for (load_client), figures (run).
"""

from __future__ import annotations

import re
import socket
import time
from typing import Final, NamedTuple

from benchmarks import procstat
from benchmarks.fix_wire import Identity, fields, frame, logon
from benchmarks.load_session import CHUNK_BYTES, TIMEOUT_S, LoadFailed

_REPORT: Final = b"\x0135=8\x01"
_GAP_FILL: Final = re.compile(rb"\x0135=4\x01.*?\x0136=(\d+)\x01")
_NUMBER: Final = re.compile(rb"\x0134=(\d+)\x01")
_END: Final = re.compile(rb"\x0110=\d{3}\x01")


class Resent(NamedTuple):
    """What one request brought."""

    reports: int
    first_s: float  # until the first message of the answer
    all_s: float
    grown_mb: float  # the server's resident memory, at its highest, above what it was before


def ask_for_all(client: Identity, *, port: int, server_pid: int, next_seq_num: int) -> Resent:
    """Log on without a reset and ask for every message, once.

    Raises:
        LoadFailed: a number came twice, out of order, or not at all.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        connection.sendall(
            logon(client, heart_bt_int_s=3_600, reset=False, msg_seq_num=next_seq_num)
        )
        answer = connection.recv(CHUNK_BYTES)
        found = _NUMBER.search(answer)
        if found is None or b"\x0135=A\x01" not in answer:
            raise LoadFailed(f"no Logon came back: {answer[:300]!r}")
        before_mb = highest_mb = procstat.usage(server_pid).rss_mb
        began = time.monotonic()
        body = fields((7, "1"), (16, "0"))
        connection.sendall(frame(client, "2", next_seq_num + 1, body))
        reports, expected, first_s, rest = 0, 1, 0.0, b""
        while expected <= int(found[1]):
            chunk = connection.recv(CHUNK_BYTES)
            if not chunk:
                raise LoadFailed(f"closed after message {expected - 1}")
            first_s = first_s or time.monotonic() - began
            *messages, rest = _split(rest + chunk)
            for message in messages:
                reports += _REPORT in message
                expected = _next(message, expected)
            highest_mb = max(highest_mb, procstat.usage(server_pid).rss_mb)
        return Resent(reports, first_s, time.monotonic() - began, highest_mb - before_mb)


def _split(data: bytes) -> list[bytes]:
    """Complete messages, and what is left of an incomplete one."""
    messages, at = [], 0
    for end in _END.finditer(data):
        messages.append(data[at : end.end()])
        at = end.end()
    return [*messages, data[at:]]


def _next(message: bytes, expected: int) -> int:
    number = _NUMBER.search(message)
    if number is None or int(number[1]) != expected or b"\x0143=Y\x01" not in message:
        raise LoadFailed(f"expected message {expected} again, got {message[:200]!r}")
    gap_fill = _GAP_FILL.search(message)
    return int(gap_fill[1]) if gap_fill else expected + 1
