"""What can go wrong with the store.

Here: one exception for each answer that a caller can give.
"""

from pathlib import Path


class StoreUnusable(Exception):  # noqa: N818 - it names a fact, as the message does
    """The journal cannot be opened. The message is one line that names the file.

    Nothing was changed: neither the file named nor anything beside it.
    """

    def __init__(self, path: Path | str, what: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path = path


class StoreInUse(StoreUnusable):
    """Another gateway has the store. Who waits for it may try again."""


class StoreAway(StoreUnusable):
    """The database cannot be reached for now."""


class StoreOutdated(StoreUnusable):
    """The store has the schema of an earlier release; `fixgate db upgrade` brings it up to date."""


class JournalFailed(Exception):  # noqa: N818 - the same
    """A batch could not be made durable, and no later one will be."""


class StoreLost(JournalFailed):
    """Another gateway has taken the store. Nothing may be sent any more, not even a farewell."""


class Unstorable(Exception):  # noqa: N818 - the same
    """The database cannot hold one of the values as it is. Nothing was written."""


class RecordUnreadable(Exception):  # noqa: N818 - the same
    """A journal record does not fit its kind, or its kind is not known to this release."""
