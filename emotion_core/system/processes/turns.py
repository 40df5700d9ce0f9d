"""Whose task is next where several people put theirs into one queue: theirs who had least of late.

Each person's tasks lie in a folder of their own, and are done one after the other, the earliest
first. One worker does those of all. Whose turn it is goes by the time that their tasks took, of
which half is forgotten every hour: neither many short tasks nor one long one keeps others waiting
for longer than they had the machine themselves.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from emotion_core.system.processes.queueing import (
    WORKER_LOCK,
    in_turn,
    leave_worker,
    queued_since,
    work,
)
from emotion_core.system.storage.files import make_folder, write_json
from emotion_core.system.storage.homes import all_homes
from emotion_core.system.storage.json_reading import checked, read_json
from emotion_core.system.storage.locks import is_held
from emotion_core.system.storage.persons import at_home, environment_of

#: Seconds after which half of the time that somebody had is forgotten.
HALF_LIFE: Final = 3600.0
#: In the folder of the worker's lock.
SHARES_FILE: Final = ".shares.json"

# How long a task takes of which nothing is known, in seconds; and how much a new one tells of that.
_USUAL: Final = 60.0
_WEIGHT: Final = 0.2
# Seconds that a task counts at least, and below which somebody has had nothing.
_LEAST: Final = 1.0
_FORGOTTEN: Final = 0.1

Task = TypeVar("Task")
Person = str | None


@dataclass(frozen=True)
class Queue:
    """The tasks of one kind, of everybody.

    Attributes:
        place: the folder with the locks of whoever does them.
        folders: those of the tasks, by whose they are; None: of somebody without an account.
        is_shared: whether they are all that there are on this server. Otherwise somebody has named
            a folder, which is one more queue, of its own.
    """

    place: Path
    folders: Mapping[Person, Path]
    is_shared: bool

    @classmethod
    def of(cls, parent: Path, find: Callable[[], Path]) -> Queue:
        """Return the queue that the tasks in a folder wait in.

        Args:
            parent: the folder of somebody's tasks.
            find: returns that of whoever code runs for.
        """
        folders: dict[Person, Path] = {}
        for home in all_homes():
            with at_home(home.person):
                folders[home.person] = find()
        if parent not in folders.values():
            return cls(parent, {None: parent}, is_shared=False)
        with at_home(None):
            return cls(find(), folders, is_shared=True)

    @property
    def has_worker(self) -> bool:
        """Whether somebody does these tasks."""
        return is_held(self.place / WORKER_LOCK)

    def start_worker(self, module: str, variable: str) -> None:
        """Start a worker that belongs to no terminal and no browser; a second one ends at once.

        Args:
            module: its dotted name; run as a program it calls ``work``.
            variable: the environment variable that names the folder of all tasks.

        Raises:
            OSError: it cannot be started.
        """
        make_folder(self.place)
        # A worker of all finds everybody's folder by itself, and that variable moves all of them.
        environment = environment_of(None) if self.is_shared else {variable: str(self.place)}
        leave_worker(module, self.place, environment)

    def environment(self, person: Person) -> dict[str, str]:
        """Return the variables by which a process does a task of somebody's."""
        return environment_of(person) if self.is_shared else {}

    def work(
        self,
        waiting: Callable[[Path], Sequence[Task]],
        folder_of: Callable[[Task], Path],
        do: Callable[[Task, Person], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Do all tasks that wait, and those that are queued meanwhile; return when none is left.

        Returns at once when there is a worker already.

        Args:
            waiting: returns those that wait in a folder, the one that is next first; none where it
                cannot be read, or one person's would keep all others waiting.
            folder_of: returns that of a task.
            do: does one.
            clock: seconds, never going back.
        """

        def next_ones() -> list[tuple[Person, Task]]:
            tasks = {person: waiting(folder) for person, folder in self.folders.items()}
            if any(tasks.values()):
                make_folder(self.place)
            return fair(tasks, Shares.read(self.place), lambda task: _since(folder_of(task)))

        def do_timed(turn: tuple[Person, Task]) -> None:
            person, task = turn
            began = clock()
            do(task, person)
            if self.is_shared:
                Shares.read(self.place).note(self.place, person, clock() - began)

        work(self.place, next_ones, do_timed)

    def before(self, slot: str) -> dict[Path, int]:
        """Return how many tasks come before each that waits, whosever they are.

        Args:
            slot: name of the lock of whoever does one.
        """
        tasks = {person: in_turn(_tasks(folder)) for person, folder in self.folders.items()}
        running = int(is_held(self.place / slot))
        order = fair(tasks, Shares.read(self.place), _since)
        return {folder: running + place for place, (_, folder) in enumerate(order)}


@dataclass(frozen=True)
class Shares:
    """How much time each person had of late.

    Attributes:
        at: when that was, in seconds since 1970.
        usual: seconds that a task takes.
        used: seconds by person; "" is somebody without an account.
    """

    at: float = 0.0
    usual: float = _USUAL
    used: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, place: Path) -> Shares:
        """Return what is noted there, as it counts now; nothing where it cannot be read."""
        try:
            noted = checked(read_json(place / SHARES_FILE), cls)
        except (OSError, ValueError, KeyError):
            return cls()
        forgotten = 0.5 ** (max(0.0, time.time() - noted.at) / HALF_LIFE)
        used = {person: seconds * forgotten for person, seconds in noted.used.items()}
        return cls(noted.at, noted.usual, used)

    def note(self, place: Path, person: Person, seconds: float) -> None:
        """Note that a task of somebody's took so long; what cannot be written is not noted.

        None counts less than ``_LEAST``: a hundred that fail at once are a hundred turns.
        """
        seconds = max(_LEAST, seconds)
        used = {**self.used, person or "": self.used.get(person or "", 0.0) + seconds}
        usual = (1 - _WEIGHT) * self.usual + _WEIGHT * seconds
        kept = {each: had for each, had in used.items() if had >= _FORGOTTEN}
        with suppress(OSError):
            write_json(place / SHARES_FILE, asdict(Shares(time.time(), usual, kept)), lasting=False)


def fair(
    tasks: Mapping[Person, Sequence[Task]], shares: Shares, since: Callable[[Task], int]
) -> list[tuple[Person, Task]]:
    """Return everybody's tasks in their order, each with whose it is; the first one is next.

    Of those after it this is what will happen as far as is known: each takes the usual time.

    Args:
        tasks: by whose they are, the earliest first.
        shares: how much time each had.
        since: returns when a task was queued: of those who had the same, the earliest is next.
    """
    left = {person: deque(those) for person, those in tasks.items() if those}
    had = {person: shares.used.get(person or "", 0.0) for person in left}
    order = []
    while left:
        person = min(left, key=lambda each: (had[each], since(left[each][0])))
        order.append((person, left[person].popleft()))
        had[person] += shares.usual
        if not left[person]:
            del left[person]
    return order


def _since(folder: Path) -> int:
    return queued_since(folder) or 0


def _tasks(folder: Path) -> list[Path]:
    with suppress(OSError):  # nothing was queued there yet
        return [each for each in folder.iterdir() if each.name[0] != "."]
    return []
