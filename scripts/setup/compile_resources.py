"""How many compilers may run at once on this machine.

Here: the cores and the memory we may use, and the number that follows from them.
Not here: the compile itself.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

# Measured with g++ 12 at -O2: the binding needs 2.2 GB, every other file under 0.7.
LARGEST_FILE_MB: Final = 2_300
OTHER_FILE_MB: Final = 700


def cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0))


def available_mb() -> int:
    """Memory that can be had without swapping, also inside a container with a limit."""
    return min(_system_available_mb(), _control_group_available_mb())


def jobs(*, cores: int, available_mb: int) -> int:
    """Compilers at once: one for each core as far as memory allows, and always at least one."""
    beside_the_largest = max(0, available_mb - LARGEST_FILE_MB) // OTHER_FILE_MB
    return max(1, min(cores, 1 + beside_the_largest))


def _system_available_mb() -> int:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return LARGEST_FILE_MB


def _control_group_available_mb() -> int:
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        used = (group / "memory.current").read_text(encoding="ascii").strip()
    except OSError:
        return 1 << 30
    return 1 << 30 if limit == "max" else (int(limit) - int(used)) >> 20
