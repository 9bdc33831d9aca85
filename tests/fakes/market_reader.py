"""What a client makes of the prices it is sent: books rebuilt by the rules of engagement alone.

Here: MarketReader, fed the fields of W and X. Nothing of the gateway's own code is in it.
"""

from collections.abc import Iterable
from decimal import Decimal

Pair = tuple[str, str]
FIRST_OF_ENTRY = {"W": "269", "X": "279"}


def pairs_of(raw: bytes) -> list[Pair]:
    """Tag and value of each field."""
    fields = [each.partition("=") for each in raw.decode().split("\x01")[:-1]]
    return [(tag, value) for tag, _, value in fields]


class MarketReader:
    """One subscription to one symbol. Levels are known by side and price."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[Decimal, Decimal]] = {"0": {}, "1": {}}
        self.trades: list[tuple[Decimal, Decimal | None]] = []
        self.why_not: str | None = None  # the market is closed to us
        self.left_out = 0
        self.snapshots = self.changes = 0

    def take(self, fields: Iterable[Pair]) -> None:
        """A whole message."""
        head, entries = _apart(list(fields))
        if head["35"] == "W":
            self.snapshots += 1
            self.sides = {"0": {}, "1": {}}
            self.why_not = None
        else:
            self.changes += 1
        assert int(head["268"]) == len(entries) > 0
        for each in entries:
            self._entry(each)

    def book(self) -> tuple[tuple[tuple[Decimal, Decimal], ...], ...]:
        """Bids and offers, best first."""
        bids = sorted(self.sides["0"].items(), reverse=True)
        return tuple(bids), tuple(sorted(self.sides["1"].items()))

    def _entry(self, entry: dict[str, str]) -> None:
        kind, px = entry["269"], Decimal(entry["270"])
        qty = Decimal(entry["271"]) if "271" in entry else None
        if entry.get("276") == "B":
            assert qty == 0
            self.why_not = entry["58"]
        elif kind == "2":
            if qty != 0:
                self.trades.append((px, qty))
            self.left_out += int(entry.get("58", "0").split()[0])
        elif entry.get("279") == "2":
            del self.sides[kind][px]  # a level that is not there cannot be deleted
        elif qty:
            known = px in self.sides[kind]
            assert entry.get("279") in (None, "1" if known else "0"), entry
            self.sides[kind][px] = qty
        else:
            assert entry["276"] == "A", entry


def _apart(fields: list[Pair]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The fields before the group, and its entries."""
    head: dict[str, str] = {}
    entries: list[dict[str, str]] = []
    for tag, value in fields:
        if "268" in head and tag == FIRST_OF_ENTRY[head["35"]]:
            entries.append({})
        inside = entries and tag != "10"
        (entries[-1] if inside else head)[tag] = value
    return head, entries
