"""What stands against a run, field by field, before anything is started or Keras imported."""

from __future__ import annotations

from pathlib import Path

from emotion_core.errors import ModelError, TrainingError
from emotion_core.models.folder import CARD_FILE, KERAS_FILE, load_card
from emotion_core.training.data import TrainingCounts
from emotion_core.training.runs.plan import RunPlan
from emotion_core.training.warm_start import check_fit


def plan_problems(plan: RunPlan, counts: TrainingCounts) -> dict[str, str]:
    """Return why a run would fail: one sentence by the name of the setting to change.

    The names are those of ``flat_settings``, ``data``, ``teachers`` and ``initial``; nothing stands
    against a run without problems.

    Args:
        plan: the run.
        counts: of its data.
    """
    config, problems = plan.config, {}
    if len(counts.emotions) < 2:
        problems["data"] = (
            f"expected images of two expressions or more to learn from, found {counts.emotions[0]} "
            "alone; join other data, or leave fewer images out"
        )
    if config.batch_size > counts.training:
        problems["batch_size"] = (
            f"expected at most the {counts.training:,} images to learn from, found "
            f"{config.batch_size:,}"
        )
    if plan.teachers and not config.distillation_weight:
        problems["distillation_weight"] = "expected more than 0 with teachers, found 0"
    if config.distillation_weight and not plan.teachers:
        problems["teachers"] = (
            f"expected at least one for a distillation_weight of {config.distillation_weight:g}, "
            "found none; choose one, or set that to 0"
        )
    for teacher in map(Path, plan.teachers):
        if unfit := _unfit(teacher):
            problems["teachers"] = unfit
    if config.vote_weight and not counts.votes:
        problems["vote_weight"] = (
            f"expected 0 for data without FER+ votes, found {config.vote_weight:g}"
        )
    if plan.initial is not None and (misfit := _misfit(Path(plan.initial), plan)):
        problems["initial"] = misfit
    return problems


def check_plan(plan: RunPlan, counts: TrainingCounts) -> None:
    """Refuse a run that would fail.

    Raises:
        TrainingError: names the first setting to change.
    """
    for name, problem in plan_problems(plan, counts).items():
        raise TrainingError(f"{name}: {problem}")


def _unfit(teacher: Path) -> str:
    """Return why a model cannot teach; empty when it can, as far as its card tells."""
    if not (teacher / KERAS_FILE if teacher.is_dir() else teacher).is_file():
        return f"expected a teacher's network in {teacher}, found no {KERAS_FILE}"
    if not (teacher / CARD_FILE).is_file():
        return ""
    try:
        card = load_card(teacher)
    except ModelError as error:
        return str(error)
    if card.interface is None:
        return ""
    return (
        "expected teachers that take 48x48 grey faces to the seven expressions in this app's "
        f"order, found {card.name}, which was imported with another input or other labels; choose "
        "another one"
    )


def _misfit(model: Path, plan: RunPlan) -> str:
    try:
        check_fit(load_card(model), plan.config)
    except (ModelError, TrainingError) as error:
        return str(error)
    if not (model / KERAS_FILE).is_file():
        return f"expected {KERAS_FILE} in {model}, found none; choose another model"
    return ""
