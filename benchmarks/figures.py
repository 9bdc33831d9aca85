"""What every part of the benchmark gives, and how much each measures.

Here: Figure, Sizes, and load(), which runs the load client beside a server.
Not here: the parts (run, stores).
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Final

from benchmarks import servers
from benchmarks.load_session import LoadFailed


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    promised: str
    measured: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    rounds: int
    orders: int
    latency_orders: int
    long_run: int
    open_orders: int
    resent: int
    stored: int
    left_open: int


FULL: Final = Sizes(9, 8_000, 1_500, 200_000, 10_000, 100_000, 1_000_000, 5_000)
QUICK: Final = Sizes(1, 5_000, 1_000, 20_000, 2_000, 10_000, 50_000, 500)


def load(mode: str, server: servers.Server, **options: Any) -> dict[str, Any]:
    """Run the load client in a process of its own and return what it measured."""
    command = [sys.executable, "-m", "benchmarks.load_client", mode]
    command += [f"--port={server.port}", f"--server-pid={server.pid}"]
    for name, given in options.items():
        option = "--" + name.replace("_", "-")
        command += [option] if given is True else [f"{option}={given}"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=servers.ROOT, timeout=1_800
    )
    if done.returncode:
        raise LoadFailed(done.stderr.strip())
    result: dict[str, Any] = json.loads(done.stdout)
    return result
