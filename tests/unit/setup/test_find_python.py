"""The interpreter is found by what it is, not by what it is called."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "setup" / "find_python.sh"


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A folder of commands that is the whole PATH but for id."""
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    return tmp_path


def python(folder: Path, name: str, minor: int) -> Path:
    """A stand-in that answers the script's question as Python 3.`minor` would."""
    pretend = f"import sys; sys.version_info = (3, {minor}, 0)"
    program = f'#!/bin/sh\nexec {sys.executable} -c "{pretend}\n$2"\n'
    command = folder / name
    command.write_text(program)
    command.chmod(0o755)
    return command


def find(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(SCRIPT)],
        env={"PATH": str(folder), "HOME": os.environ.get("HOME", "/"), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_python3_is_taken_when_it_is_new_enough(commands: Path) -> None:
    expected = python(commands, "python3", 12)
    python(commands, "python3.13", 13)

    assert find(commands).stdout.strip() == str(expected)


def test_an_old_python3_is_passed_over_for_a_newer_one_beside_it(commands: Path) -> None:
    python(commands, "python3", 9)
    expected = python(commands, "python3.11", 11)

    assert find(commands).stdout.strip() == str(expected)


def test_a_tested_version_is_preferred_to_one_newer_than_that(commands: Path) -> None:
    python(commands, "python3", 14)
    expected = python(commands, "python3.13", 13)

    assert find(commands).stdout.strip() == str(expected)


def test_a_newer_version_is_better_than_none(commands: Path) -> None:
    expected = python(commands, "python3", 14)

    assert find(commands).stdout.strip() == str(expected)


def test_the_interpreter_named_by_the_user_is_the_only_one_looked_at(commands: Path) -> None:
    python(commands, "python3", 12)
    python(commands, "mine", 10)
    found = find(commands, PYTHON="mine")

    assert found.returncode == 1
    assert "PYTHON=mine" in found.stderr


def test_without_any_the_command_to_run_is_named(commands: Path) -> None:
    found = find(commands)

    assert (found.returncode, found.stdout) == (1, "")
    assert "apt-get install -y python3 python3-venv" in found.stderr
