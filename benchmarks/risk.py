"""What risk and routing add to an order on a whole gateway.

Here: the same load on two gateways, in turns: one without any limit, and with the one policy that a
gateway always has; one with every limit there is, the shipped policies and the watch on price gaps.
The orders name their venue.
Not here: what each limit costs the core alone (limits), planning (routing), the load (load_client).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks import servers
from benchmarks.figures import Figure, Sizes, load

# Each is checked for each order, and none is reached.
EVERY_LIMIT: Final = """
[default]
price_collar_bp = 2000
order_qty_max = 1000
order_value_max = 10000000
credit_max = 1000000000000
position_max = 1000000000
balance = "check"
leverage_max = 5
duplicate_within_ms = 20
self_match = "refuse"
repeated_trades = { count = 100000, within_s = 1.0 }
[venue.SIM]
restricted = ["XRP/USDT"]
[account.DEMO]
credit_max = 1000000000000
"""
_LIMITS: Final = re.compile(r"^limits\..*\n", re.MULTILINE)
_ENOUGH: Final = "balances = { USDT = 1000000000000, BTC = 1000000000 }\n"


def on_a_gateway(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """Processor time per order with all of it, to that with as little as there can be."""
    bare = _gateway(folder / "bare", risk="", routing="[gaps]\nenabled = false\n")
    full = _gateway(folder / "full", risk=EVERY_LIMIT, routing=None)
    turns = []
    try:
        for number in range(sizes.rounds):
            # One side at a time: an order would meet one's own of the other side.
            side = "buy" if number % 2 else "sell"
            without, with_all = _cost(bare, sizes, side), _cost(full, sizes, side)
            turns.append((with_all / without, with_all, without))
    finally:
        bare.stop()
        full.stop()
    turns.sort()
    ratio, with_all, without = turns[len(turns) // 2]
    yield Figure(
        "Processor time per order with every limit and the shipped policies, to without limits",
        "within 15 %",
        f"{ratio:.2f} ({with_all:,.0f} us to {without:,.0f} us;"
        f" turns {turns[0][0]:.2f} to {turns[-1][0]:.2f})",
        ratio <= 1.15,
    )


def _gateway(place: Path, *, risk: str, routing: str | None) -> servers.Server:
    place.mkdir()
    made = servers.home(place, sessions=1)
    session = made / "sessions" / "demo44.toml"
    session.write_text(_LIMITS.sub("", session.read_text()))
    (made / "config" / "risk.toml").write_text(risk)
    venues = made / "config" / "venues.toml"
    venues.write_text(venues.read_text().replace('name = "SIM"\n', f'name = "SIM"\n{_ENOUGH}'))
    if routing is not None:
        (made / "config" / "routing.toml").write_text(routing)
    return servers.gateway(made, place / "data")


def _cost(server: servers.Server, sizes: Sizes, side: str) -> float:
    found = load(
        "throughput",
        server,
        orders=sizes.orders,
        warm_up=500,
        until_filled=True,
        side=side,
        qty_steps=1_000,
    )
    return float(found["server_cpu_us_per_order"])
