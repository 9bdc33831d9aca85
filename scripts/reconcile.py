"""The same as `fixgate reconcile`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["reconcile", *sys.argv[1:]]))
