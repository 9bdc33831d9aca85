"""What the door must know of a FIX dictionary, read from the file the engine loads.

Here: Dictionary and read(). Not here: validation of messages, which is the engine's.
"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fixgate.domain.sessions import FixVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """One dictionary file."""

    path: Path
    header_tags: frozenset[str]
    bodiless: frozenset[str]  # types we do not serve; the engine takes them without a body only


@cache
def read(folder: Path, version: FixVersion) -> Dictionary:
    """The dictionary of a version in ``folder`` (FIX42.xml, FIX44.xml).

    Raises:
        OSError, xml.etree.ElementTree.ParseError: the file is not usable.

    """
    path = folder / f"{version.value.replace('.', '')}.xml"
    root = ET.parse(path).getroot()  # noqa: S314 - our own file
    numbers = {each.attrib["name"]: each.attrib["number"] for each in root.iterfind("fields/field")}
    header = root.find("header")
    names = [] if header is None else [each.attrib["name"] for each in header.iter() if each.attrib]
    return Dictionary(
        path=path,
        header_tags=frozenset(numbers[name] for name in names),
        bodiless=frozenset(
            each.attrib["msgtype"] for each in root.iterfind("messages/message") if not len(each)
        ),
    )
