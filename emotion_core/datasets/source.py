"""Where a dataset comes from, so that another process can open the very same one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emotion_core.datasets.apart import open_apart
from emotion_core.datasets.checks.corrections import exclude
from emotion_core.datasets.checks.exclusions import load_exclusions
from emotion_core.datasets.joining import join
from emotion_core.datasets.opening import DEMO_NAME
from emotion_core.datasets.own.storage import own_path
from emotion_core.datasets.types import FaceDataset
from emotion_core.errors import DatasetError
from emotion_core.system.storage.json_reading import checked


@dataclass(frozen=True)
class DataSource:
    """A dataset as somebody asked for it.

    Attributes:
        path: what ``open_dataset`` takes: a file or folder, ``own/NAME`` or ``demo``.
        votes: FER+ votes for it; None: those that lie beside it, if any do.
        joined: further datasets, in the form of ``path``.
        exclusions: name or file of the correction list to apply.
        skip_bad_rows: leave bad rows out instead of refusing them.
    """

    path: str
    votes: str | None = None
    joined: tuple[str, ...] = ()
    exclusions: str | None = None
    skip_bad_rows: bool = False

    @property
    def name(self) -> str:
        """What to call it, in a few words."""
        names = " + ".join(_short(path) for path in (self.path, *self.joined))
        return f"{names} (corrected by {_short(self.exclusions)})" if self.exclusions else names

    def absolute(self) -> DataSource:
        """Return it with absolute paths, which mean the same in every folder."""
        return replace(
            self,
            path=_absolute(self.path),
            votes=self.votes and str(Path(self.votes).resolve()),
            joined=tuple(_absolute(path) for path in self.joined),
            exclusions=self.exclusions and _absolute_list(self.exclusions),
        )

    def open(
        self,
        progress: Callable[[float], None] | None = None,
        classes: Mapping[str, str] | None = None,
    ) -> FaceDataset:
        """Read the datasets, join them, and apply the list.

        Args:
            progress: called now and then with the share that is done, 0.0 to 1.0.
            classes: what numbered classes of each of them mean, see ``open_dataset``.

        Raises:
            NumberedClassesError: classes are numbers, and nobody has said what they mean.
            DatasetError: a dataset or the list cannot be read, or the list is for another one.
        """
        paths = (self.path, *self.joined)
        parts = [
            open_apart(
                path,
                classes=classes,
                votes_path=None if place else self.votes,
                skip_bad_rows=self.skip_bad_rows,
                progress=progress and _part(progress, place, len(paths)),
            )
            for place, path in enumerate(paths)
        ]
        dataset = join(*parts)
        if self.exclusions is None:
            return dataset
        return exclude(dataset, load_exclusions(self.exclusions))

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> DataSource:
        """Rebuild a source from what ``asdict`` and JSON made of it.

        Raises:
            DatasetError: it is none.
        """
        try:
            return checked({**content, "joined": content["joined"]}, cls)
        except (ValueError, KeyError, TypeError) as error:
            raise DatasetError(f"expected the source of a dataset, found {content!r}") from error


def _part(progress: Callable[[float], None], place: int, count: int) -> Callable[[float], None]:
    """Return what takes the progress of one part of ``count``."""
    return lambda share: progress(share if share < 0 else (place + share) / count)


def _short(path: str) -> str:
    return path if _is_name(path) else Path(path).name


def _is_name(path: str) -> bool:
    """Tell whether a path stands for something that lies where this project keeps it."""
    return path == DEMO_NAME or (not Path(path).exists() and own_path(Path(path)) is not None)


def _absolute(path: str) -> str:
    return path if _is_name(path) else str(Path(path).resolve())


def _absolute_list(exclusions: str) -> str:
    return str(Path(exclusions).resolve()) if exclusions.endswith(".json") else exclusions
