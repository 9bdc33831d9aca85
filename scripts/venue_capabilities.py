#!/usr/bin/env python3
"""Write what each venue takes into docs/venues.md, from the tables that admission goes by.

Here: capability tables as Markdown, and their place between two markers of the page.
Not here: the page's prose, nor the tables themselves (the venue adapters).

Run it after a change to a table; ``--check`` only says whether that was done.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fixgate.adapters.venues.dialects import DIALECTS
from fixgate.adapters.venues.sim_listings import SIM, profile
from fixgate.domain.capabilities import DERIVATIVES_ONLY, WORDS, Option
from fixgate.domain.ids import VenueName
from fixgate.domain.instruments import ReplaceStyle, VenueProfile
from fixgate.domain.values import OrdType, TimeInForce

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "venues.md"
BEGIN: Final = "<!-- Written by scripts/venue_capabilities.py from the venues' tables: begin -->"
END: Final = "<!-- end -->"
TIMES: Final = {
    TimeInForce.DAY: "Day (0)",
    TimeInForce.GOOD_TILL_CANCEL: "GTC (1)",
    TimeInForce.IMMEDIATE_OR_CANCEL: "IOC (3)",
    TimeInForce.FILL_OR_KILL: "FOK (4)",
    TimeInForce.GOOD_TILL_DATE: "GTD (6)",
}
REPLACES: Final = {
    ReplaceStyle.NATIVE: "The venue changes a working order in place.",
    ReplaceStyle.CANCEL_THEN_NEW: "A replace cancels the venue's order, learns what it has traded,"
    " and sends the rest as a new one.",
    ReplaceStyle.NONE: "Orders cannot be replaced.",
}
NO: Final = "no"


def profiles() -> list[tuple[str, VenueProfile]]:
    """Every kind of venue there is, with the words it is known by."""
    others = [(name, made(VenueName(name.upper()))) for name, made in sorted(DIALECTS.items())]
    return [
        ("SIM, the simulated venue", profile(SIM)),
        *((f"{name.capitalize()}, spot", dialect.profile) for name, dialect in others),
    ]


def section(title: str, table: VenueProfile) -> str:
    """One venue."""
    return "\n".join(
        [
            f"## {title}",
            "",
            REPLACES[table.replace],
            "",
            *_grid("OrdType (40)", TIMES.values(), (_kind(table, each) for each in OrdType)),
            "",
            *_grid("Option", map(_named, OrdType), _options(table)),
            "",
        ]
    )


def _grid(corner: str, heads: Iterable[str], rows: Iterable[list[str]]) -> list[str]:
    head = [corner, *heads]
    return [_line(head), _line(["---"] * len(head)), *map(_line, rows)]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _named(ord_type: OrdType) -> str:
    return f"{ord_type.name.replace('_', ' ').capitalize()} ({ord_type.value})"


def _kind(table: VenueProfile, ord_type: OrdType) -> list[str]:
    return [_named(ord_type), *(_how(table, ord_type, each) for each in TIMES)]


def _how(table: VenueProfile, ord_type: OrdType, time_in_force: TimeInForce) -> str:
    kind = (ord_type, time_in_force)
    if kind in table.accepts:
        return "native"
    return "Fixgate" if kind in table.held else NO


def _options(table: VenueProfile) -> Iterable[list[str]]:
    for option in Option:
        star = " \\*" if option in DERIVATIVES_ONLY else ""
        yield [WORDS[option] + star, *(_times(table, option, each) for each in OrdType)]


def _times(table: VenueProfile, option: Option, ord_type: OrdType) -> str:
    native = [TIMES[each] for each in TIMES if table.takes(option, ord_type, each)]
    made = [TIMES[each] for each in TIMES if (option, ord_type, each) in table.made]
    return ", ".join(native) + (" †" if made else "") or NO


def page(text: str) -> str:
    """The page with the tables between its markers.

    Raises:
        ValueError: the page has no such markers.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has no markers to write between")
    tables = "\n".join(section(title, table) for title, table in profiles())
    return f"{before}{begin}\n{tables}{end}{after}"


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
        print(f"not up to date: {options.page.name}; run scripts/venue_capabilities.py")
        return 1
    options.page.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
