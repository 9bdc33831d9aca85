"""The committed page shows what the checks say."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[3]
SCRIPT = PROJECT / "scripts" / "limits_page.py"


def test_the_committed_page_shows_what_the_checks_say() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
