"""Figures of a model that came from elsewhere, measured here and written into its card."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.drawn.demo import DEMO_DATASET_NAME
from emotion_core.datasets.types import Exclusion, FaceDataset, byte_identical_to
from emotion_core.errors import ModelError
from emotion_core.judging.answers import Answers
from emotion_core.judging.measures.calibration import calibrate
from emotion_core.judging.measures.evaluation import Classifier
from emotion_core.judging.robustness.perturbations import SHIFTED_BOXES, measure_robustness
from emotion_core.models.folder import MIRRORED, SINGLE, ModelCard, load_card
from emotion_core.models.readme.card import write_card
from emotion_core.models.views import mean_logits, mirror

#: Fewer images say too little to fit a temperature and a threshold to.
LEAST_IMAGES: Final = 200


def takes_figures(card: ModelCard) -> bool:
    """Tell whether figures may be written into a card: into those of other projects' models.

    The card of a model that was trained here tells of the images that selected it, and stays.
    """
    return bool(card.source) and not card.config


def why_not(answers: Answers) -> str:
    """Return why these answers are no figures for a card, as one sentence; empty where they are."""
    if answers.dataset == DEMO_DATASET_NAME:
        return "The faces of the demo are drawn, so they do not tell how a model reads people."
    if answers.split == "PrivateTest":
        return "PrivateTest is for one final check: nothing may be fitted to it."
    if len(answers) < LEAST_IMAGES:
        return f"{len(answers)} images are too few to fit anything to: expected {LEAST_IMAGES}."
    return ""


def with_figures(
    answers: Answers,
    excluded: Exclusion | None = None,
    both_views: NDArray[np.float32] | None = None,
) -> ModelCard:
    """Return the card of the model with everything that is fitted and measured on its answers.

    Args:
        answers: of a model whose card ``takes_figures``.
        excluded: the correction list that was applied.
        both_views: float32 ``[N, 7]``, the mean logits of these images and their mirror images;
            without them what is fitted to a single view serves for both.

    Raises:
        ModelError: the card or the answers do not do.
    """
    card = answers.card
    if not takes_figures(card):
        raise ModelError(
            f"{card.name}: expected a model of another project, found one that was trained with "
            "this one; its card tells of the images that selected it, and stays as it is"
        )
    if reason := why_not(answers):
        raise ModelError(f"{card.name}: no figures are written into its card. {reason}")
    if answers.view != SINGLE:
        raise ModelError(
            f"{card.name}: expected answers to a single view of each image, found the mean of two "
            "views; judge it without --careful"
        )
    # What it has learned from is not known, so neither is which of these images it knows.
    fitted = calibrate(answers.logits, answers.labels)
    data = {
        "measured_on": f"{answers.dataset} {answers.split}",
        "measured_images": len(answers),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if excluded is not None:
        data["excluded"] = excluded.to_json()
    metrics = fitted.metrics | {"view": SINGLE}
    if both_views is not None:
        metrics[MIRRORED] = mirrored_figures(both_views, answers.labels)
    return replace(
        card,
        temperature=fitted.temperature,
        certainty_threshold=fitted.certainty_threshold,
        data=data,
        metrics=metrics,
    )


def write_figures(
    model_dir: Path,
    answers: Answers,
    excluded: Exclusion | None = None,
    both_views: NDArray[np.float32] | None = None,
) -> None:
    """Write the figures of a model's answers into its card and README.

    Args:
        model_dir: the model's folder.
        answers: see ``with_figures``.
        excluded: see there.
        both_views: see there.

    Raises:
        ModelError: see ``with_figures``; or the folder holds another model by now, or cannot be
            written.
    """
    card = with_figures(answers, excluded, both_views)
    if load_card(model_dir).network_id != card.network_id:
        raise ModelError(
            f"{model_dir}: expected the model that was judged, found another one by now; judge "
            "that one"
        )
    try:
        write_card(model_dir, card)
    except OSError as error:
        raise ModelError(
            f"the card in {model_dir} cannot be written ({error.strerror or error}); free up "
            "space, or allow writing there, and try again"
        ) from error


def measured(
    card: ModelCard,
    classifier: Classifier,
    training_set: FaceDataset,
    selection_set: FaceDataset,
    logits: NDArray[np.float32],
) -> ModelCard:
    """Return ``card`` with everything that is fitted or measured on the images that selected it.

    That is done for a single view of each image, and for each image and its mirror image together.

    Args:
        card: what is known of the model besides.
        classifier: the model; runs on mirror images and shifted boxes.
        training_set: what it was trained on.
        selection_set: what its best epoch was selected on.
        logits: its float32 ``[N, 7]`` for the selection set.
    """
    leaked = byte_identical_to(selection_set.images, training_set.images)
    fitted = calibrate(logits, selection_set.labels, leaked)
    shifted = measure_robustness(classifier, selection_set, SHIFTED_BOXES)
    of_mirrors = classifier.predict_logits(mirror(selection_set.images))
    also_selecting = byte_identical_to(training_set.images, selection_set.images)
    return replace(
        card,
        temperature=fitted.temperature,
        certainty_threshold=fitted.certainty_threshold,
        data=card.data
        | {
            "training_images": len(training_set),
            "training_fingerprint": training_set.fingerprint,
            "training_images_also_selecting": int(also_selecting.sum()),
            "selected_on": selection_set.name,
            "selection_images": len(selection_set),
        },
        metrics=fitted.metrics
        | {
            "view": SINGLE,
            "shifted_boxes": shifted.to_json(),
            MIRRORED: mirrored_figures(
                mean_logits(logits, of_mirrors), selection_set.labels, leaked
            ),
        },
    )


def mirrored_figures(
    logits: NDArray[np.float32],
    labels: NDArray[np.uint8],
    leaked: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """Return what a card states of both views: what is fitted to them, and the figures.

    Args:
        logits: float32 ``[N, 7]``, the mean of both views.
        labels: uint8 ``[N]``.
        leaked: see ``calibrate``.
    """
    fitted = calibrate(logits, labels, leaked)
    return {
        "view": MIRRORED,
        "temperature": fitted.temperature,
        "certainty_threshold": fitted.certainty_threshold,
    } | fitted.metrics
