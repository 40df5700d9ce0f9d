"""The library of models: which there are, which one is in use, and what can be done with them.

The model in use is one setting of the whole installation, a small file in the user's data folder.
Whoever reads faces asks `model_in_use` as often as it likes: it costs a look at three files, and
its answer changes when another model is put to use, by the app or on the command line.
"""

from __future__ import annotations

import functools
import json
import re
import shutil
import tempfile
import zipfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final, Literal

from emotion_core.artefacts import (
    CARD_FILE,
    DEFAULT_MODEL,
    LITERT_FILE,
    MODEL_FILES,
    ModelCard,
    default_model_dir,
    load_card,
    models_dir,
    read_model_file,
)
from emotion_core.errors import ModelError
from emotion_core.files import replace_file, replace_folder, write_json
from emotion_core.folders import DATA_DIR_VARIABLE, data_dir, folders_in
from emotion_core.model_card import write_card

Origin = Literal["shipped", "trained here", "imported"]

_NAME: Final = re.compile(r"[^\W_](?:[\w .-]{0,58}[\w-])?")
# What desktops leave in a folder that someone looked into.
_DESKTOP_FILES: Final = frozenset({".DS_Store", "desktop.ini", "Thumbs.db"})


@dataclass(frozen=True)
class LibraryModel:
    """A model that can be used.

    Attributes:
        folder: where it is.
        card: what is known of it.
        size: bytes of all its files.
    """

    folder: Path
    card: ModelCard
    size: int

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.name

    @property
    def shipped(self) -> bool:
        """Whether it is part of the project."""
        return self.folder == default_model_dir()

    @property
    def origin(self) -> Origin:
        """Where it came from."""
        if self.shipped:
            return "shipped"
        return "imported" if self.card.source else "trained here"


@dataclass(frozen=True)
class DamagedModel:
    """A folder that holds a model's files and is none.

    Attributes:
        folder: where it is.
        problem: what is wrong with it, on one line.
    """

    folder: Path
    problem: str

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.name


@dataclass(frozen=True)
class Library:
    """What the library holds.

    Attributes:
        models: the shipped one first, the others by name.
        damaged: what cannot be used, by name.
    """

    models: tuple[LibraryModel, ...]
    damaged: tuple[DamagedModel, ...]

    def find(self, name: str) -> LibraryModel:
        """Return the model with this name.

        Raises:
            ModelError: there is none, or it is damaged.
        """
        for model in self.models:
            if model.name == name:
                return model
        for broken in self.damaged:
            if broken.name == name:
                raise ModelError(broken.problem)
        raise self._unknown(name)

    def folder_of(self, name: str) -> Path:
        """Return the folder of the model with this name, also if it is damaged.

        Raises:
            ModelError: there is none.
        """
        folders = {model.name: model.folder for model in self.models}
        folders |= {broken.name: broken.folder for broken in self.damaged}
        if name not in folders:
            raise self._unknown(name)
        return folders[name]

    def _unknown(self, name: str) -> ModelError:
        names = ", ".join(model.name for model in self.models) or "there is none"
        return ModelError(f"expected the name of a model ({names}), found {name!r}")


@dataclass(frozen=True)
class ModelInUse:
    """What reads faces in this installation.

    Attributes:
        folder: a usable model.
        version: another one whenever another network, or the same under another name or with
            other figures, is to be used.
        problem: why it is not the one that was chosen, on one line; empty where it is.
    """

    folder: Path
    version: str
    problem: str = ""

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.name


def list_models() -> Library:
    """Return every model folder; what holds no model's files is passed over."""
    models, damaged = [], []
    for folder in _folders():
        if not any((folder / name).exists() for name in (CARD_FILE, LITERT_FILE)):
            continue
        try:
            card = load_card(folder)
            if not (folder / LITERT_FILE).is_file():
                raise ModelError(
                    f"{folder}: expected {LITERT_FILE}, found none; restore the folder from its "
                    "source or train it again"
                )
            size = sum(entry.stat().st_size for entry in folder.iterdir())
        except (ModelError, OSError) as error:
            damaged.append(DamagedModel(folder, str(error)))
            continue
        models.append(LibraryModel(folder, card, size))
    return Library(tuple(models), tuple(damaged))


def model_folders(library: Path | None = None) -> list[Path]:
    """Return the folders of all usable models, the one that ships with the project first.

    Args:
        library: the folder that holds them; the project's own when left out.
    """
    if library is None:
        return [model.folder for model in list_models().models]
    folders = sorted(path for path in library.iterdir() if _is_usable(path))
    return sorted(folders, key=lambda folder: folder.name != DEFAULT_MODEL)


def _folders() -> list[Path]:
    shipped = default_model_dir()
    try:
        folders = folders_in(models_dir())
    except OSError:  # whatever is wrong with it, the shipped one can be used
        folders = []
    return [shipped, *(folder for folder in folders if folder.name != shipped.name)]


def _is_usable(folder: Path) -> bool:
    try:
        return LITERT_FILE in load_card(folder).files and (folder / LITERT_FILE).is_file()
    except ModelError:
        return False


# --- the model in use -----------------------------------------------------------------------------


def setting_file() -> Path:
    """Return the file that names the model in use; it need not exist."""
    return data_dir() / "model_in_use.json"


def model_in_use() -> ModelInUse:
    """Return the model that was put to use, or the shipped one where that is gone or damaged.

    Raises:
        ModelError: the shipped one is damaged, too.
    """
    folder = _chosen_folder()
    return _judged(folder, _stamp(folder / CARD_FILE), _stamp(folder / LITERT_FILE))


def put_to_use(folder: Path) -> ModelInUse:
    """Make the model in ``folder`` the one that reads faces, for the whole installation.

    Raises:
        ModelError: it cannot be used, or the setting cannot be written; nothing has changed then.
    """
    # Only here: whoever lists models needs no LiteRT.
    from emotion_core.classifier import EmotionClassifier

    EmotionClassifier.load(folder)
    setting = setting_file()
    try:
        write_json(setting, {"model": str(folder.absolute())})
    except OSError as error:
        raise ModelError(
            f"{setting}: the choice cannot be written ({error.strerror}); make room, or allow "
            f"writing there, or name another folder with {DATA_DIR_VARIABLE}"
        ) from error
    return model_in_use()


def _chosen_folder() -> Path:
    setting = setting_file()
    return _chosen(setting, _stamp(setting)) or default_model_dir()


def _stamp(path: Path) -> tuple[int, int, int]:
    """Return what changes when a file is replaced."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_mtime_ns, found.st_size


@functools.lru_cache(maxsize=4)
def _chosen(setting: Path, _: tuple[int, int, int]) -> Path | None:
    try:
        return Path(str(json.loads(setting.read_text(encoding="utf-8"))["model"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


# For every stamp once, so that a large file is not read again and again.
@functools.lru_cache(maxsize=8)
def _judged(folder: Path, *_: tuple[int, int, int]) -> ModelInUse:
    try:
        return _usable(folder)
    except ModelError as error:
        if folder == default_model_dir():
            raise
        fallback = _usable(default_model_dir())
        problem = f"{folder.name} cannot be used, so {fallback.name} reads the faces. {error}"
        return replace(fallback, problem=problem)


def _usable(folder: Path) -> ModelInUse:
    card = load_card(folder)
    read_model_file(folder, card, LITERT_FILE)
    figures = f"{card.temperature} {card.certainty_threshold} {card.measured_on}"
    return ModelInUse(folder, f"{card.name} {card.network_id} {figures}")


# --- changing the library -------------------------------------------------------------------------


def check_new_name(name: str) -> Path:
    """Return the folder that a model of this name would get.

    Raises:
        ModelError: the name does not do or is taken.
    """
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise ModelError(
            "expected a name of 1 to 60 letters, digits, spaces, dots, - and _, that begins with a "
            f"letter or digit and does not end with a dot, found {name[:80]!r}"
        )
    folder = models_dir() / name
    if name == DEFAULT_MODEL or folder.exists():
        raise ModelError(f"expected a new name, found {name!r}, which is taken; choose another")
    return folder


def add_model(source: Path, name: str, card: ModelCard) -> LibraryModel:
    """Copy a model's files into the library under a name and write its card.

    Args:
        source: a folder with everything but the card, such as an import's.
        name: letters, digits, spaces, dots, ``-`` and ``_``, at most 60.
        card: what is known of the model; it gets the name.

    Raises:
        ModelError: the name does not do or is taken, or nothing can be written; nothing is left
            behind then.
    """
    folder = check_new_name(name)
    try:
        with replace_folder(folder) as temporary:
            for file in MODEL_FILES:
                if (source / file).is_file():
                    shutil.copyfile(source / file, temporary / file)
            write_card(temporary, replace(card, name=folder.name))
    except OSError as error:
        raise _not_written(folder, error) from error
    return list_models().find(folder.name)


def rename_model(name: str, new_name: str) -> LibraryModel:
    """Give a model another name; if it is in use, it stays so.

    Raises:
        ModelError: there is no such model, it is the shipped one, the new name does not do or is
            taken, or nothing can be written.
    """
    model = list_models().find(name)
    if model.shipped:
        raise ModelError(
            f"{name} is part of the project and keeps its name; export it and import it under "
            "another one"
        )
    in_use = _chosen_folder() == model.folder
    # Copied first, so that there is no moment without the model in use.
    renamed = add_model(model.folder, new_name, model.card)
    if in_use:
        put_to_use(renamed.folder)
    _remove(model.folder)
    return renamed


def delete_model(name: str, *, although_in_use: bool = False) -> ModelInUse:
    """Delete a model, damaged ones too, and return the one in use afterwards.

    If it was in use, the shipped one is put to use before. Files that no model has are not deleted.

    Args:
        name: which one.
        although_in_use: whether it may be the one in use.

    Raises:
        ModelError: there is no such model, it is the shipped one, the last or (unless agreed) the
            one in use, it holds other files, or it cannot be deleted.
    """
    library = list_models()
    folder = library.folder_of(name)
    if folder == default_model_dir():
        raise ModelError(
            f"{name} is part of the project and stays: without it there would be no model left "
            "when another one fails"
        )
    if [model.folder for model in library.models] == [folder]:
        raise ModelError(f"{name} is the last usable model and stays; add another one first")
    if _chosen_folder() == folder:
        if not although_in_use:
            raise ModelError(f"{name} is in use; put another one to use first")
        others = [model.folder for model in library.models if model.folder != folder]
        put_to_use(others[0])
    _remove(folder)
    return model_in_use()


def export_model(name: str, file: IO[bytes]) -> None:
    """Write a model as a ZIP file that ``models import`` takes.

    Raises:
        ModelError: there is no such model, or one of its files is not what its card says.
    """
    model = list_models().find(name)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in sorted(model.card.files):
            archive.writestr(f"{name}/{entry}", read_model_file(model.folder, model.card, entry))
        archive.write(model.folder / CARD_FILE, f"{name}/{CARD_FILE}")


def export_to(name: str, path: Path) -> None:
    """Write a model as a ZIP file at ``path``, whole or not at all.

    Raises:
        ModelError: see ``export_model``, or the file cannot be written.
    """
    try:
        with replace_file(path) as temporary, temporary.open("wb") as file:
            export_model(name, file)
    except OSError as error:
        raise _not_written(path, error) from error


def _remove(folder: Path) -> None:
    try:
        others = sorted(
            entry.name
            for entry in folder.iterdir()
            if entry.name not in MODEL_FILES and not _is_leftover(entry)
        )
        if folder.is_symlink() or others:
            found = others[0] if others else "a link"
            raise ModelError(
                f"{folder}: expected a model's files only, found {found}; nothing was deleted; "
                "move it elsewhere first"
            )
        # Out of sight at once: a half-deleted folder would be listed as damaged.
        retired = Path(tempfile.mkdtemp(prefix=".deleted-", dir=folder.parent))
        folder.replace(retired / folder.name)
    except OSError as error:
        raise ModelError(
            f"{folder} cannot be deleted ({error.strerror}); close what uses it, or allow writing "
            "there, and try again"
        ) from error
    with suppress(OSError):
        shutil.rmtree(retired)


def _is_leftover(entry: Path) -> bool:
    # Cards and READMEs that a killed process was about to replace (`files.replace_file`).
    return entry.name in _DESKTOP_FILES or entry.name.startswith((".card-", ".README-"))


def _not_written(path: Path, error: OSError) -> ModelError:
    return ModelError(
        f"{path} cannot be written ({error.strerror or error}); make room, or allow writing there, "
        "and try again"
    )
