"""What a run is to do: settings, data, and where its model goes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from emotion_core.datasets.source import DataSource
from emotion_core.errors import DatasetError, TrainingError
from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.json_reading import checked, read_json
from emotion_core.training.config import TrainingConfig
from emotion_core.training.progress import CONFIG_FILE

PLAN_FILE: Final = "run.json"
LONGEST_NAME: Final = 80

#: Version of the layout of ``run.json``.
_FORMAT: Final = 1


@dataclass(frozen=True)
class RunPlan:
    """What a run is to do, and what people say about it.

    Attributes:
        name: what to call it and its model, at most 80 characters.
        config: the settings.
        data: what it learns from.
        created: UTC time in ISO 8601.
        library: absolute path of the folder that the model is put in.
        teachers: absolute paths of the models to learn from.
        initial: absolute path of the model to begin with; None: random weights.
        sweep: name of the sweep that it belongs to; empty: none.
        notes: anything.

    Raises:
        TrainingError: the name is empty or too long.
    """

    name: str
    config: TrainingConfig
    data: DataSource
    created: str
    library: str
    teachers: tuple[str, ...] = ()
    initial: str | None = None
    sweep: str = ""
    notes: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST_NAME:
            raise TrainingError(
                f"expected a name of 1 to {LONGEST_NAME} characters for a run, found {self.name!r}"
            )

    def write(self, folder: Path) -> None:
        """Write it into the run's folder.

        Raises:
            OSError: the folder cannot be written.
        """
        write_json(folder / PLAN_FILE, {"format": _FORMAT, **asdict(self)})


def read_plan(folder: Path) -> RunPlan:
    """Return the plan of the run in ``folder``.

    Raises:
        TrainingError: there is none, or it is damaged.
    """
    path = folder / PLAN_FILE
    try:
        return _parsed(read_json(path))
    except FileNotFoundError:
        raise TrainingError(f"expected a run with {PLAN_FILE} in {folder}, found none") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, DatasetError) as error:
        raise TrainingError(f"{path} is damaged ({error}); delete {folder}") from error


def _parsed(content: dict[str, Any]) -> RunPlan:
    if content.pop("format") != _FORMAT:
        raise ValueError("it was written by another version of this project")
    DataSource.from_json(content["data"])
    TrainingConfig.from_json(content["config"])
    return checked({**content, "teachers": content["teachers"]}, RunPlan)


def plan_of_earlier_version(folder: Path, name: str, data: DataSource) -> RunPlan:
    """Return the plan of a run that an earlier version's ``train`` began in ``folder``.

    It wrote no plan, and the settings into another file, which holds no name and no data source.

    Raises:
        TrainingError: there is no such run, or it is damaged.
    """
    path = folder / CONFIG_FILE
    try:
        content = read_json(path)
        initial = content.get("initial")
        return RunPlan(
            name=name,
            config=TrainingConfig.from_json(content["config"]),
            data=data,
            created=datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds"),
            library=str(folder.resolve().parent),
            teachers=tuple(teacher["path"] for teacher in content["teachers"]),
            initial=initial and initial["path"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainingError(
            f"{path} is damaged ({error}); delete {folder} and start over"
        ) from error
