"""The same as `fixgate logout-session`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["logout-session", *sys.argv[1:]]))
