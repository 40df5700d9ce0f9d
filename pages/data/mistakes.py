"""Images ranked by how likely their label is wrong, with the votes beside them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets.checks.agreement import VOTE_LABELS
from emotion_core.datasets.types import VOTE_NAMES, FaceDataset
from emotion_core.emotions import EMOTION_COLORS, EMOTIONS, UNCERTAIN_COLOR
from emotion_core.judging.predictions.label_mistakes import (
    LabelMistakes,
    judge_ranking,
    mistakes_table,
    seen_in_training,
    votes_contradict,
)
from emotion_core.models.folder import ModelCard
from emotion_core.models.seen_images import load_seen_images
from emotion_core.quantities import counted, percent
from emotion_core.system.tables import csv_of
from pages.opened.corrections import offer_corrections, page_or_all
from pages.opened.grid import Bar
from pages.opened.panel import page_of, show_faces, ticked_faces
from pages.opened.predictions import (
    label_mistakes,
    model_in_use,
    name_of,
    show_predictions,
    suggestions,
)
from pages.opened.store import OpenDataset
from pages.widgets import display
from pages.widgets.text import plain

_TOPS: Final = (50, 100, 500, 1000)
_HELD_OUT: Final = "not learned from"
_ALL: Final = "all images"
_GRID: Final = "mistakes_grid"

IN_SAMPLE: Final = (
    "The model was trained on these Training images and their labels: mistakes that it has "
    "memorized rank too low."
)


def show_mistakes(opened: OpenDataset) -> None:
    """Show the labels that the model in use doubts most."""
    model_dir = model_in_use()
    predictions = show_predictions(opened, model_dir)
    if predictions is not None:
        mistakes, card = label_mistakes(opened, predictions, model_dir)
        st.fragment(_show)(opened, mistakes, card, model_dir)


def _show(opened: OpenDataset, mistakes: LabelMistakes, card: ModelCard, model_dir: Path) -> None:
    seen = opened.derived(name_of("seen", model_dir), partial(_seen, card, model_dir))
    ticked = ticked_faces(opened, _GRID)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mask = _choose_images(seen)
        ranking = mistakes.ranking(mask)
        top = st.selectbox(
            "How many", _TOPS, format_func="top {:,}".format, key="top", bind="query-params",
            width=140,
        )  # fmt: skip
        chosen = ranking[:top]
        st.download_button(
            "CSV",
            lambda: csv_of(mistakes_table(opened.dataset, mistakes, chosen)),
            "label-mistakes.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            help=f"{counted(len(chosen), 'image')}: index, label, suggested label, scores and "
            "votes.",
        )
        shown = page_of(chosen, "mistakes_page")
        offer_corrections(
            opened,
            page_or_all(shown, chosen),
            "mistakes",
            suggested=suggestions(opened, mistakes),
            ticked=ticked,
        )
    show_faces(
        opened,
        shown,
        _GRID,
        beside=partial(_show_quality, opened, mistakes, mask, card.name),
        captions=[_caption(opened, mistakes, index) for index in shown.tolist()],
        notes=[_note(opened, mistakes, index) for index in shown.tolist()],
        bars=None if opened.dataset.votes is None else _vote_bars(opened.dataset.votes[shown]),
        label="Labels most likely wrong, the likeliest first",
        ticked=ticked,
    )


def _seen(card: ModelCard, model_dir: Path, dataset: FaceDataset) -> NDArray[np.bool_]:
    return seen_in_training(card, dataset, load_seen_images(model_dir, card))


def _choose_images(seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Let the viewer choose between all images and those whose labels the model never saw."""
    everything = np.ones_like(seen)
    if not seen.any() or seen.all():
        if seen.any():
            st.caption(IN_SAMPLE)
        return everything
    choice = st.segmented_control(
        "Images",
        [_HELD_OUT, _ALL],
        default=_HELD_OUT,
        required=True,
        key="mistakes_of",
        bind="query-params",
        help=IN_SAMPLE,
    )
    return ~seen if choice == _HELD_OUT else everything


def _show_quality(
    opened: OpenDataset, mistakes: LabelMistakes, mask: NDArray[np.bool_], model: str
) -> None:
    """Say what the ranking is, and how well it finds what the voters contradict."""
    st.markdown(
        f"Below each image: its label, and what **{plain(model)}** sees. Ranked by how far "
        "the model prefers that to the label (the normalized margin of confident learning, "
        "Northcutt et al. 2021)."
    )
    dataset = opened.dataset
    if dataset.votes is None:
        return
    st.caption("The bars are the FER+ votes, in the colours of the expressions.")
    verdicts = votes_contradict(dataset.labels[mask], dataset.votes[mask])
    quality = judge_ranking(mistakes.scores[mask], dataset.labels[mask], verdicts)
    if quality is None:
        return
    st.html(
        '<div class="section">How well it finds labels that voters contradict</div>'
        + display.numbers(
            {
                "area under the ROC curve": f"{quality.auc:.2f}",
                f"contradicted of the first {quality.top} judged": percent(quality.precision),
                "contradicted of all judged": percent(
                    quality.contradicted / max(1, quality.judged)
                ),
            }
        )
    )
    st.caption(
        "Contradicted labels: more than half of ten voters chose another of the seven expressions."
    )


def _caption(opened: OpenDataset, mistakes: LabelMistakes, index: int) -> str:
    """Return the label and the suggested one."""
    label = EMOTIONS[opened.dataset.labels[index]]
    return f"{label}\n→ {EMOTIONS[mistakes.suggested[index]]}"


def _note(opened: OpenDataset, mistakes: LabelMistakes, index: int) -> str:
    dataset = opened.dataset
    note = (
        f"labelled {EMOTIONS[dataset.labels[index]]} "
        f"({percent(float(mistakes.label_scores[index]))}), the model says "
        f"{EMOTIONS[mistakes.suggested[index]]} "
        f"({percent(float(mistakes.suggested_scores[index]))})"
    )
    if dataset.votes is not None:
        given = zip(VOTE_NAMES, dataset.votes[index].tolist(), strict=True)
        note += "; votes: " + ", ".join(f"{name} {count}" for name, count in given if count)
    return note


def _vote_bars(votes: NDArray[np.uint8]) -> list[Bar]:
    colors = [
        EMOTION_COLORS[EMOTIONS[label]] if label >= 0 else UNCERTAIN_COLOR for label in VOTE_LABELS
    ]
    return [
        [(colors[place], int(row[place])) for place in np.argsort(-row.astype(int), kind="stable")
         if row[place]]
        for row in votes
    ]  # fmt: skip
