"""The hash chain that makes a removed, altered or inserted record show (control 25).

Here: what is hashed, byte by byte. ``hash`` of a record is SHA-256 over

    prev_hash          32 bytes: the hash of the record before it
    seq                8 bytes, unsigned
    at_ns              8 bytes, signed
    cause              8 bytes, signed; 0 where there is none (numbers begin at 1)
    length of kind     4 bytes, unsigned
    length of session  4 bytes, unsigned; FFFFFFFF where there is none
    length of payload  4 bytes, unsigned
    kind, session, payload   UTF-8

with all numbers big-endian. Lengths come before texts, so no two records share these bytes. The
first record's prev_hash is SHA-256 over "fixgate journal " and the journal's epoch.
Not here: where records are stored.
"""

import struct
from hashlib import sha256
from typing import Final

HEAD: Final = struct.Struct(">QqqIII")
NO_SESSION: Final = 0xFFFFFFFF


def genesis(epoch: str) -> bytes:
    """What the first record of a journal follows."""
    return sha256(f"fixgate journal {epoch}".encode()).digest()


def link(  # noqa: PLR0917 - the columns in their order; names would cost on the hot path
    prev_hash: bytes,
    seq: int,
    at_ns: int,
    cause: int | None,
    kind: str,
    session: str | None,
    payload: bytes,
) -> bytes:
    """The hash of a record."""
    name = kind.encode()
    if session is None:
        head = HEAD.pack(seq, at_ns, cause or 0, len(name), NO_SESSION, len(payload))
        return sha256(prev_hash + head + name + payload).digest()
    whose = session.encode()
    head = HEAD.pack(seq, at_ns, cause or 0, len(name), len(whose), len(payload))
    return sha256(prev_hash + head + name + whose + payload).digest()
