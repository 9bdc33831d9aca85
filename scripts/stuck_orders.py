"""The same as `fixgate stuck-orders`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["stuck-orders", *sys.argv[1:]]))
