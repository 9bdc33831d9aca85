"""`fixgate head` and `fixgate key`: the head of the chain, to be signed and kept elsewhere.

Here: the commands, and against(), which compares a journal with a signed head.
Not here: signatures (adapters.store.heads).
"""

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.console import HERE, Home, Problem, load_configuration, say, usage
from fixgate.cli.moments import iso
from fixgate.cli.records import open_ledger

if TYPE_CHECKING:
    from fixgate.adapters.store.heads import Head, SignedHead
    from fixgate.adapters.store.ledger import Ledger
    from fixgate.adapters.store.raw import Raw

PASSWORD: Final = "FIXGATE_KEY_PASSWORD"  # noqa: S105 - the variable's name

app = typer.Typer(help="The key that heads are signed with.", no_args_is_help=True)


def head(
    key: Annotated[
        Path | None, typer.Option("--sign", metavar="KEY", help="Sign it with this private key.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the signed head goes.")
    ] = None,
    home: Home = HERE,
) -> None:
    """Print the last record's number, time and hash; with --sign, as a signed file."""
    if out is not None and key is None:
        usage("--out goes with --sign: only a signed head is worth keeping")
    with open_ledger(load_configuration(home)) as ledger:
        last = _last(ledger)
        found = _head(ledger.epoch, last)
    if key is None:
        _print(found)
        return
    text = _signed(found, key).text()
    if out is None:
        say(text.rstrip())
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Problem(f"{out}: is there already; a head is never overwritten") from None
    except OSError as problem:
        raise Problem(f"{out}: cannot be written: {problem.strerror}") from None
    _print(found)
    say(f"Signed        {out}")


@app.command("make")
def make(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private key goes.")],
    password: Annotated[  # noqa: FBT002 - typer makes --password and --no-password of it
        bool, typer.Option(help=f"Encrypt it; from a prompt or {PASSWORD}.")
    ] = True,
) -> None:
    """Make an Ed25519 key pair: FILE, readable by its owner only, and FILE.pub."""
    from fixgate.adapters.store.heads import make_key  # noqa: PLC0415 - 0.1 s

    given = _password("New password: ", again=True) if password else None
    with _one_line():
        public = make_key(path, given)
    say(f"Private key   {path} ({'encrypted' if given else 'not encrypted'}, for its owner only)")
    say(f"Public key    {public}: give it to those who check")


def against(ledger: "Ledger", path: Path, public_key: Path | None) -> "SignedHead":
    """See that a journal still contains a signed head; or end the command with what is wrong."""
    from fixgate.adapters.store.heads import read_head, read_public_key  # noqa: PLC0415 - 0.1 s

    with _one_line():
        signed = read_head(path)
        if public_key is not None and read_public_key(public_key) != signed.public_key:
            raise Problem(f"{path}: is signed with another key than {public_key}")
    said = signed.head
    if said.epoch != ledger.epoch:
        raise Problem(f"{path}: is of journal {said.epoch}, and this is {ledger.epoch}")
    found = ledger.one(said.seq)
    last = _last(ledger)
    if last.seq < said.seq:
        raise Problem(
            f"records {last.seq + 1} to {said.seq} were removed from the end of the journal: it "
            f"contained them when its head was signed at {said.signed_at}"
        )
    if found is None or found.hash.hex() != said.hash:
        raise Problem(
            f"record {said.seq} is not the one it was when the head was signed at {said.signed_at}:"
            " the journal was written again"
        )
    return signed


def _last(ledger: "Ledger") -> "Raw":
    span = ledger.span()
    last = None if span is None else ledger.one(span.last)
    if last is None:
        raise Problem("the journal is empty")
    return last


def _head(epoch: str, last: "Raw") -> "Head":
    from fixgate.adapters.store.heads import Head  # noqa: PLC0415 - 0.1 s

    now = iso(SystemClock().now_ns())
    return Head(epoch=epoch, seq=last.seq, at=iso(last.at_ns), hash=last.hash.hex(), signed_at=now)


def _print(found: "Head") -> None:
    say(f"Journal       {found.epoch}")
    say(f"Last record   {found.seq:,}")
    say(f"Last at       {found.at}")
    say(f"Last hash     {found.hash}")


def _signed(found: "Head", key: Path) -> "SignedHead":
    from fixgate.adapters.store.heads import is_encrypted, read_private_key, sign  # noqa: PLC0415

    with _one_line():
        password = _password("Password of the key: ") if is_encrypted(key) else None
        return sign(found, read_private_key(key, password))


@contextmanager
def _one_line() -> Iterator[None]:
    from fixgate.adapters.store.heads import HeadUnusable  # noqa: PLC0415 - 0.1 s

    try:
        yield
    except HeadUnusable as problem:
        raise Problem(str(problem)) from None


def _password(prompt: str, *, again: bool = False) -> bytes:
    given = os.environ.get(PASSWORD)
    if given is None and sys.stdin.isatty():
        given = getpass.getpass(prompt)
        if again and getpass.getpass("Again: ") != given:
            usage("the two passwords differ")
    if not given:
        usage(f"no password was given: set {PASSWORD}, or call from a terminal")
    return given.encode()
