"""How a person's command becomes an input of the core, and an answer.

Here: Core, what the verbs need of a gateway; RunningCore; and what verbs share.
Not here: any verb.
"""

import asyncio
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Final, Protocol, TypeVar

from fixgate.adapters.control.words import Call, Misused, Refused
from fixgate.adapters.store.reader import Reader
from fixgate.application.inbox import Asked, Inbox
from fixgate.application.ports.clock import Clock
from fixgate.bootstrap.settings import Configuration
from fixgate.decide import decide
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import SessionName
from fixgate.domain.operations import Scope
from fixgate.domain.state import State

DURABLE_S: Final = 30.0
_EXPONENT_MAX: Final = 18
E = TypeVar("E", Scope, i.Resolution)


class NotDurable(Refused):
    """The journal did not answer in time."""


class Core(Protocol):
    """The core, as verbs see it."""

    configuration: Configuration
    state: State
    clock: Clock
    reader: Reader

    @property
    def runs(self) -> bool:
        """Whether there are venues that can be asked now."""
        ...

    async def give(self, given: i.Input, *, within_s: float = DURABLE_S) -> tuple[e.Event, ...]:
        """Let the core decide on an input; what it caused, once that is durable.

        Raises:
            Refused: the core did not do it. NotDurable: the journal does not answer.
        """
        ...


class RunningCore:
    """The core of a gateway that runs: behind the inbox."""

    runs: Final = True

    def __init__(
        self,
        configuration: Configuration,
        state: State,
        inbox: Inbox,
        clock: Clock,
        reader: Reader,
    ) -> None:
        self.configuration = configuration
        self.state = state
        self.clock = clock
        self.reader = reader
        self._inbox = inbox

    async def give(self, given: i.Input, *, within_s: float = DURABLE_S) -> tuple[e.Event, ...]:
        done: asyncio.Future[tuple[e.Event, ...]] = asyncio.get_running_loop().create_future()

        def answer(events: tuple[e.Event, ...]) -> None:
            if not done.done():
                done.set_result(events)

        self._inbox.put(Asked(at_ns=self.clock.now_ns(), given=given, answer=answer))
        try:
            events = await asyncio.wait_for(done, within_s)
        except TimeoutError:
            raise NotDurable(f"the journal did not answer within {within_s:g} s") from None
        return accepted(events)


def accepted(events: tuple[e.Event, ...]) -> tuple[e.Event, ...]:
    """The events of a command that the core carried out.

    Raises:
        Refused: it did not.
    """
    for each in events:
        if isinstance(each, e.CommandRefused):
            raise Refused(each.text)
    return events


def foreseen(core: Core, given: i.Input) -> None:
    """Let a dry run be refused as the command would be. Nothing happens.

    Raises:
        Refused: the core would not do it.
    """
    moment = i.Moment(seq=0, at_ns=core.clock.now_ns())
    # Only the first event: whatever is decided next supposes that it has happened.
    accepted(tuple(islice(decide(core.state, moment, given), 1)))


def noted(call: Call, subject: str, detail: str = "") -> i.OperatorNoted:
    """The input that writes down something the core has no part in."""
    return i.OperatorNoted(
        action=call.verb,
        subject=subject,
        detail=detail,
        person=call.person.name,
        reason=call.reason,
    )


def session_named(call: Call, configuration: Configuration) -> SessionName:
    """The session that a call is about.

    Raises:
        Misused: there is none of that name.
    """
    name, names = call.text("session"), [each.name for each in configuration.sessions]
    if name not in names:
        raise Misused(f"no session is named {name[:64]}; there are: {', '.join(names)}")
    return SessionName(name)


def new_numbers(call: Call) -> tuple[int | None, int | None]:
    """Our next number and the client's; both 1 if neither is given."""
    sender, target = call.number_or_none("sender"), call.number_or_none("target")
    return (1, 1) if sender is None and target is None else (sender, target)


def numbers_text(before: tuple[int, int], after: tuple[int | None, int | None]) -> str:
    """What a reset changes, in words."""
    whose = ("our next number", "the client's next number")
    return ", ".join(
        f"{what} from {old} to {new}"
        for what, old, new in zip(whose, before, after, strict=True)
        if new is not None
    )


def one_of(call: Call, name: str, kind: type[E]) -> E:
    """An argument that must be one of a few words.

    Raises:
        Misused: it is not.
    """
    given = call.text(name)
    try:
        return kind(given)
    except ValueError:
        known = ", ".join(each.value for each in kind)
        raise Misused(f"{call.verb}: {name} is {given[:64]!r}; it must be one of {known}") from None


def decimal_or_none(call: Call, name: str) -> Decimal | None:
    """A number above zero, as text.

    Raises:
        Misused: it is none.
    """
    given = call.text_or_none(name)
    if given is None:
        return None
    try:
        found = Decimal(given)
    except InvalidOperation:
        found = Decimal(0)
    if not found.is_finite() or found <= 0 or abs(found.adjusted()) > _EXPONENT_MAX:
        raise Misused(f"{call.verb}: {name} {given[:64]!r} is not a number above zero")
    return found


def names_or_none(known: Sequence[str]) -> str:
    """Names for a person to choose from."""
    return ", ".join(known) or "none"
