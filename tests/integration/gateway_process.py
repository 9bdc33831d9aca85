"""A real gateway: `fixgate run` in a process of its own, on a free port, with its own data.

Use it as a fixture: ``pytest_plugins`` is not needed, import ``gateway_home`` and ``gateway``.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT_S = 60
_LOOK_S = 0.02
TLS_LISTENS = re.compile(r"FIX over TLS\s+\S+:(\d+)")
LISTENS = re.compile(r"FIX acceptor\s+(\S+):(\d+)")


class Gateway:
    """A gateway over a home folder; it can be stopped, killed and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.host, self.port = "", 0
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.more_environ: dict[str, str] = {}
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []
        self._listens = threading.Event()

    @property
    def environ(self) -> dict[str, str]:
        """The environment for it and for commands that are to reach it."""
        others = {k: v for k, v in os.environ.items() if not k.startswith("FIXGATE_")}
        own = {"FIXGATE_HOME": str(self.home), "FIXGATE_FIX__PORT": str(self.port)}
        return {**others, **own, **self.more_environ}

    def start(self, *arguments: str, wait: bool = True) -> None:
        """Start it and wait until it listens. A restart takes the same port."""
        self._listens.clear()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fixgate.cli", "run", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environ,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout, self.lines)),
            threading.Thread(target=self._read, args=(self._process.stderr, self.errors)),
        ]
        for each in self._readers:
            each.start()
        if wait:
            self.listening()

    def listening(self) -> None:
        """Wait until it listens."""
        listens = self._listens.wait(LIMIT_S)
        assert listens, f"it does not listen: {self.lines} {self.errors}"
        assert self.port, f"it ended: {self.lines} {self.errors}"

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """SIGKILL, at whatever point it is."""
        return self._end(signal.SIGKILL)

    def pause(self) -> None:
        """SIGSTOP: it does nothing any more, and does not know it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def request_stop(self) -> None:
        """SIGTERM, without waiting."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def hang_up(self) -> None:
        """SIGHUP: it reads its configuration again."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    @property
    def tls_port(self) -> int:
        """The port with TLS, which is announced after the other."""
        limit = time.monotonic() + LIMIT_S
        while time.monotonic() < limit:
            for line in list(self.lines):
                if (found := TLS_LISTENS.search(line)) is not None:
                    return int(found[1])
        raise AssertionError(f"no port with TLS: {self.lines}")

    def wait(self) -> int:
        """Wait until it ends by itself; its exit status."""
        return self._end(None)

    def limit_files(self, limit_bytes: int) -> None:
        """From now on it cannot write any file beyond this size: as if the disk were full."""
        if self._process is not None:
            limits = limit_bytes, resource.RLIM_INFINITY
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, limits)

    def fixgate(
        self, *arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command beside it, as its user would, with more in the environment."""
        return subprocess.run(
            [sys.executable, "-m", "fixgate.cli", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env={**self.environ, **(environ or {})},
            timeout=LIMIT_S,
            check=False,
        )

    def _end(self, how: signal.Signals | None) -> int:
        process = self._process
        if process is None:
            return 0
        if how is not None:
            process.send_signal(how)
        status = process.wait(LIMIT_S)
        for each in self._readers:
            each.join()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        self._process = None
        return status

    def has_said(self, text: str, times: int = 1) -> bool:
        """Whether so many lines on stderr have this in them."""
        return sum(text in line for line in list(self.errors)) >= times

    def wait_until_said(self, text: str, times: int = 1) -> None:
        """Wait for such lines on stderr."""
        until = time.monotonic() + LIMIT_S
        while not self.has_said(text, times):
            assert time.monotonic() < until, f"never said: {text}"
            time.sleep(_LOOK_S)

    def _read(self, stream: Iterable[str], lines: list[str]) -> None:
        for line in stream:
            lines.append(line.rstrip())
            found = LISTENS.search(line)
            if found is not None:
                self.host, self.port = found[1], int(found[2])
                self._listens.set()
        self._listens.set()  # it ended


def make_home(folder: Path) -> Path:
    """The project's own configuration, to be changed by a test."""
    for name in ("config", "sessions", "fix_specs"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that runs."""
    one = Gateway(make_home(tmp_path))
    try:
        one.start()
        yield one
    finally:
        one.kill()
