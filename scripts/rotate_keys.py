"""The same as `fixgate rotate-keys`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["rotate-keys", *sys.argv[1:]]))
