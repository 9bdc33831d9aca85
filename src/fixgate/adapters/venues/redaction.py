"""What may be kept of an answer.

Here: Redactor, which turns an answer into a text without secrets.
Not here: requests; they hold keys and signatures and are never kept.
"""

import json
import re
from typing import Any, Final

from fixgate.adapters.venues.settings import Credentials

_LENGTH_MAX: Final = 4_000
_HIDDEN: Final = "[hidden]"
_SIGNED: Final = re.compile(
    r"((?:signature|apiKey|X-MBX-APIKEY|listenKey|listenToken)\W{1,4})[\w+/=%-]+", re.IGNORECASE
)


class Redactor:
    """Knows the secrets that must not appear."""

    def __init__(self, credentials: Credentials) -> None:
        secrets = (credentials.api_key, credentials.secret)
        self._secrets = tuple(each for each in secrets if each)

    def text(self, answer: Any) -> str:
        """The answer as text, cut to a length a journal can bear."""
        text = answer if isinstance(answer, str) else json.dumps(answer, default=str)
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return _SIGNED.sub(rf"\1{_HIDDEN}", text)[:_LENGTH_MAX]

    def __repr__(self) -> str:
        return "Redactor()"
