"""Listen keys: names of user data streams, as Binance's older way has them.

Here: ListenKeys.
Not here: the streams (streams).
"""

import hashlib
from typing import Final

from fixgate.doubles.binance import errors

_VALID_MS: Final = 60 * 60 * 1_000
_KEYS_MAX: Final = 1_000


class ListenKeys:
    """One key per account, valid for an hour after it was last kept alive."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[str, int]] = {}
        self._count = 0

    def start(self, account: str, now_ms: int) -> str:
        """The account's key; a valid one is prolonged."""
        for key, (owner, until_ms) in self._keys.items():
            if owner == account and until_ms > now_ms:
                self._keys[key] = (account, now_ms + _VALID_MS)
                return key
        self._count += 1
        key = hashlib.sha256(f"{account}:{self._count}".encode()).hexdigest()
        self._keys[key] = (account, now_ms + _VALID_MS)
        if len(self._keys) > _KEYS_MAX:
            del self._keys[next(iter(self._keys))]
        return key

    def keep(self, account: str, key: str, now_ms: int) -> None:
        """Prolong a key. Raises -1125."""
        if self.account_of(key, now_ms) != account:
            raise errors.unknown_listen_key()
        self._keys[key] = (account, now_ms + _VALID_MS)

    def stop(self, account: str, key: str) -> None:
        """End a key. Raises -1125."""
        if self._keys.get(key, ("", 0))[0] != account:
            raise errors.unknown_listen_key()
        del self._keys[key]

    def account_of(self, key: str, now_ms: int) -> str | None:
        """Whose key this is, or None if there is none or its time is over."""
        account, until_ms = self._keys.get(key, (None, 0))
        return account if until_ms > now_ms else None
