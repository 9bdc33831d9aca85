"""The virtual environment and what is installed in it.

Here: making it, the order of installation, and the stamp files make looks at.
Not here: how quickfix is compiled, and what the system must provide.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, unique
from pathlib import Path
from typing import Final

from scripts.setup import quickfix_wheel, system_packages
from scripts.setup.messages import SetupFailed, say

STAMP_OF_RUN: Final = ".installed"
STAMP_OF_DEV: Final = ".installed-dev"


@unique
class Purpose(Enum):
    """What the environment is for; the value is the word on the command line."""

    RUN = "run"
    DEV = "dev"


class Environment:
    """One virtual environment inside a copy of the project."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._folder = project / ".venv"
        self.python: Final = self._folder / "bin" / "python"

    def install(self, purpose: Purpose) -> None:
        """Make the environment fit for its purpose. Raises SetupFailed with what to do."""
        with self._alone():
            self._ensure_exists()
            self._pip(["install", "setuptools"])
            if not self._has_quickfix():
                self._pip(["install", "--no-deps", str(quickfix_wheel.obtain(self.python))])
                self._check_quickfix()
            self._install_project(purpose)
            self._stamp(purpose)

    def _ensure_exists(self) -> None:
        if self._works():
            return
        system_packages.ensure(system_packages.MAKE_ENVIRONMENT)
        say(f"Creating .venv with Python {sys.version.split()[0]}")
        self._run([sys.executable, "-m", "venv", "--clear", str(self._folder)], "venv failed")

    def _works(self) -> bool:
        # An interpreter that the system has since replaced leaves a link to nothing, and an
        # interrupted set-up one without pip. pip compares its version with ours: the quickfix
        # wheel must be of the version that runs this.
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        answer = f"import sys, pip; sys.exit('%d.%d' % sys.version_info[:2] != '{here}')"
        return self.python.exists() and self._succeeds(answer)

    def _has_quickfix(self) -> bool:
        wanted = quickfix_wheel.VERSION
        code = (
            f"import quickfix, importlib.metadata as m; assert m.version('quickfix') == '{wanted}'"
        )
        return self._succeeds(code)

    def _check_quickfix(self) -> None:
        if not self._has_quickfix():
            raise SetupFailed(
                "The compiled quickfix cannot be loaded. If it came from a cache that another "
                "system filled, delete that folder and run make again."
            )

    def _install_project(self, purpose: Purpose) -> None:
        target = "." if purpose is Purpose.RUN else ".[dev]"
        say("Installing the Python packages; the first time takes about a minute.")
        self._pip(["install", "--no-build-isolation", "--editable", target])

    def _pip(self, arguments: Sequence[str]) -> None:
        constraints = str(self._project / "constraints.txt")
        options = ["--quiet", "--disable-pip-version-check", "--constraint", constraints]
        command = [str(self.python), "-m", "pip", *arguments, *options]
        self._run(command, "pip could not install what is needed; its message is above")

    def _stamp(self, purpose: Purpose) -> None:
        # Whatever can test can also run.
        names = [STAMP_OF_RUN] if purpose is Purpose.RUN else [STAMP_OF_RUN, STAMP_OF_DEV]
        for name in names:
            (self._folder / name).touch()

    def _succeeds(self, code: str) -> bool:
        command = [str(self.python), "-c", code]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def _run(self, command: Sequence[str], otherwise: str) -> None:
        if subprocess.run(command, cwd=self._project, check=False).returncode != 0:
            raise SetupFailed(otherwise)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two makes in one folder take turns; the lock is the project folder itself."""
        handle = os.open(self._project, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
