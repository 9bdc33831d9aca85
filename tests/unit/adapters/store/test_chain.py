from hashlib import sha256

from fixgate.adapters.store.chain import genesis, link


def test_the_hash_covers_the_documented_bytes() -> None:
    prev_hash = genesis("SXUX00")
    assert prev_hash == sha256(b"fixgate journal SXUX00").digest()
    number = (5).to_bytes(8) + (7).to_bytes(8) + (3).to_bytes(8)
    lengths = (4).to_bytes(4) + (2).to_bytes(4) + (6).to_bytes(4)
    expected = sha256(prev_hash + number + lengths + b"kind" + b"S1" + b"{\xc3\xbc\xc3\xbc}")
    assert link(prev_hash, 5, 7, 3, "kind", "S1", "{üü}".encode()) == expected.digest()


def test_no_session_is_not_the_session_without_a_name() -> None:
    prev_hash = genesis("SXUX00")
    assert link(prev_hash, 1, 1, None, "k", None, b"") != link(prev_hash, 1, 1, None, "k", "", b"")


def test_letters_cannot_move_from_one_text_to_the_next() -> None:
    prev_hash = genesis("SXUX00")
    assert link(prev_hash, 1, 1, 1, "ab", "c", b"") != link(prev_hash, 1, 1, 1, "a", "bc", b"")
