"""A process that does what its parent asks: the other side of ``children.Child``.

A module that is started so calls ``serve`` at its end, when it is run as a program.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import sys
import textwrap
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from emotion_core.errors import EmotionCoreError
from emotion_core.system.processes.isolation import cut_off
from emotion_core.system.progress import ShareProgress

#: The key of what comes beside a request's or an answer's JSON values: bytes as they are.
CONTENT: Final = "content"

#: Does what a request says and returns what is to be answered; both are plain JSON values, but for
#: ``CONTENT``: bytes, or a contiguous array.
Answer: TypeAlias = Callable[[dict[str, Any], ShareProgress], dict[str, Any]]

#: What work in the background gives way to: live video, and whoever works on the machine.
NICE: Final = 10

_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True)
class Limits:
    """What a child may take of the machine, where the system can hold it to that.

    How long an answer may take is up to the parent: see ``Child.ask``.

    Attributes:
        memory_bytes: of its own.
        processor_seconds: of all its threads.
        file_bytes: the largest file that it may write.
        alone: whether it does without network and other programs, see ``isolation.cut_off``.
    """

    memory_bytes: int
    processor_seconds: int
    file_bytes: int
    alone: bool = True

    def apply(self) -> None:
        """Hold this process to them, for good."""
        if self.alone:
            cut_off()
        try:
            import resource
        except ImportError:  # Windows
            return
        for kind, most in (
            (resource.RLIMIT_DATA, self.memory_bytes),
            (resource.RLIMIT_CPU, self.processor_seconds),
            (resource.RLIMIT_FSIZE, self.file_bytes),
            (resource.RLIMIT_CORE, 0),
        ):
            with suppress(ValueError, OSError):  # a lower limit is in force
                resource.setrlimit(kind, (most, most))


def serve(
    answer: Answer, *, limits: Limits | None = None, idle_seconds: float | None = None
) -> None:
    """Answer this process's parent until it closes our input, or has not asked for a while.

    What ``answer`` raises is told as the problem: as it stands when it was meant for the user,
    else with its class. Whatever libraries print goes to standard error.

    Args:
        answer: called in this thread with a request and a function that takes the share done.
        limits: what this process may take.
        idle_seconds: how long it waits for a request.
    """
    _end_with_parent()
    if limits is not None:
        limits.apply()
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def tell(content: memoryview | None = None, **told: object) -> None:
        told_bytes = {} if content is None else {"bytes": content.nbytes}
        output.write(json.dumps(told | told_bytes).encode() + b"\n")
        if content is not None:
            output.write(content)
        output.flush()

    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    while True:
        try:
            request = requests.get(timeout=idle_seconds)
        except queue.Empty:
            return
        try:
            told = answer(request, lambda share: tell(share=share))
            content = told.pop(CONTENT, None)
            tell(None if content is None else memoryview(content), answer=told)
        except Exception as error:  # noqa: BLE001 - the parent says it
            tell(problem=problem_of(error))


def problem_of(error: Exception) -> str:
    """Return how an error is told: as it stands when it was meant for the user, else its class."""
    if isinstance(error, EmotionCoreError):
        return str(error)
    return textwrap.shorten(f"{type(error).__name__}: {error}", 200)


def _end_with_parent() -> None:
    """Let Linux kill this process when the thread that started it ends: see ``children``.

    ``_listen`` would notice, too, but not while a library keeps Python from running any thread.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # Where the parent is dead already, ``_listen`` meets the end of the input.


def _listen(requests: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Take in requests; at the end of the input nobody waits for this process any more."""
    # A file of its own: Python may not end while a thread reads from ``sys.stdin``.
    try:
        with os.fdopen(os.dup(0), "rb") as file:
            for line in file:
                request = json.loads(line)
                if length := request.pop("bytes", 0):
                    request[CONTENT] = file.read(length)
                requests.put(request)
    finally:
        os._exit(0)


def give_way() -> None:
    """Let this process and its children wait for all others."""
    if hasattr(os, "nice"):
        os.nice(NICE)


def let_thread_give_way() -> None:
    """Let this thread wait for all others; on Linux alone, elsewhere it does nothing."""
    if hasattr(os, "setpriority"):
        with suppress(OSError):  # Linux takes a thread's id there; others refuse it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
