"""Run seeds for as long as asked: `python -m tests.simulation --seeds 100 --seed 1`.

Here: the command and its figures. Not here: the test suite's own few seeds (test_simulation).
"""

import argparse
import sys
import time
from pathlib import Path

if __package__:
    sys.path[:0] = [str(Path(__file__).parents[1])]

from simulation.judged import fingerprint, judged


def main() -> int:
    """Run the seeds; 1 if one of them found something."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--hours", type=float, default=48.0, help="of simulated time, each")
    parser.add_argument("--fingerprint", action="store_true", help="print what tells runs apart")
    asked = parser.parse_args()
    began_s, hours, failed = time.perf_counter(), 0.0, []
    for seed in range(asked.seed, asked.seed + asked.seeds):
        run, wrong = judged(seed, asked.hours)
        hours += run.world.hours
        orders, trades = (
            len(run.disk.orders),
            sum(len(e.trades) for e in run.exchange.orders.values()),
        )
        print(
            f"seed {seed}: {run.world.hours:.0f} h, {run.crashes} kills, {run.failures} failed"
            f" journals, {orders} orders, {trades} trades, {run.world.steps} steps"
            f"{'' if not wrong else f': {len(wrong)} DIFFERENCES'}",
            flush=True,
        )
        if asked.fingerprint:
            print(f"  fingerprint {fingerprint(run)}")
        for each in wrong[:10]:
            print(f"  {each}")
        failed += [seed] if wrong else []
    took_s = time.perf_counter() - began_s
    print(f"{hours:,.0f} simulated hours in {took_s:.1f} s: {hours / took_s * 60:,.0f} a minute")
    if failed:
        for seed in failed:
            print(
                f"again: python -m tests.simulation --seeds 1 --hours {asked.hours} --seed {seed}"
            )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
