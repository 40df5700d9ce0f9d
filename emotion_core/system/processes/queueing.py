"""Tasks that are done one after the other, whoever asked for them and whether they are still there.

A *task* is a folder, and its state follows from files in it that the system keeps true: ``lock`` is
held as long as a process works on it, whatever happens to that process; ``queued`` says that it
waits, and since when; a task that is neither held, queued nor ended was interrupted.

A *worker* is a process that outlives whoever started it. It imports next to nothing, and has each
task done by a process of its own: a crash, or what a library keeps in memory, is gone with that
one. A lock in the folder of all tasks sees to it that there is one worker. Whose task is next where
several people have some is said in ``turns``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar

from emotion_core.errors import EmotionCoreError
from emotion_core.system.logs.lines import speak_as_asked
from emotion_core.system.processes.children import leave_running, run_with_log
from emotion_core.system.processes.serving import give_way
from emotion_core.system.storage.files import owner_only, replace_file, write_json
from emotion_core.system.storage.json_reading import checked, read_json
from emotion_core.system.storage.locks import FileLock, is_held

LOCK_FILE: Final = "lock"
QUEUED_FILE: Final = "queued"
STOP_FILE: Final = "stop"
CANCEL_FILE: Final = "cancel"
OUTCOME_FILE: Final = "outcome.json"
STATUS_FILE: Final = "status.json"
LOG_FILE: Final = "log.txt"

#: In the folder of all tasks.
WORKER_LOCK: Final = ".worker.lock"
WORKER_LOG: Final = ".worker.log"

_NOTHING_MORE: Final[Mapping[str, str]] = MappingProxyType({})

Task = TypeVar("Task")
Note = TypeVar("Note")

State = Literal["running", "queued", "done", "stopped", "cancelled", "failed", "interrupted"]

#: States in which something will happen by itself.
ACTIVE_STATES: Final[tuple[State, ...]] = ("running", "queued")

#: States from which a task can be gone on with.
RESUMABLE_STATES: Final[tuple[State, ...]] = ("interrupted", "stopped", "failed")

#: Seconds for which somebody who only looks at a task may have its lock.
PATIENCE: Final = 1.0
# ... and a worker's, and that of a task that is to be done.
_WORKERS_PATIENCE: Final = 0.5
_BEGINNING_PATIENCE: Final = 5.0


def enqueue(folder: Path, since: int | None = None, *, lasting: bool = True) -> None:
    """Put a task at the end of the queue.

    Args:
        folder: the task.
        since: when it was put there, in nanoseconds since 1970; now when left out.
        lasting: see ``files.replace_file``.

    Raises:
        OSError: the folder cannot be written.
    """
    # The time in the file, because the system's own times of files may be the same for several.
    with replace_file(folder / QUEUED_FILE, lasting=lasting) as temporary:
        temporary.write_text(str(time.time_ns() if since is None else since), encoding="ascii")


def state_of(folder: Path, ended: State | None) -> State:
    """Return where a task stands.

    Args:
        folder: the task.
        ended: how it ended, as its own file says; None where there is none.
    """
    if is_held(folder / LOCK_FILE):
        return "running"
    if (folder / CANCEL_FILE).exists():
        return "cancelled"
    if (folder / QUEUED_FILE).exists():
        return "queued"
    return "interrupted" if ended is None else ended


def asked_for(folder: Path, state: State) -> str:
    """Return what somebody asked a running task for, "cancel" or "stop"; empty otherwise."""
    if state != "running":
        return ""
    requests = {"cancel": CANCEL_FILE, "stop": STOP_FILE}
    return next((name for name, file in requests.items() if (folder / file).exists()), "")


def resume(folder: Path, begun: EmotionCoreError) -> None:
    """Put a task that ended too early at the end of the queue again.

    Args:
        folder: the task.
        begun: raised when somebody else has just begun it.

    Raises:
        OSError: the folder cannot be written.
    """
    with FileLock(folder / LOCK_FILE) as lock:
        if not lock.acquire(PATIENCE):
            raise begun
        (folder / STOP_FILE).unlink(missing_ok=True)
        enqueue(folder)
        (folder / OUTCOME_FILE).unlink(missing_ok=True)


@contextmanager
def writing(folder: Path, error_type: type[EmotionCoreError]) -> Iterator[None]:
    """Raise an ``OSError`` from inside as an error that says what to do."""
    try:
        yield
    except OSError as error:
        raise error_type(
            f"{folder} cannot be written ({error.strerror}); free up space, or allow writing there"
        ) from error


def read_note(path: Path, kind: type[Note]) -> Note | None:
    """Return what a process noted in a JSON file; None where there is nothing that can be read.

    Args:
        path: such as ``STATUS_FILE`` in a task.
        kind: the dataclass that it is.
    """
    try:
        return checked(read_json(path), kind)
    except (OSError, ValueError, KeyError):
        return None


def write_status(folder: Path, status: Any) -> None:
    """Note how far a task is.

    Args:
        folder: the task.
        status: a dataclass.

    Raises:
        OSError: the disk is full.
    """
    # Anew twice a second: nobody needs it after a power cut, and disks are slow.
    write_json(folder / STATUS_FILE, asdict(status), lasting=False)


def queued_since(folder: Path) -> int | None:
    """Return since when a task waits, in nanoseconds since 1970; None for one that does not."""
    try:
        return int((folder / QUEUED_FILE).read_text(encoding="ascii"))
    except OSError:  # it has just begun
        return None
    except ValueError:  # written by hand
        return 0


def in_turn(folders: Iterable[Path]) -> list[Path]:
    """Return those of these tasks that wait, the one that is next first."""
    waiting = [
        (since, folder.name, folder)
        for folder in folders
        if (since := queued_since(folder)) is not None
    ]
    return [folder for *_, folder in sorted(waiting)]


def leave_worker(module: str, place: Path, environment: Mapping[str, str]) -> None:
    """Start a worker that belongs to no terminal and no browser; a second one ends at once.

    Args:
        module: its dotted name; run as a program it calls ``work``.
        place: the folder of its lock, and of what it prints.
        environment: variables that tell it which tasks are meant.

    Raises:
        OSError: it cannot be started.
    """
    leave_running(module, log=place / WORKER_LOG, environment=environment)


def work(parent: Path, waiting: Callable[[], Sequence[Task]], do: Callable[[Task], None]) -> None:
    """Do all tasks that wait, and those that are queued meanwhile; return when none is left.

    Returns at once when there is a worker already.

    Args:
        parent: the folder of the worker's lock.
        waiting: returns those that wait, the one that is next first.
        do: does one.
    """
    speak_as_asked()
    give_way()
    while waiting():
        # Released and asked again at the end: a task that was queued between the last look and the
        # release was not given a worker of its own.
        with FileLock(parent / WORKER_LOCK) as lock:
            if not lock.acquire(_WORKERS_PATIENCE):
                return
            while tasks := waiting():
                do(tasks[0])


def do_apart(
    module: str,
    folder: Path,
    what: str,
    fail: Callable[[str], None],
    environment: Mapping[str, str] = _NOTHING_MORE,
) -> None:
    """Have one task done by a process of its own; one that was deleted meanwhile is left alone.

    Args:
        module: the dotted name of what does it, given the folder.
        folder: the task.
        what: what it is called in a message, such as "training".
        fail: notes why a task failed that never began: its worker would try for ever.
        environment: variables that the process gets besides this one's own.
    """
    try:
        log = open(folder / LOG_FILE, "ab", opener=owner_only)  # noqa: SIM115
    except FileNotFoundError:
        return
    with log:
        code = run_with_log(module, str(folder), log=log, environment=environment)
    if (folder / QUEUED_FILE).exists() and not is_held(folder / LOCK_FILE):
        (folder / QUEUED_FILE).unlink(missing_ok=True)
        fail(f"the {what} process ended before it began (exit code {code}); the log may say why")


def give_up(folder: Path, fail: Callable[[], None]) -> None:
    """Let a task that waits fail without being begun; one that somebody has begun is left alone.

    Args:
        folder: the task.
        fail: notes why.

    Raises:
        OSError: the folder cannot be written.
    """
    with FileLock(folder / LOCK_FILE) as lock:
        if lock.acquire(PATIENCE):
            (folder / QUEUED_FILE).unlink(missing_ok=True)
            fail()


@contextmanager
def in_hand(folder: Path, slot: Path) -> Iterator[bool]:
    """Hold a task while it is done, once no other is: also when a worker was killed and what it
    started was not.

    Args:
        folder: the task.
        slot: the lock of whoever does one of these tasks.

    Yields:
        whether it is to be done: it may have been cancelled, deleted or begun meanwhile.
    """
    with FileLock(slot) as only, FileLock(folder / LOCK_FILE) as lock:
        while not only.acquire(patience=1.0):
            pass
        to_do = lock.acquire(_BEGINNING_PATIENCE) and (folder / QUEUED_FILE).exists()
        if to_do:
            (folder / QUEUED_FILE).unlink()
            to_do = not (folder / CANCEL_FILE).exists()
        yield to_do
