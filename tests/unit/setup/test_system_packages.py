"""What the machine lacks is installed by root, and named to everybody else."""

import sys
from collections.abc import Sequence

import pytest

from scripts.setup.messages import SetupFailed
from scripts.setup.system_packages import COMPILE, MAKE_ENVIRONMENT, Need, ensure, packages_for

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


class Machine:
    """A machine without anything, whose apt-get works or does not."""

    def __init__(self, *, apt_get_works: bool = True) -> None:
        self.installed: list[str] = []
        self._apt_get_works = apt_get_works

    def met(self, need: Need) -> bool:
        return packages_for([need])[0] in self.installed

    def install(self, packages: Sequence[str]) -> bool:
        if self._apt_get_works:
            self.installed.extend(packages)
        return self._apt_get_works


def test_a_user_is_told_the_exact_command() -> None:
    machine = Machine()

    with pytest.raises(SetupFailed) as failure:
        ensure(COMPILE, is_root=False, met=machine.met, install=machine.install)

    assert f"    sudo apt-get install -y g++ {PYTHON}-dev\n" in str(failure.value)
    assert "a C++ compiler and the header files of Python" in str(failure.value)
    assert machine.installed == []


def test_root_gets_the_packages_installed() -> None:
    machine = Machine()
    ensure(MAKE_ENVIRONMENT, is_root=True, met=machine.met, install=machine.install)

    assert machine.installed == [f"{PYTHON}-venv"]


def test_root_without_a_working_apt_get_is_told_the_command_too() -> None:
    machine = Machine(apt_get_works=False)

    with pytest.raises(SetupFailed, match=r"apt-get install -y"):
        ensure(COMPILE, is_root=True, met=machine.met, install=machine.install)


def test_only_what_is_missing_is_asked_for() -> None:
    machine = Machine()
    machine.installed.append("g++")

    with pytest.raises(SetupFailed) as failure:
        ensure(COMPILE, is_root=False, met=machine.met, install=machine.install)

    assert "g++" not in str(failure.value)


def test_a_complete_machine_is_left_alone() -> None:
    ensure(COMPILE, is_root=False, met=lambda _: True)
