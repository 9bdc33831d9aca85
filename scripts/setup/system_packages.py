"""What the operating system must provide, and how to get it on Debian and Ubuntu.

Here: which needs are unmet, the packages that meet them, and apt-get when we are root.
Not here: the virtual environment and the compile, which need them.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, unique
from pathlib import Path
from typing import Final

from scripts.setup.messages import SetupFailed, say


@unique
class Need(Enum):
    """Something set-up uses that a plain system may lack; the value is how people call it."""

    VENV = "the venv module of Python"
    COMPILER = "a C++ compiler"
    HEADERS = "the header files of Python"


MAKE_ENVIRONMENT: Final = (Need.VENV,)
COMPILE: Final = (Need.COMPILER, Need.HEADERS)


def is_met(need: Need) -> bool:
    """Whether this machine, with the running interpreter, has what is needed."""
    match need:
        case Need.VENV:
            # Debian ships the venv module without ensurepip, which is what makes it work.
            return importlib.util.find_spec("ensurepip") is not None
        case Need.COMPILER:
            return shutil.which(os.environ.get("CXX", "g++")) is not None
        case Need.HEADERS:
            return (Path(sysconfig.get_path("include")) / "Python.h").is_file()


def packages_for(needs: Sequence[Need]) -> tuple[str, ...]:
    """The Debian packages that meet the needs, for the running version of Python."""
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    by_need = {
        Need.VENV: f"{python}-venv",
        Need.COMPILER: "g++",
        Need.HEADERS: f"{python}-dev",
    }
    return tuple(by_need[need] for need in needs)


def ensure(
    needs: Sequence[Need],
    *,
    is_root: bool | None = None,
    met: Callable[[Need], bool] = is_met,
    install: Callable[[Sequence[str]], bool] | None = None,
) -> None:
    """Meet the needs: nothing to do, or apt-get as root. Raises SetupFailed, naming the command."""
    missing = [need for need in needs if not met(need)]
    if not missing:
        return
    packages = packages_for(missing)
    what = " and ".join(need.value for need in missing)
    may_install = os.geteuid() == 0 if is_root is None else is_root
    if may_install and (install or apt_get_install)(packages) and all(map(met, missing)):
        return
    raise SetupFailed(
        f"This machine lacks {what}. On Debian and Ubuntu run:\n"
        f"    sudo apt-get install -y {' '.join(packages)}\n"
        "and then the same make command again."
    )


def apt_get_install(packages: Sequence[str]) -> bool:
    """Install with apt-get; False where there is none or it failed."""
    apt_get = shutil.which("apt-get")
    if apt_get is None:
        return False
    say(f"Installing system packages with apt-get: {' '.join(packages)}")
    environment: Mapping[str, str] = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # An index that cannot be refreshed may still be good enough for what is missing.
    subprocess.run([apt_get, "update", "-qq"], env=environment, check=False)
    command = [apt_get, "install", "-y", "-qq", "--no-install-recommends", *packages]
    return subprocess.run(command, env=environment, check=False).returncode == 0
