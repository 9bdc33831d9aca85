"""Days of faults, simulated: whatever happens, clients, journal and exchange tell one story.

Each seed is a world of its own (plan). One that fails is run again, exactly as it was, by
``python -m tests.simulation --seeds 1 --seed N --hours 24``; `make chaos` runs many more.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulation.judged import fingerprint, judged

SEEDS = 20
HOURS = 24.0
HOURS_A_MINUTE = 1_000


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_whatever_fails_nothing_is_lost_and_nothing_happens_twice(
    seed: int, record_property
) -> None:
    began_s = time.process_time()
    run, wrong = judged(seed, HOURS)
    took_s = time.process_time() - began_s
    record_property("simulated hours a minute", round(run.world.hours / took_s * 60))
    print(f"{run.world.hours / took_s * 60:,.0f} simulated hours a minute")  # noqa: T201
    assert wrong == [], f"python -m tests.simulation --seeds 1 --seed {seed} --hours {HOURS}"
    assert run.disk.orders
    assert run.crashes


def test_a_thousand_hours_pass_in_a_minute() -> None:
    """Issue. Counted in processor time, so that a busy machine does not decide it."""
    began_s = time.process_time()
    hours = sum(judged(seed, HOURS)[0].world.hours for seed in (1, 2, 3))
    assert hours / (time.process_time() - began_s) * 60 >= HOURS_A_MINUTE


def test_a_seed_gives_the_same_run_in_another_process() -> None:
    root = Path(__file__).parents[2]
    found = set()
    for hash_seed in ("1", "2"):
        told = subprocess.run(
            [
                *(sys.executable, "-m", "tests.simulation", "--fingerprint"),
                *("--seeds", "1", "--seed", "7", "--hours", "6"),
            ],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(re.search(r"fingerprint (\w+)", told.stdout)[1])
    assert found == {fingerprint(judged(7, 6.0)[0])}
