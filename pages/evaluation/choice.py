"""What is judged on the page Evaluate: which model, on which images; and the work of judging."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets import SPLITS, FaceDataset
from emotion_core.datasets.checks.corrections import corrected_labels
from emotion_core.datasets.checks.exclusions import ExclusionList
from emotion_core.datasets.types import Exclusion
from emotion_core.errors import EmotionCoreError, ModelError
from emotion_core.judging.answers import Answers
from emotion_core.judging.judgement import Judgement, judge_model
from emotion_core.judging.notices import Notice, notices
from emotion_core.models.folder import ModelCard, load_card
from emotion_core.models.in_use import model_in_use
from emotion_core.models.library import model_folders
from emotion_core.models.seen_images import load_seen_images
from emotion_core.quantities import counted
from emotion_core.system.progress import ShareProgress
from pages.opened.findings import exclusions_for, left_out
from pages.opened.store import OpenDataset
from pages.widgets.glossary import meaning
from pages.widgets.jobs import Job, result_of
from pages.widgets.technical import show_technical_switch
from pages.widgets.text import plain

# The widgets' keys are the names in the address.
MODEL: Final = "evaluated"
SPLIT: Final = "on"
WITHOUT: Final = "leaving"

#: The dataset that the split was chosen for.
_SPLIT_OF: Final = "evaluated_split_of"

#: The splits in the order in which a careful person takes them.
_PREFERRED: Final = ("PublicTest", "PrivateTest", "Training")


VIEW: Final = (
    "All figures are of a single view of each image. Photo and Live camera average each face and "
    "its mirror image."
)


@dataclass(frozen=True, eq=False)
class Evaluated:
    """A model that was judged.

    Attributes:
        opened: the dataset.
        model_dir: the model's folder.
        exclusions: whose images do not count; None: all of the split do.
        judgement: its figures.
        notices: what to know about them.
    """

    opened: OpenDataset
    model_dir: Path
    exclusions: ExclusionList | None
    judgement: Judgement
    notices: tuple[Notice, ...]

    @property
    def answers(self) -> Answers:
        """What the model answers."""
        return self.judgement.answers

    @property
    def card(self) -> ModelCard:
        """The model's card."""
        return self.answers.card

    @property
    def name(self) -> str:
        """Tells this evaluation from all others of the dataset."""
        return evaluation_name(self.card, self.answers.split, self.exclusions)

    @property
    def excluded(self) -> Exclusion | None:
        """The correction list as reports name it."""
        return None if self.exclusions is None else self.exclusions.record

    def images(self, places: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return faces by their places among the answers, uint8 ``[M, 48, 48]``."""
        return np.asarray(self.opened.dataset.images[self.answers.indices[places]])


def evaluation_name(card: ModelCard, split: str, exclusions: ExclusionList | None) -> str:
    """Return what the store calls the judgement of a model, whatever its folder is called."""
    without = "" if exclusions is None else exclusions.checksum
    model = f"{card.name} {card.network_id} {card.temperature}"
    figures = f"{card.certainty_threshold} {card.measured_on}"
    return f"judgement {model} {figures} {split} {without}"


def choose_evaluation(opened: OpenDataset) -> Evaluated | None:
    """Let the viewer choose model and images; None while they are judged, or cannot be."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model_dir = choose_model_folder("Model", MODEL)
        present = [name for name in _PREFERRED if _has_split(opened.dataset, name)]
        _begin_with_test_split(opened, present)
        split = st.selectbox(
            "Split", present, key=SPLIT, bind="query-params", persist_state="session", width=160,
            help=meaning("Training", "PublicTest", "PrivateTest"),
        )  # fmt: skip
        lists = {each.name: each for each in exclusions_for(opened)}
        name = None
        if lists:
            name = st.selectbox(
                "Correction list",
                list(lists),
                index=None,
                placeholder="nothing",
                key=WITHOUT,
                bind="query-params",
                width=220,
                help="Images to exclude or relabel, chosen in the Dataset explorer.",
            )
        show_technical_switch()
    if model_dir is None or split is None:
        st.error("No model can be used. Models says what is wrong.")
        return None
    evaluated = judged(opened, model_dir, split, lists.get(name) if name else None)
    if evaluated is not None:
        for notice in evaluated.notices:
            show = st.warning if notice.kind == "warning" else st.info
            show(plain(notice.text), icon=":material/info:")
        st.caption(VIEW)
    return evaluated


def _begin_with_test_split(opened: OpenDataset, present: list[str]) -> None:
    """Choose the first split when another dataset was opened; an address may name another one.

    Training kept from the dataset before would show figures of images that the model knows.
    """
    before = st.session_state.get(_SPLIT_OF, opened.id)
    if before != opened.id:
        st.session_state[SPLIT] = present[0]
    st.session_state[_SPLIT_OF] = opened.id


def choose_model_folder(label: str, key: str, *, without: Path | None = None) -> Path | None:
    """Let the viewer choose a model; None when there is none, or none is chosen yet.

    Args:
        label: of the widget.
        key: of the widget, and its name in the address.
        without: a model that is not offered; then none is chosen at first, else the one in use.
    """
    folders = {folder.name: folder for folder in model_folders() if folder != without}
    if not folders:
        return None
    names = list(folders)
    index = None if without is not None else _place_of_model_in_use(names)
    name = st.selectbox(
        label,
        names,
        index=index,
        key=key,
        bind="query-params",
        persist_state="session",
        placeholder="another model",
        width=260,
    )
    return folders.get(name) if name else None


def _place_of_model_in_use(names: list[str]) -> int:
    try:
        return names.index(model_in_use().name)
    except (ModelError, ValueError):  # the shipped one is damaged, or it lies elsewhere
        return 0


def judged(
    opened: OpenDataset, model_dir: Path, split: str, exclusions: ExclusionList | None
) -> Evaluated | None:
    """Return the judgement of a model, or show how far it is, or why it cannot be had."""
    try:
        card = load_card(model_dir)
        job = _job(opened, model_dir, card, split, exclusions)
    except EmotionCoreError as error:
        st.error(f"The model cannot be evaluated. {plain(str(error))}")
        return None
    name = evaluation_name(card, split, exclusions)
    images = int((opened.dataset.splits == SPLITS.index(split)).sum())
    what = f"Evaluating {card.name} on {counted(images, 'image')}"
    return result_of(job, what, name, partial(opened.forget, name))


def _job(
    opened: OpenDataset,
    model_dir: Path,
    card: ModelCard,
    split: str,
    exclusions: ExclusionList | None,
) -> Job[Evaluated]:
    def work(dataset: FaceDataset, progress: ShareProgress) -> Evaluated:
        judgement = judge_model(
            model_dir,
            dataset,
            split,
            left_out=None if exclusions is None else left_out(opened, exclusions),
            labels=None if exclusions is None else corrected_labels(dataset, exclusions),
            progress=lambda done, total: progress(done / max(1, total)),
        )
        seen = load_seen_images(model_dir, card)
        found = notices(card, dataset, split, judgement.answers.indices, seen)
        return Evaluated(opened, model_dir, exclusions, judgement, found)

    return opened.job(evaluation_name(card, split, exclusions), work)


def _has_split(dataset: FaceDataset, split: str) -> bool:
    return bool((dataset.splits == SPLITS.index(split)).any())
