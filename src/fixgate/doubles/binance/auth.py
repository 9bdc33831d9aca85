"""Who is asking: API keys, HMAC-SHA256 signatures and timestamps.

Here: Keyring, which turns a signed request into the account it comes from.
Not here: what the account may do.

Source: Binance spot API documentation, "Request security".
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

from fixgate.doubles.binance import errors
from fixgate.doubles.binance.parameters import Parameters

SECURITY_FIELDS: Final = frozenset(("timestamp", "recvWindow", "signature"))
_RECV_WINDOW_DEFAULT_MS: Final = 5_000
_RECV_WINDOW_MAX_MS: Final = 60_000
_AHEAD_MAX_MS: Final = 1_000
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


def sign(secret: str, payload: str) -> str:
    """The signature Binance expects for a payload."""
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def payload_of(query: str, body: str) -> str:
    """What was signed: the query string followed by the body, the signature left out."""
    return "".join(
        "&".join(part for part in text.split("&") if not part.startswith("signature="))
        for text in (query, body)
    )


class Keyring:
    """API keys and their secrets. The API key is the name of the account."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = dict(secrets)

    def accounts(self) -> tuple[str, ...]:
        """All accounts."""
        return tuple(self._secrets)

    def identify(self, api_key: str | None) -> str:
        """The account of an API key. Raises -2014 and -2015."""
        if not api_key or not _KEY.fullmatch(api_key):
            raise errors.bad_api_key_format()
        if api_key not in self._secrets:
            raise errors.rejected_api_key()
        return api_key

    def verify(self, api_key: str | None, parameters: Parameters, payload: str, now_ms: int) -> str:
        """The account of a signed request. Raises -1021, -1022, -1102, -1131, -2014, -2015."""
        account = self.identify(api_key)
        parameters.need_text("timestamp")
        timestamp = parameters.integer("timestamp") or 0
        signature = parameters.need_text("signature")
        window = parameters.integer("recvWindow") or _RECV_WINDOW_DEFAULT_MS
        if window > _RECV_WINDOW_MAX_MS:
            raise errors.recv_window_too_large()
        expected = sign(self._secrets[account], payload)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise errors.bad_signature()
        if timestamp > now_ms + _AHEAD_MAX_MS:
            raise errors.timestamp_ahead()
        if now_ms - timestamp > window:
            raise errors.timestamp_outside()
        return account
