"""Tells from the name of a picture's folder which class it is of.

Some datasets number their classes, each in an order of its own: 1 is surprise in RAF-DB, and
happy in AffectNet. What the numbers mean is asked once, and kept for this very list of pictures.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from emotion_core.datasets.reading.bad_rows import RowError
from emotion_core.datasets.reading.csv_names import member_path
from emotion_core.emotions import EMOTION_ALIASES, EMOTIONS
from emotion_core.errors import DatasetError, NumberedClassesError
from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.folders import data_dir
from emotion_core.system.storage.json_reading import checked, read_json

#: The meaning of a number whose pictures are left out, such as those of contempt.
LEFT_OUT: Final = "none"

_NUMBER: Final = re.compile(r"\d{1,2}")
_AROUND: Final = re.compile(r"^[\W\d_]+|[\W_]+$")  # "1-happy", "happy_"
_MOST_NUMBERS: Final = 12

_log = logging.getLogger(__name__)


def label_of(name: str, meanings: Mapping[str, str] | None = None) -> int:
    """Return the index in ``EMOTIONS`` that the folder of a picture tells.

    Args:
        name: its path below the dataset's folder, with forward slashes.
        meanings: what numbered folders mean, see ``meanings_of``.

    Raises:
        RowError: it is not in a folder of one of the seven classes.
    """
    folder = class_folder(name)
    emotion = (meanings or {}).get(folder) or EMOTION_ALIASES.get(_AROUND.sub("", folder).lower())
    if emotion is None:
        raise RowError(f"expected a class folder of {', '.join(EMOTIONS)}, found {folder!r}")
    return EMOTIONS.index(emotion)


def in_class_folder(name: str) -> bool:
    """Return whether a picture lies in the folder of one of the seven classes; see ``label_of``."""
    try:
        label_of(name)
    except RowError:
        return False
    return True


def class_folder(name: str) -> str:
    """Return the name of the folder that a picture lies in; empty for one that lies in none."""
    return member_path(name).parent.name


def meanings_of(
    source: Path, pictures: Sequence[str], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return what the folders of classes that are numbered mean; empty where they have names.

    Args:
        source: the folder or archive.
        pictures: paths of its pictures, with forward slashes.
        given: what somebody says they mean, see ``remember_meanings``; None: as was said before.

    Returns:
        One of ``EMOTIONS``, or ``LEFT_OUT``, by name of the folder.

    Raises:
        NumberedClassesError: that is not known, at least of one of them.
        DatasetError: what is said cannot be kept.
    """
    folders = {class_folder(name) for name in pictures}
    numbers = sorted((each for each in folders if _NUMBER.fullmatch(each)), key=int)
    if not numbers or len(numbers) > _MOST_NUMBERS or any(map(in_class_folder, pictures)):
        return {}
    data_id = hashlib.sha256("\n".join(sorted(pictures)).encode("utf-8", "replace")).hexdigest()
    meanings = _remembered().get(data_id, {}) if given is None else dict(given)
    unknown = [number for number in numbers if number not in meanings]
    if unknown:
        raise NumberedClassesError(
            f"{source}: expected class folders of {', '.join(EMOTIONS)}, found {', '.join(unknown)}"
            "; say what the numbers mean, as the authors of the dataset do: --classes "
            f"{unknown[0]}=happy,… with {LEFT_OUT} for what to leave out, or on the page "
            "Dataset explorer",
            source=str(source),
            numbers=tuple(numbers),
            data_id=data_id,
        )
    if given is not None:
        remember_meanings(data_id, given)
    return meanings


def remember_meanings(data_id: str, meanings: Mapping[str, str]) -> None:
    """Keep what the numbered classes of a dataset mean, for whoever opens it next.

    Args:
        data_id: the one that ``NumberedClassesError`` names.
        meanings: one of ``EMOTIONS``, or ``LEFT_OUT``, by number.

    Raises:
        DatasetError: a meaning is none of these, or nothing can be written.
    """
    for number, meaning in meanings.items():
        if meaning not in (*EMOTIONS, LEFT_OUT):
            raise DatasetError(
                f"class {number}: expected {', '.join(EMOTIONS)} or {LEFT_OUT}, found {meaning!r}"
            )
    try:
        write_json(meanings_file(), _remembered() | {data_id: dict(meanings)})
    except OSError as error:
        raise DatasetError(
            f"{meanings_file()}: cannot be written ({error.strerror or error}); free up space, or "
            "allow writing there"
        ) from error


def meanings_file() -> Path:
    """Return the file of what numbers of classes mean; it need not exist."""
    return data_dir() / "numbered_classes.json"


def _remembered() -> dict[str, dict[str, str]]:
    try:
        content = checked(read_json(meanings_file()), dict[str, dict[str, str]])
        return {
            data_id: meanings
            for data_id, meanings in content.items()
            if set(meanings.values()) <= {*EMOTIONS, LEFT_OUT}
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        _log.warning("%s is damaged and starts over: %s", meanings_file(), error)
        return {}
