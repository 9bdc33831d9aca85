"""The same as `fixgate alerts`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["alerts", *sys.argv[1:]]))
