"""Reading the configuration: files, then the environment, then one verdict.

Here: load() and ConfigurationError, which says file, line or key, and what is wrong.
Not here: what the files may say (settings).
"""

import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from fixgate.adapters.fix.certificates import (
    TlsFiles,
    TlsUnusable,
    context_of,
    normal_subject,
)
from fixgate.bootstrap.limit_settings import RiskFile
from fixgate.bootstrap.routing_settings import RoutingFile
from fixgate.bootstrap.settings import (
    Configuration,
    GatewaySettings,
    SessionFile,
    SymbolsFile,
    VenuesFile,
)
from fixgate.domain.routing import SMART
from fixgate.domain.sessions import Role

ENVIRONMENT_PREFIX: Final = "FIXGATE_"
# Variables with our prefix that are not settings of gateway.toml.
_OTHER_VARIABLES: Final = frozenset(
    {
        "FIXGATE_HOME",
        "FIXGATE_WHEEL_CACHE",
        "FIXGATE_KEY_PASSWORD",
        "FIXGATE_MASTER_KEY",
        "FIXGATE_MASTER_KEY_FILE",
    }
)
M = TypeVar("M", bound=BaseModel)
# Where pydantic speaks of Python.
_OUR_WORDS: Final = {
    "path_type": "Input should be a path, as text",
    "model_type": "Input should be a table",
    "extra_forbidden": "no setting of that name",
}
_NAME: Final = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_NAMES: Final = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER: Final = re.compile(rf"\s*(\[{{1,2}})\s*({_NAMES})\s*\]")
_KEY: Final = re.compile(rf"\s*({_NAMES})\s*=")


class ConfigurationError(Exception):
    """The configuration cannot be used; the message is a line, or one per file, to act on."""


@dataclass(frozen=True, slots=True)
class _File:
    """A TOML file as text and as values."""

    path: Path
    text: str
    values: dict[str, Any]

    def line_of(self, keys: Sequence[str | int]) -> int | None:
        """The line that sets a key, or that opens its table; as well as plain text shows it."""
        wanted = tuple(keys)
        about = [(len(at), -line) for at, line in self._places() if at == wanted[: len(at)]]
        return -max(about)[1] if about else None

    def _places(self) -> Iterator[tuple[tuple[str | int, ...], int]]:
        """What each line is about: a table or a key, by its whole path."""
        table: tuple[str | int, ...] = ()
        seen: Counter[tuple[str | int, ...]] = Counter()
        for number, line in enumerate(self.text.splitlines(), start=1):
            if (header := _HEADER.match(line)) is not None:
                names = _names(header[2])
                table = ()
                for name in names:
                    table = (*table, name)
                    if header[1] == "[[" and name is names[-1]:
                        seen[table] += 1
                    if table in seen:
                        table = (*table, seen[table] - 1)
                if table:
                    yield table, number
            elif (key := _KEY.match(line)) is not None and (names := _names(key[1])):
                yield (*table, *names), number

    def path_of(self, loc: Sequence[str | int]) -> list[str | int]:
        """A place as pydantic names it, without its names for the branches of a union."""
        here: Any = self.values
        kept: list[str | int] = []
        for part in loc:
            try:
                here = here[part]
            except (KeyError, IndexError, TypeError):
                # The last part may be a key that is missing.
                if not isinstance(here, dict) or part is not loc[-1]:
                    continue
            kept.append(part)
        return kept


def _names(text: str) -> list[str]:
    """The parts of a dotted name of TOML."""
    try:
        here: Any = tomllib.loads(f"{text} = 0")
    except tomllib.TOMLDecodeError:
        return []
    names = []
    while isinstance(here, dict):
        [(name, here)] = here.items()
        names.append(name)
    return names


def load(home: Path, environ: Mapping[str, str] | None = None) -> Configuration:
    """Read and check everything under ``home``.

    Args:
        home: the folder that holds config/ and sessions/.
        environ: the environment; FIXGATE_FIX__PORT=9999 overrides [fix] port of gateway.toml.

    Raises:
        ConfigurationError: with file, line or key, and what is wrong.
    """
    environ = os.environ if environ is None else environ
    gateway = _gateway(home, environ)
    venues = _model(_read(home / "config" / "venues.toml"), VenuesFile)
    symbols = _optional(home / "config" / "symbols.toml", SymbolsFile)
    folder = gateway.sessions_dir
    folder = folder if folder.is_absolute() else home / folder
    sessions = tuple(_sessions(folder))
    configuration = Configuration(
        home=home,
        gateway=gateway,
        venues=tuple(each for each in venues.venue if each.enabled),
        aliases=symbols.aliases,
        risk=_optional(home / "config" / "risk.toml", RiskFile),
        routing=_optional(home / "config" / "routing.toml", RoutingFile),
        sessions=tuple(each for _, each in sessions if each.enabled),
    )
    _check_together(configuration, sessions)
    _check_policies(configuration)
    check_certificates(configuration)
    return configuration


def _gateway(home: Path, environ: Mapping[str, str]) -> GatewaySettings:
    file = _read(home / "config" / "gateway.toml")
    values = file.values
    for name, text in environ.items():
        if name.startswith(ENVIRONMENT_PREFIX) and name not in _OTHER_VARIABLES:
            _override(values, name, text)
    return _model(file, GatewaySettings, environ=environ)


def _override(values: dict[str, Any], name: str, text: str) -> None:
    *tables, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
    model: Any = GatewaySettings
    for table in tables:
        field = model.model_fields.get(table)
        model = field.annotation if field is not None else None
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise ConfigurationError(f"environment variable {name}: no setting of that name")
        values = values.setdefault(table, {})
    if key not in model.model_fields:
        raise ConfigurationError(f"environment variable {name}: no setting of that name")
    values[key] = _typed(model.model_fields[key].annotation, text)


def _typed(annotation: Any, text: str) -> Any:
    """Numbers arrive as text from the environment; pydantic reads them, errors name the key."""
    try:
        return TypeAdapter(annotation).validate_strings(text)
    except ValidationError:
        return text


def _optional(path: Path, model: type[M]) -> M:
    return _model(_read(path), model) if path.exists() else model()


def _sessions(folder: Path) -> Iterator[tuple[_File, SessionFile]]:
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: no such folder; it holds one file per client session")
    faults = []
    for path in sorted(folder.glob("*.toml")):
        try:
            file = _read(path)
            yield file, _model(file, SessionFile)
        except ConfigurationError as fault:
            faults.append(str(fault))
    if faults:
        raise ConfigurationError("\n".join(faults))


def _read(path: Path) -> _File:
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors put a mark at the beginning
        return _File(path, text, tomllib.loads(text))
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from None


def _model(file: _File, model: type[M], environ: Mapping[str, str] | None = None) -> M:
    try:
        return model.model_validate(file.values)
    except ValidationError as error:
        raise ConfigurationError(_first_fault(file, error, environ or {})) from None


def _first_fault(file: _File, error: ValidationError, environ: Mapping[str, str]) -> str:
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    keys = file.path_of(fault["loc"])
    shown = ".".join(str(key) for key in keys) or "the file"
    variable = ENVIRONMENT_PREFIX + "__".join(str(key).upper() for key in keys)
    said = _OUR_WORDS.get(fault["type"], fault["msg"]).removeprefix("Value error, ")
    if variable in environ:
        return f"environment variable {variable}: {said}"
    line = file.line_of(keys)
    where = f"{file.path}:{line}" if line else f"{file.path}"
    return f"{where}: {shown}: {said}"


def _check_together(
    configuration: Configuration, sessions: tuple[tuple[_File, SessionFile], ...]
) -> None:
    """Faults that only show when the files are seen together."""
    venues = {each.name for each in configuration.venues}
    seen: dict[object, Path] = {}
    for file, session in sessions:
        if not session.enabled:
            continue
        ours = session.sender_comp_id or configuration.gateway.fix.comp_id
        for key, what in (
            (session.name, f"name {session.name}"),
            (
                (session.version, ours, session.target_comp_id),
                f"version and CompID {session.version.value} {session.target_comp_id}",
            ),
        ):
            if key in seen:
                raise ConfigurationError(f"{file.path}: {what} is taken by {seen[key].name}")
            seen[key] = file.path
        for venue in (session.default_venue, *session.venues):
            if venue not in (None, SMART, *venues):
                line = file.line_of(("default_venue",))
                raise ConfigurationError(
                    f"{file.path}:{line}: venue {venue} is not in config/venues.toml, or disabled"
                )
        _check_routing(configuration, file, session)
        _check_covers(file, session, [each for _, each in sessions])
        if session.venues and session.default_venue not in (None, *session.venues):
            raise ConfigurationError(f"{file.path}: default_venue is not one of venues")
        _check_tls(configuration, file, session)
    if not configuration.sessions:
        raise ConfigurationError(f"{configuration.home}: no enabled session file")


def _check_routing(configuration: Configuration, file: _File, session: SessionFile) -> None:
    """The policy that a session names is there."""
    known = [each.name for each in configuration.routing.policy]
    if session.routing is not None and session.routing not in known:
        where = f"{file.path}:{file.line_of(('routing',))}: routing"
        names = ", ".join(known)
        raise ConfigurationError(
            f"{where}: {session.routing} is no policy of config/routing.toml; there are: {names}"
        )


def _check_policies(configuration: Configuration) -> None:
    """The venues that a policy lists are there."""
    venues = {each.name for each in configuration.venues}
    path = configuration.home / "config" / "routing.toml"
    for policy in configuration.routing.policy:
        for venue in policy.venues:
            if venue not in venues:
                raise ConfigurationError(
                    f"{path}: policy {policy.name}: venue {venue} is not in config/venues.toml,"
                    " or disabled"
                )


def _check_tls(configuration: Configuration, file: _File, session: SessionFile) -> None:
    """What a session demands of a connection can be had at some port."""
    tls = configuration.gateway.fix.tls
    demanded = session.client_certificate
    key = "tls_required" if demanded is None else "client_certificate"
    where = f"{file.path}:{file.line_of((key,)) or 1}: {key}"
    if (session.tls_required or demanded is not None) and not tls.enabled:
        raise ConfigurationError(f"{where}: [fix.tls] of config/gateway.toml is not enabled")
    if demanded is None:
        return
    if tls.client_certificates == "none":
        raise ConfigurationError(
            f"{where}: [fix.tls] of config/gateway.toml asks no client for a certificate"
        )
    try:
        normal_subject(demanded.subject or "")
    except ValueError:
        raise ConfigurationError(
            f"{where}: subject {demanded.subject!r} is no name like 'CN=desk,O=Client'"
        ) from None


def tls_files(configuration: Configuration) -> TlsFiles | None:
    """The certificate files of the TLS port; None: it is switched off."""
    tls = configuration.gateway.fix.tls
    if not tls.enabled or tls.certificate is None or tls.key is None:
        return None
    return TlsFiles(
        certificate=configuration.path(tls.certificate),
        key=configuration.path(tls.key),
        client_ca=None if tls.client_ca is None else configuration.path(tls.client_ca),
        required=tls.client_certificates == "required",
    )


def check_certificates(configuration: Configuration) -> None:
    """The certificate files can be used.

    Raises:
        ConfigurationError: one cannot.
    """
    files = tls_files(configuration)
    if files is None:
        return
    try:
        context_of(files)
    except TlsUnusable as error:
        path = configuration.home / "config" / "gateway.toml"
        raise ConfigurationError(f"{path}: fix.tls: {error}") from None


def _check_covers(file: _File, session: SessionFile, sessions: Sequence[SessionFile]) -> None:
    """A drop copy session covers sessions that there are, and that have reports."""
    entering = [each.name for each in sessions if each.role is Role.ORDER_ENTRY]
    for name in session.covers:
        if name != "*" and name not in entering:
            where = f"{file.path}:{file.line_of(('covers',))}"
            known = ", ".join(entering)
            raise ConfigurationError(
                f"{where}: covers {name}, which is no session for orders; there are: {known}"
            )
