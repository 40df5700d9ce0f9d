"""Starts modules of this project in a process of their own.

A child that *answers* is told by its parent what to do, and tells what came of it::

    with Child("emotion_core.training.networks.speed") as child:
        answer = child.ask({"faces": 200, "folders": ["models/mine"]}, time_limit=180)

A request is one line of JSON on the child's standard input. On its standard output come lines with
the ``share`` that is done, as many as it likes, and one with the ``answer`` or the ``problem``.
A request or an answer may come with *content*, such as a picture's pixels: its line tells the
number of ``bytes``, and they follow it as they are.
``serving`` is the child's side: a child ends with its parent, however that died.

A child with a *log* is told in its arguments, tells in files, and may outlive its parent: see
``run_with_log`` and ``leave_running``.
"""

from __future__ import annotations

import base64
import io
import json
import math
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Final, TypedDict

import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import EmotionCoreError
from emotion_core.system.processes.isolation import bare_environment
from emotion_core.system.processes.serving import CONTENT, NICE
from emotion_core.system.progress import ShareProgress
from emotion_core.system.storage.files import owner_only
from emotion_core.system.storage.folders import PROJECT
from emotion_core.system.storage.json_reading import MAX_JSON_BYTES, checked, parse_json

#: Seconds between two calls of a parent's ``progress``, at most.
PAUSE: Final = 0.05

#: The largest answer, without what comes beside it, and the largest such content, in bytes: a
#: picture of 52 megapixels has 156 MB. A child that tells more is ended; a stranger may lead it.
MOST_TOLD: Final = MAX_JSON_BYTES
MOST_CONTENT: Final = 500_000_000

_NOTHING_MORE: Final[Mapping[str, str]] = MappingProxyType({})
# What starts each child, and who waits for it; see ``_in_lasting_thread``.
_starts: Final[queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]]] = queue.SimpleQueue()
_starter_lock: Final = threading.Lock()
_starter: threading.Thread | None = None
# Between the end of a child's output and its own.
_SECONDS_TO_END: Final = 2.0
_LAST_WORDS_BYTES: Final = 4096
# Shares that wait to be reported; of more, some are left out.
_MOST_WAITING: Final = 100


class ChildError(EmotionCoreError):
    """A child told a problem. Its parent says so in words that the user knows.

    Attributes:
        reason: one line.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChildEndedError(ChildError):
    """A child ended without an answer; the reason is its last line on standard error.

    Attributes:
        code: its exit code.
    """

    def __init__(self, reason: str, code: int) -> None:
        super().__init__(reason)
        self.code = code


class ChildTooSlowError(ChildError):
    """A child took longer than it may, and was ended."""


class Child:
    """A process that answers requests; one thread at a time may ask.

    Args:
        module: its dotted name; run as a program it calls ``serve``.
        environment: variables that it gets besides this process's own.
        bare: whether it gets of this process's own no more than Python needs: for one that reads
            foreign files, see ``isolation``.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self,
        module: str,
        *,
        environment: Mapping[str, str] = _NOTHING_MORE,
        bare: bool = False,
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._conversation: threading.Thread | None = None
        self._told_too_much = False
        try:
            self._process = _in_lasting_thread(
                _command(module),
                cwd=PROJECT,
                env=(bare_environment() if bare else dict(os.environ)) | dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
            )
        except BaseException:
            self._errors.close()
            raise

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def give_way(self) -> None:
        """Let it wait for all others from now on, as ``serving.give_way`` does from within."""
        if hasattr(os, "setpriority"):
            with suppress(OSError):  # it has ended
                os.setpriority(os.PRIO_PROCESS, self.pid, NICE)

    def ask(
        self,
        request: Mapping[str, Any],
        *,
        content: bytes = b"",
        progress: ShareProgress | None = None,
        time_limit: float = math.inf,
    ) -> dict[str, Any]:
        """Wait for the child to do what the request says, and return its answer.

        Args:
            request: plain JSON values.
            content: given beside them, under the key ``CONTENT``.
            progress: called in this thread every ``PAUSE`` or sooner with the share that the child
                told last, 0 before it told any. When it raises, the child is ended.
            time_limit: seconds.

        Returns:
            plain JSON values, and where there is content a bytearray under the key ``CONTENT``.

        Raises:
            ChildEndedError: it ended before it answered, or told more than it may and was ended.
            ChildTooSlowError: it took longer than ``time_limit``, and was ended.
            ChildError: it told a problem; it can be asked again.
        """
        told: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._conversation = threading.Thread(
            target=self._converse, args=(request, content, told), daemon=True
        )
        try:
            self._conversation.start()
        except RuntimeError:  # there is no room for another thread
            self._conversation = None
            raise
        try:
            last = _last_told(told, progress or (lambda _: None), time.monotonic() + time_limit)
            if not last:
                if not self._told_too_much:
                    with suppress(subprocess.TimeoutExpired):
                        self._process.wait(_SECONDS_TO_END)
                raise ChildEndedError(self._last_words(), self._end())
        except BaseException:
            self.close()
            raise
        if "problem" in last:
            raise ChildError(str(last["problem"]))
        answer: dict[str, Any] = last["answer"]
        return answer | {CONTENT: last[CONTENT]} if CONTENT in last else answer

    def close(self) -> None:
        """End the child if it still runs, and leave nothing of it; may be called again."""
        self._end()
        while self._conversation is not None:
            try:
                self._conversation.join()
                break
            except RuntimeError:  # Ctrl-C came while it started: it runs in a moment
                time.sleep(0.001)
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            assert stream is not None
            with suppress(OSError):  # what was still to be written to it
                stream.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _converse(
        self,
        request: Mapping[str, Any],
        content: bytes,
        told: queue.SimpleQueue[dict[str, Any]],
    ) -> None:
        """Write the request and pass on what is told; an empty message says that no more comes."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert isinstance(stdout, io.BufferedReader)
        try:
            with suppress(OSError):  # it has ended, and so has its output
                told_bytes = {"bytes": len(content)} if content else {}
                stdin.write(json.dumps({**request, **told_bytes}).encode() + b"\n")
                stdin.write(content)
                stdin.flush()
            for line in iter(lambda: stdout.readline(MOST_TOLD + 1), b""):
                message = _message(line)
                length = message.get("bytes", 0)
                if len(line) > MOST_TOLD or not 0 <= length <= MOST_CONTENT:
                    self._told_too_much = True
                    return
                if message:
                    if length:
                        message[CONTENT] = bytearray(length)
                        if stdout.readinto(message[CONTENT]) < length:
                            return  # it has ended
                    if "share" not in message:
                        told.put(message)
                        return
                    if told.qsize() < _MOST_WAITING:
                        told.put(message)
        finally:
            told.put({})

    def _end(self) -> int:
        self._process.kill()  # no harm once it has ended
        return self._process.wait()

    def _last_words(self) -> str:
        if self._told_too_much:
            return "it sent more than it may"
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - _LAST_WORDS_BYTES))
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it was ended from outside, perhaps because memory ran out"


def _last_told(
    told: queue.SimpleQueue[dict[str, Any]], progress: ShareProgress, deadline: float
) -> dict[str, Any]:
    """Report each share that is told and return the first message that tells none."""
    message: dict[str, Any] = {"share": 0.0}
    while "share" in message:
        progress(float(message["share"]))
        if time.monotonic() > deadline:
            raise ChildTooSlowError("it took too long")
        with suppress(queue.Empty):
            message = told.get(timeout=PAUSE)
    return message


class _Told(TypedDict, total=False):
    share: float
    answer: dict[str, Any]
    problem: str
    bytes: int


def _message(line: bytes) -> dict[str, Any]:
    """Return what a line tells; nothing when it is not ours: libraries print there too."""
    with suppress(ValueError):
        content = parse_json(line)
        if isinstance(content, dict) and content.keys() & {"share", "answer", "problem"}:
            checked(content, _Told)
            return content
    return {}


def run_with_log(
    module: str,
    *arguments: str,
    log: IO[bytes],
    environment: Mapping[str, str] = _NOTHING_MORE,
) -> int:
    """Run a module to its end and return its exit code.

    Args:
        module: its dotted name.
        arguments: of its command line.
        log: an open file that takes what it prints.
        environment: variables that it gets besides this process's own.

    Raises:
        OSError: it cannot be started.
    """
    return subprocess.call(
        _command(module, *arguments),
        cwd=PROJECT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )


def leave_running(
    module: str, *, log: Path, environment: Mapping[str, str] = _NOTHING_MORE
) -> None:
    """Start a module that belongs to no terminal and goes on when this process ends.

    Args:
        module: its dotted name.
        log: a file to which what it prints is added.
        environment: variables that it gets besides this process's own.

    Raises:
        OSError: it cannot be started.
    """
    with open(log, "ab", opener=owner_only) as file:
        process = subprocess.Popen(
            _command(module),
            cwd=PROJECT,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            creationflags=getattr(subprocess, "DETACHED_PROCESS", 0),
        )
    # Somebody has to take note of its end, or it stays in the system's table of processes.
    threading.Thread(target=process.wait, daemon=True).start()


def _command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _in_lasting_thread(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a process from a thread that ends with this process, not with a job or a viewer.

    Linux ends a child that asks for it with the *thread* that started it: prctl(2).
    """
    global _starter
    with _starter_lock:
        if _starter is None:
            # A daemon: an executor's thread that Ctrl-C keeps it from knowing would never be told
            # to end, and Python would wait for it for ever.
            starter = threading.Thread(target=_start_children, name="children", daemon=True)
            starter.start()
            _starter = starter
    started: Future[subprocess.Popen[bytes]] = Future()
    _starts.put((lambda: subprocess.Popen(command, **options), started))
    return started.result()


def _start_children() -> None:
    while True:
        start, started = _starts.get()
        try:
            started.set_result(start())
        except BaseException as error:  # noqa: BLE001 - whoever asked for it gets it
            started.set_exception(error)
        del start, started  # or they would be kept until the next is asked for


def packed(array: NDArray[Any]) -> dict[str, Any]:
    """Return an array as plain JSON values."""
    content = base64.b64encode(np.ascontiguousarray(array).data).decode()
    return {"dtype": array.dtype.str, "shape": list(array.shape), "bytes": content}


def unpacked(content: Mapping[str, Any]) -> NDArray[Any]:
    """Return the array that ``packed`` was given, read-only."""
    flat = np.frombuffer(base64.b64decode(content["bytes"]), np.dtype(content["dtype"]))
    return flat.reshape(content["shape"])
