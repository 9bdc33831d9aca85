"""The same as `fixgate limits`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["limits", *sys.argv[1:]]))
