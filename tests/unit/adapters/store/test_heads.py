"""Signed heads: what a journal contained at a time, and who says so."""

import json

import pytest

from fixgate.adapters.store.heads import (
    Head,
    HeadUnusable,
    is_encrypted,
    make_key,
    read_head,
    read_private_key,
    read_public_key,
    sign,
)

HEAD = Head(epoch="SXWKN4", seq=7, at="2026-03-01T12:00:00Z", hash="00ff", signed_at="later")


@pytest.fixture
def key(tmp_path):
    make_key(tmp_path / "key", b"secret")
    return tmp_path / "key"


def test_a_signed_head_is_read_back_with_the_key_that_signed_it(tmp_path, key):
    file = tmp_path / "head.json"
    file.write_text(sign(HEAD, read_private_key(key, b"secret")).text())

    signed = read_head(file)

    assert signed.head == HEAD
    assert signed.public_key == read_public_key(tmp_path / "key.pub")


@pytest.mark.parametrize("name", ["epoch", "seq", "at", "hash", "signed_at"])
def test_a_head_that_was_altered_is_refused(tmp_path, key, name):
    said = json.loads(sign(HEAD, read_private_key(key, b"secret")).text())
    said[name] = 8 if name == "seq" else said[name] + "1"
    file = tmp_path / "head.json"
    file.write_text(json.dumps(said))

    with pytest.raises(HeadUnusable, match="was altered"):
        read_head(file)


@pytest.mark.parametrize("content", ["", "{}", "[]", "rubbish", '{"format": "other"}'])
def test_what_is_no_head_is_refused_by_name(tmp_path, content):
    file = tmp_path / "head.json"
    file.write_text(content)

    with pytest.raises(HeadUnusable, match=r"head\.json: is no signed head"):
        read_head(file)


def test_a_private_key_is_for_its_owner_only_and_never_overwritten(tmp_path, key):
    assert key.stat().st_mode & 0o777 == 0o600
    assert is_encrypted(key)
    with pytest.raises(HeadUnusable, match="never overwritten"):
        make_key(key, None)
    key.chmod(0o644)
    with pytest.raises(HeadUnusable, match="others may read it"):
        read_private_key(key, b"secret")


def test_a_wrong_password_and_a_file_that_is_no_key_are_told_apart(tmp_path, key):
    with pytest.raises(HeadUnusable, match="the password is wrong"):
        read_private_key(key, b"other")
    other = tmp_path / "other"
    other.write_text("rubbish")
    other.chmod(0o600)
    with pytest.raises(HeadUnusable, match="is no private key"):
        read_private_key(other, None)
    with pytest.raises(HeadUnusable, match="is no public key"):
        read_public_key(other)
    with pytest.raises(HeadUnusable, match="cannot be read"):
        read_public_key(tmp_path / "none")
