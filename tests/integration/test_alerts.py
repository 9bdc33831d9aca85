"""Alerts of a real gateway: in the table, in the log, at a webhook, and acknowledged."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue

import pytest

from integration.gateway_process import LIMIT_S, Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, a_name


@pytest.fixture
def posted() -> Iterator[tuple[int, "Queue[dict[str, object]]"]]:
    """A webhook: its port, and the alerts that arrive there."""
    got: Queue[dict[str, object]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], got
    server.shutdown()
    thread.join(LIMIT_S)
    server.server_close()


@pytest.fixture
def gateway(tmp_path: Path, posted: tuple[int, "Queue[dict[str, object]]"]) -> Iterator[Gateway]:
    one = Gateway(make_home(tmp_path))
    path = one.home / "config" / "gateway.toml"
    hook = f'\n[[alerts.webhook]]\nurl = "http://127.0.0.1:{posted[0]}/alerts"\n'
    settings = "\n[alerts]\nreject_orders_min = 5\n" + hook
    path.write_text(without_alerts(path.read_text()) + settings)
    try:
        one.start()
        yield one
    finally:
        one.kill()
    audit(one.home)


def without_alerts(text: str) -> str:
    """The file without its own [alerts]."""
    if "[alerts]" not in text:
        return text
    head, _, tail = text.partition("[alerts]")
    return head + tail[tail.index("\n[") + 1 :]


def test_too_many_refused_orders_are_an_alert_everywhere_once_and_can_be_acknowledged(
    gateway: Gateway, posted: tuple[int, "Queue[dict[str, object]]"]
) -> None:
    peer = Peer("DEMO44", "FIX.4.4")
    peer.log_on(gateway.port)
    for _ in range(8):
        peer.send("D", peer.order_body(a_name(), _55="NO/SUCH"))
    alert = posted[1].get(timeout=LIMIT_S)
    assert (alert["subject"], alert["about"]) == ("reject rate", "DEMO44")
    for _ in range(8):
        peer.send("D", peer.order_body(a_name(), _55="NO/SUCH"))
    peer.all_answered()
    listed = gateway.fixgate("alerts", "list").stdout
    (line,) = [each for each in listed.splitlines() if "reject rate" in each]
    number = line.split()[0]
    done = gateway.fixgate("alerts", "acknowledge", number, "--reason", "client is told")
    assert done.returncode == 0, done.stderr
    listed = gateway.fixgate("alerts", "list").stdout
    assert "client is told" in listed
    assert "reject rate" not in gateway.fixgate("alerts", "list", "--open").stdout
    peer.hang_up()
    assert posted[1].empty()
