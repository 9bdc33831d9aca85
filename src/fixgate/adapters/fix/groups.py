"""Repeating groups in FIX text.

Here: written(), the value of a count field with its group behind it; read(), the entries of a
group. The hot path reads and writes no groups.
Not here: which message has which group (decode_*, encode_*).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fixgate.adapters.fix.tags import SOH

Pair = tuple[str, str]
COUNT_LENGTH_MAX: Final = 6


def written(entries: Sequence[Iterable[tuple[int, str]]]) -> str:
    """A count field's value, and the group behind it: the form of a body ends it like any field.

    Each entry's first field must be the one that the dictionary has first.
    """
    return SOH.join(
        [str(len(entries)), *(f"{tag}={value}" for entry in entries for tag, value in entry)]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A repeating group as a dictionary has it.

    first: the tag that begins each entry.
    members: all tags of an entry, its first included, the counts of nested groups too.
    nested: the groups inside it, by their count tags.
    """

    first: str
    members: frozenset[str]
    nested: Mapping[str, "Layout"] = field(default_factory=dict)


@dataclass(slots=True)
class Entry:
    """One entry of a group."""

    fields: dict[str, str] = field(default_factory=dict)
    groups: dict[str, list["Entry"]] = field(default_factory=dict)


class GroupBroken(Exception):  # noqa: N818 - it names a fact
    """A group does not have the form it must have."""

    def __init__(self, tag: str, text: str) -> None:
        super().__init__(text)
        self.tag = tag


def read(pairs: Sequence[Pair], count_tag: str, layout: Layout) -> list[Entry]:
    """The entries of the group whose count is ``count_tag``; none if it is not there.

    Raises:
        GroupBroken: the count is not that of the entries, or a tag stands in an entry twice.
    """
    for at, (tag, value) in enumerate(pairs):
        if tag == count_tag:
            return _entries(pairs, at + 1, value, layout, count_tag)[0]
    return []


def _entries(
    pairs: Sequence[Pair], at: int, count: str, layout: Layout, count_tag: str
) -> tuple[list[Entry], int]:
    """The entries that begin at ``at``, and where what follows them begins."""
    found: list[Entry] = []
    while at < len(pairs) and pairs[at][0] in layout.members:
        tag, value = pairs[at]
        if tag == layout.first:
            found.append(Entry())
        elif not found:
            raise GroupBroken(count_tag, f"the group does not begin with tag {layout.first}")
        entry = found[-1]
        if tag in entry.fields:
            raise GroupBroken(tag, "stands twice in one entry of its group")
        entry.fields[tag] = value
        at += 1
        if tag in layout.nested:
            entry.groups[tag], at = _entries(pairs, at, value, layout.nested[tag], tag)
    if not _is_count(count, len(found)):
        raise GroupBroken(count_tag, f"says {count[:COUNT_LENGTH_MAX]}, but there are {len(found)}")
    return found, at


def _is_count(count: str, found: int) -> bool:
    sane = count.isascii() and count.isdecimal() and len(count) <= COUNT_LENGTH_MAX
    return sane and int(count) == found
