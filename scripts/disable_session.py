"""The same as `fixgate disable-session`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["disable-session", *sys.argv[1:]]))
