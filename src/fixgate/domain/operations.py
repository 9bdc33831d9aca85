"""What people may do to the gateway: how far a command reaches, and what stands until undone.

Here: Scope and Coverage (which orders a command is about), Kill (a kill switch that is on).
Not here: who may give commands and how (adapters/control); what follows (decide/operator).
"""

from enum import Enum, unique

from fixgate.domain.errors import require
from fixgate.domain.frozen import value
from fixgate.domain.order import Instruction


@unique
class Scope(Enum):
    """What a kill switch or a mass cancel is about."""

    GATEWAY = "gateway"
    SESSION = "session"
    ACCOUNT = "account"
    VENUE = "venue"


@value
class Coverage:
    """Which orders: all, or those of one session, account or venue."""

    scope: Scope
    name: str = ""  # empty for the whole gateway

    def __post_init__(self) -> None:
        """Only the whole gateway has no name."""
        require((self.scope is Scope.GATEWAY) is (not self.name), "a coverage without its name")

    def covers(self, about: Instruction) -> bool:
        """Whether an order is among them."""
        match self.scope:
            case Scope.GATEWAY:
                return True
            case Scope.SESSION:
                return about.session == self.name
            case Scope.ACCOUNT:
                return about.account == self.name
            case Scope.VENUE:
                return about.venue == self.name

    @property
    def words(self) -> str:
        """For people: "the whole gateway", "session DEMO44"."""
        return f"{self.scope.value} {self.name}" if self.name else "the whole gateway"

    @property
    def key(self) -> str:
        """For tables: "gateway", "session:DEMO44"."""
        return f"{self.scope.value}:{self.name}" if self.name else self.scope.value


def coverage_from(key: str) -> Coverage:
    """The coverage whose ``key`` this is.

    Raises:
        ValueError: it is none.
    """
    scope, _, name = key.partition(":")
    return Coverage(scope=Scope(scope), name=name)


@value
class Kill:
    """A kill switch that is on."""

    coverage: Coverage
    person: str
    reason: str
    at_ns: int
