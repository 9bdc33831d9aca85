#!/usr/bin/env python3
"""Write the table of limits into docs/controls.md: each refuses an order here and now.

Here: an order beyond each limit, and what the checks say to it, as Markdown.
Not here: the page's prose, nor the checks (fixgate.risk).

Run it after a change to a check; ``--check`` only says whether that was done.
"""

import argparse
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from fixgate.adapters.fix.fix42 import FIX42
from fixgate.adapters.fix.fix44 import FIX44
from fixgate.domain.counting import Used, held
from fixgate.domain.errors import Refusal
from fixgate.domain.exposure import Exposure
from fixgate.domain.extras import Extras
from fixgate.domain.frozen import changed
from fixgate.domain.ids import SessionName, VenueName
from fixgate.domain.limits import Applied, Ask, Limits, asks_of
from fixgate.domain.market import Quote
from fixgate.domain.order import Instruction, Terms
from fixgate.domain.positions import Positions
from fixgate.domain.recent import likeness
from fixgate.domain.values import OrdType, Side, TimeInForce
from fixgate.risk.case import Case, case_of
from fixgate.risk.conduct import paused, permission
from fixgate.risk.pretrade import within_limits

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "controls.md"
BEGIN: Final = "<!-- Written by scripts/limits_page.py from the checks: begin -->"
END: Final = "<!-- end -->"
NOW_NS: Final = 1_000_000_000_000
SIM: Final = VenueName("SIM")
ABOUT: Final = Instruction(
    session=SessionName("DEMO44"),
    venue=SIM,
    symbol="BTC/USDT",
    venue_symbol="BTCUSDT",
    side=Side.BUY,
    account="DEMO",
)
TERMS: Final = Terms(
    order_qty=Decimal(2),
    ord_type=OrdType.LIMIT,
    time_in_force=TimeInForce.DAY,
    price=Decimal(61_000),
)
QUOTE: Final = Quote(
    venue=SIM,
    symbol="BTC/USDT",
    bid_px=Decimal(49_990),
    offer_px=Decimal(50_010),
    last_px=None,
    at_ns=NOW_NS,
)


def case(limits: Limits, terms: Terms = TERMS, **more: object) -> Case:
    """The order above before these limits."""
    known = Applied(
        limits=limits,
        asks=asks_of(limits),
        rate=Decimal(1),
        currency="USDT",
        quote_currency="USDT",
    )
    given: dict[str, Any] = {"applied": known, "exposure": Exposure(), "quote": QUOTE} | more
    way = given["exposure"].new_way(ABOUT, given["applied"])
    return case_of(
        ABOUT, terms, way=way, positions=Positions(), venues=(SIM,), at_ns=NOW_NS, **given
    )


def samples() -> Iterator[tuple[str, str, Refusal | None]]:
    """Control, key in the files, and what an order beyond it is told; as they are checked."""
    listed = Limits()
    for key, found in (
        ("restricted", Applied(limits=listed, restricted=frozenset({"BTC/USDT"}))),
        ("permitted", Applied(limits=listed, permitted=frozenset({"ETH/USDT"}))),
        ("sides", Applied(limits=listed, sides=frozenset({Side.SELL}))),
    ):
        yield "8", key, permission(case(listed, applied=found))
    yield "2", "order_qty_max", within_limits(case(Limits(order_qty_max=Decimal(1))))
    collar = Limits(price_collar_bp=2_000)
    yield "1", "price_collar_bp", within_limits(case(collar))
    yield "1", "reference_required", within_limits(case(collar, quote=None))
    yield "3", "order_value_max", within_limits(case(Limits(order_value_max=Decimal(100_000))))
    market = changed(TERMS, ord_type=OrdType.MARKET, price=None)
    unpriced = case(Limits(order_value_max=Decimal(100_000)), market, quote=None)
    yield "3", "order_value_max", within_limits(unpriced)
    used = Exposure()
    client = ("session", "DEMO44")
    used.used[client] = Used(client, open_worth=Decimal(90_000))
    credit = Limits(credit_max=Decimal(200_000))
    yield "7", "credit_max", within_limits(case(credit, exposure=used))
    yield "10", "position_max", within_limits(case(Limits(position_max=Decimal(1))))
    yield "13", "balance", within_limits(case(Limits(balance=True)))
    levered = changed(TERMS, extras=Extras(leverage=Decimal(10)))
    yield "14", "leverage_max", within_limits(case(Limits(leverage_max=Decimal(5)), levered))
    like = Exposure()
    like.recent.add(likeness(ABOUT, TERMS), NOW_NS - 40_000_000)
    twice = Limits(duplicate_within_ms=500)
    yield "9", "duplicate_within_ms", within_limits(case(twice, exposure=like))
    own = Exposure()
    own.own[held(ABOUT), Side.SELL] = {SIM: [Decimal(60_500)]}
    yield "12", "self_match", within_limits(case(Limits(self_match=True), exposure=own))
    waits = Exposure()
    waits.paused[ABOUT.session] = "50 trades in BTC/USDT within 1 s"
    yield "6", "repeated_trades", paused(ABOUT, waits)


def table() -> str:
    """All of them, as Markdown."""
    lines = [
        "| control | key | 103 in 4.4 | 103 in 4.2 | 102 in 4.4 | Text (58), for example |",
        "|---|---|---|---|---|---|",
    ]
    for control, key, refusal in samples():
        if refusal is None:
            raise ValueError(f"nothing refuses the sample for {key}")
        codes = (
            FIX44.ord_rej_reason[refusal.reason],
            FIX42.ord_rej_reason[refusal.reason],
            FIX44.cxl_rej_reason[refusal.reason],
        )
        shown = " | ".join(str(each) for each in codes)
        lines.append(f"| {control} | `{key}` | {shown} | {refusal.text} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with the table between its markers.

    Raises:
        ValueError: the page has no such markers, or a check has no sample.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has no markers to write between")
    shown = {key for _, key, _ in samples()}
    missing = [each.value for each in Ask if each.value not in shown]
    if missing:
        raise ValueError(f"no sample for {', '.join(missing)}")
    return f"{before}{begin}\n{table()}\n{end}{after}"


def main() -> int:
    """Write the page, or with ``--check`` say whether it is what would be written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it is stale")
    options = parser.parse_args()
    text = PAGE.read_text(encoding="utf-8")
    wanted = page(text)
    if text == wanted:
        return 0
    if options.check:
        print(f"not up to date: {PAGE.name}; run scripts/limits_page.py")
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
