"""The committed page shows the tables that admission goes by."""

import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[4]
SCRIPT = PROJECT / "scripts" / "venue_capabilities.py"
PAGE = PROJECT / "docs" / "venues.md"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_committed_page_shows_the_tables() -> None:
    done = run("--check")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_page_that_is_stale_is_named_and_then_written(tmp_path: Path) -> None:
    page = Path(shutil.copy(PAGE, tmp_path))
    page.write_text(page.read_text(encoding="utf-8").replace("| native |", "| no |"), "utf-8")

    assert run("--check", "--page", page).returncode == 1
    assert run("--page", page).returncode == 0
    assert page.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")
