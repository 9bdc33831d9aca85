"""Recorded inputs decided again, or recorded messages played on another gateway.

Here: `fixgate replay` under the name that operations looks for.
Not here: what it does, which is the command's (`fixgate replay --help`).

Run: .venv/bin/python scripts/replay_log.py --verify | [FILE] --to HOST:PORT [--dry-run]
"""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["replay", *sys.argv[1:]]))
