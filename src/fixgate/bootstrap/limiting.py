"""What the core is told of limits: by the files, by the store, by people.

Here: at_start() and dealt_today().
Not here: what follows (decide.limits).
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from fixgate.adapters.store.limits import dealt_since, standing_limits
from fixgate.adapters.store.reader import Reader
from fixgate.bootstrap.settings import Configuration
from fixgate.domain.inputs import LimitsConfigured
from fixgate.domain.limits import Dealt, LimitSet, StandingLimits, day_end_ns

_DAY_NS: Final = int(timedelta(days=1).total_seconds()) * 1_000_000_000


def at_start(configuration: Configuration, reader: Reader, now_ns: int) -> LimitsConfigured | None:
    """What a start says; None: there are no limits and there never were."""
    wanted = configuration.limits()
    standing = standing_limits(reader.connection)
    if not wanted.rules and standing.in_force is None:
        return None
    return LimitsConfigured(
        limits=wanted,
        effective_ns=configuration.risk.effective_ns,
        standing=standing,
        dealt=_dealt(_all_sets(wanted, standing), reader, now_ns),
    )


async def dealt_today(
    configuration: Configuration, new_reader: Callable[[], Reader], now_ns: int
) -> tuple[Dealt, ...]:
    """What was traded today, where the files set a limit that it counts against."""

    def work() -> tuple[Dealt, ...]:
        reader = new_reader()
        try:
            return _dealt((configuration.limits(),), reader, now_ns)
        finally:
            reader.close()

    return await asyncio.to_thread(work)


def _all_sets(wanted: LimitSet, standing: StandingLimits) -> tuple[LimitSet, ...]:
    changes = (standing.in_force, standing.scheduled, standing.proposed)
    return (wanted, *(each.limits for each in changes if each is not None))


def _dealt(sets: tuple[LimitSet, ...], reader: Reader, now_ns: int) -> tuple[Dealt, ...]:
    rules = [rule.limits for each in sets for rule in each.rules]
    if all(each.credit_max is None for each in rules):
        return ()
    since_ns = day_end_ns(now_ns - _DAY_NS, sets[-1].time_zone)
    return dealt_since(reader.connection, since_ns)
