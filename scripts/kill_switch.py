"""The same as `fixgate kill-switch`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["kill-switch", *sys.argv[1:]]))
