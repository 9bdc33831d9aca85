"""What an engine that loads our dictionary says of a message that it gets."""

from functools import cache
from pathlib import Path

import quickfix as fix

from fixgate.domain.sessions import FixVersion

FIX_SPECS = Path(__file__).parents[2] / "fix_specs"


@cache
def _dictionary(version: FixVersion, *, user_tags: bool) -> fix.DataDictionary:
    loaded = fix.DataDictionary(str(FIX_SPECS / f"{version.value.replace('.', '')}.xml"))
    loaded.checkUserDefinedFields(user_tags)
    return loaded


def fault_of(text: str, version: FixVersion, *, user_tags: bool) -> str | None:
    """Why the engine would refuse a message; None: it takes it.

    ``user_tags``: whether it looks at tags from 5000 too.
    """
    dictionary = _dictionary(version, user_tags=user_tags)
    try:
        dictionary.validate(fix.Message(text, dictionary, False))
    except fix.Exception as problem:
        return str(problem)
    return None
