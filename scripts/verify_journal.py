"""Whether the journal and its archive are as they were written.

Here: `fixgate verify` under the name that operations looks for.
Not here: what it does, which is the command's (`fixgate verify --help`).

Run: .venv/bin/python scripts/verify_journal.py [--day DAY] [--against FILE] [--archive DIR]
"""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["verify", *sys.argv[1:]]))
