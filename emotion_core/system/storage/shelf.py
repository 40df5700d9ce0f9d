"""What people keep: the things of one kind lie in one folder, each as a folder or file of its own.

A store, such as that of sessions, is a shelf together with what only such things have.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from emotion_core.errors import EmotionCoreError
from emotion_core.system.names import checked_name, is_plain
from emotion_core.system.storage.files import is_half_deleted, move, new_folder, remove
from emotion_core.system.storage.leftovers import sweep
from emotion_core.system.storage.set_aside import KEPT_FOR, SetAside

Thing = TypeVar("Thing")


@contextmanager
def writing(path: Path, error: type[EmotionCoreError]) -> Iterator[None]:
    """Say in a user's words that ``path`` cannot be written.

    Raises:
        EmotionCoreError: ``error``; the block raised an ``OSError``.
    """
    try:
        yield
    except OSError as reason:
        raise error(
            f"{path} cannot be written ({reason.strerror or reason}); free up space, or allow "
            "writing there, and try again"
        ) from reason


@contextmanager
def deleting(path: Path, error: type[EmotionCoreError]) -> Iterator[None]:
    """Say in a user's words that ``path`` cannot be deleted.

    Raises:
        EmotionCoreError: ``error``; the block raised an ``OSError``.
    """
    try:
        yield
    except OSError as reason:
        raise error(
            f"{path} cannot be deleted ({reason.strerror or reason}); close what uses it, or allow "
            "writing there, and try again"
        ) from reason


@dataclass(frozen=True)
class Shelf:
    """How the things of one kind are listed, made, renamed and deleted.

    Attributes:
        one: what messages call one of them, such as "a session".
        everything: what they call all of them, such as "all sessions".
        error: what is raised, with a message for the user.
        is_ours: tells of a file, by its path below a thing's folder, whether it belongs to the
            thing; nothing is deleted where others lie, too.
        mend: what to do when the folder of all cannot be read.
        how_to_list: the command that lists them.
        key: what finds one of them.
        suffix: how the names of things that are files end; empty: they are folders.
    """

    one: str
    everything: str
    error: type[EmotionCoreError]
    is_ours: Callable[[str], bool]
    mend: str = "allow reading it"
    how_to_list: str = ""
    key: str = "name"
    suffix: str = ""

    def paths(self, parent: Path) -> list[Path]:
        """Return where the things in ``parent`` lie, by name; none where it is missing.

        Hidden ones are being written. Those that somebody began to delete are deleted now.

        Raises:
            EmotionCoreError: ``error``; ``parent`` is no folder, or cannot be read.
        """
        try:
            entries = sorted(parent.iterdir())
        except FileNotFoundError:
            return []
        except OSError as reason:
            raise self.error(
                f"{parent}: expected the folder of {self.everything}, but it cannot be read "
                f"({reason.strerror or reason}); {self.mend}"
            ) from reason
        for entry in entries:
            if is_half_deleted(entry):
                with suppress(OSError):  # still in use: at the next look
                    remove(entry)
        shown = [entry for entry in entries if not entry.name.startswith(".")]
        return [entry for entry in shown if self._is_one(entry)]

    def open_all(
        self, parent: Path, open_one: Callable[[Path], Thing]
    ) -> tuple[list[Thing], tuple[str, ...]]:
        """Open everything in ``parent``; what is damaged does not keep from the others.

        Args:
            parent: the folder of all; it need not exist.
            open_one: returns what lies at a path, or raises an ``EmotionCoreError``.

        Returns:
            what could be opened, by name; and a line for each that could not.

        Raises:
            EmotionCoreError: ``error``; see ``paths``.
        """
        things, problems = [], []
        for path in self.paths(parent):
            try:
                things.append(open_one(path))
            except EmotionCoreError as error:
                if path.exists():  # not deleted since it was listed
                    problems.append(str(error))
        return things, tuple(problems)

    def called(self, parent: Path, name: str) -> Path | None:
        """Return where the thing of this name lies directly in ``parent``, and is no link.

        ``name`` may come from an address or a form, and from a time with other rules for names.
        """
        path = parent / f"{name}{self.suffix}"
        return path if is_plain(name) and not path.is_symlink() and self._is_one(path) else None

    def find(self, parent: Path, name: str) -> Path:
        """Return where the thing of this name lies.

        Raises:
            EmotionCoreError: ``error``; there is none.
        """
        path = self.called(parent, name)
        if path is None:
            raise self.unknown(parent, name)
        return path

    def free(self, parent: Path, name: str) -> Path:
        """Return where a new thing of this name comes to lie.

        Raises:
            EmotionCoreError: ``error``; the name does not do or is taken.
        """
        path = parent / f"{checked_name(name, self.error)}{self.suffix}"
        if os.path.lexists(path):
            raise self.taken(path)
        return path

    @contextmanager
    def make(self, folder: Path) -> Iterator[Path]:
        """Yield an empty folder to fill, which becomes ``folder`` when the block ends well.

        Raises:
            EmotionCoreError: ``error``; somebody else was faster, or nothing can be written.
        """
        with writing(folder, self.error):
            try:
                with new_folder(folder) as temporary:
                    yield temporary
            except FileExistsError as reason:
                if not folder.exists():  # a file lies where the folder of all should be
                    raise
                raise self.taken(folder) from reason

    def rename(self, path: Path, name: str) -> Path:
        """Give a thing another name, and return where it lies then.

        Raises:
            EmotionCoreError: ``error``; the name does not do or is taken, or nothing can be
                written.
        """
        target = self.free(path.parent, name)
        with writing(path, self.error):
            move(path, target)
        return target

    def delete(self, path: Path) -> None:
        """Delete a thing with all that belongs to it, damaged or not.

        It is moved out of sight first: what an interruption leaves is deleted when the others are
        listed.

        Raises:
            EmotionCoreError: ``error``; there are files that do not belong to it, or it cannot be
                deleted.
        """
        with deleting(path, self.error):
            self.refuse_others(path)
            remove(path)

    def set_aside(self, path: Path) -> SetAside:
        """Delete a thing as ``delete`` does, but so that it can be taken back for a while.

        Raises:
            EmotionCoreError: ``error``; see ``delete``.
        """
        with deleting(path, self.error):
            self.refuse_others(path)
            return SetAside(path)

    def take_back(self, aside: SetAside) -> None:
        """Put a thing that was set aside where it was.

        Raises:
            EmotionCoreError: ``error``; it is gone for good, something has its name by now, or it
                cannot be moved.
        """
        if os.path.lexists(aside.path):
            raise self.taken(aside.path)
        try:
            with writing(aside.path, self.error):
                aside.take_back()
        except self.error:
            if aside.there:
                raise
            raise self.error(
                f"{aside.path.name} could be taken back for {KEPT_FOR} and is gone; "
                "there is nothing left to do"
            ) from None

    def refuse_others(self, path: Path) -> None:
        """Refuse to delete a thing with files that do not belong to it.

        Raises:
            EmotionCoreError: ``error``; names the first of them.
            OSError: the folder cannot be read.
        """
        others = ["a link"] if path.is_symlink() else []
        if not others:
            sweep(path)
        if not others and path.is_dir():
            os.scandir(path).close()  # says that it is gone or closed, which rglob does not
            for entry in sorted(path.rglob("*")):
                is_file = entry.is_symlink() or not entry.is_dir()
                if is_file and not self.is_ours(entry.relative_to(path).as_posix()):
                    others.append(entry.name)
        if others:
            raise self.error(
                f"{path}: expected {self.one}'s files only, found {others[0]}; nothing was "
                "deleted; move it elsewhere first"
            )

    def unknown(self, parent: Path, name: str) -> EmotionCoreError:
        """Return what to raise where nothing has the name."""
        return self.error(
            f"expected the {self.key} of {self.one} in {parent}, found {name!r}; list them with "
            f"{self.how_to_list}"
        )

    def taken(self, path: Path) -> EmotionCoreError:
        """Return what to raise where something has the name already."""
        name = path.name.removesuffix(self.suffix)
        return self.error(f"expected a new name, found {name!r}, which is taken; choose another")

    def _is_one(self, path: Path) -> bool:
        if self.suffix:
            return path.name.endswith(self.suffix) and path.is_file()
        return path.is_dir()
