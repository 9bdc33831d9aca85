"""The official quickfix as a wheel for this machine: from the cache, or compiled once.

Here: fetching the source distribution, the compile, and what the user is told meanwhile.
Not here: the cache's own rules (wheel_cache) and the compile step (parallel_compile).
Why these flags, and why the official package: docs/decisions/0010-quickfix-build.md.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

from scripts.setup import compile_resources, parallel_compile, system_packages
from scripts.setup.messages import SetupFailed, minutes, say
from scripts.setup.wheel_cache import WheelCache, folder, key_here

VERSION: Final = "1.16.0"
FLAGS: Final = ("-O1", "-g0")
LOG_LINES_SHOWN: Final = 25


def obtain(python: Path) -> Path:
    """The wheel for `python`, an interpreter of this version that has pip and setuptools.

    Raises SetupFailed when the machine lacks a compiler, or the download or the compile fails.
    """
    cache = WheelCache(folder())
    key = key_here(version=VERSION, flags=FLAGS)
    if found := cache.find(key):
        say(f"Using quickfix {VERSION} as compiled before, from {found.parent}")
        return found
    system_packages.ensure(system_packages.COMPILE)
    with tempfile.TemporaryDirectory(prefix="fixgate-quickfix-") as scratch:
        wheel = cache.get_or_build(key, lambda: build(python, Path(scratch)))
    say(f"quickfix is kept in {wheel.parent} and will not be compiled again on this machine.")
    return wheel


def build(python: Path, scratch: Path) -> Path:
    """Download and compile, in `scratch`; returns the new wheel."""
    cores, memory_mb = compile_resources.cores(), compile_resources.available_mb()
    jobs = compile_resources.jobs(cores=cores, available_mb=memory_mb)
    say(announcement(jobs=jobs, memory_mb=memory_mb))
    source = download(python, scratch)
    started_s = time.monotonic()
    wheel = compile_wheel(python, source, scratch / "out", jobs=jobs)
    say(f"quickfix compiled in {minutes(time.monotonic() - started_s)}.")
    return wheel


def announcement(*, jobs: int, memory_mb: int) -> str:
    """What is about to happen and how long it takes, before it happens."""
    at_once = "one file at a time" if jobs == 1 else f"{jobs} files at a time"
    text = (
        f"Compiling the FIX engine quickfix {VERSION} from its official source, {at_once}.\n"
        "This happens once on this machine. It takes about 2 minutes on two current cores,\n"
        "4 on one, and up to 10 on an old or busy machine."
    )
    if memory_mb < compile_resources.LARGEST_FILE_MB:
        text += (
            f"\nWARNING: the compiler needs {compile_resources.LARGEST_FILE_MB} MB of memory and"
            f" {memory_mb} MB are free: it may be slow or be killed. Free some memory first."
        )
    return text


def download(python: Path, scratch: Path) -> Path:
    """The unpacked source distribution."""
    command = [
        str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation",
        "--no-binary", "quickfix", "--dest", str(scratch), f"quickfix=={VERSION}",
    ]  # fmt: skip
    if subprocess.run(command, check=False).returncode != 0:
        raise SetupFailed(f"pip could not download the source of quickfix {VERSION}; see above.")
    archive = next(scratch.glob("quickfix-*.tar.gz"))
    shutil.unpack_archive(archive, scratch)
    return scratch / f"quickfix-{VERSION}"


def compile_wheel(python: Path, source: Path, output: Path, *, jobs: int) -> Path:
    """Run the compile in its own process, its chatter in a log that is shown if it fails."""
    log = source.parent / "compile.log"
    script = Path(parallel_compile.__file__).resolve()
    command = [str(python), str(script), str(jobs), str(log), str(output), *FLAGS]
    # Some interpreters remember a compiler of the machine they were built on.
    environment = {"CC": "gcc", "CXX": "g++", **os.environ}
    finished = subprocess.run(command, cwd=source, env=environment, check=False)
    if finished.returncode != 0:
        tail = (
            log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:] if log.exists() else []
        )
        raise SetupFailed(
            "\n".join([*tail, "", "quickfix did not compile; its last words are above."])
        )
    return next(output.glob("*.whl"))
