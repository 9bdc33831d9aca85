"""The place outside every virtual environment where the compiled quickfix is kept.

Here: where it is, what it is keyed by, the lock around a build, and the atomic write.
Not here: how the wheel is made.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.setup.messages import SetupFailed, say

WAITING: Final = "Another set-up on this machine is compiling quickfix: waiting for it to finish."


def folder(environment: Mapping[str, str] = os.environ) -> Path:
    """FIXGATE_WHEEL_CACHE, else fixgate/wheels in the user's cache."""
    if chosen := environment.get("FIXGATE_WHEEL_CACHE"):
        return Path(chosen)
    if cache_home := environment.get("XDG_CACHE_HOME"):
        return Path(cache_home) / "fixgate" / "wheels"
    return Path.home() / ".cache" / "fixgate" / "wheels"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheKey:
    """All that makes one compiled wheel unfit for another use."""

    version: str
    abi: str
    libc: str
    flags: tuple[str, ...]

    def __str__(self) -> str:
        """As a folder name: `1.16.0-cpython-311-x86_64-linux-gnu-glibc2.36-O1-g0`."""
        flags = "-".join(flag.lstrip("-") for flag in self.flags)
        return f"{self.version}-{self.abi}-{self.libc}-{flags}"


def key_here(*, version: str, flags: tuple[str, ...]) -> CacheKey:
    """The key for the running interpreter: its tag and platform are in its ABI's name."""
    abi = str(sysconfig.get_config_var("SOABI") or sysconfig.get_platform())
    return CacheKey(version=version, abi=abi, libc="".join(platform.libc_ver()), flags=flags)


class WheelCache:
    """Wheels by key: each wholly there or not at all, and one build at a time on a machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: CacheKey) -> Path | None:
        """The wheel with this key, if it was ever built here."""
        return next((self._folder / str(key)).glob("*.whl"), None)

    def get_or_build(self, key: CacheKey, build: Callable[[], Path]) -> Path:
        """The wheel with this key; `build` returns the path of a new one when there is none."""
        if found := self.find(key):
            return found
        with self._building():
            # Whoever held the lock before us may have built it.
            return self.find(key) or self._store(key, build())

    @contextmanager
    def _building(self) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / "build.lock").open("w")
        except OSError as error:
            raise SetupFailed(
                f"The wheel cache {self._folder} cannot be written ({error.strerror}). "
                "Name another folder in FIXGATE_WHEEL_CACHE."
            ) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(WAITING)
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _store(self, key: CacheKey, wheel: Path) -> Path:
        place = self._folder / str(key)
        place.mkdir(exist_ok=True)
        unfinished = place / f"{wheel.name}.unfinished"
        shutil.copyfile(wheel, unfinished)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        return unfinished.replace(place / wheel.name)
