#!/usr/bin/env python3
"""Write the table of legal steps in docs/order-lifecycle.md from the table in the core.

Here: LIFECYCLE as a Markdown table, and its place between two markers of the page.
Not here: the page's prose, nor any rule about an order.

Run it after a change to the table; ``--check`` only says whether that was done.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

from fixgate.domain.lifecycle import LIFECYCLE
from fixgate.domain.values import ExecType, OrdStatus

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "order-lifecycle.md"
BEGIN: Final = "<!-- Written by scripts/lifecycle_diagram.py from the core's table: begin -->"
END: Final = "<!-- end -->"
# After these, quantities decide whether it is New, Partially filled or Filled.
BY_QUANTITY: Final = frozenset(
    {
        ExecType.TRADE,
        ExecType.TRADE_CORRECT,
        ExecType.TRADE_CANCEL,
        ExecType.REPLACED,
        ExecType.RESTATED,
    }
)
STARRED: Final = (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED)
HEAD: Final = "| Stage (39) | What happens (150) | Stage after |\n|---|---|---|"


def named(value: OrdStatus | ExecType) -> str:
    """A value in words, and as it is on the wire."""
    return f"{value.name.replace('_', ' ').capitalize()} ({value.value})"


def table() -> str:
    """One row for each stage and the stage after it, with all that leads there."""
    steps: dict[tuple[OrdStatus, OrdStatus], list[ExecType]] = {}
    for (stage, exec_type), after in LIFECYCLE.items():
        steps.setdefault((stage, after), []).append(exec_type)
    order = list(dict.fromkeys(stage for stage, _ in LIFECYCLE))
    rows = [
        f"| {named(stage)} | {', '.join(named(each) for each in found)} | {_after(after, found)} |"
        for stage in order
        for (before, after), found in steps.items()
        if before is stage
    ]
    return "\n".join([HEAD, *rows])


def _after(after: OrdStatus, found: list[ExecType]) -> str:
    star = " \\*" if after in STARRED and not BY_QUANTITY.isdisjoint(found) else ""
    return named(after) + star


def page(text: str) -> str:
    """The page with the table between its markers.

    Raises:
        ValueError: the page has no such markers.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has no markers to write between")
    return f"{before}{begin}\n{table()}\n{end}{after}"


def main() -> int:
    """Write the page, or with ``--check`` say whether it is what would be written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it is stale")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")
    options = parser.parse_args()
    text = options.page.read_text(encoding="utf-8")
    wanted = page(text)
    if text == wanted:
        return 0
    if options.check:
        print(f"not up to date: {options.page.name}; run scripts/lifecycle_diagram.py")
        return 1
    options.page.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
