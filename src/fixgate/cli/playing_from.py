"""Where messages to play come from: the journal and its archive, or another engine's log.

Here: Chosen, which ones; Source, those of one session; from_journal(), from_file().
Not here: playing them (playing).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fixgate.cli.console import Problem
from fixgate.cli.fixlogs import read_log
from fixgate.cli.fixtext import parse
from fixgate.cli.playing import Recorded, playable
from fixgate.cli.progress import remark
from fixgate.cli.records import open_ledger, see_session

if TYPE_CHECKING:
    from fixgate.bootstrap.settings import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which messages are played; None: any."""

    session: str | None
    client: str | None
    since_ns: int | None
    until_ns: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """What one client sent, in order, and how it addressed itself and its peer."""

    name: str
    messages: list[Recorded]

    @property
    def begin_string(self) -> str:
        """Its version."""
        return self.messages[0].message.get(8) or "FIX.4.4"

    @property
    def sender(self) -> str:
        """Its CompID."""
        return self.messages[0].message.get(49) or ""

    @property
    def target(self) -> str:
        """Its peer's."""
        return self.messages[0].message.get(56) or ""


def from_journal(configuration: "Configuration", wanted: Chosen) -> list[Source]:
    """What clients sent, by session; or end the command."""
    from fixgate.adapters.store.errors import RecordUnreadable  # noqa: PLC0415 - 0.3 s
    from fixgate.adapters.store.searching import Wanted, found  # noqa: PLC0415 - with it

    messages: dict[str, list[Recorded]] = {}
    search = Wanted(
        session=wanted.session,
        direction="in",
        since_ns=wanted.since_ns,
        until_ns=wanted.until_ns,
    )
    with open_ledger(configuration) as ledger:
        see_session(configuration, ledger.connection, wanted.session)
        try:
            for each in found(ledger, search):
                taken = each.message.handling.value in ("delivered", "engine")
                if taken and each.row.session is not None:
                    recorded = Recorded(each.row.at_ns, parse(each.message.text))
                    messages.setdefault(each.row.session, []).append(recorded)
        except RecordUnreadable as problem:
            raise Problem(str(problem)) from None
    return _sources(messages)


def from_file(path: Path, wanted: Chosen) -> list[Source]:
    """What clients sent by another engine's log; or end the command."""
    log = read_log(path)
    messages: dict[str, list[Recorded]] = {}
    for each in log.messages:
        late = wanted.until_ns is not None and each.at_ns >= wanted.until_ns
        early = wanted.since_ns is not None and each.at_ns < wanted.since_ns
        if not late and not early:
            messages.setdefault(each.sender, []).append(Recorded(each.at_ns, each.message))
    if log.unread:
        remark(f"{path}: {len(log.unread)} lines hold no whole message, line {log.unread[0]} first")
    client = wanted.client or _client(path, messages)
    if client not in messages:
        raise Problem(f"{path}: no message of {client}; there are: {', '.join(sorted(messages))}")
    return _sources({client: messages[client]})


def _client(path: Path, messages: dict[str, list[Recorded]]) -> str:
    """The one sender of requests."""
    asking = [
        name
        for name, each in messages.items()
        if any(one.message.msg_type in "DFGHqsuAF" for one in each if one.message.msg_type != "A")
    ]
    if len(asking) != 1:
        raise Problem(f"{path}: several sides send requests; say which with --client COMPID")
    return asking[0]


def _sources(messages: dict[str, list[Recorded]]) -> list[Source]:
    found = [Source(name, playable(each)) for name, each in sorted(messages.items())]
    found = [each for each in found if each.messages]
    if not found:
        raise Problem("no messages to play: nothing that an application sent is in that period")
    return found
