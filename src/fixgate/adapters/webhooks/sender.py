"""One webhook: a POST for each alert, signed, tried again for a while, and never waited for.

Here: Webhook, with a thread and a bounded queue of its own. Nobody else notices a receiver that is
slow or dead; it is said in the log.
Not here: which alerts there are (application.alarms).

The body is JSON. With a secret, ``X-Fixgate-Signature`` is ``sha256=`` and the hexadecimal HMAC of
the timestamp in ``X-Fixgate-Timestamp`` (seconds since 1970), a dot, and the body.
"""

import hashlib
import hmac
import json
import threading
import urllib.request
from datetime import UTC, datetime
from queue import Full, Queue
from typing import Final
from urllib.parse import urlsplit

import structlog

from fixgate.application.ports.clock import Clock
from fixgate.application.ports.journal import AlertRow
from fixgate.domain.frozen import value

log = structlog.get_logger("fixgate.webhook")
QUEUE_MAX: Final = 1_000
_NS: Final = 1_000_000_000


@value
class Target:
    """Where to, and how."""

    url: str
    secret: bytes | None = None
    timeout_s: float = 5.0
    waits_s: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0)  # between tries; then it is given up

    @property
    def host(self) -> str:
        """For the log: the rest of a URL is often as good as a password."""
        return urlsplit(self.url).netloc.rpartition("@")[2]


class Webhook:
    """Posts from ``start`` to ``stop``."""

    def __init__(self, target: Target, clock: Clock) -> None:
        self._target = target
        self._clock = clock
        self._queue: Queue[bytes | None] = Queue(QUEUE_MAX)
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"webhook {target.host}", daemon=True
        )
        self.lost = 0  # alerts that were given up, or found no room

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, *, within_s: float = 2.0) -> None:
        """Post what waits if the receiver takes it at once; wait no longer than that."""
        self._stopping.set()
        self._try_put(None)
        if self._thread.is_alive():
            self._thread.join(within_s)

    def hear(self, alert: AlertRow) -> None:
        """Post an alert, some time soon."""
        if not self._try_put(body_of(alert)):
            self._lose("too many alerts wait for it", alert.text)

    def _try_put(self, body: bytes | None) -> bool:
        try:
            self._queue.put_nowait(body)
        except Full:
            return False
        return True

    def _run(self) -> None:
        while (body := self._queue.get()) is not None:
            self._deliver(body)

    def _deliver(self, body: bytes) -> None:
        why = ""
        for wait_s in (0.0, *self._target.waits_s):
            if wait_s and self._stopping.wait(wait_s):
                break
            try:
                self._post(body)
            except Exception as error:  # noqa: BLE001 - whatever it was, it is not delivered
                why = f"{type(error).__name__}: {error}"
                log.warning("webhook", host=self._target.host, text=f"not delivered: {why}")
            else:
                return
        self._lose(f"given up: {why}", body.decode())

    def _post(self, body: bytes) -> None:
        headers = {"Content-Type": "application/json", "User-Agent": "fixgate"}
        if self._target.secret is not None:
            stamp = str(self._clock.now_ns() // _NS)
            headers["X-Fixgate-Timestamp"] = stamp
            headers["X-Fixgate-Signature"] = signature(self._target.secret, stamp, body)
        request = urllib.request.Request(self._target.url, body, headers, method="POST")  # noqa: S310 - settings allow http and https only
        with urllib.request.urlopen(request, timeout=self._target.timeout_s):  # noqa: S310 - the same
            pass

    def _lose(self, why: str, what: str) -> None:
        self.lost += 1
        log.error("webhook", host=self._target.host, text=why, lost=self.lost, alert=what)


def signature(secret: bytes, stamp: str, body: bytes) -> str:
    """What proves to the receiver that we sent it."""
    made = hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256)
    return f"sha256={made.hexdigest()}"


def body_of(alert: AlertRow) -> bytes:
    """An alert as JSON."""
    at = datetime.fromtimestamp(alert.at_ns / _NS, UTC)
    return json.dumps(
        {
            "subject": alert.subject,
            "about": alert.about,
            "text": alert.text,
            "order_id": alert.order_id,
            "at": at.isoformat(timespec="milliseconds"),
        },
        ensure_ascii=False,
    ).encode()
