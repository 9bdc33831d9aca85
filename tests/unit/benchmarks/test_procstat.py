"""Processor time and memory are those of the whole process tree."""

import os
import subprocess
import sys

import pytest

from benchmarks.procstat import tree, usage

SPAWNS_A_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "x = 'x' * 50_000_000; print(flush=True); input()"],
                         stdin=subprocess.PIPE)
input()
child.communicate(b"\\n")
"""


def test_a_child_counts_with_its_parent() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SPAWNS_A_CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        members = list(tree(parent.pid))
        used = usage(parent.pid)
        parent.communicate(b"\n")

    assert len(members) == 2
    assert used.rss_mb > 50
    assert used.peak_rss_mb >= used.rss_mb


def test_work_done_shows_as_processor_time() -> None:
    before = usage(os.getpid()).cpu_s
    while usage(os.getpid()).cpu_s < before + 0.05:
        sum(range(100_000))

    assert usage(os.getpid()).cpu_s > before


def test_a_process_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ProcessLookupError):
        usage(2**22 + 1)
