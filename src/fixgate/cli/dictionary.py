"""Names of tags, messages and values, from the dictionaries in fix_specs/.

Here: Names and read_names(). Not here: checking messages, which the gateway does.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Names:
    """What one version of FIX calls things."""

    fields: Mapping[int, str]
    values: Mapping[tuple[int, str], str]
    messages: Mapping[str, str]

    def field(self, tag: int) -> str:
        """The name of a tag; the tag itself where it has none."""
        return self.fields.get(tag, str(tag))

    def value(self, tag: int, value: str) -> str | None:
        """The name of a value, where the dictionary lists it."""
        return self.values.get((tag, value))

    def message(self, msg_type: str) -> str:
        """The name of a MsgType; empty where it has none."""
        return self.messages.get(msg_type, "")


NO_NAMES = Names({}, {}, {})


def read_names(folder: Path) -> dict[str, Names]:
    """The names by BeginString (8). A dictionary that cannot be read gives none.

    The log must be readable whatever has become of the dictionaries.
    """
    found = {}
    for begin_string in ("FIX.4.2", "FIX.4.4"):
        try:
            found[begin_string] = _read(folder / f"{begin_string.replace('.', '')}.xml")
        except (OSError, ET.ParseError, KeyError, ValueError):
            found[begin_string] = NO_NAMES
    return found


def _read(path: Path) -> Names:
    root = ET.parse(path).getroot()  # noqa: S314 - our own file
    fields = {int(each.attrib["number"]): each for each in root.iterfind("fields/field")}
    return Names(
        {tag: each.attrib["name"] for tag, each in fields.items()},
        {
            (tag, value.attrib["enum"]): value.attrib["description"]
            for tag, each in fields.items()
            for value in each.iterfind("value")
        },
        {each.attrib["msgtype"]: each.attrib["name"] for each in root.iterfind("messages/message")},
    )
