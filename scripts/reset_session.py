"""The same as `fixgate reset-session`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["reset-session", *sys.argv[1:]]))
