"""Starting and stopping what is measured: the gateway and the baseline executor.

Here: Server, gateway() and baseline(), each in a process of its own with a folder of its own.
Not here: load, figures.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from benchmarks.load_session import LoadFailed

ROOT: Final = Path(__file__).resolve().parent.parent
_READY_S: Final = 60.0
_ACCEPTOR: Final = re.compile(r"FIX acceptor\s+\S+?:(\d+)")


@dataclass(slots=True)
class Server:
    """A running server and how to reach it."""

    process: subprocess.Popen[str]
    port: int
    ready_s: float  # from its start until it accepts clients

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        self.process.send_signal(how)
        return self.process.wait(_READY_S)


def home(folder: Path, *, sessions: int) -> Path:
    """A configuration like the shipped one, with N sessions."""
    made = folder / "home"
    shutil.copytree(ROOT / "config", made / "config")
    (made / "fix_specs").symlink_to(ROOT / "fix_specs")
    (made / "sessions").mkdir()
    template = (ROOT / "sessions" / "demo44.toml").read_text()
    for name in client_names(sessions):
        text = template.replace("DEMO44", name)
        (made / "sessions" / f"{name.lower()}.toml").write_text(text)
    return made


def client_names(count: int) -> list[str]:
    """CompIDs of the clients: DEMO44 alone, or LOAD001 and so on."""
    return ["DEMO44"] if count == 1 else [f"LOAD{number:03d}" for number in range(1, count + 1)]


def gateway(
    made: Path, data: Path, *, environ: Mapping[str, str] | None = None, options: Sequence[str] = ()
) -> Server:
    """Start Fixgate on a free port."""
    began = time.monotonic()
    process = start(made, data, environ=environ, options=options)
    return Server(process, port_of(process), time.monotonic() - began)


def start(
    made: Path, data: Path, *, environ: Mapping[str, str] | None = None, options: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """Start Fixgate and wait for nothing."""
    own = {"FIXGATE_FIX__PORT": "0", "FIXGATE_DATA_DIR": str(data)}
    return subprocess.Popen(
        [sys.executable, "-m", "fixgate.cli", "run", "--home", str(made), *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **own, **(environ or {})},
    )


def port_of(process: subprocess.Popen[str]) -> int:
    """Wait until it accepts clients; its port."""
    return int(_wait_for(process, _ACCEPTOR)[1])


def baseline(folder: Path, *, port: int, clients: int = 1) -> Server:
    """Start the executor that a user would write with quickfix alone."""
    began = time.monotonic()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "benchmarks.baseline_executor",
            f"--dictionary={ROOT / 'fix_specs' / 'FIX44.xml'}",
            f"--port={port}",
            f"--store={folder / 'baseline'}",
            f"--clients={','.join(client_names(clients))}",
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    _wait_for(process, re.compile("ready"))
    return Server(process, port, time.monotonic() - began)


def _wait_for(process: subprocess.Popen[str], pattern: re.Pattern[str]) -> re.Match[str]:
    output: IO[str] | None = process.stdout
    for line in output or ():
        found = pattern.search(line)
        if found is not None:
            return found
    raise LoadFailed(f"{process.args!r} ended before it was ready")
