"""Looks for files that take a reader down: ``python -m tests.fuzz csv --minutes 10``.

Each file is read in a process of its own under the limits of ``tests.hostile``, and has to end in
an answer or in one line. The smallest file that does otherwise is kept in ``found/``, where
``test_found.py`` reads it from then on; so is what an earlier run found. ``api`` sends requests to
the interface for other programs instead.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
import warnings
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.interface import fuzz_interface
from tests.fuzz.readers import FOUND, Reader, every_reader
from tests.hostile.host import ENVIRONMENT, end_of, is_printable

#: Requests instead of files: see `interface`.
API = "api"

_EXAMPLES = 300
_ENOUGH = 10


def main() -> None:
    """Fuzz one reader, or all of them one after the other."""
    readers = every_reader()
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=main.__doc__)
    parser.add_argument("reader", choices=[*readers, API, "all"])
    parser.add_argument("--minutes", type=float, default=10.0, help="for each of them")
    arguments = parser.parse_args()
    chosen = [*readers, API] if arguments.reader == "all" else [arguments.reader]
    problems = [problem for name in chosen for problem in fuzz(name, arguments.minutes)]
    raise SystemExit(1 if problems else 0)


def fuzz(name: str, minutes: float) -> list[str]:
    """Look for files that take a reader down, and return what they do to it."""
    if name == API:
        with tempfile.TemporaryDirectory() as folder:
            problems = fuzz_interface(minutes, Path(folder))
        print("".join(f"{problem}\n" for problem in problems), end="", flush=True)
        return problems
    reader = every_reader()[name]
    deadline = time.monotonic() + 60 * minutes
    read, problems = 0, []
    while time.monotonic() < deadline and len(problems) < _ENOUGH:
        search = Search(reader, deadline)
        search.run()
        read += search.read
        if search.problem is not None:
            problems.append(search.problem)
            print(f"{keep(name, reader, search.content)}: {search.problem}", flush=True)
    print(f"{name}: {read:,} files in {minutes:g} minutes, {len(problems)} problems", flush=True)
    return problems


class Search:
    """Some hundred files, and the smallest one that takes the reader down.

    Attributes:
        read: how many files were read.
        content: of the file that was found.
        problem: what it does.
    """

    def __init__(self, reader: Reader, deadline: float) -> None:
        self._reader = reader
        self._deadline = deadline
        self.read = 0
        self.content = b""
        self.problem: str | None = None

    def run(self) -> None:
        """Read until they are through, or the time is."""

        @seed(time.time_ns())
        @settings(
            max_examples=_EXAMPLES,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(self._reader.files)
        def try_it(content: bytes) -> None:
            if self.problem is None and time.monotonic() > self._deadline:
                return
            self.read += 1
            problem = problem_with(self._reader, content)
            if problem is not None:
                self.content, self.problem = content, problem
            assert problem is None

        with suppress(AssertionError):
            try_it()


def problem_with(reader: Reader, content: bytes) -> str | None:
    """Return how reading a file ends badly, or None where it ends well."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{reader.suffix}"
        path.write_bytes(content)
        end = end_of(reader.read, path)
    if "failed" in end:
        return str(end["failed"])
    message = str(end.get("refused", ""))
    return None if is_printable(message) else f"not printable: {message!r}"


def keep(name: str, reader: Reader, content: bytes) -> Path:
    """Write a file that was found where the tests read it."""
    digest = hashlib.sha256(content).hexdigest()[:8]
    path = FOUND / f"{name}-{digest}{reader.suffix}"
    path.write_bytes(content)
    return path


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # Hypothesis finds files long
    os.environ.update(ENVIRONMENT)
    main()
