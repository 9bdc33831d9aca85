"""`fixgate archive`: closed days to Parquet, and by the rule out of the database.

Here: the command. Not here: what it does (adapters.store.archive).
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.console import HERE, Home, Problem, load_configuration, say, usage
from fixgate.cli.progress import Bar

if TYPE_CHECKING:
    from fixgate.adapters.store.archive.closing import Archive, ClosedDay, Done, Plan

Reason = Annotated[str | None, typer.Option(help="Why; required, and recorded.")]
By = Annotated[str | None, typer.Option(help="Whose doing it is; default: the user's name.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, no more.")]


def archive(  # noqa: PLR0917 - typer gives every option by its name
    reason: Reason = None,
    by: By = None,
    keep_days: Annotated[
        int | None,
        typer.Option(min=1, help="Days that stay in the database; default: of gateway.toml."),
    ] = None,
    keep_all: Annotated[bool, typer.Option("--keep-all", help="Drop nothing.")] = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
    home: Home = HERE,
) -> None:
    """Archive the days that are over, check them, and drop from the database what is old enough."""
    configuration = load_configuration(home)
    if not dry_run:
        reason = required(reason)
    keep = None if keep_all else keep_days or configuration.gateway.archive.keep_days
    now = SystemClock().now_ns()
    from fixgate.bootstrap.archiving import carry_out, opened  # noqa: PLC0415 - 0.6 s

    with _one_line(), opened(configuration) as archived:
        plan = archived.plan(now_ns=now, keep_days=keep)
        _announce(archived, plan)
        if dry_run or not (plan.to_archive or plan.to_drop):
            return
        most = max((each.span.last - each.span.first + 1 for each in plan.to_archive), default=1)
        with Bar("archive", most) as bar:
            done = carry_out(
                configuration,
                archived,
                now_ns=now,
                keep_days=keep,
                by=by or person(),
                reason=reason or "",
                progress=bar.done,
            )
        _report(done)


@contextmanager
def _one_line() -> Iterator[None]:
    """What can go wrong, as one line."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - 0.3 s

    from fixgate.adapters.store.archive.files import ArchiveUnusable  # noqa: PLC0415 - 0.3 s
    from fixgate.adapters.store.errors import StoreUnusable  # noqa: PLC0415 - with it
    from fixgate.adapters.store.raw import Damaged, reason  # noqa: PLC0415 - with it
    from fixgate.bootstrap.loading import ConfigurationError  # noqa: PLC0415 - with it

    try:
        yield
    except (ArchiveUnusable, StoreUnusable, ConfigurationError) as problem:
        raise Problem(str(problem)) from None
    except Damaged as damage:
        raise Problem(f"record {damage.seq} cannot be read: {damage.what}") from None
    except SQLAlchemyError as problem:
        raise Problem(f"the database refused: {reason(problem)}") from None


def required(reason: str | None) -> str:
    """The reason of a change; or end the command."""
    if reason is None or not reason.strip():
        usage("--reason is required: it is recorded with what is done")
    return reason


def person() -> str:
    """Who types."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _announce(archive: "Archive", plan: "Plan") -> None:
    if not plan.to_archive and not plan.to_drop:
        say("Nothing to do: every day that is over is archived, and none is due to be dropped")
    if plan.to_archive:
        say(f"To archive    {_days(plan.to_archive)} -> {archive.folder}")
    if plan.to_drop:
        say(f"To drop       {_days(plan.to_drop)}, from the database")
    for each in plan.held:
        why = "behind a day on hold" if each.hold is None else f"hold {each.hold.number}"
        say(f"Held          {each.day} ({why})")


def _days(days: "tuple[ClosedDay, ...]") -> str:
    names = days[0].day if len(days) == 1 else f"{days[0].day} to {days[-1].day}"
    return f"{names}, records {days[0].span.first:,} to {days[-1].span.last:,}"


def _report(done: "Done") -> None:
    for day in done.archived:
        say(f"Archived      {day.day}: {day.span.last - day.span.first + 1:,} records, verified")
    if done.dropped:
        say(f"Dropped       {_days(done.dropped)}: {done.records_dropped:,} records")
