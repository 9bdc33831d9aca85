#!/usr/bin/env python3
"""Write the rules of engagement of FIX 4.2 and 4.4.

From the dictionaries in fix_specs, the gateway's own tables of reject codes and roles, and the
conversations of tests/scenarios, which are played for it; joined with the prose beside the pages.

Here: the tables, and the joining. Not here: the prose itself (docs/rules-of-engagement/_*.md), nor
any rule about a message.

Run it after a change to any of these; ``--check`` only says whether that was done.
"""

import argparse
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

from fixgate.adapters.fix.codec import DIALECTS
from fixgate.application.throttling import TAKEN_BY
from fixgate.domain.sessions import FixVersion, Role
from fixgate.domain.values import RefusalReason

PROJECT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tests"))
told: Final = import_module("scenarios.telling").told

PAGES: Final = PROJECT / "docs" / "rules-of-engagement"

# The messages Fixgate handles today; the dictionaries already hold those of the next releases.
FROM_CLIENT: Final = (
    "D", "F", "G", "H", "q", "AF", "E", "M", "K", "AD", "AN", "x", "c", "V",
)  # fmt: skip
TO_CLIENT: Final = (
    "8", "9", "N", "r", "AQ", "AE", "AO", "AP", "y", "d", "B", "W", "X", "Y", "j",
)  # fmt: skip
BOTH_WAYS: Final = ("A", "0", "1", "2", "4", "3", "5")

VERSIONS: Final = {"FIX42": "4.2", "FIX44": "4.4"}
# Conversations that show what a client's integration team has to get right, by scenario.
EXAMPLES: Final = (
    "A.1.a", "B.1.a", "B.1.c", "B.1.f", "C.1.a", "C.2.a", "D.1.a", "E.1.b", "E.1.c", "F.1.a",
    "F.1.b", "G.1.a", "I.1.b", "J.1.a", "L.1.b", "X6", "X11", "Z.1", "Z.2", "Z.3",
    "Z.5", "Z.6",
    "P.1", "T.1", "S.2", "N.1",
)  # fmt: skip
# The commands that the codec makes of messages, and the messages.
COMMANDS: Final = {
    "TradeCaptureReportRequest": ("AD",),
    "SecurityRequest": ("x", "c"),
}
REASONS: Final = {
    RefusalReason.NOT_PERMITTED: "Account, venue, side or session may not do this",
    RefusalReason.HALTED: "A kill switch is on, or the session is paused",
    RefusalReason.DUPLICATE_ORDER: "The ClOrdID was used before",
    RefusalReason.UNKNOWN_ORDER: "No such order",
    RefusalReason.ALREADY_PENDING: "A request on this order is open already",
    RefusalReason.TOO_LATE: "The order is over",
    RefusalReason.UNKNOWN_SYMBOL: "The venue does not list the symbol, or does not trade it now",
    RefusalReason.UNSUPPORTED: "The venue does not take this type, time in force, tag or value",
    RefusalReason.INCORRECT_QUANTITY: "OrderQty is off the lot, or outside the venue's limits",
    RefusalReason.INCORRECT_PRICE: "Price or StopPx is off the tick, or may not be there",
    RefusalReason.NOT_PRICED: "A limit cannot be checked: no price is known, or no rate",
    RefusalReason.EXCEEDS_LIMIT: "A limit of quantity, value, price, credit or position",
    RefusalReason.REPEATED_ORDER: "It looks like one that was sent twice",
    RefusalReason.SELF_MATCH: "It could trade with the client's own order",
    RefusalReason.OTHER: "See Text; also beyond the soft rate, or past ExpireTime",
    RefusalReason.VENUE_DOWN: "The venue is not connected",
    RefusalReason.VENUE_REFUSED: "The venue refused it; Text has its words",
}
DIRECTIONS: Final = (
    ("Session messages, both ways", BOTH_WAYS),
    ("Messages the client sends", FROM_CLIENT),
    ("Messages Fixgate sends", TO_CLIENT),
)

GENERATED: Final = (
    "<!-- Written by scripts/rules_of_engagement.py from fix_specs/{version}.xml and the prose"
    " files beside this page. Change those, not this. -->"
)
LEGEND: Final = (
    "Req: Y, the message is rejected without it; C, needed in the cases described above; N, may be"
    " left out. **Extension** marks what the standard of this version does not have in that place."
    " A ↳ stands before the members of a repeating group."
)

UNSUPPORTED: Final = (
    "Answered with BusinessMessageReject, BusinessRejectReason (380) 3: {names}. So are the"
    " messages above that only Fixgate sends, but a BusinessMessageReject is never answered. A"
    " MsgType that is neither here nor above is rejected with SessionRejectReason (373) 11."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One definition of the dictionary's field section."""

    number: int
    name: str
    type: str
    values: tuple[tuple[str, str, str], ...]  # value, what it means, our comment
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One tag of a message, ``depth`` levels inside repeating groups."""

    field: Field
    required: bool
    depth: int
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """A data dictionary as QuickFIX reads it, and the comments it does not read."""

    header: tuple[Row, ...]
    trailer: tuple[Row, ...]
    messages: dict[str, tuple[str, tuple[Row, ...]]]  # by MsgType: the name, and its tags

    @property
    def unsupported(self) -> list[str]:
        """The names of the standard's messages that Fixgate answers with 35=j, 380=3."""
        handled = {*FROM_CLIENT, *TO_CLIENT, *BOTH_WAYS}
        return sorted(
            f"{name} ({msg_type})"
            for msg_type, (name, _) in self.messages.items()
            if msg_type not in handled
        )


def read(path: Path) -> Dictionary:
    """Read a data dictionary, comments included."""
    builder = ET.TreeBuilder(insert_comments=True)
    parser = ET.XMLParser(target=builder)  # noqa: S314 - it reads files of this project only
    root = ET.parse(path, parser=parser).getroot()  # noqa: S314 - the same
    defined = [_field(node, comment) for node, comment in _children(root, "fields")]
    fields = {each.name: each for each in defined}
    parts = {node.attrib["name"]: node for node, _ in _children(root, "components")}

    def rows(parent: ET.Element, depth: int = 0, *, required: bool = True) -> Iterator[Row]:
        for node, comment in _with_comments(parent):
            name = node.attrib["name"]
            needed = required and node.get("required") == "Y"
            if node.tag == "component":
                yield from rows(parts[name], depth, required=needed)
                continue
            yield Row(field=fields[name], required=needed, depth=depth, comment=comment)
            if node.tag == "group":
                yield from rows(node, depth + 1)

    return Dictionary(
        header=tuple(rows(_child(root, "header"))),
        trailer=tuple(rows(_child(root, "trailer"))),
        messages={
            node.attrib["msgtype"]: (node.attrib["name"], tuple(rows(node)))
            for node, _ in _children(root, "messages")
        },
    )


def _child(root: ET.Element, name: str) -> ET.Element:
    found = root.find(name)
    if found is None:
        raise ValueError(f"the dictionary has no <{name}>")
    return found


def _children(root: ET.Element, name: str) -> list[tuple[ET.Element, str]]:
    return list(_with_comments(_child(root, name)))


def _with_comments(parent: ET.Element) -> Iterator[tuple[ET.Element, str]]:
    """Each child with the comment on its line: inside it if it has children, else after it.

    A comment that starts on a line of its own is a remark to the reader of the file.
    """
    nodes = list(parent)
    for index, node in enumerate(nodes):
        if _is_comment(node):
            continue
        inside = node[0] if len(node) and "\n" not in (node.text or "") else None
        after = nodes[index + 1] if len(nodes) > index + 1 else None
        if "\n" in (node.tail or ""):
            after = None
        found = inside if inside is not None else after
        yield node, (found.text or "").strip() if found is not None and _is_comment(found) else ""


def _is_comment(node: ET.Element) -> bool:
    return callable(node.tag)  # ElementTree: the tag of a comment is the function that makes it


def _field(node: ET.Element, comment: str) -> Field:
    return Field(
        number=int(node.attrib["number"]),
        name=node.attrib["name"],
        type=node.attrib["type"],
        values=tuple(
            (value.attrib["enum"], value.attrib["description"], remark)
            for value, remark in _with_comments(node)
        ),
        comment=comment,
    )


def page(version: str, dictionary: Dictionary, prose: Path) -> str:
    """The whole page of one version: prose, then the tables."""
    parts = [
        f"# Rules of engagement, FIX {VERSIONS[version]}",
        GENERATED.format(version=version),
        (prose / f"_{version.lower()}.md").read_text(encoding="utf-8").strip(),
        (prose / "_behaviour.md").read_text(encoding="utf-8").strip(),
        *_reasons(FixVersion(f"FIX.{VERSIONS[version]}")),
        *_roles(),
        "## Tags",
        LEGEND,
        *_table("Header of every message", "", dictionary.header),
    ]
    for title, msg_types in DIRECTIONS:
        parts.append(f"### {title}")
        for msg_type in msg_types:
            name, rows = dictionary.messages[msg_type]
            parts.extend(_table(name, f" (35={msg_type})", rows))
    parts.extend(_table("Trailer of every message", "", dictionary.trailer))
    parts.append("### Values")
    parts.extend(_values(dictionary))
    parts.append("### Known messages that are not supported")
    parts.append(UNSUPPORTED.format(names=", ".join(dictionary.unsupported)))
    parts.extend(_examples(FixVersion(f"FIX.{VERSIONS[version]}")))
    return "\n\n".join(parts) + "\n"


def _reasons(version: FixVersion) -> Iterator[str]:
    """The reject codes, from the table the gateway writes them by."""
    dialect = DIALECTS[version]
    yield "## Reject codes"
    yield (
        "OrdRejReason (103) of a refused order, CxlRejReason (102) of a refused cancel or replace,"
        " and why, the first that holds. Text (58) names the tag and the value."
    )
    lines = ["| Why | 103 | 102 |", "|---|---:|---:|"]
    lines += [
        f"| {REASONS[each]} | {dialect.ord_rej_reason[each]} | {dialect.cxl_rej_reason[each]} |"
        for each in RefusalReason
    ]
    yield "\n".join(lines)


def _roles() -> Iterator[str]:
    """What each kind of session takes."""
    yield "## Roles"
    yield (
        "What a session takes besides session messages; anything else is answered with"
        " BusinessMessageReject, 380=6 (3 in 4.2)."
    )
    lines = ["| Role | MsgType (35) |", "|---|---|"]
    for role in Role:
        taken = [kind for command in TAKEN_BY.get(role, ()) for kind in COMMANDS[command.__name__]]
        if role is Role.ORDER_ENTRY:
            taken = [each for each in FROM_CLIENT if each != "V"]
        elif role is Role.MARKET_DATA:
            taken.append("V")  # it is answered beside the orders
        lines.append(f"| {role.value.replace('_', ' ')} | {', '.join(taken)} |")
    yield "\n".join(lines)
    yield "What each venue takes is in [the capability tables](../venues.md)."


def _examples(version: FixVersion) -> Iterator[str]:
    """Conversations, played by the gateway's own code."""
    yield "## Examples"
    yield (
        "Conversations as they go over the wire, `|` in place of the delimiter. Lines that begin"
        " with `>` are the client's, those with `<` are Fixgate's. The venue is called V; what it"
        " does in between is in the title. The letters are those of the order state matrices."
    )
    for scenario in EXAMPLES:
        try:
            title, lines = told(scenario, version)
        except LookupError:
            continue  # it is about the other version
        yield f"### {scenario} {title[:1].upper()}{title[1:]}"
        yield "\n".join(["```", *lines, "```"])


# Conditionally required; the prose says when. By message type, then tag.
CONDITIONAL: Final = {
    "NewOrderSingle": {38, 152, 44, 99, 126, 432},
    "OrderCancelReplaceRequest": {38, 152, 44, 99, 126, 432},
}


def _table(name: str, suffix: str, rows: tuple[Row, ...]) -> list[str]:
    conditional = CONDITIONAL.get(name, set())
    lines = ["| Tag | Name | Req | Type | Notes |", "|---:|---|:-:|---|---|"]
    for row in rows:
        need = "Y" if row.required else "C" if row.field.number in conditional else "N"
        indent = "↳ " * row.depth
        lines.append(
            f"| {indent}{row.field.number} | {row.field.name} | {need} | {row.field.type} "
            f"| {_notes(row)} |"
        )
    return [f"#### {name}{suffix}", "\n".join(lines) if rows else "No tags of its own."]


def _notes(row: Row) -> str:
    """Our remarks on the tag, in this message and in general, and where its values are listed."""
    general = row.field.comment
    own = "" if row.comment == "Extension" and general.startswith("Extension:") else row.comment
    remarks = [each.rstrip(".") for each in dict.fromkeys((own, general)) if each]
    if row.field.values:
        remarks.append(f"[Values](#tag-{row.field.number})")
    return _cell(". ".join(remarks))


def _values(dictionary: Dictionary) -> Iterator[str]:
    supported = (*FROM_CLIENT, *TO_CLIENT, *BOTH_WAYS)
    rows = [
        *dictionary.header,
        *(row for msg_type in supported for row in dictionary.messages[msg_type][1]),
    ]
    fields = {row.field.number: row.field for row in rows if row.field.values}
    for number in sorted(fields):
        field = fields[number]
        lines = ["| Value | Meaning | Notes |", "|---|---|---|"]
        for value, meaning, remark in field.values:
            words = meaning.replace("_", " ").capitalize()
            lines.append(f"| `{value}` | {words} | {_cell(remark)} |")
        yield f"#### {field.name} ({number}) {{ #tag-{number} }}"
        yield "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("Extension", "**Extension**")


def main() -> int:
    """Write the pages, or with ``--check`` say which of them are not what would be written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a page is stale"
    )
    parser.add_argument("--pages", type=Path, default=PAGES, help="the folder of pages and prose")
    options = parser.parse_args()
    stale = []
    for version in VERSIONS:
        text = page(version, read(PROJECT / "fix_specs" / f"{version}.xml"), options.pages)
        path = options.pages / f"{version.lower()}.md"
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if not options.check:
            path.write_text(text, encoding="utf-8")
    if stale and options.check:
        print(f"not up to date: {', '.join(stale)}; run scripts/rules_of_engagement.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
