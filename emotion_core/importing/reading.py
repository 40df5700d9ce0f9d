"""The process that reads a model's files: started, followed, and ended with who waits for it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from emotion_core.errors import ModelError
from emotion_core.importing.answers import FoundNetwork
from emotion_core.system.folders import PROJECT

#: Called with the share of the work done, 0..1; whatever it raises ends the work.
Progress = Callable[[float], None]

#: Seconds that reading may take.
TIME_LIMIT: Final = 240.0

_PAUSE: Final = 0.05


def read_apart(kind: str, folder: Path, name: str, progress: Progress) -> FoundNetwork:
    """Run the worker on a folder and return what it found.

    Args:
        kind: a key of ``worker.READERS``.
        folder: with the files in ``UPLOADS``; the worker writes the model into it.
        name: of the file, for messages.
        progress: called now and then in this thread.

    Raises:
        ModelError: it refused the file, crashed, or took too long.
        OSError: it cannot be started, or the disk is full.
    """
    scratch = folder / "scratch"
    scratch.mkdir()
    output = folder / "output.jsonl"
    environment = os.environ | {"TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "emotion_core.importing.worker", kind, str(folder)],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.DEVNULL,
        )
    try:
        told = _follow(process, output, name, progress)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    shutil.rmtree(scratch, ignore_errors=True)
    output.unlink()
    return outcome(told, folder, name, process.returncode)


def outcome(told: dict[str, Any], folder: Path, name: str, code: int) -> FoundNetwork:
    """Return what the worker told at last.

    Args:
        told: its last line.
        folder: where it worked.
        name: the file's.
        code: its exit code.

    Raises:
        ModelError: it told a problem, or nothing.
    """
    if "found" in told:
        return FoundNetwork(**told["found"])
    if "problem" in told:
        raise ModelError(_in_users_words(str(told["problem"]), folder, name))
    raise ModelError(
        f"{name}: expected a model that can be read, found one that crashed what read it (exit "
        f"code {code}); it is damaged, larger than this machine can hold, or made to "
        "do harm, and is refused"
    )


def _follow(
    process: subprocess.Popen[bytes], output: Path, name: str, progress: Progress
) -> dict[str, Any]:
    """Report the worker's progress until it ends, and return the last thing it told."""
    deadline = time.monotonic() + TIME_LIMIT
    while process.poll() is None:
        if time.monotonic() > deadline:
            raise ModelError(
                f"{name}: expected a model that is read within {TIME_LIMIT:.0f} s, found one that "
                "takes longer; try on a machine with less to do, or a smaller model"
            )
        progress(float(_told(output).get("share", 0.0)))
        time.sleep(_PAUSE)
    return _told(output)


def _told(output: Path) -> dict[str, Any]:
    """Return the last whole line of the worker that is JSON; libraries print there too."""
    for line in reversed(output.read_text(encoding="utf-8", errors="replace").splitlines()):
        with suppress(ValueError):
            content = json.loads(line)
            if isinstance(content, dict):
                return content
    return {}


def _in_users_words(problem: str, folder: Path, name: str) -> str:
    """Return a message with the file's own name instead of where it lies for the moment."""
    text = re.sub(re.escape(str(folder)) + r"[^\s:]*", name, problem)
    return text if name in text else f"{name}: {text}"
