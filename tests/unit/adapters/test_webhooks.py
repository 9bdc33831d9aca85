"""Alerts that are posted to a real HTTP server, over a real socket."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import pytest

from fixgate.adapters.webhooks.sender import QUEUE_MAX, Target, Webhook, signature
from fixgate.application.ports.journal import AlertRow

LIMIT_S = 60
AT_NS = 1_750_000_000_123_000_000


class FixedClock:
    """Always says AT_NS."""

    def now_ns(self) -> int:
        return AT_NS


class Receiver:
    """Answers with the statuses it is given, then with 200; keeps what it gets."""

    def __init__(self) -> None:
        self.got: Queue[tuple[dict[str, str], bytes]] = Queue()
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.put((dict(self.headers), body))  # before the sender can go on
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(LIMIT_S)
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


def an_alert(text: str = "SIM is down") -> AlertRow:
    return AlertRow(7, AT_NS, "venue down", text, None, "SIM")


def test_an_alert_arrives_as_signed_json(receiver: Receiver) -> None:
    webhook = Webhook(Target(url=receiver.url, secret=b"secret"), FixedClock())
    webhook.start()
    webhook.hear(an_alert())
    headers, body = receiver.got.get(timeout=LIMIT_S)
    webhook.stop()
    assert json.loads(body) == {
        "subject": "venue down",
        "about": "SIM",
        "text": "SIM is down",
        "order_id": None,
        "at": "2025-06-15T15:06:40.123+00:00",
    }
    stamp = headers["X-Fixgate-Timestamp"]
    assert stamp == "1750000000"
    assert headers["X-Fixgate-Signature"] == signature(b"secret", stamp, body)
    assert headers["X-Fixgate-Signature"] != signature(b"other", stamp, body)


def test_a_receiver_that_fails_is_asked_again(receiver: Receiver) -> None:
    receiver.statuses = [500, 503]
    webhook = Webhook(Target(url=receiver.url, waits_s=(0.01, 0.01)), FixedClock())
    webhook.start()
    webhook.hear(an_alert())
    bodies = [receiver.got.get(timeout=LIMIT_S)[1] for _ in range(3)]
    webhook.stop()
    assert bodies[0] == bodies[1] == bodies[2]
    assert webhook.lost == 0


def test_a_dead_receiver_is_given_up_and_the_next_alert_is_tried(receiver: Receiver) -> None:
    receiver.statuses = [500, 500]
    webhook = Webhook(Target(url=receiver.url, waits_s=(0.01,)), FixedClock())
    webhook.start()
    webhook.hear(an_alert("first"))
    webhook.hear(an_alert("second"))
    texts = [json.loads(receiver.got.get(timeout=LIMIT_S)[1])["text"] for _ in range(3)]
    webhook.stop()
    assert texts == ["first", "first", "second"]
    assert webhook.lost == 1


def test_nobody_waits_for_a_receiver_and_what_finds_no_room_is_counted() -> None:
    webhook = Webhook(Target(url="http://127.0.0.1:1/"), FixedClock())  # its thread never starts
    for _ in range(QUEUE_MAX + 3):
        webhook.hear(an_alert())
    assert webhook.lost == 3
    webhook.stop()
