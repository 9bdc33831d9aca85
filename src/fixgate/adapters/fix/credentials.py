"""Passwords of client sessions, as the configuration keeps them.

Here: hash_password(), which makes the text for ``password_hash``, and verify().
Not here: who asks for a password (the door), where the text is kept (configuration).

The text is ``scrypt/N/R/P/SALT:HEX``: the function and its cost (RFC 7914), the salt and the
result, both in hexadecimal. The cost stands in the text, so it can rise without a new format.
"""

import re
import secrets
from hashlib import scrypt
from hmac import compare_digest
from typing import Final

# About 10 ms and 4 MB for each Logon: it runs where the gateway works, so it may not stall it.
_COST: Final = (4_096, 8, 1)
_COST_MAX: Final = 1 << 17
_MEMORY_BYTES_MAX: Final = 256 * 1024 * 1024
_SALT_BYTES: Final = 16
_RESULT_BYTES: Final = 32
_STORED: Final = re.compile(
    r"scrypt/([1-9]\d{0,6})/([1-9]\d?)/([1-9]\d?)/([0-9a-f]{16,128}):([0-9a-f]{64})"
)


def hash_password(password: str) -> str:
    """What the configuration keeps instead of ``password``; different at every call."""
    salt = secrets.token_bytes(_SALT_BYTES)
    n, r, p = _COST
    return f"scrypt/{n}/{r}/{p}/{salt.hex()}:{_derive(password, salt, _COST).hex()}"


def is_hash(stored: str) -> bool:
    """Whether ``stored`` is text that hash_password() could have made."""
    return _parts(stored) is not None


def verify(stored: str, given: str) -> bool:
    """Whether ``given`` is the password that ``stored`` was made from.

    Takes the same time whether it is or not. Text that is no hash fits no password.
    """
    parts = _parts(stored)
    if parts is None:
        return False
    cost, salt, expected = parts
    return compare_digest(_derive(given, salt, cost), expected)


def _parts(stored: str) -> tuple[tuple[int, int, int], bytes, bytes] | None:
    found = _STORED.fullmatch(stored)
    if found is None:
        return None
    n, r, p = int(found[1]), int(found[2]), int(found[3])
    power_of_two = n > 1 and n & (n - 1) == 0
    if not power_of_two or n * r * p > _COST_MAX * 8 or len(found[4]) % 2:
        return None
    return (n, r, p), bytes.fromhex(found[4]), bytes.fromhex(found[5])


def _derive(password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    return scrypt(
        password.encode("utf-8", "surrogateescape"),
        salt=salt,
        n=n,
        r=r,
        p=p,
        maxmem=_MEMORY_BYTES_MAX,
        dklen=_RESULT_BYTES,
    )
