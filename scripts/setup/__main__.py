"""The command behind `make`: python -m scripts.setup run|dev.

Here: the command line. Not here: the work.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from scripts.setup.environment import Environment, Purpose
from scripts.setup.messages import SetupFailed


def main() -> int:
    """0 when the environment is ready, 1 with a message on stderr when it cannot be made."""
    # What runs below us (pip, a compiler) is ended when this is raised, and not left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        Environment(Path(__file__).resolve().parents[2]).install(Purpose(sys.argv[1]))
    except SetupFailed as failure:
        print(f"\nSet-up stopped.\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted; run the same command to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
