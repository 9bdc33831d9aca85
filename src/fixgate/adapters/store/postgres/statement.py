"""The statement that makes a group of batches durable, and its parameters.

Here: one statement with all tables in it. It is a transaction by itself: one way to the server and
back, and nothing is held open there while this process sleeps. Each column goes as one array of
JSON, which is written here in a microsecond and taken apart by the server. The lease is checked
and renewed by the same statement; where it is lost, nothing is written.
Not here: when it is sent, and what is done if no answer comes.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Integer, LargeBinary, SmallInteger

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.rows import Rows
from fixgate.adapters.store.writing import ON_CONFLICT, WRITTEN

_ENCODE: Final = msgspec.json.Encoder().encode
_CASTS: Final = ((BigInteger, "::bigint"), (SmallInteger, "::smallint"), (Integer, "::integer"))
_HELD: Final = (
    "WITH held AS (UPDATE gateway_lease SET commits = commits + 1,"
    " until = clock_timestamp() + make_interval(secs => %s)"
    " WHERE fence = %s AND commits = %s RETURNING fence)"
)


def parameters(rows: Rows) -> tuple[str, list[str]]:
    """The statement for these rows, and what is given with it after the lease's part.

    Raises:
        UnicodeEncodeError, OverflowError: the database cannot hold one of the values.
    """
    names: list[str] = []
    given: list[str] = []
    for name, flat in rows.tables():
        if flat:
            names.append(name)
            if name == "cl_ord_ids":
                flat = _each_once(flat)  # noqa: PLW2901 - the same rows
            width = len(WRITTEN[name])
            given += [_ENCODE(flat[at::width]).decode() for at in range(width)]
    return statement(tuple(names)), given


@cache
def statement(names: tuple[str, ...]) -> str:
    """The statement for rows in these tables."""
    inserts = [f", {name}_rows AS ({_insert(name)})" for name in names]
    return f"{_HELD}{''.join(inserts)} SELECT fence FROM held"  # noqa: S608 - names of our own


def _insert(name: str) -> str:
    columns = WRITTEN[name]
    values = ", ".join(_value(name, column) for column in columns)
    arrays = ", ".join("json_array_elements_text(%s::json)" for _ in columns)
    return (
        f"INSERT INTO {name}({', '.join(columns)}) SELECT {values}"  # noqa: S608 - the same
        f" FROM held, ROWS FROM ({arrays}) AS given({', '.join(columns)})"
        f"{ON_CONFLICT.get(name, '')}"
    )


def _value(table: str, column: str) -> str:
    kind = t.metadata.tables[table].columns[column].type
    if isinstance(kind, LargeBinary):
        return f"decode(given.{column}, 'base64')"
    # SmallInteger and BigInteger are kinds of Integer.
    for each, cast in _CASTS:
        if isinstance(kind, each):
            return f"given.{column}{cast}"
    return f"given.{column}"


def _each_once(flat: Sequence[Any]) -> list[Any]:
    """One statement may not touch a row twice: of a name given twice, the last order."""
    latest = dict(zip(zip(flat[::3], flat[1::3], strict=True), flat[2::3], strict=True))
    once: list[Any] = []
    for (session, cl_ord_id), order_id in latest.items():
        once += (session, cl_ord_id, order_id)
    return once
