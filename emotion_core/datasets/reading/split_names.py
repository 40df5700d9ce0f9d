"""Tells from the names of folders and files which split a picture belongs to.

Every copy of a dataset calls the folders of its splits otherwise: ``train``, ``FER2013Train``,
``val_set``, ``Public Test``. One that is not understood is an error, never Training: a model that
learns from test faces looks better than it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from emotion_core.datasets.reading.bad_rows import RowError
from emotion_core.datasets.reading.csv_names import member_path
from emotion_core.datasets.types import SPLITS

# What may stand behind the name of a split without a space: "trainset", "testimages".
_ENDING: Final = (
    "(?:(?:data)?sets?|data|splits?|images?|imgs?|pictures?|faces?|folder|class(?:es)?)?"
)
_EVALUATION: Final = "eval(?:uat(?:e|ion|ing))?"
# In the order of SPLITS.
_NAMES: Final = tuple(
    re.compile(f"(?:{names}){_ENDING}")
    for names in (
        "train(?:ing)?",
        "publictest|val(?:id(?:at(?:e|ion|ing))?)?|dev",
        f"privatetest|test(?:s|ing)?|{_EVALUATION}|holdout",
    )
)
_LOOKS_LIKE_A_SPLIT: Final = re.compile(
    f"(?:train|test|valid).*|.*(?:train(?:ing)?|test(?:ing)?|valid(?:ation)?){_ENDING}"
)
# Beside "dev" it is what the authors tested on. Beside "test" it is something else.
_IS_EVALUATION: Final = re.compile(f"{_EVALUATION}{_ENDING}")
_PRIVATE_TEST: Final = SPLITS.index("PrivateTest")
_NO_SPLITS: Final = frozenset({"latest", "greatest", "contest"})
_NEW_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD: Final = re.compile(r"[^\W\d_]+")
_TWO_WORDS: Final = re.compile(r"\b(public|private) test|\btest (public|private)\b")


class _Told(NamedTuple):
    """Which split a name tells, and, if it is a folder's, that name and the folder around it."""

    split: int
    folder: str = ""
    inside: str | None = None


def split_of(name: str, folder_name: str) -> int:
    """Return the index in ``SPLITS`` that file name or folders tell; Training when none does.

    Args:
        name: its path below the dataset's folder, with forward slashes.
        folder_name: what the dataset's folder is called.

    Raises:
        RowError: a folder's name looks like that of a split, but does not tell which.
    """
    told = _told(name, folder_name)
    return 0 if told is None else told.split


class SplitFolders:
    """The splits of a whole dataset: a folder beside those of splits must be one of them too."""

    def __init__(self, names: Sequence[str], folder_name: str) -> None:
        """Look at the names of all pictures.

        Args:
            names: their paths below the dataset's folder, with forward slashes.
            folder_name: what the dataset's folder is called.
        """
        self._folder_name = folder_name
        self._inside: set[str] = set()
        self._has_test = False
        for name in names:
            try:
                told = _told(name, folder_name)
            except RowError:  # whoever asks for this one is told
                continue
            if told is not None and told.inside is not None:
                self._inside.add(told.inside)
                self._has_test |= told.split == _PRIVATE_TEST and not _is_evaluation(told.folder)
        #: Folders that tell no split, and whose faces therefore are Training, as nobody may expect.
        self.untold: set[str] = set()

    def split_of(self, name: str) -> int:
        """Return the index in ``SPLITS`` of one of the pictures.

        Raises:
            RowError: its folder looks like that of a split, but does not tell which.
        """
        told = _told(name, self._folder_name)
        if told is not None and self._has_test and _is_evaluation(told.folder):
            raise _unclear(told.folder)
        if told is not None:
            return told.split
        above = member_path(name).parts[:-2]  # the folder of the class is none of them
        for place, folder in enumerate(above):
            if "/".join(above[:place]) in self._inside:
                raise _unclear(folder)
        if above:
            self.untold.add("/".join(above))
        return 0


def _told(name: str, folder_name: str) -> _Told | None:
    *folders, file_name = member_path(name).parts
    for code, split in enumerate(SPLITS):
        if file_name.startswith(f"{split}_"):
            return _Told(code)
    for place in reversed(range(len(folders))):
        if (split_ := _split_named(folders[place])) is not None:
            return _Told(split_, folders[place], "/".join(folders[:place]))
    split_ = _split_named(folder_name)
    return None if split_ is None else _Told(split_)


@lru_cache(1024)
def _split_named(folder: str) -> int | None:
    """Return the split that a folder's name tells; None for a name that is about something else.

    Raises:
        RowError: it is about a split, but does not tell which.
    """
    found = set()
    for word in _words(folder):
        matches = [code for code, names in enumerate(_NAMES) if names.fullmatch(word)]
        if not matches and word not in _NO_SPLITS and _LOOKS_LIKE_A_SPLIT.fullmatch(word):
            raise _unclear(folder)
        found.update(matches)
    if len(found) > 1:
        raise _unclear(folder)
    return found.pop() if found else None


def _is_evaluation(folder: str) -> bool:
    return any(map(_IS_EVALUATION.fullmatch, _words(folder)))


@lru_cache(1024)
def _words(folder: str) -> tuple[str, ...]:
    words = " ".join(_WORD.findall(_NEW_WORD.sub(" ", folder))).lower()
    return tuple(_TWO_WORDS.sub(r"\1\2test", words).split())


def _unclear(folder: str) -> RowError:
    return RowError(
        f"expected a folder named after its split, train, val or test, found {folder!r}"
    )
