"""A model's card: what is measured for it, written as JSON and in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import FaceDataset, byte_identical_to
from emotion_core.judging.measures.calibration import calibrate
from emotion_core.judging.measures.evaluation import Classifier
from emotion_core.judging.robustness.perturbations import SHIFTED_BOXES, measure_robustness
from emotion_core.models.folder import CARD_FILE, README_FILE, ModelCard, checksum
from emotion_core.models.readme.text import readme_text
from emotion_core.system.files import replace_file, write_json


def measured(
    card: ModelCard,
    classifier: Classifier,
    training_set: FaceDataset,
    selection_set: FaceDataset,
    logits: NDArray[np.float32],
) -> ModelCard:
    """Return ``card`` with everything that is fitted or measured on the images that selected it.

    Args:
        card: what is known of the model besides.
        classifier: the model; runs on shifted boxes.
        training_set: what it was trained on.
        selection_set: what its best epoch was selected on.
        logits: its float32 ``[N, 7]`` for the selection set.
    """
    leaked = byte_identical_to(selection_set.images, training_set.images)
    fitted = calibrate(logits, selection_set.labels, leaked)
    shifted = measure_robustness(classifier, selection_set, SHIFTED_BOXES)
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
        metrics=fitted.metrics | {"shifted_boxes": shifted.to_json()},
    )


def write_card(folder: Path, card: ModelCard) -> ModelCard:
    """Write ``README.md`` and ``card.json``, and return the card with the README's checksum.

    Raises:
        OSError: the folder cannot be written.
    """
    readme = folder / README_FILE
    with replace_file(readme) as temporary:
        temporary.write_text(readme_text(card), encoding="utf-8", newline="\n")
    card = replace(card, files={**card.files, README_FILE: checksum(readme)})
    write_json(folder / CARD_FILE, card.to_json())
    return card
