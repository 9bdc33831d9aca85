"""Parties (453) of an order, as its reports repeat them.

Here: take_parties(), which checks the group and puts it, as it came, in place of its count.
Not here: reports, which write it there like any field.
"""

from typing import Final

from fixgate.adapters.fix.fields import pairs
from fixgate.adapters.fix.groups import Entry, GroupBroken, Layout, read
from fixgate.adapters.fix.inbound import Fields, bad, fault_of
from fixgate.adapters.fix.tags import SOH
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import BadMessage

PARTIES_MAX: Final = 20
_COUNT: Final = "453"
_SUB_IDS: Final = Layout(first="523", members=frozenset(("523", "803")))
PARTIES: Final = Layout(
    first="448", members=frozenset(("448", "447", "452", "802")), nested={"802": _SUB_IDS}
)
_MEMBERS: Final = PARTIES.members | _SUB_IDS.members


def take_parties(session: SessionName, text: str, fields: Fields) -> BadMessage | None:
    """Let ``fields`` have the whole group under its count; or why it cannot be repeated."""
    all_pairs = pairs(text)
    try:
        entries = read(all_pairs, _COUNT, PARTIES)
    except GroupBroken as broken:
        return bad(session, fields, broken.tag, 5, str(broken))
    if len(entries) > PARTIES_MAX:
        return bad(session, fields, _COUNT, 5, f"has more than {PARTIES_MAX} entries")
    at = next(place for place, (tag, _) in enumerate(all_pairs) if tag == _COUNT) + 1
    parts = [fields[_COUNT]]
    while at < len(all_pairs) and all_pairs[at][0] in _MEMBERS:
        tag, value = all_pairs[at]
        fault = fault_of(value)
        if fault is not None:
            return bad(session, fields, tag, *fault)
        parts.append(f"{tag}={value}")
        at += 1
    if entries:
        fields[_COUNT] = SOH.join(parts)
    else:
        del fields[_COUNT]
    return None


def parties_of(entry: Entry) -> str | None:
    """The parties of an order of a list, as its reports repeat them; None: it has none.

    Or one of them has a value that could not be repeated.
    """
    entries = entry.groups.get(_COUNT, ())
    parts = [str(len(entries))]
    for each in entries:
        for tag, value in each.fields.items():
            parts.append(f"{tag}={value}")
            for inner in each.groups.get(tag, ()):
                parts += [f"{inner_tag}={given}" for inner_tag, given in inner.fields.items()]
    sound = all(fault_of(each.partition("=")[2]) is None for each in parts[1:])
    return SOH.join(parts) if entries and sound and len(entries) <= PARTIES_MAX else None
