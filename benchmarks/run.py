"""Fixgate against the executor a user would write with quickfix alone, in one run.

Here: the figures that are promised, each a ratio to the baseline measured beside it, and the
table in docs/performance.md.
Not here: load (load_client), servers (servers).

Run: make bench, or python -m benchmarks.run --quick
"""

from __future__ import annotations

import argparse
import platform
import shutil
import signal
import socket
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks import market_data, procstat, records, resend, risk, routing, servers, stores
from benchmarks.figures import FULL, QUICK, Figure, Sizes, load
from benchmarks.fix_wire import Identity

PAGE: Final = servers.ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def against_baseline(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """Throughput, processor time and round trip, alternating between the two servers."""
    made = servers.home(folder, sessions=1)
    ours = servers.gateway(made, folder / "data")
    theirs = servers.baseline(folder, port=free_port())
    ratios: dict[str, list[float]] = {}
    shown: dict[str, list[tuple[float, float]]] = {}
    for _ in range(sizes.rounds):
        base = load("throughput", theirs, orders=sizes.orders, warm_up=500)
        gate = load("throughput", ours, orders=sizes.orders, warm_up=500, until_filled=True)
        slow = load("latency", theirs, orders=sizes.latency_orders, warm_up=200)
        trip = load("latency", ours, orders=sizes.latency_orders, warm_up=200)
        for name, mine, other in (
            ("throughput", gate["orders_per_s"], base["orders_per_s"]),
            ("cpu", gate["server_cpu_us_per_order"], base["server_cpu_us_per_order"]),
            ("p50", trip["p50_us"], slow["p50_us"]),
            ("p99", trip["p99_us"], slow["p99_us"]),
        ):
            ratios.setdefault(name, []).append(mine / other)
            shown.setdefault(name, []).append((mine, other))
    theirs.stop()
    ours.stop()
    for name, what, unit, limit, most in (
        ("throughput", "Orders per second, New and Filled, durable", "/s", 1.0, False),
        ("cpu", "Processor time per order", " us", 1.0, True),
        ("p50", "Round trip to the New report, p50, synced", " us", 3.0, True),
        ("p99", "Round trip to the New report, p99, synced", " us", 5.0, True),
    ):
        ratio = statistics.median(ratios[name])
        mine, other = shown[name][ratios[name].index(sorted(ratios[name])[len(ratios[name]) // 2])]
        sign = "at most" if most else "at least"
        kept = ratio <= limit if most else ratio >= limit
        measured = f"{ratio:.2f} ({mine:,.0f}{unit} to {other:,.0f}{unit})"
        yield Figure(what, f"{sign} {limit:.1f} x baseline", measured, kept)


def long_run(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """Whether an order costs the same at the end of a long day, and what memory it takes. In turns
    with a gateway that has just begun: what the machine costs changes more within minutes.
    """
    server = servers.gateway(servers.home(folder, sessions=1), folder / "data")
    load("throughput", server, orders=sizes.long_run, until_filled=True)
    rss_mb = procstat.usage(server.pid).rss_mb
    begun = folder / "begun"
    begun.mkdir()
    fresh = servers.gateway(servers.home(begun, sessions=1), begun / "data")
    pairs = [
        tuple(_cost_per_order(each, sizes.orders // 4, 1, 200) for each in (fresh, server))
        for _ in range(sizes.rounds)
    ]
    fresh.stop()
    server.stop()
    ratio = statistics.median(late / early for early, late in pairs)
    yield Figure(
        f"Processor time per order after {sizes.long_run:,} orders, to a gateway just begun",
        "within 15 %",
        f"{ratio:.2f}",
        ratio <= 1.15,
    )
    yield Figure(
        f"Resident memory after {sizes.long_run:,} orders",
        "under 300 MB",
        f"{rss_mb:.0f} MB",
        rss_mb < 300,
    )


_SPREADS: Final = (
    # Orders in flight of each session, where there is one and where there are a hundred.
    ("the same load spread over 100 sessions, to 1", {1: 200, 100: 2}),
    ("100 clients that each do what 1 did, to 1", {1: 20, 100: 20}),
)


def many_sessions(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """Whether an order costs the same with a hundred sessions: the same load spread over them
    (200 orders in flight in all), and a hundred clients that each do what one did (20 each).
    Each pair has two gateways of its own, since one process of the same code is up to a tenth
    dearer than the next; the two are measured in turns, since so is one minute of the machine.
    """
    cost: dict[str, list[tuple[float, float]]] = {what: [] for what, _ in _SPREADS}
    for pair in range(sizes.rounds):
        both = {}
        for count in (1, 100):
            place = folder / f"{pair}-{count}"
            place.mkdir()
            both[count] = servers.gateway(servers.home(place, sessions=count), place / "data")
        for what, windows in _SPREADS * 2:
            one, many = (
                _cost_per_order(server, sizes.orders // 4, count, windows[count])
                for count, server in both.items()
            )
            cost[what].append((one, many))
        for count, server in both.items():
            server.stop()
            shutil.rmtree(folder / f"{pair}-{count}")
    for what, turns in cost.items():
        ratio = statistics.median(many / one for one, many in turns)
        one, many = (statistics.median(each) for each in zip(*turns, strict=True))
        measured = f"{ratio:.2f} ({many:,.0f} us to {one:,.0f} us)"
        yield Figure(f"Processor time per order, {what}", "within 15 %", measured, ratio <= 1.15)


def _cost_per_order(server: servers.Server, orders: int, count: int, window: int) -> float:
    result = load(
        "throughput",
        server,
        orders=orders,
        clients=",".join(servers.client_names(count)),
        window=window,
        warm_up=max(5, 500 // count),
        until_filled=True,
    )
    return float(result["server_cpu_us_per_order"])


def start_again(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """How long a start takes after a kill, with many orders open."""
    made = servers.home(folder, sessions=1)
    server = servers.gateway(made, folder / "data")
    load("throughput", server, orders=sizes.open_orders, side="buy", buy_price="45000")
    server.stop(signal.SIGKILL)
    again = servers.gateway(made, folder / "data")
    again.stop()
    yield Figure(
        f"Start after kill -9 with {sizes.open_orders:,} open orders",
        "under 5 s",
        f"{again.ready_s:.1f} s",
        again.ready_s < 5,
    )


def resend_all(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """What it takes to repeat a long day to one client."""
    server = servers.gateway(servers.home(folder, sessions=1), folder / "data")
    orders = sizes.resent // 2
    load("throughput", server, orders=orders, until_filled=True)
    found = resend.ask_for_all(
        Identity(begin_string="FIX.4.4", sender_comp_id="DEMO44", target_comp_id="FIXGATE"),
        port=server.port,
        server_pid=server.pid,
        next_seq_num=orders + 3,
    )
    server.stop()
    yield Figure(
        f"Memory added by a ResendRequest for 1 to 0 over {found.reports:,} reports",
        "under 50 MB",
        f"{found.grown_mb:.0f} MB ({found.first_s:.1f} s to the first, {found.all_s:.1f} s to all)",
        # More than two an order where one was filled at two prices.
        found.grown_mb < 50 and found.reports >= sizes.resent,
    )


PARTS: Final = {
    "baseline": against_baseline,
    "long": long_run,
    "sessions": many_sessions,
    "start": start_again,
    "resend": resend_all,
    "postgresql": stores.against_sqlite,
    "stored": stores.to_a_million,
    "kill": stores.start_after_kill,
    "takeover": stores.take_over,
    "records": records.prove,
    "prices": market_data.beside_prices,
    "routing": routing.cost,
    "risk": risk.on_a_gateway,
}


def table(figures: Sequence[Figure]) -> str:
    """The figures as Markdown."""
    lines = ["| figure | promised | measured | kept |", "|---|---|---|---|"]
    lines += [
        f"| {each.what} | {each.promised} | {each.measured} | {'yes' if each.kept else 'NO'} |"
        for each in figures
    ]
    python = platform.python_version()
    lines += ["", f"Measured in one run with Python {python}, client and servers on one machine."]
    return "\n".join(lines)


def write_page(text: str) -> None:
    """Put the table between the marks of docs/performance.md."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and (with --write) keep; 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the load")
    parser.add_argument("--only", choices=[*PARTS], action="append", help="some parts only")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    options = parser.parse_args(arguments)
    sizes = QUICK if options.quick else FULL
    figures: list[Figure] = []
    for name in options.only or PARTS:
        with tempfile.TemporaryDirectory(prefix="fixgate-bench-") as folder:
            for figure in PARTS[name](Path(folder), sizes):
                figures.append(figure)
                print(f"{'ok  ' if figure.kept else 'MISS'} {figure.what}: {figure.measured}")
                print(f"     promised: {figure.promised}", flush=True)
    text = table(figures)
    if options.write:
        write_page(text)
    print()
    print(text)
    return 0 if all(each.kept for each in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
