"""The committed rules of engagement say what the dictionaries say."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
SCRIPT = PROJECT / "scripts" / "rules_of_engagement.py"
PAGES = PROJECT / "docs" / "rules-of-engagement"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A copy of the committed pages, to be spoiled."""
    return Path(shutil.copytree(PAGES, tmp_path / "pages"))


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_committed_pages_are_what_the_dictionaries_say() -> None:
    done = run("--check")

    assert (done.returncode, done.stdout) == (0, "")


def test_a_page_that_was_changed_by_hand_is_named_and_left_alone(pages: Path) -> None:
    page = pages / "fix42.md"
    page.write_text(page.read_text(encoding="utf-8") + "More.\n", encoding="utf-8")

    done = run("--check", "--pages", pages)

    assert done.returncode == 1
    assert "fix42.md" in done.stdout
    assert "fix44.md" not in done.stdout
    assert page.read_text(encoding="utf-8").endswith("More.\n")


def test_a_change_of_the_prose_makes_both_pages_stale(pages: Path) -> None:
    prose = pages / "_behaviour.md"
    prose.write_text(prose.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")

    assert run("--check", "--pages", pages).returncode == 1
    assert run("--pages", pages).returncode == 0
    assert run("--check", "--pages", pages).returncode == 0


def test_a_page_tells_required_tags_and_extensions_apart() -> None:
    page = (PAGES / "fix42.md").read_text(encoding="utf-8")

    assert "| 55 | Symbol | Y | STRING |  |" in page
    assert "| 44 | Price | C | PRICE |  |" in page
    assert "| 553 | Username | N | STRING | **Extension**: standard from FIX 4.3 on |" in page
