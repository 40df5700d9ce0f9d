"""What is kept, by kind: where, how much, and who deletes it.

Each kind is deleted by the module that keeps it, one thing at a time, as its page does.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emotion_core.access.tokens import revoke_token, tokens_dir
from emotion_core.belongings.retention import own_file
from emotion_core.datasets.checks.exclusions import delete_exclusions, exclusions_dir
from emotion_core.datasets.own.storage import delete_own_dataset, own_data_dir
from emotion_core.datasets.reading.class_names import meanings_file
from emotion_core.datasets.recent import recent_file
from emotion_core.datasets.uploads import delete_upload, list_uploads, uploads_dir
from emotion_core.errors import EmotionCoreError
from emotion_core.models.changes import delete_model
from emotion_core.models.folder import models_dir
from emotion_core.models.in_use import setting_file
from emotion_core.models.library import is_own, list_models
from emotion_core.recorded.tasks.storage import delete_task, tasks_dir
from emotion_core.recorded.tasks.task import open_task
from emotion_core.sessions.storage import sessions_dir, set_session_aside
from emotion_core.system.storage import disk_cache
from emotion_core.system.storage.folders import cache_dir
from emotion_core.system.storage.persons import whose
from emotion_core.system.storage.set_aside import SetAside
from emotion_core.system.storage.shelf import deleting
from emotion_core.system.viewer_settings import settings_dir
from emotion_core.training.runs.run import open_run
from emotion_core.training.runs.storage import delete_run, runs_dir


@dataclass(frozen=True)
class Kind:
    """One kind of things that are kept.

    Attributes:
        name: what a page calls all of them.
        holds: what is in them, in a few words.
        place: returns the folder of all of them, which need not exist.
        paths: returns where each lies.
        delete: deletes one by its path. One that can be taken back for a while it returns.
        key: what a backup calls all of them, for good; empty: it leaves them out.
        elsewhere: returns those of their paths that are not in ``place``; they need not exist.
    """

    name: str
    holds: str
    place: Callable[[], Path]
    paths: Callable[[], list[Path]]
    delete: Callable[[Path], SetAside | None]
    key: str = ""
    elsewhere: Callable[[], list[Path]] = list

    @property
    def collection(self) -> str:
        """The name of their folder in ``formats.FORMATS``; a backup calls one of them otherwise."""
        return {"corrections": "exclusions"}.get(self.key, self.key)

    def path_of(self, name: str) -> Path:
        """Return where the one of this name lies, or would."""
        found = (path for path in self.elsewhere() if path.name == name)
        return next(found, self.place() / name)


def kinds() -> tuple[Kind, ...]:
    """Return what whoever this runs for has: with accounts, the cache is the server's."""
    return KINDS if whose() is None else tuple(kind for kind in KINDS if kind.key)


@dataclass(frozen=True)
class Amount:
    """How much there is of a kind.

    Attributes:
        count: things.
        size: bytes of all their files.
    """

    count: int
    size: int


def amount_of(kind: Kind) -> Amount:
    """Return how much there is of a kind now."""
    paths = kind.paths()
    return Amount(len(paths), sum(map(_size, paths)))


def _in_folder(place: Callable[[], Path]) -> Callable[[], list[Path]]:
    return lambda: _visible(place())


def _visible(folder: Path) -> list[Path]:
    with suppress(OSError):  # none was made yet
        return sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    return []


def _models() -> list[Path]:
    library = list_models()
    folders = [model.folder for model in library.models if not model.stays]
    return folders + [each.folder for each in library.damaged if is_own(each.folder)]


def _settings() -> list[Path]:
    return [*_in_folder(settings_dir)(), *filter(Path.is_file, _settings_elsewhere())]


def _settings_elsewhere() -> list[Path]:
    return [setting_file(), recent_file(), meanings_file(), own_file()]


def _computed() -> list[Path]:
    folders = _in_folder(cache_dir)()
    return [path for each in folders if each.name in disk_cache.KINDS for path in _visible(each)]


def _delete_own(path: Path) -> None:
    delete_own_dataset(path.parent, path.name)


def _delete_upload(path: Path) -> None:
    for file in list_uploads():
        if file.parent == path:
            delete_upload(file)
            return


def _delete_model(path: Path) -> None:
    delete_model(path.name, although_in_use=True)


def _delete_file(path: Path) -> None:
    with deleting(path, EmotionCoreError):
        path.unlink(missing_ok=True)


#: In the order in which they are shown and deleted.
KINDS: Final = (
    Kind(
        "Sessions",
        "times, boxes, scores, expressions, marks and names; video if kept",
        sessions_dir,
        _in_folder(sessions_dir),
        lambda path: set_session_aside(path.parent, path.name),
        "sessions",
    ),
    Kind(
        "My data",
        "faces, each with its expression",
        own_data_dir,
        _in_folder(own_data_dir),
        _delete_own,
        "own_data",
    ),
    Kind(
        "Videos to read",
        "videos and photos that were handed in, as long as they are on the list",
        tasks_dir,
        _in_folder(tasks_dir),
        lambda path: delete_task(open_task(path)),
        "videos",
    ),
    Kind("Uploaded datasets", "as they were uploaded", uploads_dir, _in_folder(uploads_dir),
         _delete_upload, "uploads"),
    Kind(
        "Correction lists",
        "which images of a dataset to leave out or relabel",
        exclusions_dir,
        _in_folder(exclusions_dir),
        lambda path: delete_exclusions(path.stem, path.parent),
        "corrections",
    ),
    Kind(
        "Training runs",
        "settings, curves and logs",
        runs_dir,
        _in_folder(runs_dir),
        lambda path: delete_run(open_run(path)),
        "runs",
    ),
    Kind("Models", "those trained here or imported", models_dir, _models, _delete_model,
         "models"),
    Kind(
        "Settings",
        "what was set on each page, datasets opened last, the model in use",
        settings_dir,
        _settings,
        _delete_file,
        "settings",
        _settings_elsewhere,
    ),
    Kind(
        "Tokens",
        "names and hashes of what lets programs in; not the tokens themselves",
        tokens_dir,
        _in_folder(tokens_dir),
        lambda path: revoke_token(path.stem),
        "tokens",
    ),
    Kind(
        "Cache",
        "datasets as read, predictions, small pictures; made again if needed",
        cache_dir,
        _computed,
        disk_cache.drop,
    ),
)  # fmt: skip


def _size(path: Path) -> int:
    if not path.is_dir():
        return _file_size(path)
    return sum(
        _file_size(Path(folder, name)) for folder, _, names in os.walk(path) for name in names
    )


def _file_size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:  # deleted meanwhile
        return 0
