"""The same as `fixgate session-status`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["session-status", *sys.argv[1:]]))
