"""The library of models: which there are."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from emotion_core.access.sharing import folders_shared_with_me
from emotion_core.errors import ModelError
from emotion_core.models.folder import (
    CARD_FILE,
    LITERT_FILE,
    MODEL_FILES,
    ModelCard,
    default_model_dir,
    load_card,
    models_dir,
    models_dirs,
)
from emotion_core.system.storage.folders import DESKTOP_FILES, folder_size
from emotion_core.system.storage.persons import whose
from emotion_core.system.storage.shelf import Shelf

Origin = Literal["shipped", "trained here", "imported", "shared"]


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
    def stays(self) -> bool:
        """Whether it is not this person's to rename or delete: the project's, or the server's."""
        return not is_own(self.folder)

    @property
    def origin(self) -> Origin:
        """Where it came from."""
        if self.shipped:
            return "shipped"
        if self.folder.parent not in models_dirs():
            return "shared"
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


def is_own(folder: Path) -> bool:
    """Tell whether a model is one of those that whoever this runs for has made."""
    if whose() is None:
        return folder != default_model_dir()
    return folder.parent == models_dir()


def list_models() -> Library:
    """Return every model folder; what holds no model's files is passed over."""
    models, damaged, places = [], [], (*models_dirs(), default_model_dir().parent)
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
            size = folder_size(folder)
        except (ModelError, OSError) as error:
            if folder.parent not in places:  # its owner's to know
                continue
            damaged.append(DamagedModel(folder, str(error)))
            continue
        models.append(LibraryModel(folder, card, size))
    return Library(tuple(models), tuple(damaged))


def model_folders() -> list[Path]:
    """Return the folders of all usable models, the one that ships with the project first."""
    return [model.folder for model in list_models().models]


def _folders() -> list[Path]:
    shipped = default_model_dir()
    folders: dict[str, Path] = {}
    for parent in models_dirs():
        with suppress(ModelError):  # whatever is wrong with it, the shipped one can be used
            folders = {folder.name: folder for folder in MODELS.paths(parent)} | folders
    for share, folder in folders_shared_with_me("model", models_dir):
        folders.setdefault(share.name, folder)
    folders.pop(shipped.name, None)
    return [shipped, *(folders[name] for name in sorted(folders))]


def _is_ours(file: str) -> bool:
    # The last ones are cards and READMEs that a killed process was about to replace
    # (`files.replace_file`).
    return file in (*MODEL_FILES, *DESKTOP_FILES) or file.startswith((".card-", ".README-"))


#: How models are kept.
MODELS: Final = Shelf(one="a model", everything="all models", error=ModelError, is_ours=_is_ours)
