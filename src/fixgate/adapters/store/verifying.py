"""Whether journal records are as they were written, and which is the first that is not.

Here: verify(), Verified and Fault, which says what was done to the journal and where.
Not here: the formula (chain), where records come from (raw, ledger).

A record carries the hash of the one before it, and its own, which covers that and everything
else in it. Somebody who changes a record can compute its hash again, but then the next record
still carries the old one; so the chain tells not only that something is wrong but what.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain as joined
from itertools import islice
from typing import Any, Final

from fixgate.adapters.store.chain import HEAD, NO_SESSION, link
from fixgate.adapters.store.raw import Damaged, Raw, RawRow

_SHIFT_MAX: Final = 10_000
"""Records removed or inserted, with those after them numbered again, that are still recognised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The first thing that is wrong with a range of the journal."""

    what: str  # "altered", "removed", "inserted", "unreadable" or, of a file, "in doubt"
    seq: int
    through: int  # the last record of those removed or inserted together; else seq
    at_ns: int | None
    kind: str | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What came of verifying a range: all records up to ``last_seq`` are as written."""

    records: int
    last_seq: int
    last_hash: bytes | None
    last_at_ns: int | None = None
    fault: Fault | None = None


Progress = Callable[[int], None]


def verify(
    pages: Iterable[Sequence[RawRow]],
    *,
    after_seq: int,
    tip: bytes | None,
    to_seq: int | None = None,
    progress: Progress = lambda _: None,
) -> Verified:
    """Check records that follow record ``after_seq``, up to the first that is wrong.

    Args:
        pages: the records, in order.
        after_seq: the number of the record before them; 0 for the first of a journal.
        tip: that record's hash, or what the first of a journal follows; None: not known, so the
            first record's own word is taken for it.
        to_seq: the last record that has to be there.
        progress: told the number of records checked, now and then.
    """
    last: RawRow | None = None
    checked, source = 0, iter(pages)
    kinds: dict[str, bytes] = {}
    try:
        for page in source:
            good, tip = _good(page, after_seq, tip, kinds)
            checked += good
            if good:
                last = page[good - 1]
                after_seq = last[0]
            if good < len(page):
                rest = joined(page[good:], _rows(source))
                return _end(checked, after_seq, tip, last, _explained(last, tip, after_seq, rest))
            progress(checked)
    except Damaged as damage:
        fault = _unreadable(damage, after_seq, last)
        return _end(checked, after_seq, tip, last, fault)
    if to_seq is not None and after_seq < to_seq:
        detail = "the journal ends before"
        fault = _fault("removed", after_seq + 1, detail, through=to_seq, about=last)
        return _end(checked, after_seq, tip, last, fault)
    return _end(checked, after_seq, tip, last, None)


def _end(
    checked: int, seq: int, tip: bytes | None, last: RawRow | None, fault: Fault | None
) -> Verified:
    at_ns = None if last is None else last[1]
    return Verified(records=checked, last_seq=seq, last_hash=tip, last_at_ns=at_ns, fault=fault)


def _good(
    page: Sequence[RawRow], seq: int, tip: bytes | None, kinds: dict[str, bytes]
) -> tuple[int, bytes | None]:
    """How many records at the beginning of ``page`` are as written; and the last one's hash."""
    # ``link`` written out: calling it for each record would cost half as much again.
    pack, good = HEAD.pack, 0
    try:
        for number, at_ns, kind, session, cause, payload, prev_hash, made in page:
            seq += 1
            name = kinds.get(kind)
            if name is None:
                name = kinds[kind] = kind.encode()
            body = payload.encode()
            if session is None:
                head = pack(number, at_ns, cause or 0, len(name), NO_SESSION, len(body))
                text = prev_hash + head + name + body
            else:
                whose = session.encode()
                head = pack(number, at_ns, cause or 0, len(name), len(whose), len(body))
                text = prev_hash + head + name + whose + body
            if (
                number != seq
                or sha256(text).digest() != made
                or (prev_hash != tip and tip is not None)
            ):
                break
            tip = made
            good += 1
    except (TypeError, AttributeError, ValueError, struct.error):
        return good, tip  # a value of another type than was written
    return good, tip


def _rows(pages: Iterator[Sequence[RawRow]]) -> Iterator[RawRow]:
    for page in pages:
        yield from page


def _explained(
    before: RawRow | None, tip: bytes | None, after_seq: int, rest: Iterator[RawRow]
) -> Fault:
    """What was done, seen from the first record that does not fit."""
    try:
        bad, *following = (Raw(*row) for row in islice(rest, 2))
    except Damaged as damage:
        return _unreadable(damage, after_seq, before)
    after = following[0] if following else None
    expected = after_seq + 1
    if bad.seq != expected:
        return _misnumbered(before, bad, expected)
    if _made(bad) == bad.hash:
        return _unfollowed(before, bad)
    if after is not None and tip is not None and after.prev_hash == tip:
        return _fault("inserted", bad.seq, "the record after it follows the one before", about=bad)
    follows = tip is None or bad.prev_hash == tip
    moved = 0 if follows else _moved(bad)
    if moved:
        what, first, through = (
            ("inserted", expected - moved, after_seq)
            if moved > 0
            else ("removed", expected, after_seq - moved)
        )
        detail = "the records after it were numbered again"
        return _fault(what, first, detail, through=through, about=before)
    return _fault("altered", bad.seq, "it is not what its hash was computed from", about=bad)


def _misnumbered(before: RawRow | None, bad: Raw, expected: int) -> Fault:
    if not isinstance(bad.kind, str):  # SQLite takes a page of zeros for such rows
        return _fault("unreadable", expected, "what is in its place is no record", about=before)
    if bad.seq < expected:
        return _fault("inserted", bad.seq, "a record with this number came before", about=bad)
    detail = "the numbers have a gap"
    return _fault("removed", expected, detail, through=bad.seq - 1, about=before)


def _unfollowed(before: RawRow | None, bad: Raw) -> Fault:
    """A record that is true in itself, but does not follow the one that stands before it."""
    if before is None:
        return _fault("altered", bad.seq, "it does not follow the record before it", about=bad)
    detail = f"its hash was computed again, but record {bad.seq} still carries the one it had"
    return _fault("altered", int(before[0]), detail, about=before)


def _made(row: Raw) -> bytes | None:
    """The hash that fits a record; None if its values are of types that no record has."""
    try:
        return link(
            row.prev_hash, row.seq, row.at_ns, row.cause, row.kind, row.session,
            row.payload.encode(),
        )  # fmt: skip
    except (TypeError, AttributeError, ValueError, struct.error):
        return None


def _moved(row: Raw) -> int:
    """By how much a record's number is higher than when its hash was made; 0: not at all."""
    for distance in range(1, _SHIFT_MAX + 1):
        for moved in (distance, -distance):
            if row.seq - moved > 0 and _made(row._replace(seq=row.seq - moved)) == row.hash:
                return moved
    return 0


def _unreadable(damage: Damaged, after_seq: int, before: RawRow | None) -> Fault:
    about = None if before is None else Raw(*before)
    seq = max(damage.seq, after_seq + 1)
    return _fault("unreadable", seq, damage.what, about=about)


def _fault(
    what: str, seq: int, detail: str, *, through: int | None = None, about: Any = None
) -> Fault:
    """A fault; ``about`` is the record itself, or the one before it when it is not there."""
    row = None if about is None else Raw(*about)
    own = row is not None and row.seq == seq
    return Fault(
        what=what,
        seq=seq,
        through=seq if through is None else through,
        at_ns=row.at_ns if row is not None and isinstance(row.at_ns, int) else None,
        kind=str(row.kind) if row is not None and own else None,
        detail=detail,
    )
