"""The same as `fixgate cancel-all`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["cancel-all", *sys.argv[1:]]))
