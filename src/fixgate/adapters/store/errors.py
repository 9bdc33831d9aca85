"""What can go wrong with the store.

Here: one exception for each answer that a caller can give.
"""

from pathlib import Path


class StoreUnusable(Exception):  # noqa: N818 - it names a fact, as the message does
    """The journal cannot be opened. The message is one line that names the file.

    Nothing was changed: neither the file named nor anything beside it.
    """

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path = path


class JournalFailed(Exception):  # noqa: N818 - the same
    """A batch could not be made durable, and no later one will be."""


class RecordUnreadable(Exception):  # noqa: N818 - the same
    """A journal record does not fit its kind, or its kind is not known to this release."""
