"""What holds for every message a client gets, whatever the scenario is about.

Here: Wire, which looks at each outgoing message of a session in turn and keeps its own books:
per order the executions, the accepted ClOrdID, the stage; and the client's open replaces, where it
is told what the client sends. It knows FIX only, none of our code.
Not here: which message should come when; the scenarios say that.
Source: order-lifecycle.md (invariants, required tags), FIX 4.2 and 4.4 Appendix D.
"""

from dataclasses import dataclass, field
from decimal import Decimal, localcontext

SOH = "\x01"
HEADER = ["8", "9", "35", "34", "49", "52", "56"]
REQUIRED = {
    "8": ("37", "17", "150", "39", "55", "54", "151", "14", "6"),
    "9": ("37", "11", "41", "39", "434", "102"),
    "r": ("11", "37", "530", "531"),
    "B": ("148", "33"),
    "N": ("66", "429", "82", "431", "83", "68", "73"),
    "y": ("320", "322", "560"),
    "d": ("320", "322", "323"),
    "AO": ("721", "728", "729", "581"),
    "AP": ("721", "728", "715", "1", "581", "702", "703#1"),
    "AQ": ("568", "569", "749", "750"),
    "AE": ("571", "570", "55", "32", "31", "75", "60", "552", "54#1", "37#1"),
    "3": ("45", "58"),
    "j": ("372", "380"),
}
FINAL = {"3", "4", "8", "C"}  # over, and not to be reopened
TERMINAL = FINAL | {"2"}
PENDING = {"6", "E"}
# What AvgPx may be off by: it is written with 12 decimal places.
HALF_A_STEP = Decimal("0.5e-12")


# Repeating groups that are sent: the tags of an entry, by the count; the first begins it.
GROUPS = {
    "702": ("703", "704", "705"),
    "753": ("707", "708", "1055"),
    "33": ("58",),
    "453": ("448", "447", "452", "802"),
    "802": ("523", "803"),
    "73": ("11", "14", "39", "636", "151", "84", "6", "103", "58"),
    "534": ("41", "535", "536"),
    "552": ("54", "37", "11", "1"),
    "146": ("55", "48", "167", "207", "326", "561", "562", "969", "1140", "20030", "1237", "58"),
    "1237": ("40", "1239"),
    "1239": ("59",),
}


def fields_of(text: str) -> list[tuple[str, str]]:
    """Tag and value of each field, in order."""
    return [(tag, value) for tag, _, value in (f.partition("=") for f in text.split(SOH)[:-1])]


def ungrouped(pairs: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """The fields outside groups, and those inside: the third entry's tag 41 is "41#3".

    Those of a group inside the third entry are "59#3.1" and so on.
    """
    outside: list[tuple[str, str]] = []
    inside: dict[str, str] = {}
    at = 0
    while at < len(pairs):
        tag, value = pairs[at]
        outside.append(pairs[at])
        at += 1
        if tag in GROUPS:
            at = _entries(pairs, at, (tag, value), inside)
    return outside, inside


def _entries(
    pairs: list[tuple[str, str]],
    at: int,
    promised: tuple[str, str],
    inside: dict[str, str],
    where: str = "",
) -> int:
    """Read a group into ``inside``; the place after it."""
    wanted = promised[1]
    members, count = GROUPS[promised[0]], 0
    while pairs[at][0] in members:
        tag, value = pairs[at]
        count += tag == members[0]
        assert count, f"the group does not begin with {members[0]}: {pairs}"
        key = f"{tag}#{where}{count}"
        assert key not in inside, f"twice in an entry: {tag}"
        inside[key] = value
        at += 1
        if tag in GROUPS:
            at = _entries(pairs, at, (tag, value), inside, f"{where}{count}.")
    assert count == int(wanted), f"{wanted} entries were promised: {pairs}"
    return at


def check_well_formed(text: str) -> dict[str, str]:
    """BodyLength, CheckSum, field order, no empty or repeated field; the fields by tag."""
    pairs, inside = ungrouped(fields_of(text))
    tags = [tag for tag, _ in pairs]
    assert text.endswith(SOH), f"no SOH at the end of {text!r}"
    assert all(tag.isdecimal() and value for tag, value in pairs), f"empty field in {text!r}"
    assert len(set(tags)) == len(tags), f"repeated tag in {text!r}"
    assert all(char.isprintable() for _, value in pairs for char in value), f"control in {text!r}"
    assert tags[:7] == HEADER, f"header is {tags[:7]}"
    assert tags[-1] == "10", f"no CheckSum at the end of {text!r}"
    body = [int(tag) for tag in tags[7:-1]]
    if body[:1] == [97]:  # PossResend is the header's last
        del body[0]
    assert body == sorted(body), f"body is not ascending in {text!r}"
    raw = text.encode()
    start = raw.index(b"\x0135=") + 1
    end = raw.rindex(b"10=")
    got = dict(pairs) | inside
    assert int(got["9"]) == end - start, f"BodyLength of {text!r}"
    assert got["10"] == f"{sum(raw[:end]) & 255:03d}", f"CheckSum of {text!r}"
    return got


@dataclass
class Book:
    """What the client can know of one order from what it was told."""

    cl_ord_id: str
    executions: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    status: str = ""
    order_qty: Decimal | None = None  # of an order by CashOrderQty: what 14 and 151 come to

    @property
    def cum_qty(self) -> Decimal:
        return sum((qty for qty, _ in self.executions.values()), Decimal(0))

    @property
    def notional(self) -> Decimal:
        with localcontext() as exact:
            exact.prec = 100
            return sum((qty * px for qty, px in self.executions.values()), Decimal(0))


class Wire:
    """All that one session was sent. ``reopens`` allows matrix C.1.c."""

    def __init__(self, version: str, *, reopens: bool = False) -> None:
        self._version = version
        self._reopens = reopens
        self._last_seq = 0
        self.exec_ids: set[str] = set()
        self.mass_cancels: set[str] = set()  # ClOrdIDs of mass cancels that were taken
        self.books: dict[str, Book] = {}
        # OrigClOrdID of each OrderCancelReplaceRequest that is not answered, by its ClOrdID.
        self.replaces: dict[str, list[str]] = {}

    def hear(self, text: str) -> None:
        """The client sends a message."""
        got = dict(fields_of(text))
        if got.get("35") == "G" and "11" in got and "41" in got:
            self.replaces.setdefault(got["11"], []).append(got["41"])

    def _answered(self, cl_ord_id: str) -> None:
        asked = self.replaces.get(cl_ord_id)
        if asked:
            asked.pop()

    def _is_being_replaced(self, book: Book) -> bool:
        """Whether a replace of the order, or of what another replace makes of it, is open."""
        names = {book.cl_ord_id}
        for _ in self.replaces:
            names |= {name for name, origs in self.replaces.items() if names & {*origs}}
        return len(names) > 1

    def see(self, text: str) -> dict[str, str]:
        """Check one message against everything before it; its fields by tag."""
        got = check_well_formed(text)
        assert got["8"] == self._version
        assert int(got["34"]) == self._last_seq + 1, "MsgSeqNum has a gap"
        self._last_seq += 1
        for tag in REQUIRED[got["35"]]:
            assert tag in got, f"required tag {tag} is missing in {text!r}"
        if got["35"] == "8":
            assert ("20" in got) == (self._version == "FIX.4.2"), f"tag 20 in {text!r}"
            self._execution_report(got, text)
        elif got["35"] == "r" and got["531"] != "0":
            self.mass_cancels.add(got["11"])
        elif got["35"] == "9" and got["37"] in self.books:
            book = self.books[got["37"]]
            assert got["41"] == book.cl_ord_id, f"41 is not the last accepted in {text!r}"
            assert book.status not in FINAL or book.status == got["39"], f"it was over: {text!r}"
            book.status = got["39"]
        if got["35"] == "9" or got.get("150") == "5":
            self._answered(got["11"])
        return got

    def _execution_report(self, got: dict[str, str], text: str) -> None:
        assert got["17"] not in self.exec_ids, f"ExecID repeated in {text!r}"
        self.exec_ids.add(got["17"])
        if got["37"] == "NONE":
            return
        assert "11" in got, f"no ClOrdID in {text!r}"
        book = self.books.setdefault(got["37"], Book(got.get("41", got["11"])))
        self._names(got, book, text)
        self._executions(got, book)
        cum_qty, leaves_qty = Decimal(got["14"]), Decimal(got["151"])
        assert cum_qty == book.cum_qty, f"CumQty, but {book.cum_qty} was reported: {text!r}"
        error = abs(Decimal(got["6"]) * cum_qty - book.notional)
        assert error <= HALF_A_STEP * cum_qty, f"AvgPx of {text!r}"
        if "38" not in got and got["39"] != "8":
            got = got | {"38": f"{self._by_money(got, book, cum_qty + leaves_qty)}"}
        self._quantities(got, cum_qty, leaves_qty, text)
        self._status(got, book, text)

    @staticmethod
    def _by_money(got: dict[str, str], book: Book, total: Decimal) -> Decimal:
        """What OrderQty of an order by CashOrderQty would be: only a replace changes it."""
        assert "152" in got, "neither OrderQty nor CashOrderQty"
        if got["39"] not in TERMINAL and (book.order_qty is None or got["150"] in ("5", "D")):
            book.order_qty = total
        return total if book.order_qty is None else book.order_qty

    def _names(self, got: dict[str, str], book: Book, text: str) -> None:
        if got["11"] in self.mass_cancels and got["150"] != "8":
            # One name for many orders becomes none of them's.
            assert got["150"] in ("4", "6"), f"11 has no place in {text!r}"
            assert got["41"] == book.cl_ord_id, f"41 is not the last accepted in {text!r}"
            return
        if got["150"] in ("6", "E") and "41" in got:
            assert got["41"] == book.cl_ord_id, f"41 is not the last accepted in {text!r}"
            return
        if "41" in got:
            assert got["150"] in ("4", "5"), f"41 has no place in {text!r}"
            assert got["41"] == book.cl_ord_id, f"41 is not the last accepted in {text!r}"
            book.cl_ord_id = got["11"]
        assert got["11"] == book.cl_ord_id, f"11 is not the last accepted in {text!r}"

    @staticmethod
    def _executions(got: dict[str, str], book: Book) -> None:
        if "19" in got:
            assert got["19"] in book.executions, f"19={got['19']} names no execution that stands"
            del book.executions[got["19"]]
        if "32" in got:
            book.executions[got["17"]] = (Decimal(got["32"]), Decimal(got["31"]))

    @staticmethod
    def _quantities(got: dict[str, str], cum_qty: Decimal, leaves_qty: Decimal, text: str) -> None:
        assert leaves_qty >= 0, text
        if got["39"] in TERMINAL:
            assert leaves_qty == 0, f"LeavesQty of an order that is over: {text!r}"
        elif got["39"] in PENDING and leaves_qty == 0:
            assert cum_qty >= Decimal(got["38"]), f"pending, nothing left, not filled: {text!r}"
        else:
            assert cum_qty + leaves_qty == Decimal(got["38"]), f"14+151 is not 38 in {text!r}"
        if got["39"] == "2":
            assert cum_qty >= Decimal(got["38"]), f"Filled, but it is not: {text!r}"
        if got["39"] == "1":
            assert cum_qty > 0, f"Partially filled with nothing: {text!r}"
        if got["39"] in ("0", "A"):
            assert cum_qty == 0, f"New, but it has traded: {text!r}"

    def _status(self, got: dict[str, str], book: Book, text: str) -> None:
        before, now = book.status, got["39"]
        if before in FINAL:
            assert now == before, f"it was over with 39={before}: {text!r}"
        if before == "2" and now in ("0", "1"):
            assert self._reopens, f"a filled order works again: {text!r}"
            # By its replace; or a fill was taken back while that replace is under way, and the
            # session is not told of pending requests. The order may then not show as filled, which
            # it is not, nor as over, for the replace still decides (scenarios J.1.a).
            taken_back = "19" in got and self._is_being_replaced(book)
            assert got["150"] == "5" or taken_back, f"a filled order works again unasked: {text!r}"
        book.status = now
