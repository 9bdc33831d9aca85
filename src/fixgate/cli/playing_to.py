"""Playing the messages of all chosen sessions, and saying what came back.

Here: Way, how a person wants it; play_all(). Not here: one session (playing).
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass

from fixgate.cli.console import Problem, say, usage
from fixgate.cli.fixsession import Identity
from fixgate.cli.moments import length
from fixgate.cli.playing import Playing, Summary, play
from fixgate.cli.playing_from import Source
from fixgate.cli.progress import Bar
from fixgate.cli.words import STATUS_WORDS

_SHOWN: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the messages are played."""

    address: tuple[str, int]
    speed: float | None
    sender: str | None
    target: str | None
    suffix: str
    username: str | None
    password: str | None
    reset: bool


def address_of(text: str) -> tuple[str, int]:
    """HOST:PORT; or end the command."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        usage(f"--to {text}: it is HOST:PORT")
    return host.strip("[]"), int(port)


def speed_of(text: str) -> float | None:
    """How many times as fast as recorded; None: no waiting. Or end the command."""
    if text == "max":
        return None
    try:
        speed = 1.0 if text == "original" else float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        usage(f"--speed {text}: a number above 0, original, or max")
    return speed


def password_of(variable: str | None) -> str | None:
    """The password in an environment variable; or end the command."""
    if variable is None:
        return None
    if variable not in os.environ:
        usage(f"the environment variable {variable} with the password is not set")
    return os.environ[variable]


def play_all(sources: Sequence[Source], way: Way, *, dry_run: bool) -> int:
    """Play all sessions at once; 0 when every one was answered."""
    if len(sources) > 1 and (way.sender or way.target or way.username):
        names = ", ".join(each.name for each in sources)
        usage(f"--sender, --target and --username go with one session; choose of {names}")
    host, port = way.address
    speed = "as fast as it takes them" if way.speed is None else f"at {way.speed:g} times the speed"
    for each in sources:
        identity = _playing(each, way).identity
        say(
            f"To play       {len(each.messages):,} messages of {each.name} to {host}:{port} as "
            f"{identity.sender_comp_id} -> {identity.target_comp_id}, {speed}"
        )
    return 0 if dry_run else asyncio.run(_play_all(sources, way))


async def _play_all(sources: Sequence[Source], way: Way) -> int:
    total = sum(len(each.messages) for each in sources)
    done: dict[str, int] = {}
    with Bar("replay", total) as bar:

        def progress(name: str, count: int) -> None:
            done[name] = count
            bar.done(sum(done.values()))

        results = await asyncio.gather(
            *(
                play(
                    each.messages,
                    _playing(each, way),
                    lambda count, name=each.name: progress(name, count),  # type: ignore[misc]
                )
                for each in sources
            ),
            return_exceptions=True,
        )
    well = True
    for source, result in zip(sources, results, strict=True):
        if isinstance(result, BaseException):
            if len(sources) == 1 or not isinstance(result, Problem):
                raise result
            say(f"{source.name}: {result}", "red")
            well = False
        else:
            _sum_up(source, result)
            well = well and result.ended is None and not result.unanswered
    return 0 if well else 1


def _playing(source: Source, way: Way) -> Playing:
    return Playing(
        address=way.address,
        identity=Identity(
            begin_string=source.begin_string,
            sender_comp_id=way.sender or source.sender,
            target_comp_id=way.target or source.target,
            username=way.username,
            password=way.password,
            reset=way.reset,
        ),
        speed=way.speed,
        suffix=way.suffix,
    )


def _sum_up(source: Source, summary: Summary) -> None:
    sent = summary.sent.total()
    say(f"Session       {source.name}: {sent:,} of {len(source.messages):,} messages played")
    say(f"Sent          {_counts(dict(summary.sent))}")
    say(
        f"Received      {_counts({_words(k): n for k, n in summary.received.items()}) or 'nothing'}"
    )
    for text, count in summary.texts.most_common(_SHOWN):
        say(f"Refused       {count:,} times: {text}")
    answers = sorted(summary.first_answer_ns)
    if answers:
        middle, late = answers[len(answers) // 2], answers[int(len(answers) * 0.99)]
        say(f"First answer  after {length(middle)} in the middle, {length(late)} for 99 of 100")
    if summary.unanswered:
        some = ", ".join(sorted(summary.unanswered)[:_SHOWN])
        say(f"Not answered  {len(summary.unanswered):,}: {some}", "red")
    if summary.ended is not None:
        say(f"Ended         {summary.ended}", "red")


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counted.items()))


def _words(kind: str) -> str:
    """A report by its status, as people call it."""
    msg_type, _, rest = kind.partition(" ")
    status = rest.rpartition("39=")[2]
    return f"{msg_type} {STATUS_WORDS.get(status, rest)}" if rest else msg_type
