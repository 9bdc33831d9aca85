"""The `fixgate` command.

Here: main(), and one module for each group of commands; a FIX client of its own.
Not here: anything that the gateway needs; the gateway is built in bootstrap.
"""

from fixgate.cli.app import main

__all__ = ["main"]
