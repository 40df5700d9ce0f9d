"""Runs cases one after the other, each in a process of its own under limits.

Importing what reads files takes seconds, and some fifty hostile files wait. So a host process
imports the cases of a file of tests once, and is forked for each: a case has its own memory, its
own limits and its own end, as if it had been started anew.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import traceback
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from emotion_core.errors import EmotionCoreError
from emotion_core.system.storage.folders import PROJECT
from tests.hostile.cases import Case

#: Bytes of address space.
MEMORY: Final = 1_500_000_000
#: Of the processor: a busy machine makes no file hostile. What waits for something, such as a pipe,
#: may do so for ``PATIENCE`` times as long.
SECONDS: Final = 20
PATIENCE: Final = 6
#: Arrow's own allocator reserves 1 GB of addresses, which are no memory, at its first byte.
ENVIRONMENT: Final = MappingProxyType({"ARROW_DEFAULT_MEMORY_POOL": "system"})
#: Bytes; all files of a case together are smaller.
LARGEST_INPUT: Final = 1_000_000


def is_printable(text: str) -> bool:
    """Tell whether a terminal shows a text on one line; spaces of any width do no harm there."""
    return all(each.isprintable() or unicodedata.category(each) == "Zs" for each in text)


class Host:
    """The process in which the cases of one file of tests are read.

    Args:
        module: the file's dotted name.
        cases: its ``CASES``.
    """

    def __init__(self, module: str, cases: dict[str, Case]) -> None:
        self._cases = cases
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.host", module],
            cwd=PROJECT,
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def check(self, name: str, folder: Path, seconds: int = SECONDS) -> None:
        """Make the file of a case in an empty folder, let it be read, and see how that ends."""
        case = self._cases[name]
        path = case.make(folder)
        assert _bytes_in(folder) < LARGEST_INPUT
        end = self._ask(name, path, seconds)
        if case.refused is None:
            assert end == {"answer": case.answer}
            return
        assert "refused" in end, end.get("failed", end)
        message = end["refused"]
        assert re.search(case.refused, message), message
        assert is_printable(message), message

    def _ask(self, name: str, path: Path, seconds: int) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = json.dumps([name, os.fspath(path), seconds])
        self._process.stdin.write(request.encode() + b"\n")
        self._process.stdin.flush()
        end: dict[str, Any] = json.loads(self._process.stdout.readline())
        return end

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def _bytes_in(folder: Path) -> int:
    """Return how large all files are; folders may lie deeper than Python can go by recursion."""
    total, waiting = 0, [os.fspath(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    total += entry.stat().st_size
    return total


def _serve(module: str) -> None:
    cases: dict[str, Case] = importlib.import_module(module).CASES
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # libraries print
    for line in sys.stdin:
        name, path, seconds = json.loads(line)
        end = end_of(cases[name].read, Path(path), seconds)
        output.write(json.dumps(end).encode() + b"\n")
        output.flush()


def end_of(read: Callable[[Path], Any], path: Path, seconds: int = SECONDS) -> dict[str, Any]:
    """Read a file in a fork of this process, and return how that ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()  # so that all that it starts can be ended with it
        _set_limits(seconds)
        told = json.dumps(_read(read, path)).encode()
        os.write(writing, told)
        os._exit(0)
    os.close(writing)
    deadline = time.monotonic() + seconds * PATIENCE
    ended = 0, 0
    while ended == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.01)
        ended = os.waitpid(child, os.WNOHANG)
    with suppress(ProcessLookupError):  # nobody is left
        os.killpg(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as pipe:
        if ended == (0, 0):
            os.waitpid(child, 0)
            return {"failed": f"still waiting after {seconds * PATIENCE} s"}
        told = pipe.read()
    if not told:
        code = os.waitstatus_to_exitcode(ended[1])
        return {"failed": f"it died, exit code {code}, perhaps after {seconds} s at work"}
    end: dict[str, Any] = json.loads(told)
    return end


def _set_limits(seconds: int) -> None:
    import resource

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(read: Callable[[Path], Any], path: Path) -> dict[str, Any]:
    try:
        return {"answer": read(path)}
    except EmotionCoreError as error:
        return {"refused": str(error)[:4000]}  # a pipe holds more
    except BaseException:  # noqa: BLE001 - the test shows it
        return {"failed": traceback.format_exc()[-4000:]}


if __name__ == "__main__":
    _serve(sys.argv[1])
