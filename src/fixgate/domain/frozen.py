"""Values that never change, and copies of them with a difference.

Here: ``value``, the decorator of every value the core makes, and changed(), which makes the next.
Not here: any particular value.

A frozen dataclass pays at run time for what mypy proves beforehand: each field of each new object
goes through object.__setattr__, which was a tenth of what an order costs. ``value`` is frozen for
the type checker only (docs/decisions/0012).
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")
_COPIERS: dict[type, Callable[..., Any]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[T]) -> type[T]:
    """A slotted dataclass with keyword arguments; mypy refuses every assignment to a field."""
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)


def _copier(kind: type) -> Callable[..., Any]:
    """A function that makes a copy with some fields given: written out once for each class."""
    names = [each.name for each in fields(kind)]
    lines = ["def copy(given, changes):", "    made = new(kind)"]
    lines += [
        f"    made.{name} = changes.pop({name!r}) if {name!r} in changes else given.{name}"
        for name in names
    ]
    if hasattr(kind, "__post_init__"):
        lines.append("    made.__post_init__()")
    lines.append("    return made")
    scope: dict[str, Any] = {"new": object.__new__, "kind": kind}
    exec("\n".join(lines), scope)  # noqa: S102 - field names of our own classes, as dataclass does
    made: Callable[..., Any] = scope["copy"]
    return made


def changed(given: T, **changes: Any) -> T:
    """A copy of ``given`` with other fields; its ``__post_init__`` checks it as ever.

    Does what dataclasses.replace does, at a quarter of its cost.

    Raises:
        TypeError: the value has no field of that name.
    """
    kind = type(given)
    copier = _COPIERS.get(kind)
    if copier is None:
        copier = _COPIERS[kind] = _copier(kind)
    made: T = copier(given, changes)
    if changes:
        raise TypeError(f"{kind.__name__} has no field {sorted(changes)}")
    return made
