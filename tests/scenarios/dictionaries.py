"""What an engine that loads our dictionary says of a message that it gets."""

from functools import cache
from pathlib import Path

import quickfix as fix

from fixgate.domain.sessions import FixVersion

FIX_SPECS = Path(__file__).parents[2] / "fix_specs"


@cache
def _dictionary(version: FixVersion) -> fix.DataDictionary:
    loaded = fix.DataDictionary(str(FIX_SPECS / f"{version.value.replace('.', '')}.xml"))
    loaded.checkUserDefinedFields(True)
    return loaded


def fault_of(text: str, version: FixVersion) -> str | None:
    """Why the engine would refuse a message; None: it takes it."""
    dictionary = _dictionary(version)
    try:
        dictionary.validate(fix.Message(text, dictionary, False))
    except fix.Exception as problem:
        return str(problem)
    return None
