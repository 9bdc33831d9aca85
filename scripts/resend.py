"""The same as `fixgate resend`; --help says what it takes."""

import sys

from fixgate.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["resend", *sys.argv[1:]]))
