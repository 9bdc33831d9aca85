"""What goes wrong in a run, and when: all of it from the seed, before anything starts.

Here: Fault and schedule(). Not here: how a fault is made (world).
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

_SUBMIT: Final = "POST /api/v3/order"
_CANCEL: Final = "DELETE /api/v3/order"
_QUERY: Final = "GET /api/v3/order"
_OPEN: Final = "GET /api/v3/openOrders"
_TRADES: Final = "GET /api/v3/myTrades"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, ``at_s`` seconds into the run."""

    at_s: float
    what: str
    how: dict[str, Any]

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.how.items())
        return f"{self.at_s:.2f} s: {self.what}({told})"


def _seconds(most: float) -> Callable[[Random], dict[str, Any]]:
    return lambda random: {"seconds": round(random.uniform(0.1, most), 2)}


def _nothing(_: Random) -> dict[str, Any]:
    return {}


def _kill(random: Random) -> dict[str, Any]:
    return {
        "down_s": round(random.uniform(0, 0.5), 2),
        "files": random.choice(("kept", "kept", "lost")),
    }


def _client(random: Random) -> dict[str, Any]:
    return {"client": random.randrange(3), "half_open_s": random.choice((0, 0, 1.0, 3.0))}


def _rest(random: Random) -> dict[str, Any]:
    kind = random.choice(
        ("hold", "drop", "server_error", "too_many_requests", "empty", "junk", "html", "refuse")
    )
    how: dict[str, Any] = {
        "endpoint": random.choice((_SUBMIT, _SUBMIT, _CANCEL, _QUERY, _OPEN, _TRADES, "*")),
        "kind": kind,
        "times": random.randint(1, 3),
        "accepts": random.random() < 0.5,
    }
    if kind == "hold":
        how["delay_s"] = random.choice((0.2, 1.0, 3.0))
    if kind == "server_error":
        how["status"] = random.choice((500, 503, 504))
    if kind == "refuse":
        how |= {"status": 400, "code": -1007}
    return how


def _stream(random: Random) -> dict[str, Any]:
    return {"fault": random.choice(("lose", "repeat", "delay")), "times": random.randint(1, 6)}


def _slow_disk(random: Random) -> dict[str, Any]:
    return {"seconds": 1.0, "commit_s": random.choice((0.02, 0.1, 0.4))}


def _full_disk(random: Random) -> dict[str, Any]:
    return {"room_bytes": random.choice((0, 10_000, 50_000))}


def _market(random: Random) -> dict[str, Any]:
    return {"px": str(random.randint(49_600, 50_400))}


_FAULTS: Final[tuple[tuple[str, int, Callable[[Random], dict[str, Any]]], ...]] = (
    ("kill", 3, _kill),
    ("stop", 1, _nothing),
    ("pause", 2, _seconds(1.5)),
    ("cut_client", 4, _client),
    ("cut_venue", 2, _nothing),
    ("freeze_venue", 2, _seconds(2.5)),
    ("close_venue", 1, _seconds(1.5)),
    ("rest", 6, _rest),
    ("stream", 4, _stream),
    ("cut_stream", 1, _nothing),
    ("silence_stream", 1, _seconds(2.0)),
    ("slow_disk", 2, _slow_disk),
    ("full_disk", 1, _full_disk),
    ("market", 3, _market),
    ("restart_postgres", 1, _seconds(1.0)),
    ("crash_postgres", 1, _seconds(1.0)),
    ("freeze_postgres", 1, _seconds(4.0)),
    ("cut_postgres", 3, _seconds(2.0)),
)
_OF_SQLITE: Final = frozenset({"slow_disk", "full_disk"})
_OF_POSTGRES: Final = frozenset(
    {"restart_postgres", "crash_postgres", "freeze_postgres", "cut_postgres"}
)
_NAMES: Final = {name: how for name, _, how in _FAULTS}


def store_of(seed: int) -> str:
    """Where the journal of a run is."""
    return Random(f"store {seed}").choice(("sqlite", "sqlite", "postgres"))


def schedule(seed: int, seconds: float, kinds: tuple[str, ...] = ()) -> list[Fault]:
    """The faults of a run, in order. Every run has one at least that ends the process."""
    random = Random(seed)
    other = _OF_POSTGRES if store_of(seed) == "sqlite" else _OF_SQLITE
    possible = [each for each in _FAULTS if each[0] not in other]
    names = [each for each, *_ in possible if not kinds or each in kinds]
    weights = [weight for name, weight, _ in possible if name in names]
    chosen = random.choices(names, weights, k=random.randint(4, 10))
    if not kinds:
        ends = {"kill", "stop", *(_OF_SQLITE - {"slow_disk"}), *_OF_POSTGRES} - other
        chosen.append(random.choice(("kill", "kill", *sorted(ends))))
    faults = [
        Fault(round(random.uniform(0, seconds), 3), name, _NAMES[name](random)) for name in chosen
    ]
    return sorted(faults, key=lambda each: each.at_s)
