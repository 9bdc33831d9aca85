"""How long the kill switch takes with 1,000 open orders on SIM, to the last report.

Run ``python -m benchmarks.kill_switch``. A real gateway with its journal on disk; the command goes
over the control socket, and the client waits for a Canceled report of each of its orders. The
baseline of the same run is a cancel request of the client's for each of them.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fixgate.adapters.control.client import ask
from integration.gateway_process import Gateway, make_home
from integration.raw_peer import Peer, Said, a_name

ORDERS = 1_000


def rested(peer: Peer) -> list[str]:
    """ORDERS orders that rest."""
    names = [a_name() for _ in range(ORDERS)]
    for number, name in enumerate(names):
        peer.send("D", peer.order_body(name, _44=str(45_000 + number), _38="0.01"))
    ended(peer, set(names), "0")
    return names


def ended(peer: Peer, names: set[str], ord_status: str) -> float:
    """Wait until every order has that status; when the last one was heard of."""
    left = set(names)

    def done(said: Said) -> bool:
        if said[39] == ord_status:
            left.discard(said[41] or said[11])
        return not left

    peer.until(done)
    return time.monotonic()


def main() -> None:
    """Print the figure."""
    with tempfile.TemporaryDirectory() as folder:
        gateway = Gateway(make_home(Path(folder)))
        gateway.start()
        try:
            peer = Peer("DEMO44", "FIX.4.4")
            peer.log_on(gateway.port)
            names = rested(peer)
            began = time.monotonic()
            for name in names:
                peer.send("F", f"11={a_name('c')}|41={name}|54=1|55=BTC/USDT|60=20260101-00:00:00")
            by_client = ended(peer, set(names), "4") - began
            names = rested(peer)
            began = time.monotonic()
            ask(gateway.home / "var", "kill_switch", {"scope": "gateway", "on": True}, reason="x")
            answered = time.monotonic() - began
            by_switch = ended(peer, set(names), "4") - began
        finally:
            gateway.kill()
    print(f"kill switch, {ORDERS} open orders: {by_switch:.2f} s to the last report,")
    print(
        f"answered after {answered:.2f} s; {by_switch / by_client:.2f} of the client's own cancels"
    )


if __name__ == "__main__":
    main()
