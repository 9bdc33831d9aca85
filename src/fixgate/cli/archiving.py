"""`fixgate archive`: closed days to Parquet, and by the rule out of the database.

Here: the command. Not here: what it does (adapters.store.archive).
"""

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.console import HERE, Home, Problem, load_configuration, open_journal, say, usage
from fixgate.cli.progress import Bar

if TYPE_CHECKING:
    from fixgate.adapters.store.archive.closing import Archive, ClosedDay, Plan
    from fixgate.bootstrap.settings import Configuration

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
    from fixgate.adapters.store.archive.closing import Archive  # noqa: PLC0415 - 0.4 s
    from fixgate.adapters.store.archive.files import ArchiveUnusable  # noqa: PLC0415 - with it
    from fixgate.adapters.store.raw import Damaged  # noqa: PLC0415 - with it

    reader = open_journal(configuration)
    try:
        archived = Archive(configuration.archive_dir, reader.connection, reader.meta("epoch"))
        plan = archived.plan(now_ns=now, keep_days=keep)
        _announce(archived, plan)
        if not dry_run and (plan.to_archive or plan.to_drop):
            _carry_out(
                configuration,
                archived,
                now=now,
                keep=keep,
                by=by or person(),
                reason=reason or "",
            )
    except ArchiveUnusable as problem:
        raise Problem(str(problem)) from None
    except Damaged as damage:
        raise Problem(f"record {damage.seq} cannot be read: {damage.what}") from None
    finally:
        reader.close()


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


def _carry_out(
    configuration: "Configuration",
    archive: "Archive",
    *,
    now: int,
    keep: int | None,
    by: str,
    reason: str,
) -> None:
    from fixgate.adapters.store.archive.closing import archive_closed_days  # noqa: PLC0415
    from fixgate.bootstrap.stores import engine_to_drop  # noqa: PLC0415 - with it

    plan = archive.plan(now_ns=now, keep_days=keep)
    most = max((each.span.last - each.span.first + 1 for each in plan.to_archive), default=1)
    engine = engine_to_drop(configuration)
    with Bar("archive", most) as bar:
        done = archive_closed_days(
            archive, engine, now_ns=now, keep_days=keep, by=by, reason=reason, progress=bar.done
        )
    for day in done.archived:
        say(f"Archived      {day.day}: {day.span.last - day.span.first + 1:,} records, verified")
    if done.dropped:
        say(f"Dropped       {_days(done.dropped)}: {done.records_dropped:,} records")
