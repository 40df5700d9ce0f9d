"""An end to everything that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emotion_core.belongings.kinds import Kind, kinds
from emotion_core.errors import EmotionCoreError
from emotion_core.system.storage.set_aside import SetAside


@dataclass(frozen=True)
class Deletion:
    """What became of everything.

    Attributes:
        deleted: things that are gone, by the name of their kind.
        aside: those of them that can be taken back, as long as somebody holds this.
        problems: a line for each thing that is still there.
    """

    deleted: dict[str, int]
    aside: tuple[SetAside, ...]
    problems: tuple[str, ...]


def delete_everything(of: Sequence[Kind] | None = None) -> Deletion:
    """Delete all that people made with this app; what cannot be deleted keeps from nothing else.

    What is at work is refused, as on its page: a session that is being recorded, a training or a
    video that runs. So are files that the app did not write.

    Args:
        of: what; None for ``kinds()``.
    """
    deleted: dict[str, int] = {}
    aside: list[SetAside] = []
    problems: list[str] = []
    for kind in kinds() if of is None else of:
        for path in kind.paths():
            try:
                found = kind.delete(path)
            except EmotionCoreError as error:
                problems.append(str(error))
                continue
            deleted[kind.name] = deleted.get(kind.name, 0) + 1
            if found is not None:
                aside.append(found)
    return Deletion(deleted, tuple(aside), tuple(problems))
