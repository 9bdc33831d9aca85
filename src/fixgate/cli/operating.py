"""What all commands of operations share: options, the line before, the line after.

Here: the options; operation(), which makes a command of what is asked for; and Command: asked of
the running gateway over its control socket, or carried out on a stopped one through its store.
Not here: any command.
"""

import asyncio
import os
import pwd
from collections.abc import Callable
from functools import update_wrapper
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fixgate.cli.asking import asked
from fixgate.cli.console import FAILED, HERE, USAGE, Home, Problem, load_configuration, say, usage

if TYPE_CHECKING:
    from fixgate.adapters.control.words import Json
    from fixgate.bootstrap.settings import Configuration

Reason = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is journaled. Required.")
]
Person = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Who, where the account is shared.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Session = Annotated[str, typer.Argument(metavar="SESSION", help="Name of a session.")]


Asking = tuple[str, "Json"]
"""What a command asks for: a verb and its arguments."""


def operation(asks: Callable[..., Asking]) -> Callable[..., int]:
    """A command of operations: takes the arguments of ``asks``, and the options of all of them."""

    def command(
        *,
        reason: Reason = None,
        person: Person = None,
        dry_run: DryRun = False,
        home: Home = HERE,
        **given: Any,
    ) -> int:
        verb, args = asks(**given)
        return Command(home, reason=reason, person=person, dry_run=dry_run).carry_out(verb, args)

    # typer makes arguments and options of what a signature says.
    of_all = [each for each in _parameters(command) if each.kind is Parameter.KEYWORD_ONLY]
    taken = [*_parameters(asks), *of_all]
    update_wrapper(command, asks)
    command.__signature__ = Signature(taken)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in taken} | {"return": int}
    return command


def _parameters(function: Callable[..., object]) -> list[Parameter]:
    return list(signature(function).parameters.values())


class Command:
    """One command of operations: what it asks for, why, and on whose behalf."""

    def __init__(
        self, home: Path, *, reason: str | None, person: str | None, dry_run: bool
    ) -> None:
        self._configuration = load_configuration(home)
        self._reason = (reason or "").strip()
        self._person = person
        self._dry_run = dry_run

    def carry_out(self, verb: str, args: "Json") -> int:
        """Say what is about to be done, do it, and say that it was; the exit status."""
        after = self.done(verb, args)
        if after is not None:
            say(f"Done: {after['done']}")
        return 0

    def done(
        self, verb: str, args: "Json", *, timeout_s: float | None = None, quietly: bool = False
    ) -> "Json | None":
        """Say what is about to be done, and do it; what came of it. None: only say so.

        quietly: what comes of it is for a program, which is told nothing else.
        """
        if not self._reason:
            usage("--reason is required: it is journaled with your name")
        args = {name: value for name, value in args.items() if value is not None}
        before = self._ask(verb, args, dry_run=True)
        if self._dry_run or not quietly:
            say(f"{'Would' if self._dry_run else 'About to'}: {before['would']}")
        if self._dry_run:
            return None
        return self._ask(verb, args, dry_run=False, timeout_s=timeout_s)

    def _ask(
        self, verb: str, args: "Json", *, dry_run: bool, timeout_s: float | None = None
    ) -> "Json":
        answer = asked(
            self._configuration.data_dir,
            verb,
            args,
            reason=self._reason,
            acting_as=self._person,
            dry_run=dry_run,
            timeout_s=timeout_s,
        )
        if answer is None:
            answer = on_the_store(
                self._configuration,
                verb,
                args,
                reason=self._reason,
                person=self._person,
                dry_run=dry_run,
            )
        return answer


def on_the_store(
    configuration: "Configuration",
    verb: str,
    args: "Json",
    *,
    reason: str = "",
    person: str | None = None,
    dry_run: bool = False,
) -> "Json":
    """Carry a verb out without a gateway, through its store."""
    from fixgate.adapters.control.words import (  # noqa: PLC0415 - with its users
        Misused,
        Refused,
        read_call,
        request_line,
    )
    from fixgate.adapters.store.errors import StoreUnusable  # noqa: PLC0415 - the same
    from fixgate.bootstrap.loading import ConfigurationError  # noqa: PLC0415 - the same
    from fixgate.bootstrap.verbs.stopped import stopped  # noqa: PLC0415 - 1 s of imports

    user = pwd.getpwuid(os.getuid()).pw_name
    line = request_line(verb, args, reason=reason, acting_as=person, dry_run=dry_run)
    try:
        return asyncio.run(stopped(configuration, read_call(line, user)))
    except Misused as error:
        raise Problem(str(error), USAGE) from None
    except Refused as error:
        raise Problem(str(error), FAILED) from None
    except (StoreUnusable, ConfigurationError) as error:
        where = f"no gateway is running with {configuration.data_dir}"
        raise Problem(f"{where}; {error}", FAILED) from None
