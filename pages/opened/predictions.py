"""What the model in use says about the open dataset, and which labels it doubts."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets import FaceDataset
from emotion_core.errors import ModelError
from emotion_core.judging.predictions.label_mistakes import LabelMistakes, find_label_mistakes
from emotion_core.judging.predictions.predict import Predictions, load_predictions, predict_dataset
from emotion_core.models.folder import ModelCard, default_model_dir, load_card
from emotion_core.quantities import counted
from emotion_core.system.progress import ShareProgress
from pages.opened.store import OpenDataset
from pages.viewer.detector import chosen_model
from pages.widgets.jobs import Job, result_of
from pages.widgets.text import plain


def model_in_use() -> Path:
    """Return the folder of the model that this viewer uses."""
    return chosen_model() or default_model_dir()


def name_of(what: str, model_dir: Path) -> str:
    """Return what the store calls something that a model has found.

    Another network or temperature in the same folder finds other things.
    """
    try:
        card = load_card(model_dir)
    except ModelError:  # whoever runs the model says what is wrong with it
        return f"{what} {model_dir}"
    return f"{what} {model_dir} {card.network_id} {card.temperature}"


def predictions_name(model_dir: Path) -> str:
    """Return what the store calls a model's predictions."""
    return name_of("predictions", model_dir)


def predictions_job(opened: OpenDataset, model_dir: Path) -> Job[Predictions]:
    """Return the job that runs a model over the dataset, begun now if need be."""

    def predict(dataset: FaceDataset, progress: ShareProgress) -> Predictions:
        return predict_dataset(
            model_dir,
            dataset,
            progress=lambda done, total: progress(done / max(1, total)),
        )

    return opened.job(predictions_name(model_dir), predict)


def show_predictions(opened: OpenDataset, model_dir: Path) -> Predictions | None:
    """Return what the model says, or show how far it is, or why it cannot be used."""
    try:
        job = predictions_job(opened, model_dir)
    except ModelError as error:
        st.error(f"The model cannot be used. {plain(str(error))}")
        return None
    forget = partial(opened.forget, predictions_name(model_dir))
    return result_of(
        job, f"Reading {counted(len(opened.dataset), 'face')} with the model", "predictions", forget
    )


def known_predictions(opened: OpenDataset) -> Predictions | None:
    """Return what the model in use has said, now or in an earlier session; None if not yet."""
    model_dir = model_in_use()
    known: Predictions | None = opened.known(predictions_name(model_dir))
    if known is not None:
        return known
    try:
        if load_predictions(model_dir, opened.dataset) is None:
            return None
        return predictions_job(opened, model_dir).result()  # from the cache, at once
    except ModelError:
        return None


def known_suggestions(opened: OpenDataset) -> NDArray[np.uint8] | None:
    """Return ``suggestions`` of the model in use; None as long as it has not read the dataset."""
    predictions = known_predictions(opened)
    if predictions is None:
        return None
    try:
        mistakes, _ = label_mistakes(opened, predictions, model_in_use())
    except ModelError:
        return None
    return suggestions(opened, mistakes)


def suggestions(opened: OpenDataset, mistakes: LabelMistakes) -> NDArray[np.uint8]:
    """Return the label that the model would give each image, uint8 ``[N]``.

    It is the image's own where the model answers so.
    """
    labels = opened.dataset.labels
    return np.where(mistakes.scores > 0.5, mistakes.suggested, labels).astype(np.uint8)


def label_mistakes(
    opened: OpenDataset, predictions: Predictions, model_dir: Path
) -> tuple[LabelMistakes, ModelCard]:
    """Return the doubts of a model, computed once for all viewers, and its card.

    Raises:
        ModelError: the model has no readable card any more.
    """

    def find(dataset: FaceDataset) -> tuple[LabelMistakes, ModelCard]:
        card = load_card(model_dir)
        return find_label_mistakes(predictions.logits, dataset.labels, card.temperature), card

    return opened.derived(name_of("mistakes", model_dir), find)
