"""A webhook over a real socket, which keeps the alerts that are posted to it.

Use it as a fixture: import ``posted`` and, where a gateway is made, give it to ``tell``.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue

import pytest

from integration.gateway_process import LIMIT_S


class Posted:
    """Answers every POST with 204."""

    def __init__(self) -> None:
        self.alerts: Queue[dict[str, object]] = Queue()
        got = self.alerts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                got.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def next(self, subject: str) -> dict[str, object]:
        """The next alert of that subject; others before it do not matter."""
        while True:
            alert = self.alerts.get(timeout=LIMIT_S)
            if alert["subject"] == subject:
                return alert

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(LIMIT_S)
        self._server.server_close()

    def tell(self, home: Path, settings: str = "") -> None:
        """Let the gateway of ``home`` post its alerts here; ``settings`` of [alerts] besides."""
        path = home / "config" / "gateway.toml"
        url = f"http://127.0.0.1:{self._server.server_address[1]}/alerts"
        hook = f'[[alerts.webhook]]\nurl = "{url}"\n'
        path.write_text(f"{_without_alerts(path.read_text())}\n[alerts]\n{settings}\n{hook}")


def _without_alerts(text: str) -> str:
    """The file without its own [alerts]."""
    head, there, tail = text.partition("[alerts]")
    return head + tail[tail.index("\n[") + 1 :] if there else text


@pytest.fixture
def posted() -> Iterator[Posted]:
    one = Posted()
    yield one
    one.close()
