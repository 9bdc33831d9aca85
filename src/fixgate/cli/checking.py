"""`fixgate check` and `fixgate hash`: what concerns the configuration files.

Here: the two commands. Not here: what the files may say (bootstrap.settings).
"""

import getpass
import os
import sys
from typing import TYPE_CHECKING

from fixgate.cli.console import (
    FAILED,
    HERE,
    Home,
    Problem,
    load_configuration,
    say,
    show,
    table,
    usage,
)

if TYPE_CHECKING:
    from rich.table import Table

    from fixgate.bootstrap.settings import Configuration, SessionFile, VenueSettings


def check(home: Home = HERE) -> None:
    """Check all configuration files and show what they say."""
    configuration = load_configuration(home, status=FAILED)
    _see_dictionaries(configuration)
    fix = configuration.gateway.fix
    say(f"Home          {configuration.home.resolve()}")
    plain = f"{fix.host}:{fix.port}" if fix.plain else "no port without TLS"
    say(f"FIX acceptor  {plain}, CompID {fix.comp_id}")
    if fix.tls.enabled:
        clients = f"client certificates {fix.tls.client_certificates}"
        say(f"FIX over TLS  {fix.tls.host or fix.host}:{fix.tls.port}, {clients}")
    say(f"Data          {configuration.data_dir.resolve()}")
    say(f"Journal       {_journal(configuration)}")
    for title, shown in (
        ("Sessions", _sessions(configuration)),
        ("Venues", _venues(configuration)),
        ("Aliases", _aliases(configuration)),
        ("Routing policies", _policies(configuration)),
        ("Limits", _limits(configuration)),
    ):
        say()
        say(f"{title} ({shown.row_count})")
        show(shown)
    say()
    missing = [name for name in _variables(configuration) if name not in os.environ]
    if missing:
        say(f"Not set here, and a start needs them: {', '.join(missing)}")
    say("All files are in order.")


def _variables(configuration: "Configuration") -> list[str]:
    """The environment variables that the files name; this need not be the gateway's environment."""
    names = [each.password_env for each in configuration.sessions]
    for venue in configuration.venues:
        if venue.kind == "ccxt" and venue.key_file is None:
            names += [venue.api_key_env, venue.api_secret_env]
    names += [each.secret_env for each in configuration.gateway.alerts.webhook]
    return list(dict.fromkeys(each for each in names if each is not None))


def _see_dictionaries(configuration: "Configuration") -> None:
    """Those that a start needs."""
    from fixgate.bootstrap.loading import ConfigurationError  # noqa: PLC0415 - 0.2 s
    from fixgate.bootstrap.parts import check_dictionaries  # noqa: PLC0415 - 1 s

    try:
        check_dictionaries(configuration)
    except ConfigurationError as error:
        raise Problem(str(error), FAILED) from None


def _journal(configuration: "Configuration") -> str:
    """Where it is; with the password looked for, as a start would."""
    from fixgate.bootstrap.loading import ConfigurationError  # noqa: PLC0415 - 0.2 s
    from fixgate.bootstrap.stores import where  # noqa: PLC0415 - 0.3 s

    try:
        return where(configuration)
    except ConfigurationError as error:
        raise Problem(str(error), FAILED) from None


def hash_password() -> None:
    """Read a password and print what a session file keeps instead of it.

    The line goes into sessions/NAME.toml as password_hash. From a terminal the password is
    asked for twice and not shown; otherwise it is the first line of stdin.
    """
    from fixgate.adapters.fix.credentials import hash_password as make  # noqa: PLC0415

    password = _asked() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not password:
        usage("no password was given")
    say(make(password))


def _asked() -> str:
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        usage("the two passwords differ")
    return password


def _sessions(configuration: "Configuration") -> "Table":
    made = table(
        "name", "version", "client CompID", "our CompID", "venue", "accounts", "logon", "times"
    )
    for each in configuration.sessions:
        made.add_row(
            each.name,
            each.version.value,
            each.target_comp_id,
            each.sender_comp_id or configuration.gateway.fix.comp_id,
            each.default_venue or "",
            ", ".join(each.accounts) or "any",
            _logon(each),
            _times(each),
        )
    return made


def _logon(session: "SessionFile") -> str:
    where = ", ".join(str(each) for each in session.allowed_addresses) or "loopback"
    proof = ", certificate" if session.client_certificate else ", TLS" * session.tls_required
    return f"{session.username or 'no password'}{proof}, from {where}"


def _times(session: "SessionFile") -> str:
    schedule = session.schedule
    if schedule is None:
        return "always open"
    opens = ", ".join(
        f"{' '.join(each.days)} {each.opens:%H:%M} to {each.closes_on or ''} {each.closes:%H:%M}"
        for each in schedule.open or ()
    )
    reset = "" if schedule.reset == "never" else f", reset {schedule.reset}"
    return f"{' '.join(opens.split()) or 'always open'}{reset} ({schedule.time_zone})"


def _venues(configuration: "Configuration") -> "Table":
    made = table("name", "kind", "what")
    for each in configuration.venues:
        made.add_row(each.name, each.kind, _venue(each))
    return made


def _venue(venue: "VenueSettings") -> str:
    if venue.kind == "simulated":
        return f"seed {venue.seed}, a step every {venue.step_ms} ms"
    to = f", redirected to {venue.redirect_host}:{venue.redirect_port}"
    return f"{venue.exchange} {venue.environment}{to if venue.redirect_host else ''}"


def _policies(configuration: "Configuration") -> "Table":
    made = table("name", "by", "venues", "split over", "what a venue refuses")
    for each in configuration.routing.policy:
        made.add_row(
            each.name,
            each.by.value,
            ", ".join(each.venues) or "all",
            f"up to {each.parts_max}" if each.split else "one",
            "goes to another" if each.reroute else "ends the order",
        )
    return made


def _limits(configuration: "Configuration") -> "Table":
    from fixgate.domain.limit_changes import in_words, place_of, stated  # noqa: PLC0415 - with its users

    made = table("for", "limit", "value")
    for rule in configuration.limits().rules:
        for name, found in stated(rule.limits):
            made.add_row(place_of(rule), name, in_words(found))
    return made


def _aliases(configuration: "Configuration") -> "Table":
    made = table("alias", "symbol")
    for alias, symbol in configuration.aliases.items():
        made.add_row(alias, symbol)
    return made
