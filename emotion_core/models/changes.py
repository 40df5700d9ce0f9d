"""What can be done with models: add, rename, delete, export."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from emotion_core.errors import ModelError
from emotion_core.models.folder import (
    CARD_FILE,
    DEFAULT_MODEL,
    MODEL_FILES,
    ModelCard,
    default_model_dir,
    models_dir,
    read_model_file,
)
from emotion_core.models.in_use import ModelInUse, chosen_folder, model_in_use, put_to_use
from emotion_core.models.library import LibraryModel, list_models
from emotion_core.models.readme.card import write_card
from emotion_core.system.files import new_folder, replace_file
from emotion_core.system.folders import DESKTOP_FILES

_NAME: Final = re.compile(r"[^\W_](?:[\w .-]{0,58}[\w-])?")


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
        raise _taken(name)
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
        with new_folder(folder) as temporary:
            for file in MODEL_FILES:
                if (source / file).is_file():
                    shutil.copyfile(source / file, temporary / file)
            write_card(temporary, replace(card, name=folder.name))
    except FileExistsError as error:  # by somebody else, since it was checked
        raise _taken(folder.name) from error
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
    _refuse_other_files(model.folder)
    in_use = chosen_folder() == model.folder
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
    if chosen_folder() == folder:
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
    _refuse_other_files(folder)
    try:
        # Out of sight at once: a half-deleted folder would be listed as damaged.
        retired = Path(tempfile.mkdtemp(prefix=".deleted-", dir=folder.parent))
        try:
            folder.replace(retired / folder.name)
        finally:
            shutil.rmtree(retired, ignore_errors=True)
    except OSError as error:
        raise ModelError(
            f"{folder} cannot be deleted ({error.strerror}); close what uses it, or allow writing "
            "there, and try again"
        ) from error


def _refuse_other_files(folder: Path) -> None:
    """Refuse to delete a folder with anything that no model has.

    Raises:
        ModelError: names the first of them.
    """
    others = ["a link"] if folder.is_symlink() else []
    try:
        others += sorted(entry.name for entry in folder.iterdir() if not _is_ours(entry.name))
    except OSError as error:
        raise ModelError(f"{folder} cannot be read ({error.strerror}); was it deleted?") from error
    if others:
        raise ModelError(
            f"{folder}: expected a model's files only, found {others[0]}; nothing was deleted; "
            "move it elsewhere first"
        )


def _is_ours(file: str) -> bool:
    # The last ones are cards and READMEs that a killed process was about to replace
    # (`files.replace_file`).
    return file in (*MODEL_FILES, *DESKTOP_FILES) or file.startswith((".card-", ".README-"))


def _taken(name: str) -> ModelError:
    return ModelError(f"expected a new name, found {name!r}, which is taken; choose another")


def _not_written(path: Path, error: OSError) -> ModelError:
    return ModelError(
        f"{path} cannot be written ({error.strerror or error}); make room, or allow writing there, "
        "and try again"
    )
