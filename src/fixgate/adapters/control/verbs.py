"""What can be asked for over the control socket.

Here: Verbs, the register. Whoever can do something registers it under a name:

    verbs.add("jobs", self._jobs, help="What is scheduled")
    verbs.add("drain", self._drain, help="Take no more orders", args=("session",), changes=True)

A verb that ``changes`` something needs a reason, and may be asked for as a dry run, in which it
must say what it would do (the result's "would") and do nothing.
Not here: sockets; what the verbs do.
"""

from collections.abc import Awaitable, Callable, Iterable

from fixgate.adapters.control.words import Call, Json, Misused
from fixgate.domain.errors import require
from fixgate.domain.frozen import value

Handler = Callable[[Call], Awaitable[Json]]
"""Carries out a call and returns the answer; raises Refused or Misused with one line."""


@value
class Verb:
    """One thing that can be asked for."""

    name: str
    handler: Handler
    help: str
    args: frozenset[str]
    changes: bool


class Verbs:
    """The register of verbs."""

    def __init__(self) -> None:
        self._verbs: dict[str, Verb] = {}
        self.add("help", self._help, help="What can be asked for")

    def add(
        self,
        name: str,
        handler: Handler,
        *,
        help: str,  # noqa: A002 - the word that people know
        args: Iterable[str] = (),
        changes: bool = False,
    ) -> None:
        """Register a verb; its name must be free."""
        require(name not in self._verbs, f"two verbs are named {name}")
        self._verbs[name] = Verb(
            name=name, handler=handler, help=help, args=frozenset(args), changes=changes
        )

    async def carry_out(self, call: Call) -> Json:
        """The answer to a call.

        Raises:
            Refused: it cannot be done.
            Misused: it is not asked for properly; nothing was done.
        """
        verb = self._verbs.get(call.verb)
        if verb is None:
            raise Misused(
                f"no verb {call.verb[:64]!r}; there are: {', '.join(sorted(self._verbs))}"
            )
        unknown = sorted(set(call.args) - verb.args)
        if unknown:
            known = f"; it knows {', '.join(sorted(verb.args))}" if verb.args else ""
            raise Misused(f"{verb.name} has no argument {unknown[0][:64]!r}{known}")
        if verb.changes and not call.reason:
            raise Misused(f"{verb.name} needs a reason")
        if call.dry_run and not verb.changes:
            raise Misused(f"{verb.name} changes nothing; a dry run of it makes no sense")
        return await verb.handler(call)

    async def _help(self, _: Call) -> Json:
        return {
            each.name: {
                "help": each.help,
                "args": sorted(each.args),
                "changes": each.changes,
            }
            for each in sorted(self._verbs.values(), key=lambda verb: verb.name)
        }
