"""A FIX client that costs little: raw sockets, and orders encoded before the clock starts.

Here: the command line, and the JSON that says what was measured.
Not here: what is sent when (load_modes) and how (load_session).

Run: python -m benchmarks.load_client throughput --port 9878 --orders 20000 --until-filled
     python -m benchmarks.load_client latency --port 9878 --orders 2000
     python -m benchmarks.load_client rate --port 9878 --orders 20000 --rate 1000
With --server-pid the server's processor time and memory are in the result. Every session begins
with a reset of its sequence numbers, unless --first-seq-num says where to go on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal

from benchmarks import load_modes
from benchmarks.fix_wire import Identity, OrderForm
from benchmarks.load_session import LoadFailed, LoadSession, Peer

LOT = Decimal("0.00001")


def arguments_parser() -> argparse.ArgumentParser:
    """Every option, with defaults that suit the demo sessions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=["throughput", "latency", "rate"])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9878)
    parser.add_argument("--begin-string", default="FIX.4.4")
    parser.add_argument("--clients", default="DEMO44", help="our CompIDs, separated by commas")
    parser.add_argument("--gateway", default="FIXGATE", help="the CompID of the other side")
    parser.add_argument("--first-seq-num", type=int, help="MsgSeqNum of the Logon; no reset")
    parser.add_argument("--orders", type=int, default=10_000, help="of all sessions together")
    parser.add_argument("--warm-up", type=int, default=0, help="orders per session, not measured")
    parser.add_argument("--window", type=int, default=200, help="unanswered orders per session")
    parser.add_argument("--until-filled", action="store_true")
    parser.add_argument("--rate", type=float, default=1_000.0, help="orders per second")
    parser.add_argument("--checkpoint-every", type=int, default=0, help="orders; 0 for never")
    parser.add_argument("--server-pid", type=int)
    parser.add_argument("--symbol", default="BTC/USDT")
    parser.add_argument("--side", choices=["buy", "sell", "both"], default="both")
    parser.add_argument("--ord-type", choices=["limit", "market"], default="limit")
    parser.add_argument("--qty", default="0.01")
    parser.add_argument(
        "--qty-steps", type=int, default=1, help="each order is a lot larger, so many times"
    )
    parser.add_argument("--buy-price", default="55000")
    parser.add_argument("--sell-price", default="45000")
    parser.add_argument("--account", default="DEMO")
    return parser


def order_forms(options: argparse.Namespace, count: int) -> list[OrderForm]:
    """The orders of one session; `both` alternates, so that the position stays near nothing."""
    sides = {"buy": ["1"], "sell": ["2"], "both": ["1", "2"]}[options.side]
    forms = [
        OrderForm(
            symbol=options.symbol,
            side=side,
            order_qty=str(Decimal(options.qty) + step * LOT),
            ord_type="2" if options.ord_type == "limit" else "1",
            price=options.buy_price if side == "1" else options.sell_price,
            account=options.account,
        )
        for step in range(options.qty_steps)
        for side in sides
    ]
    return [forms[index % len(forms)] for index in range(count)]


def open_sessions(options: argparse.Namespace) -> list[LoadSession]:
    """Log every client on, its orders encoded. ClOrdIDs differ from those of any earlier run."""
    clients = options.clients.split(",")
    peer = Peer(host=options.host, port=options.port, first_seq_num=options.first_seq_num)
    run = f"{time.clock_gettime_ns(time.CLOCK_REALTIME) // 1_000_000:x}"
    return [
        LoadSession(
            peer,
            Identity(
                begin_string=options.begin_string,
                sender_comp_id=client,
                target_comp_id=options.gateway,
            ),
            order_forms(options, options.warm_up + options.orders // len(clients)),
            prefix=f"L{run}-{number}-",
        )
        for number, client in enumerate(clients)
    ]


def run(options: argparse.Namespace) -> load_modes.Result:
    """One measured run. Raises LoadFailed when the peer does not answer as it should."""
    sessions = open_sessions(options)
    load_modes.warm_up(sessions, options.warm_up)
    if options.mode == "throughput":
        result = load_modes.throughput(
            sessions,
            window=options.window,
            until_filled=options.until_filled,
            checkpoint_every=options.checkpoint_every,
            server_pid=options.server_pid,
        )
    elif options.mode == "latency":
        result = load_modes.one_at_a_time(sessions[0], server_pid=options.server_pid)
    else:
        result = load_modes.fixed_rate(
            sessions, orders_per_s=options.rate, server_pid=options.server_pid
        )
    for session in sessions:
        session.close()
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the result as one JSON object; 1 and a line on stderr when the run failed."""
    try:
        result = run(arguments_parser().parse_args(arguments))
    except (LoadFailed, OSError) as failure:
        print(f"load_client: {failure}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(result), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
