"""Build a wheel from an unpacked source tree, several C++ files at a time, showing how far it is.

Here: what replaces the compile step of distutils, and the run of setup.py with it.
Not here: where the source comes from and where the wheel goes. It runs as a process of its own, in
the source tree, with the interpreter of the environment, because distutils is patched for good.

Run: python parallel_compile.py JOBS LOG_FILE OUTPUT_FOLDER FLAG...
"""

from __future__ import annotations

import os
import runpy
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TextIO

TICK_S: Final = 1.0
LINE_EVERY_S: Final = 15.0


class Progress:
    """Tells how many files are compiled: on a terminal in place, else a line now and then."""

    def __init__(
        self, out: TextIO, total: int, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._out = out
        self._total = total
        self._clock_s = clock_s
        self._started_s = clock_s()
        self._next_line_s = 0.0

    def show(self, done: int) -> None:
        """Say that `done` files are compiled, if it is time to say something."""
        elapsed_s = self._clock_s() - self._started_s
        is_last = done == self._total
        text = f"  quickfix: {done:2d} of {self._total} files compiled, {elapsed_s:.0f} s"
        if done == self._total - 1:
            text += " (the last is by far the largest)"
        if self._out.isatty():
            self._out.write(f"\r\x1b[K{text}" + ("\n" if is_last else ""))
        elif is_last or elapsed_s >= self._next_line_s:
            self._next_line_s = elapsed_s + LINE_EVERY_S
            self._out.write(f"{text}\n")
        self._out.flush()


def run_all(
    tasks: Sequence[Callable[[], None]], *, workers: int, show: Callable[[int], None]
) -> None:
    """Run the tasks in order, `workers` at a time; the first failure stops those not yet begun."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures = [pool.submit(task) for task in tasks]
        pending: set[Future[None]] = set(futures)
        show(0)
        while pending:
            finished, pending = wait(pending, timeout=TICK_S, return_when=FIRST_EXCEPTION)
            for future in finished:
                if future.exception() is not None:
                    pool.shutdown(wait=False, cancel_futures=True)
                    future.result()
            show(len(futures) - len(pending))


def largest_first(sources: Sequence[str]) -> list[str]:
    """The order that ends soonest: one file takes longer than all the others together."""
    return sorted(sources, key=lambda source: Path(source).stat().st_size, reverse=True)


def compile_step(
    workers: int, flags: Sequence[str], progress_out: TextIO
) -> Callable[..., list[str]]:
    """What to put in the place of CCompiler.compile, whose arguments it takes."""

    def compile_all(  # noqa: PLR0917 - the signature is that of distutils
        compiler: Any,
        sources: Sequence[str],
        output_dir: str | None = None,
        macros: Any = None,
        include_dirs: Any = None,
        debug: Any = None,
        extra_preargs: Any = None,
        extra_postargs: Any = None,
        depends: Any = None,
    ) -> list[str]:
        _, objects, postargs, pp_opts, build = compiler._setup_compile(  # noqa: SLF001
            output_dir, macros, include_dirs, sources, depends, extra_postargs
        )
        cc_args = compiler._get_cc_args(pp_opts, debug, extra_preargs)  # noqa: SLF001
        # Ours come last, so that they outrank the flags Python itself was built with.
        postargs = [*postargs, *flags]
        object_of = {source: name for name, (source, _) in build.items()}

        def task(source: str) -> Callable[[], None]:
            name = object_of[source]
            compile_one = compiler._compile  # noqa: SLF001 - the step CCompiler.compile itself takes
            return partial(compile_one, name, source, build[name][1], cc_args, postargs, pp_opts)

        tasks = [task(source) for source in largest_first(list(object_of))]
        run_all(tasks, workers=workers, show=Progress(progress_out, len(tasks)).show)
        return list(objects)

    return compile_all


def main(arguments: Sequence[str]) -> None:
    """Patch distutils and let the package's own setup.py make the wheel."""
    workers, log_file, output, *flags = arguments
    progress_out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    # setuptools comes first: it brings the distutils that Python 3.12 dropped.
    import_module("setuptools")
    import_module("distutils.ccompiler").CCompiler.compile = compile_step(
        int(workers), flags, progress_out
    )
    sys.argv = ["setup.py", "bdist_wheel", "--dist-dir", output]
    sys.path.insert(0, str(Path.cwd()))
    runpy.run_path("setup.py", run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
