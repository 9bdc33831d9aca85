"""Run seeds: `python -m tests.chaos --runs 200 --seed 1`.

Here: the command. Not here: a run (world), its verdict.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

if __package__:
    sys.path[:0] = [str(Path(__file__).parents[1])]

from chaos.judged import judged
from chaos.schedule import schedule


def main() -> int:
    """Run the seeds; 1 if one of them found something."""
    parser = argparse.ArgumentParser(prog="make chaos ARGS='...'", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--runs", type=int, default=20, help="how many, each with the next seed")
    parser.add_argument("--seconds", type=float, default=4.0, help="of faults in each")
    parser.add_argument("--show", action="store_true", help="print each run's schedule of faults")
    parser.add_argument("--only", nargs="*", default=[], help="only these kinds of faults")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a run that failed")
    asked = parser.parse_args()
    kinds = tuple(asked.only)
    failed = []
    for seed in range(asked.seed, asked.seed + asked.runs):
        began_s = time.perf_counter()
        folder = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-"))
        told, wrong = asyncio.run(judged(seed, folder, asked.seconds, kinds))
        took_s = time.perf_counter() - began_s
        print(f"seed {seed}: {told}, {took_s:.1f} s{': FAILED' if wrong else ''}", flush=True)
        for each in wrong[:10]:
            print(f"  {each}")
        if asked.show or wrong:
            for fault in schedule(seed, asked.seconds, kinds):
                print(f"    {fault}")
        if wrong:
            failed.append(seed)
        if wrong and asked.keep:
            print(f"  what it left: {folder}")
        else:
            shutil.rmtree(folder)
    for seed in failed:
        print(f"again: make chaos ARGS='--runs 1 --seed {seed} --seconds {asked.seconds}'")
    print(f"{asked.runs} runs, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
