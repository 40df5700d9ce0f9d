"""What can be done with models: add, rename, delete, export."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import IO

from emotion_core.access.audit import note
from emotion_core.access.room import refuse_beyond
from emotion_core.access.sharing import stop_sharing
from emotion_core.errors import ModelError
from emotion_core.models.folder import (
    CARD_FILE,
    DEFAULT_MODEL,
    MODEL_FILES,
    ModelCard,
    default_model_dir,
    models_dirs,
    read_model_file,
)
from emotion_core.models.in_use import ModelInUse, chosen_folder, model_in_use, put_to_use
from emotion_core.models.library import MODELS, LibraryModel, is_own, list_models
from emotion_core.models.readme.card import write_card
from emotion_core.system.storage.files import replace_file
from emotion_core.system.storage.shelf import deleting, writing


def check_new_name(name: str) -> Path:
    """Return the folder that a model of this name would get.

    Raises:
        ModelError: the name does not do or is taken.
    """
    folder, *_ = [MODELS.free(parent, name) for parent in models_dirs()]
    if folder.name == DEFAULT_MODEL:
        raise MODELS.taken(folder)
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
        NoRoomError: there is no room for it.
    """
    folder = check_new_name(name)
    files = (source / file for file in MODEL_FILES)
    refuse_beyond(sum(file.stat().st_size for file in files if file.is_file()), folder.name)
    with MODELS.make(folder) as temporary:
        for file in MODEL_FILES:
            if (source / file).is_file():
                shutil.copyfile(source / file, temporary / file)
        write_card(temporary, replace(card, name=folder.name))
    return list_models().find(folder.name)


def rename_model(name: str, new_name: str) -> LibraryModel:
    """Give a model another name; if it is in use, it stays so.

    Raises:
        ModelError: there is no such model, it is the shipped one, the new name does not do or is
            taken, or nothing can be written.
    """
    model = list_models().find(name)
    if model.stays:
        whose = "part of the project" if model.shipped else "not yours"
        raise ModelError(
            f"{name} is {whose} and keeps its name; export it and import it under another one"
        )
    with deleting(model.folder, ModelError):
        MODELS.refuse_others(model.folder)
    in_use = chosen_folder() == model.folder
    # Copied first, so that there is no moment without the model in use.
    renamed = add_model(model.folder, new_name, model.card)
    if in_use:
        put_to_use(renamed.folder)
    MODELS.delete(model.folder)
    stop_sharing("model", name)
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
    if not is_own(folder):
        raise ModelError(f"{name} is not yours and stays; whoever runs the app can delete it")
    if [model.folder for model in library.models] == [folder]:
        raise ModelError(f"{name} is the last usable model and stays; add another one first")
    if chosen_folder() == folder:
        if not although_in_use:
            raise ModelError(f"{name} is in use; use another model first")
        others = [model.folder for model in library.models if model.folder != folder]
        put_to_use(others[0])
    MODELS.delete(folder)
    stop_sharing("model", folder.name)
    note("deleted", "model", folder.name)
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
    note("exported", "model", name)


def export_to(name: str, path: Path) -> None:
    """Write a model as a ZIP file at ``path``, whole or not at all.

    Raises:
        ModelError: see ``export_model``, or the file cannot be written.
    """
    with (
        writing(path, ModelError),
        replace_file(path) as temporary,
        temporary.open("wb") as file,
    ):
        export_model(name, file)
