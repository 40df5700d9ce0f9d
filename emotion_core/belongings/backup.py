"""All that people made with this app in one file, and back from it.

The file is a tar archive (POSIX.1-2001, pax). Its first member, ``backup.json``, lists what
follows: the things of one kind after the other, ``KIND/NAME/...``. Where there are accounts, those
come first, and the other people's things last, ``people/ID/KIND/NAME/...``. The last one, ``end``,
tells a whole file from one that was cut off. What can be computed again is left out.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, NamedTuple, NotRequired, TypedDict

from emotion_core.access.audit import note
from emotion_core.belongings.kinds import KINDS, Kind
from emotion_core.belongings.migrations import steps_from
from emotion_core.errors import BackupError
from emotion_core.quantities import byte_size, counted
from emotion_core.system.clock import iso_time
from emotion_core.system.names import is_plain
from emotion_core.system.progress import CountProgress
from emotion_core.system.storage.files import (
    beside,
    keep_private,
    make_folder,
    new_folder,
    open_regular,
    publish,
    replace_file,
)
from emotion_core.system.storage.folders import KEEPER_FILE, base_dir, keeper
from emotion_core.system.storage.formats import FORMATS
from emotion_core.system.storage.homes import all_homes
from emotion_core.system.storage.json_reading import MAX_JSON_BYTES, checked, parse_json
from emotion_core.system.storage.persons import at_home, is_person

#: Raised whenever an earlier version of the app could not read the file. Format 2 has accounts in
#: it; without any, a file is written in format 1.
FORMAT: Final = 2

LIST_FILE: Final = "backup.json"
END_FILE: Final = "end"

# What tar adds to each file and folder, in bytes, at the most.
_TAR_BYTES: Final = 2560


class _Listed(TypedDict):
    format: int
    created: str
    things: dict[str, list[str]]
    # Of the folders they come from, by the kind's key; backups of earlier versions say none: 1.
    formats: NotRequired[dict[str, int]]
    # Whose the things are that are of nobody in particular, see ``folders.keeper``.
    keeper: NotRequired[str | None]


class _Shelf(NamedTuple):
    """The things of one kind in one home.

    Attributes:
        key: what begins the names of its members.
        kind: which.
        person: whose; None: of the server's own home.
    """

    key: str
    kind: Kind
    person: str | None


def _refuse(path: Path) -> None:
    raise BackupError(f"{path}: expected something to delete, found what the server needs")


def _of_server() -> list[Path]:
    return [each for each in (base_dir() / name for name in _SERVERS) if os.path.lexists(each)]


# Only of a backup: who may come in is deleted by those who manage it.
# What is shared is left out: it is to be shared anew, with those who are there.
_SERVERS: Final = ("accounts", KEEPER_FILE)
_ACCOUNTS: Final = Kind("Accounts", "who may come in", base_dir, _of_server, _refuse, "server")
_PEOPLE: Final = "people"


@dataclass(frozen=True)
class Restored:
    """What became of a backup.

    Attributes:
        restored: names of the things that are back, by the name of their kind.
        kept: of those that were there already, and stayed as they were.
        problems: a line for each thing that is not back.
    """

    restored: dict[str, list[str]]
    kept: dict[str, list[str]]
    problems: tuple[str, ...]


def back_up(
    path: Path, kinds: Sequence[Kind] = KINDS, *, progress: CountProgress = lambda *_: None
) -> dict[str, int]:
    """Write all that people made into one file, whole or not at all, for its owner's eyes alone.

    The app may be at work meanwhile: of what is being recorded, the file has what was written until
    then, and it comes back as a recording that was interrupted.

    Args:
        path: the file; one of this name is replaced.
        kinds: of what, in every home.
        progress: called with the bytes done and all bytes.

    Returns:
        how many things there are of each kind, by its name.

    Raises:
        BackupError: the disk has too little room.
        OSError: something cannot be read, or the file cannot be written.
    """
    things = [
        (shelf, each, list(_entries(each))) for shelf in _shelves(kinds) for each in _paths(shelf)
    ]
    total = sum(size for _, _, entries in things for _, size in entries)
    _need_room(path, total + _TAR_BYTES * (sum(len(entries) for _, _, entries in things) + 4))
    listed: _Listed = {
        "format": 1,
        "created": iso_time(time.time()),
        "things": {},
        "formats": {kind.key: FORMATS[kind.collection] for kind in kinds if kind.key},
        "keeper": keeper(),
    }
    for shelf, thing, _ in things:
        listed["things"].setdefault(shelf.key, []).append(thing.name)
        if shelf.kind is _ACCOUNTS or shelf.person is not None:
            listed["format"] = FORMAT
    done = 0
    with replace_file(path) as temporary:
        temporary.touch()
        keep_private(temporary)
        with tarfile.open(temporary, "w", format=tarfile.PAX_FORMAT) as tar:
            _add_content(tar, LIST_FILE, json.dumps(listed).encode())
            for shelf, thing, entries in things:
                for entry, size in entries:
                    name = PurePosixPath(shelf.key, thing.name, *entry.relative_to(thing).parts)
                    _add(tar, str(name), entry)
                    done += size
                    progress(done, total)
            _add_content(tar, END_FILE, b"")
    note("backed up", "everything", path.name, detail=counted(len(things), "thing"))
    counts = {kind.name: 0 for kind in kinds if kind.key}
    for shelf, *_ in things:
        counts[shelf.kind.name] = counts.get(shelf.kind.name, 0) + 1
    return counts


def restore(
    path: Path, kinds: Sequence[Kind] = KINDS, *, progress: CountProgress = lambda *_: None
) -> Restored:
    """Bring back what a backup has and is not there now; nothing that is there is changed.

    Each thing comes back whole or not at all. When the disk is full or the process is killed, those
    before it are there, and the same call goes on. Things of an earlier format are brought to this
    version's before they get their place.

    Args:
        path: what ``back_up`` wrote.
        kinds: of what.
        progress: called with the bytes read and all bytes.

    Raises:
        BackupError: the file is no backup, or one of a later version of this app.
        FormatError: there is no way from its format to this version's.
        OSError: it cannot be read, or what it has cannot be written.
    """
    by_key = {kind.key: kind for kind in (*kinds, _ACCOUNTS) if kind.key}
    restored: dict[str, list[str]] = {}
    kept: dict[str, list[str]] = {}
    with _opened(path) as file, _tar(path, file) as tar, ExitStack() as stack:
        missing, earlier, kept_by = _listed(path, tar, by_key)
        staged: dict[_Shelf, Path] = {}
        try:
            for (key, name), members in groupby(_members(tar, file, progress), _thing_of):
                shelf = _shelf_of(key, by_key, kept_by)
                if (key, name) not in missing or shelf is None:
                    raise BackupError(
                        f"{path}: expected what {LIST_FILE} in it lists, found {key}/{name}; it "
                        "was changed, and is read no further"
                    )
                kind, depth = shelf.kind, len(PurePosixPath(key).parts) + 1
                with at_home(shelf.person):
                    target = kind.path_of(name)
                    if os.path.lexists(target):
                        kept.setdefault(kind.name, []).append(name)
                    elif kind.key in earlier:
                        if shelf not in staged:
                            staged[shelf] = stack.enter_context(beside(kind.place()))
                        _restore_one(staged[shelf] / name, members, tar, depth)
                    elif _restore_one(target, members, tar, depth):
                        restored.setdefault(kind.name, []).append(name)
                    else:
                        kept.setdefault(kind.name, []).append(name)
                missing.remove((key, name))
        except tarfile.TarError:  # it is cut off: what is missing is told
            pass
        for (_, kind, person), folder in staged.items():
            for name in _brought_up(folder, kind, earlier[kind.key]):
                with at_home(person):
                    target = kind.path_of(name)
                    back = not os.path.lexists(target)
                    if back:
                        make_folder(target.parent)
                        publish(folder / name, target)
                (restored if back else kept).setdefault(kind.name, []).append(name)
    problems = (f"{key}/{name}: not in {path}, which is damaged" for key, name in missing)
    count = sum(map(len, restored.values()))
    note("restored", "everything", path.name, detail=counted(count, "thing"))
    return Restored(restored, kept, tuple(problems))


def _shelves(kinds: Sequence[Kind]) -> Iterator[_Shelf]:
    """Yield all that is backed up, in the order in which it has to come back."""
    yield _Shelf(_ACCOUNTS.key, _ACCOUNTS, None)
    for home in all_homes():
        own = home.folder != base_dir()
        begin = f"{_PEOPLE}/{home.person}/" if own else ""
        for kind in kinds:
            if kind.key:
                yield _Shelf(f"{begin}{kind.key}", kind, home.person if own else None)


def _paths(shelf: _Shelf) -> list[Path]:
    with at_home(shelf.person):
        return shelf.kind.paths()


def _shelf_of(key: str, kinds: Mapping[str, Kind], kept_by: str | None) -> _Shelf | None:
    """Return where things come back to; None where no backup has such a key."""
    begin, _, rest = key.partition("/")
    if begin != _PEOPLE:
        kind, person = kinds.get(key), kept_by
        if kind is _ACCOUNTS:
            person = None
    else:
        person, _, name = rest.partition("/")
        kind = kinds.get(name)
        if kind is _ACCOUNTS or not is_person(person):
            return None
    return None if kind is None else _Shelf(key, kind, person)


def _entries(thing: Path) -> Iterator[tuple[Path, int]]:
    """Yield a file, or a folder with all that is in it, each with its bytes; folders have none.

    Hidden ones are being written, or are locks; links lead elsewhere.
    """
    if thing.is_symlink():
        return
    if not thing.is_dir():
        with suppress(FileNotFoundError):  # deleted meanwhile
            yield thing, thing.stat().st_size
        return
    yield thing, 0
    with suppress(FileNotFoundError):
        for entry in sorted(thing.iterdir()):
            if not entry.name.startswith("."):
                yield from _entries(entry)


def _need_room(path: Path, size: int) -> None:
    there = next((each for each in path.absolute().parents if each.is_dir()), Path())
    free = shutil.disk_usage(there).free
    if free < size:
        raise BackupError(
            f"{path}: expected {byte_size(size)} free, found {byte_size(free)}; choose another "
            "disk, or delete what you do not need"
        )


def _add(tar: tarfile.TarFile, name: str, entry: Path) -> None:
    if entry.is_dir():
        folder = tarfile.TarInfo(name)
        folder.type, folder.mode = tarfile.DIRTYPE, 0o700
        tar.addfile(folder)
        return
    with suppress(FileNotFoundError), open_regular(entry) as file:
        found = os.fstat(file.fileno())
        # What is added to the file from now on is left out.
        tar.addfile(_file_info(name, found.st_size, found.st_mtime), file)


def _add_content(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    tar.addfile(_file_info(name, len(content), time.time()), io.BytesIO(content))


def _file_info(name: str, size: int, changed: float) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, changed, 0o600
    return info


def _opened(path: Path) -> BinaryIO:
    try:
        return open_regular(path)
    except OSError as error:
        raise BackupError(
            f"{path}: expected a backup, but it cannot be read ({error.strerror or error})"
        ) from error


def _tar(path: Path, file: BinaryIO) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=file, mode="r|")
    except tarfile.TarError as error:
        raise _no_backup(path) from error


def _no_backup(path: Path) -> BackupError:
    return BackupError(
        f"{path}: expected a file that python -m emotion_core backup wrote, found another"
    )


def _brought_up(folder: Path, kind: Kind, found: int) -> list[str]:
    """Bring what came back to this version's format, and return what it is called now."""
    for step in steps_from(kind.collection, found):
        step.change(folder)
    return sorted(each.name for each in folder.iterdir() if not each.name.startswith("."))


def _listed(
    path: Path, tar: tarfile.TarFile, kinds: Mapping[str, Kind]
) -> tuple[list[tuple[str, str]], dict[str, int], str | None]:
    """Return the things that a backup has, each by its shelf's key and its name.

    And, by key, the formats of kinds that are of an earlier one than this version's; and whose the
    things are that are of nobody in particular.
    """
    try:
        first = tar.next()
        if first is None or first.name != LIST_FILE or first.size > MAX_JSON_BYTES:
            raise _no_backup(path)
        content = tar.extractfile(first)
        assert content is not None
        told = parse_json(content.read())
        if isinstance(told, dict) and checked(told.get("format"), int) > FORMAT:
            raise BackupError(
                f"{path}: expected a backup of this version of the app or an earlier one, found "
                "one of a later version; install that one"
            )
        listed = checked(told, _Listed)
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise _no_backup(path) from error
    earlier = {}
    for key, kind in kinds.items():
        found, now = listed.get("formats", {}).get(key, 1), FORMATS.get(kind.collection, 1)
        if found > now and any(PurePosixPath(each).name == key for each in listed["things"]):
            raise BackupError(
                f"{path}: expected format {now} of {kind.collection} or an earlier one, found "
                f"format {found}, of a later version of the app; install that one"
            )
        if found < now:
            earlier[key] = found
    kept_by = listed.get("keeper")
    if kept_by is not None and not is_person(kept_by):
        raise _no_backup(path)
    things = listed["things"]
    return [(key, name) for key, names in things.items() for name in names], earlier, kept_by


def _members(
    tar: tarfile.TarFile, file: BinaryIO, progress: CountProgress
) -> Iterator[tarfile.TarInfo]:
    """Yield what follows the list, up to the end.

    Raises:
        tarfile.TarError: there is no end: the file is cut off.
    """
    size = os.fstat(file.fileno()).st_size
    for member in tar:
        progress(min(member.offset_data, size), size)
        if member.name == END_FILE:
            progress(size, size)
            return
        if member.name != LIST_FILE:
            yield member
    raise tarfile.ReadError("it is cut off")


def _thing_of(member: tarfile.TarInfo) -> tuple[str, str]:
    parts = PurePosixPath(member.name).parts
    if len(parts) < 2 or not all(map(is_plain, parts)) or not (member.isfile() or member.isdir()):
        raise BackupError(
            f"expected files and folders of this app in the backup, found {member.name!r:.80}; "
            "it was changed, and is read no further"
        )
    own = 2 if parts[0] == _PEOPLE and len(parts) > 3 else 0
    return "/".join(parts[: own + 1]), parts[own + 1]


def _restore_one(
    path: Path, members: Iterator[tarfile.TarInfo], tar: tarfile.TarFile, depth: int
) -> bool:
    """Write one thing where nothing is yet; return whether it was written.

    Args:
        path: where to.
        members: of the thing, itself first.
        tar: has them.
        depth: how many parts of their names are the thing's own.
    """
    if os.path.lexists(path):
        return False
    first = next(members)
    if first.isfile():
        with replace_file(path) as temporary:
            _write(first, temporary, tar)
            for _ in members:  # up to the next thing: then this one is whole
                pass
        return True
    try:
        with new_folder(path) as folder:
            for member in members:
                target = folder.joinpath(*PurePosixPath(member.name).parts[depth:])
                if member.isdir():
                    target.mkdir()
                else:
                    _write(member, target, tar)
    except FileExistsError:  # made meanwhile
        return False
    return True


def _write(member: tarfile.TarInfo, path: Path, tar: tarfile.TarFile) -> None:
    content = tar.extractfile(member)
    assert content is not None
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)
    os.utime(path, (member.mtime, member.mtime))
