"""The same as `fixgate release`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["release", *sys.argv[1:]]))
