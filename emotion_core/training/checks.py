"""Would this run fail? Asked before anything is started; nothing here imports Keras."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emotion_core.errors import ModelError, TrainingError
from emotion_core.models.folder import CARD_FILE, load_card
from emotion_core.quantities import counted
from emotion_core.training.config import TrainingConfig
from emotion_core.training.data import TrainingCounts
from emotion_core.training.teachers import teacher_file
from emotion_core.training.warm_start import initial_card


def training_problems(
    config: TrainingConfig,
    counts: TrainingCounts,
    teachers: Sequence[str | Path] = (),
    initial: str | Path | None = None,
) -> dict[str, str]:
    """Return why a run would fail: one sentence by the name of the setting to change.

    The names are those of ``flat_settings``, ``data``, ``teachers`` and ``initial``; nothing stands
    against a run without problems.

    Args:
        config: the settings.
        counts: of its data.
        teachers: models to learn from.
        initial: the model to begin with; None: random weights.
    """
    problems = {}
    if len(counts.emotions) < 2:
        problems["data"] = (
            f"expected images of two expressions or more to learn from, found {counts.emotions[0]} "
            "alone; join other data, or leave fewer images out"
        )
    if config.batch_size > counts.training:
        problems["batch_size"] = (
            f"expected at most the {counted(counts.training, 'image')} to learn from, found "
            f"{config.batch_size:,}"
        )
    if teachers and not config.distillation_weight:
        problems["distillation_weight"] = (
            "expected more than 0 with teachers, found 0; use the preset distill, or learn from no "
            "other model"
        )
    if config.distillation_weight and not teachers:
        problems["teachers"] = (
            f"expected at least one for a distillation_weight of {config.distillation_weight:g}, "
            "found none; choose one, or set that to 0"
        )
    for teacher in map(Path, teachers):
        if unfit := _unfit(teacher):
            problems["teachers"] = unfit
    if config.vote_weight and not counts.votes:
        problems["vote_weight"] = (
            f"expected 0 for data without FER+ votes, found {config.vote_weight:g}"
        )
    if initial is not None:
        try:
            initial_card(Path(initial), config)
        except (ModelError, TrainingError) as error:
            problems["initial"] = str(error)
    return problems


def check_training(
    config: TrainingConfig,
    counts: TrainingCounts,
    teachers: Sequence[str | Path] = (),
    initial: str | Path | None = None,
) -> None:
    """Refuse a run that would fail, see ``training_problems``.

    Raises:
        TrainingError: names the first setting to change.
    """
    for name, problem in training_problems(config, counts, teachers, initial).items():
        raise TrainingError(f"{name}: {problem}")


def _unfit(teacher: Path) -> str:
    """Return why a model cannot teach; empty when it can, as far as its card tells."""
    try:
        teacher_file(teacher)
        card = load_card(teacher) if (teacher / CARD_FILE).is_file() else None
    except ModelError as error:
        return str(error)
    if card is None or card.interface is None:
        return ""
    return (
        "expected teachers that take 48x48 grey faces to the seven expressions in this app's "
        f"order, found {card.name}, which was imported with another input or other labels; choose "
        "another one"
    )
