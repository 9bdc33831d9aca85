"""`python -m fixgate.cli` is `fixgate`."""

from fixgate.cli.app import main

main()
