"""Closed days of the journal to the archive, and by the rule out of the database.

Here: `fixgate archive` under the name that operations looks for.
Not here: what it does, which is the command's (`fixgate archive --help`).

Run: .venv/bin/python scripts/archive.py --reason TEXT [--dry-run] [--keep-days N] [--home DIR]
"""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["archive", *sys.argv[1:]]))
