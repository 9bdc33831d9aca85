"""Messages, executions and chained records of a day or a period, to a folder.

Here: `fixgate export` under the name that operations looks for.
Not here: what it does, which is the command's (`fixgate export --help`).

Run: .venv/bin/python scripts/export.py --out DIR [--day DAY] [--dry-run] [--home DIR]
"""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["export", *sys.argv[1:]]))
