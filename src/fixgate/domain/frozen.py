"""Values that never change, and copies of them with a difference.

Here: ``value``, the decorator of every value the core makes, maker(), which makes one cheaply, and
changed(), which makes the next.
Not here: any particular value.

A frozen dataclass pays at run time for what mypy proves beforehand: each field of each new object
goes through object.__setattr__, which was a tenth of what an order costs. ``value`` is frozen for
the type checker only (docs/decisions/0012).
"""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any, ParamSpec, TypeVar, dataclass_transform

T = TypeVar("T")
P = ParamSpec("P")
_COPIERS: dict[type, Callable[..., Any]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[T]) -> type[T]:
    """A slotted dataclass with keyword arguments; mypy refuses every assignment to a field."""
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)


def maker(cls: Callable[P, T]) -> Callable[P, T]:
    """A function that takes what a slotted dataclass takes, and makes the same object of it.

    At a third of the cost: to call a class, CPython packs the arguments into a tuple and a dict
    and unpacks them again for ``__init__``. It is for what is made for every order.

    Raises:
        TypeError: a field's default is made anew for each object.
    """
    kind: Any = cls
    scope: dict[str, Any] = {"new": object.__new__, "kind": kind}
    needed, optional = [], []
    for each in fields(kind):
        if each.default_factory is not MISSING:
            raise TypeError(f"{kind.__name__}.{each.name} has a default of its own each time")
        if each.default is MISSING:
            needed.append(each.name)
        else:
            scope[f"default_{each.name}"] = each.default
            optional.append(f"{each.name}=default_{each.name}")
    keywords = ["*"] if fields(kind)[0].kw_only else []
    lines = [f"def make({', '.join([*keywords, *needed, *optional])}):", "    made = new(kind)"]
    lines += [f"    made.{each.name} = {each.name}" for each in fields(kind)]
    made: Callable[P, T] = _written("make", kind, lines, scope)
    return made


def _copier(kind: type) -> Callable[..., Any]:
    """A function that makes a copy with some fields given: written out once for each class."""
    names = [each.name for each in fields(kind)]
    lines = ["def copy(given, changes):", "    made = new(kind)"]
    lines += [
        f"    made.{name} = changes.pop({name!r}) if {name!r} in changes else given.{name}"
        for name in names
    ]
    return _written("copy", kind, lines, {"new": object.__new__, "kind": kind})


def _written(name: str, kind: type, lines: list[str], scope: dict[str, Any]) -> Callable[..., Any]:
    """The function that these lines define, which ends with the ``kind`` it made."""
    check = ["    made.__post_init__()"] if hasattr(kind, "__post_init__") else []
    text = "\n".join([*lines, *check, "    return made"])
    exec(text, scope)  # noqa: S102 - field names of our own classes, as dataclass does
    function: Callable[..., Any] = scope[name]
    return function


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
