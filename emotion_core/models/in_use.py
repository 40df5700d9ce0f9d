"""The model that reads faces: one setting of the whole installation.

It is a small file in the user's data folder. Whoever reads faces asks `model_in_use` as often as it
likes: it costs a look at three files, and its answer changes when another model is put to use, by
the app or on the command line.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path

from emotion_core.errors import ModelError, NoHomeError
from emotion_core.models.folder import (
    CARD_FILE,
    LITERT_FILE,
    default_model_dir,
    load_card,
    read_model_file,
)
from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.folders import DATA_DIR_VARIABLE, data_dir
from emotion_core.system.storage.json_reading import checked, read_json


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


def setting_file() -> Path:
    """Return the file that names the model in use; it need not exist."""
    return data_dir() / "model_in_use.json"


def model_in_use() -> ModelInUse:
    """Return the model that was put to use, or the shipped one where that is gone or damaged.

    Raises:
        ModelError: the shipped one is damaged, too.
    """
    folder = chosen_folder()
    return _judged(folder, _stamp(folder / CARD_FILE), _stamp(folder / LITERT_FILE))


def put_to_use(folder: Path) -> ModelInUse:
    """Make the model in ``folder`` the one that reads faces, for the whole installation.

    Raises:
        ModelError: it cannot be used, or the setting cannot be written; nothing has changed then.
    """
    # Only here: whoever lists models needs no LiteRT.
    from emotion_core.models.classifier import EmotionClassifier

    EmotionClassifier.load(folder)
    setting = setting_file()
    try:
        write_json(setting, {"model": str(folder.absolute())})
    except OSError as error:
        raise ModelError(
            f"{setting}: the choice cannot be written ({error.strerror}); free up space, or allow "
            f"writing there, or name another folder with {DATA_DIR_VARIABLE}"
        ) from error
    return model_in_use()


def chosen_folder() -> Path:
    """Return the folder that was put to use, be it usable or not; the shipped one without any."""
    try:
        setting = setting_file()
    except NoHomeError:  # as in a container: nobody chose anything
        return default_model_dir()
    return _chosen(setting, _stamp(setting)) or default_model_dir()


def _stamp(path: Path) -> tuple[int, int, int]:
    """Return what changes when a file is replaced."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_mtime_ns, found.st_size


@functools.lru_cache(maxsize=256)  # each person may have chosen another
def _chosen(setting: Path, _: tuple[int, int, int]) -> Path | None:
    try:
        return Path(checked(read_json(setting), dict[str, str])["model"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


# For every stamp once, so that a large file is not read again and again.
@functools.lru_cache(maxsize=64)
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
    both = card.mirrored
    fitted = f"{card.temperature} {card.certainty_threshold} {both.temperature} "
    figures = f"{fitted}{both.certainty_threshold} {card.measured_on}"
    return ModelInUse(folder, f"{card.name} {card.network_id} {figures}")
