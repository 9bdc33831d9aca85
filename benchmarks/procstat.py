"""CPU time and memory of a process and its descendants, read from /proc.

Here: one reading, and the difference of two. Not here: starting or ending processes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat counted from the one after the command's name (see proc(5)).
_PPID: Final = 1
_UTIME, _STIME, _CUTIME, _CSTIME = 11, 12, 13, 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a process tree has used up to one moment.

    cpu_s: user and system time of all threads, and of children that have ended, in seconds, exact
    to the kernel's tick (10 ms). rss_mb, peak_rss_mb: resident memory now, and the sum of each
    process's own highest, in MiB.
    """

    cpu_s: float
    rss_mb: float
    peak_rss_mb: float


def usage(pid: int) -> Usage:
    """Read the tree under `pid`. Raises ProcessLookupError when there is no such process."""
    if not (PROC / str(pid)).exists():
        raise ProcessLookupError(pid)
    cpu_s = rss_kb = peak_kb = 0.0
    for member in tree(pid):
        try:
            stat, status = _stat(member), _status_kb(member)
        except (FileNotFoundError, ProcessLookupError):
            continue  # It ended between the listing and the reading.
        ticks = sum(int(stat[field]) for field in (_UTIME, _STIME, _CUTIME, _CSTIME))
        cpu_s += ticks * _TICK_S
        rss_kb += status.get("VmRSS", 0)
        peak_kb += status.get("VmHWM", 0)
    return Usage(cpu_s=cpu_s, rss_mb=rss_kb / 1024, peak_rss_mb=peak_kb / 1024)


def tree(pid: int) -> Iterator[int]:
    """The process and all its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parent = int(_stat(int(entry.name))[_PPID])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    waiting = [pid]
    while waiting:
        member = waiting.pop()
        yield member
        waiting.extend(children.get(member, ()))


def _stat(pid: int) -> list[str]:
    # The command's name stands in parentheses and may itself hold spaces and parentheses.
    return (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()


def _status_kb(pid: int) -> dict[str, int]:
    lines = (PROC / str(pid) / "status").read_text(errors="replace").splitlines()
    pairs = (line.split() for line in lines if line.endswith(" kB"))
    return {name.rstrip(":"): int(value) for name, value, *_ in pairs}
