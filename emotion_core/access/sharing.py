"""What people let each other see: sessions, datasets of their own faces, and models.

A share is a small file in the server's own folder that says whose what is, and who may look. The
thing itself stays in its owner's home, and others only ever read it. A share ends with what it is
of: another thing that gets its name later is not shared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from emotion_core.access.audit import note
from emotion_core.access.people.known import list_known
from emotion_core.errors import AccessError, NoHomeError
from emotion_core.quantities import counted
from emotion_core.system.clock import iso_time
from emotion_core.system.storage.files import make_folder, write_json
from emotion_core.system.storage.folders import base_dir, keeper
from emotion_core.system.storage.json_reading import checked, read_json
from emotion_core.system.storage.persons import at_home, is_person, whose
from emotion_core.system.storage.shelf import deleting, writing

Kind = Literal["session", "dataset", "model"]

# In ``base_dir``: a folder a kind, in it one an owner, in it a file a share.
_FOLDER: Final = "shared"
_SUFFIX: Final = ".json"

#: People that one thing may be shared with by name.
MOST_READERS: Final = 100


@dataclass(frozen=True)
class Share:
    """Somebody lets others see something.

    Attributes:
        kind: what it is.
        owner: whose, by id.
        name: what it is called, and its folder.
        since: UTC in ISO 8601.
        folder_id: the number that the file system gives its folder, which another one of that
            name does not have.
        readers: ids of those who may look; empty: everybody who may log in.
        format: of this file.
    """

    kind: Kind
    owner: str
    name: str
    since: str
    folder_id: int
    readers: tuple[str, ...] = ()
    format: int = 1

    def is_of(self, folder: Path) -> bool:
        """Tell whether it is still this folder that is shared."""
        try:
            return folder.stat().st_ino == self.folder_id
        except OSError:
            return False

    def lets(self, person: str) -> bool:
        """Tell whether somebody may look, by id."""
        return not self.readers or person in self.readers


def share(kind: Kind, folder: Path, readers: Iterable[str] = ()) -> Share:
    """Let others see something of whoever this runs for, from now on.

    Args:
        kind: what it is.
        folder: where it lies, in their home.
        readers: ids of those who may look; empty: everybody who may log in.

    Raises:
        AccessError: there are no accounts, there is no such thing, there are too many readers, or
            it cannot be written.
    """
    owner = whose()
    if owner is None:
        raise AccessError(
            "expected somebody who is logged in, found that there are no accounts; without them "
            "everybody sees everything"
        )
    named = tuple(sorted(set(readers)))
    if len(named) > MOST_READERS or not all(map(is_person, named)):
        raise AccessError(
            f"expected at most {MOST_READERS} people, found {len(named)}; share with everybody"
        )
    path = _path(kind, owner, folder.name)
    with writing(path, AccessError):
        make_folder(path.parent)
        found = Share(kind, owner, folder.name, iso_time(time.time()), folder.stat().st_ino, named)
        write_json(path, asdict(found))
    note("shared", kind, folder.name, detail=f"with {in_words(found)}")
    return found


def stop_sharing(kind: Kind, name: str) -> None:
    """Let nobody else see something of whoever this runs for any more; no harm if nobody could.

    Raises:
        AccessError: that cannot be written.
    """
    owner = whose() or keeper()
    if owner is None:
        return
    path = _path(kind, owner, name)
    if path.exists():
        with deleting(path, AccessError):
            path.unlink(missing_ok=True)
        note("unshared", kind, name)


def share_of(kind: Kind, folder: Path) -> Share | None:
    """Return with whom whoever this runs for shares something; None with nobody.

    Args:
        kind: what it is.
        folder: where it lies, in their home.
    """
    owner = whose()
    found = None if owner is None else _read(_path(kind, owner, folder.name))
    return found if found is not None and found.is_of(folder) else None


def shared_with_me(kind: Kind) -> tuple[Share, ...]:
    """Return what others let whoever this runs for see, by owner and name."""
    person = whose()
    if person is None:
        return ()
    found: list[Share] = []
    with suppress(OSError, NoHomeError):  # nobody has shared anything
        for path in sorted((base_dir() / _FOLDER / kind).glob(f"*/*{_SUFFIX}")):
            each = _read(path)
            if each is not None and each.owner != person and each.lets(person):
                found.append(each)
    return tuple(found)


def folders_shared_with_me(kind: Kind, place: Callable[[], Path]) -> Iterator[tuple[Share, Path]]:
    """Yield the same with where each lies, as long as it is the one that was shared.

    Args:
        kind: what they are.
        place: returns the folder of all of them in the home of whom it runs for.
    """
    for found in shared_with_me(kind):
        with at_home(found.owner):
            folder = place() / found.name
        if found.is_of(folder):
            yield found, folder


def people_called(text: str) -> tuple[str, ...]:
    """Return the ids of people by what somebody typed: names or e-mail addresses, with commas.

    Whoever types has to know them: no list of people is shown.

    Raises:
        AccessError: nobody, or more than one, is called that.
    """
    known, _ = list_known()
    ids = []
    for name in filter(None, (part.strip().casefold() for part in text.split(","))):
        called = [
            each.id for each in known if name in (each.name.casefold(), each.email.casefold())
        ]
        if len(called) != 1:
            raise AccessError(
                f"expected the name or e-mail address of one person who has logged in here, found "
                f"{name!r:.60}, which is {len(called) or 'nobody'}'s; ask them what stands beside "
                "Log out"
            )
        ids.append(called[0])
    if not ids:
        raise AccessError("expected names or e-mail addresses, found none; type whom to share with")
    return tuple(ids)


def in_words(found: Share) -> str:
    """Return with whom something is shared."""
    if not found.readers:
        return "everybody who may log in"
    return counted(len(found.readers), "person", "people")


def _path(kind: Kind, owner: str, name: str) -> Path:
    if not is_person(owner) or Path(name).name != name:
        raise AccessError(f"expected a name, found {name!r:.60}; choose one from the list")
    return base_dir() / _FOLDER / kind / owner / f"{name}{_SUFFIX}"


def _read(path: Path) -> Share | None:
    """Return a share; None where there is none, or it is damaged: then nobody may look."""
    try:
        found = checked(read_json(path), Share)
    except (OSError, ValueError, KeyError):
        return None
    is_there = (found.kind, found.owner, f"{found.name}{_SUFFIX}") == (
        path.parent.parent.name, path.parent.name, path.name,
    )  # fmt: skip
    return found if is_there else None
