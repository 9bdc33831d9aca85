"""Every property that is said to hold is named by a test that proves it.

A test names a property in its docstring: "Property: backoff." What is not reached by the code yet
is not in the list.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
NAME = re.compile(r"Property: ([^.]+)\.")
PROPERTIES = frozenset(
    {
        # venues
        "interface consistency",
        "registration completeness",
        "unavailability",
        "sandbox isolation",
        "REST authentication",
        "backoff",
        "error categories",
        "rate-limit enforcement",
        "rate-limit categories",
        "rate-limit visibility",
        "retry-after",
        # streams
        "stream normalisation",
        "recovery",
        "heartbeat",
        "concurrent streams",
        # FIX
        "FIX round trip",
        "FIX session management",
        "FIX logging",
        "audit completeness",
        # orders
        "order types",
        "time in force",
        "id uniqueness",
        "idempotency keys",
        "duplicate prevention",
        "modification",
        "cancel confirmation",
        "partial fills",
        # routing
        "routing criteria",
        "book consideration",
        "splitting",
        "size constraints",
        # positions
        "position granularity",
        "position and P&L",
        "position history",
        "reconciliation source of truth",
        # operations
        "quality alerts",
        "error alerting",
        "stuck orders",
        "graceful shutdown",
    }
)


def named() -> Iterator[str]:
    """The properties that tests name."""
    for path in TESTS.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path == Path(__file__) or "Property: " not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            is_test = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_test and node.name.startswith("test_"):
                told = " ".join((ast.get_docstring(node) or "").split())
                yield from NAME.findall(told)


def test_every_property_is_named_by_a_test_and_every_name_is_known() -> None:
    assert set(named()) == PROPERTIES
