"""A drop copy that misses its first trade: loaded by Python itself into the gateway under test.

Here: the step that makes copies leaves one out, if the environment says so.
Not here: anything that the gateway knows of.
"""

import os
import sys
from importlib.abc import MetaPathFinder
from importlib.util import find_spec

_MODULE = "fixgate.application.step"


class _Patching(MetaPathFinder):
    """Changes the one function once its module has been loaded."""

    def find_spec(self, name, path, target=None):
        if name != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        load = spec.loader.exec_module

        def loaded(module):
            load(module)
            module.copies_of = _losing(module.copies_of)

        spec.loader.exec_module = loaded
        return spec


def _losing(copies_of):
    lost = []

    def copies(report, state):
        if report.last is not None and not lost:
            lost.append(report)
            return []
        return copies_of(report, state)

    return copies


if os.environ.get("LOSES_A_COPY"):
    sys.meta_path.insert(0, _Patching())
