"""One seed from its beginning to its verdict.

Here: judged(), for the test suite and the command alike.
Not here: which seeds.
"""

import hashlib
from logging import CRITICAL

import structlog

from simulation.judge import differences
from simulation.plan import Simulation
from simulation.world import BugFound


def judged(seed: int, hours: float) -> tuple[Simulation, list[str]]:
    """One run, and what was wrong with it."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    run = Simulation(seed)
    try:
        run.run(hours)
        return run, list(differences(run))
    except BugFound as bug:
        return run, [str(bug)]
    finally:
        run.close()
        structlog.configure(**before)


def fingerprint(run: Simulation) -> str:
    """The same for two runs in which the same happened: all that the journal holds."""
    digest = hashlib.sha256()
    for each in run.disk.records:
        digest.update(f"{each.seq} {each.at_ns} {each.cause} {each.session}".encode())
        digest.update(type(each.payload).__name__.encode())
        digest.update(getattr(each.payload, "text", None).__repr__().encode())
    digest.update(f"{run.world.now_ns} {run.world.steps}".encode())
    return digest.hexdigest()
