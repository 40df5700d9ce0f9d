"""Folders of earlier versions of the app, brought to the format of this one when it starts.

Each step is whole or not at all: it is made on a copy beside the folder, which takes the folder's
name once it is on the disk. What was there before is kept until then, hidden, and is put back if
the process is killed in between. Files of the copy are the same ones as before where the file
system can do that, so a step takes little room.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emotion_core.access.audit import note
from emotion_core.errors import EmotionCoreError, FormatError
from emotion_core.system.storage.files import (
    make_folder,
    move,
    new_folder,
    remove,
    replace_file,
    to_disk,
)
from emotion_core.system.storage.folders import base_dir, collection_path, is_personal
from emotion_core.system.storage.formats import FORMAT_FILE, FORMATS, format_of, known
from emotion_core.system.storage.homes import all_homes
from emotion_core.system.storage.leftovers import sweep_beside
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.persons import at_home

_LOCK: Final = ".formats.lock"
#: Seconds to wait for another process that is at it.
PATIENCE: Final = 600.0

# What file systems answer that have no second names for files, or have given enough of them.
_NO_LINKS: Final = (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS)


@dataclass(frozen=True)
class Migration:
    """A step from one format of a folder to the next.

    Attributes:
        name: of the folder, one of ``formats.FORMATS``.
        to: the format that it leads to; it starts from the one before.
        change: changes a copy of the folder. A file in it may be the very one that was there
            before: it is replaced (``files.replace_file``), never written into.
    """

    name: str
    to: int
    change: Callable[[Path], None]


#: Every step there ever was, the earliest first. So far no folder was laid out in another way:
#: sessions of format 1 are read as they are (``sessions.header``).
MIGRATIONS: Final[list[Migration]] = []

_turn = threading.Lock()


def prepare() -> None:
    """Bring the folders of everybody to this version's format; to be called before any is used.

    Of several processes that start at once, one does it and the others wait for it. What is of this
    format already costs a look.

    Raises:
        FormatError: a folder is of a later format, or cannot be changed; it is as it was then.
        NoHomeError: there is no folder to keep things in.
    """
    with _turn:
        if not any(_is_to_do(folder, name) for folder, name in _folders()):
            return
        base = base_dir()
        try:
            make_folder(base)
            with FileLock(base / _LOCK) as lock:
                if not lock.acquire(PATIENCE):
                    raise FormatError(
                        f"{base}: expected another process to bring folders to this version's "
                        f"format within {PATIENCE:g} s, but it is still at it; try again later"
                    )
                for folder, name in _folders():
                    _bring_up(folder, name)
        except OSError as error:
            raise FormatError(
                f"{base}: folders of an earlier version cannot be brought to this version's format "
                f"({error.strerror or error}); free up space, or allow writing there; nothing was "
                "changed"
            ) from error


def steps_from(name: str, found: int) -> list[Migration]:
    """Return what leads from a format of a folder to this version's, step by step.

    Raises:
        FormatError: a step is missing.
    """
    steps = {step.to: step for step in MIGRATIONS if step.name == name}
    wanted = range(found + 1, FORMATS[name] + 1)
    if missing := [to for to in wanted if to not in steps]:
        raise FormatError(
            f"expected a way to format {missing[0]} of {name}, found none; start a version of the "
            "app in between first"
        )
    return [steps[to] for to in wanted]


def _folders() -> Iterator[tuple[Path, str]]:
    for home in all_homes():
        with at_home(home.person):
            found = [(collection_path(name), name) for name in FORMATS]
        yield from found


def _is_to_do(folder: Path, name: str) -> bool:
    if _put_aside(folder):
        return True
    if not folder.is_dir():
        return False
    found = format_of(known(folder, name))
    return found != FORMATS[name] and (found is not None or is_personal(folder))


def _bring_up(folder: Path, name: str) -> None:
    """Bring one folder to this version's format."""
    sweep_beside(folder)
    _recover(folder)
    if not folder.is_dir():
        return
    found = format_of(known(folder, name))
    if found is None and not any(_things(folder)):  # made, and not marked yet
        found = FORMATS[name]
        _mark(folder, found)
    for step in steps_from(name, found or 1):
        _take(step, folder)
        note("migrated", name, "", detail=f"to format {step.to}")
    if format_of(folder) is None:
        with suppress(PermissionError):  # whoever may only read it needs no number
            _mark(folder, FORMATS[name])


def _take(step: Migration, folder: Path) -> None:
    sign = secrets.token_hex(4)
    before = folder.with_name(f"{_before(folder)}{step.to}-{sign}")
    try:
        with new_folder(folder) as beside:
            _copy(folder, beside)
            step.change(beside)
            _mark(beside, step.to, sign)
            to_disk(beside)  # the time without either is short
            move(folder, before)
    except BaseException as error:
        if before.exists() and not folder.exists():
            move(before, folder)
        if isinstance(error, OSError | EmotionCoreError | ValueError | KeyError):
            raise FormatError(
                f"{folder}: expected to bring it to format {step.to}, found that this fails "
                f"({error}); it is as it was; free up space, or start the earlier version again"
            ) from error
        raise
    remove(before)


def _recover(folder: Path) -> None:
    """Go back to what there was before a step that was killed, or finish one that was done."""
    for before in _put_aside(folder):
        sign = before.name.rpartition("-")[2]
        if not folder.exists():
            move(before, folder)
        elif _sign_of(folder) == sign:
            remove(before)
        elif not any(_things(folder)):  # made anew by somebody, and empty
            remove(folder)
            move(before, folder)
        else:
            raise FormatError(
                f"{folder}: expected what was there before a change of its format, which was "
                f"interrupted, found something new; move what is in it elsewhere, give {before} "
                "its name, and start again"
            )


def _copy(source: Path, target: Path) -> None:
    """Give a folder's files second names, or copy them; ``target`` is there and empty."""
    for entry in source.iterdir():
        new = target / entry.name
        if entry.is_symlink():
            new.symlink_to(entry.readlink())
        elif entry.is_dir():
            new.mkdir()
            _copy(entry, new)
            shutil.copystat(entry, new)
        elif entry.is_file():
            try:
                os.link(entry, new)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                shutil.copy2(entry, new)


def _mark(folder: Path, number: int, sign: str = "") -> None:
    with replace_file(folder / FORMAT_FILE) as temporary:
        temporary.write_text(f"{number} {sign}".strip() + "\n", encoding="ascii")


def _sign_of(folder: Path) -> str:
    with suppress(OSError, ValueError):
        return (folder / FORMAT_FILE).read_text(encoding="ascii").partition(" ")[2].strip()
    return ""


def _put_aside(folder: Path) -> Sequence[Path]:
    with suppress(OSError):  # nothing was made there
        return sorted(
            each for each in folder.parent.iterdir() if each.name.startswith(_before(folder))
        )
    return ()


def _before(folder: Path) -> str:
    return f".{folder.name}-before-"


def _things(folder: Path) -> Iterator[Path]:
    return (each for each in folder.iterdir() if not each.name.startswith("."))
