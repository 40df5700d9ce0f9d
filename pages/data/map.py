"""The map: images that the model finds alike lie close together."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets import SPLITS, FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.judging.predictions.embedding_map import (
    SAMPLE_IMAGES,
    load_map,
    map_dataset,
    sample_members,
    seconds_for_all,
)
from emotion_core.judging.predictions.label_mistakes import LabelMistakes, find_label_mistakes
from emotion_core.judging.predictions.map_figure import MAP_COLORS, map_figure
from emotion_core.judging.predictions.predict import Predictions, predict_part
from emotion_core.models.folder import load_card
from emotion_core.quantities import counted
from emotion_core.system.progress import ShareProgress
from emotion_core.system.tables import csv_of
from pages.data.shares import show_shares
from pages.opened.corrections import offer_corrections
from pages.opened.panel import page_of, show_faces, ticked_faces
from pages.opened.predictions import model_in_use, name_of, predictions_job, predictions_name
from pages.opened.store import OpenDataset
from pages.viewer.clicks import once
from pages.widgets.jobs import Job, result_of
from pages.widgets.text import plain

_CHART: Final = "map_chart"
_GRID: Final = "map_grid"
#: The dataset of which the viewer wants all images on the map.
_ALL: Final = "map_all"

HINT: Final = """
**Draw around points** to see their images. Above the map you can switch from lasso to box; scroll
to zoom, and click a class in the legend to hide it.
"""


class _Mapped(NamedTuple):
    """The images that are on the map.

    Attributes:
        members: intp ``[M]``, their indices in the open dataset.
        dataset: just these.
    """

    members: NDArray[np.intp]
    dataset: FaceDataset


def show_map(opened: OpenDataset) -> None:
    """Show the map of a sample or of all of the dataset, as the model in use sees it."""
    model_dir = model_in_use()
    mapped = _mapped(opened, model_dir)
    reading = _predictions_job(opened, mapped, model_dir)
    if reading is None:
        return
    count = f"{len(mapped.members):,}"
    what, again = f"Reading {count} faces with the model", partial(opened.forget, reading.name)
    predictions = result_of(reading.job, what, "predictions", again)
    if predictions is None:
        _offer_sample(mapped, reading.job)
        return
    if predictions.embeddings is None:
        st.warning(f"This model cannot make a map. {plain(predictions.why_no_embeddings)}")
        return
    embeddings = predictions.embeddings

    def make(_: FaceDataset, progress: ShareProgress) -> NDArray[np.float32]:
        return map_dataset(
            model_dir,
            mapped.dataset,
            embeddings,
            progress=lambda done, total: progress(done / total),
        )

    name = name_of(f"map {count}", model_dir)
    mapping = opened.job(name, make)
    points = result_of(mapping, f"Mapping {count} images", "map", partial(opened.forget, name))
    if points is None:
        _offer_sample(mapped, mapping)
        return
    card = load_card(model_dir)
    mistakes = find_label_mistakes(predictions.logits, mapped.dataset.labels, card.temperature)
    st.caption(
        f"Each point is an image. Images that **{plain(card.name)}** finds similar lie close "
        "together (t-SNE of its last layer's output); distances between far-apart groups "
        "mean little."
    )
    _offer_all(opened, mapped, reading.job, mapping)
    st.fragment(_show)(opened, mapped, points, mistakes)


def _mapped(opened: OpenDataset, model_dir: Path) -> _Mapped:
    """Return what is on the map: of a large dataset a sample, until all is wanted or there."""
    everything = len(opened.dataset) <= SAMPLE_IMAGES or st.session_state.get(_ALL) == opened.id
    if everything or _is_known(opened, model_dir):
        return _Mapped(np.arange(len(opened.dataset)), opened.dataset)

    def sample(dataset: FaceDataset) -> _Mapped:
        members = sample_members(dataset)
        return _Mapped(members, dataset.subset(members))

    return opened.derived("map sample", sample)


def _is_known(opened: OpenDataset, model_dir: Path) -> bool:
    try:
        return load_map(model_dir, opened.dataset) is not None
    except ModelError:  # whoever runs the model says what is wrong with it
        return False


class _Reading(NamedTuple):
    name: str
    job: Job[Predictions]


def _predictions_job(opened: OpenDataset, mapped: _Mapped, model_dir: Path) -> _Reading | None:
    """Return the job that reads the faces on the map, or say why the model cannot be used."""
    if mapped.dataset is opened.dataset:
        name = predictions_name(model_dir)
        return _Reading(name, predictions_job(opened, model_dir))

    def predict(dataset: FaceDataset, progress: ShareProgress) -> Predictions:
        return predict_part(
            model_dir,
            dataset,
            mapped.members,
            progress=lambda done, total: progress(done / max(1, total)),
        )

    name = name_of("predictions of the map's sample", model_dir)
    return _Reading(name, opened.job(name, predict))


def _offer_sample(mapped: _Mapped, job: Job[Any]) -> None:
    """Let a viewer who finds mapping all too long go back to the sample."""

    def give_up() -> None:
        st.session_state.pop(_ALL, None)
        job.cancel()

    if len(mapped.members) > SAMPLE_IMAGES:
        st.button(
            f"Map a sample of {SAMPLE_IMAGES:,} instead",
            icon=":material/undo:",
            key="map sample",
            on_click=once(give_up),
        )


def _offer_all(
    opened: OpenDataset, mapped: _Mapped, reading: Job[Predictions], mapping: Job[Any]
) -> None:
    """Say that this is a sample, and let the viewer map all images."""
    count, sampled = len(opened.dataset), len(mapped.members)
    if sampled == count:
        return
    seconds = (reading.seconds or 0) * count / sampled
    seconds += seconds_for_all(mapping.seconds or 0, sampled, count)
    # A sample that came from the cache tells nothing.
    about = f" (about {max(1, round(seconds / 60))} min)" if (mapping.seconds or 0) > 2 else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"A random sample of **{sampled:,}** of {count:,} images.", width="content")
        st.button(
            f"Map all {count:,}{about}",
            icon=":material/scatter_plot:",
            key="map all",
            on_click=lambda: st.session_state.update({_ALL: opened.id}),
            help=None if about else "This takes several minutes.",
        )


def _show(
    opened: OpenDataset,
    mapped: _Mapped,
    points: NDArray[np.float32],
    mistakes: LabelMistakes,
) -> None:
    by = st.segmented_control(
        "Colour by", MAP_COLORS, default="class", required=True, key="color", bind="query-params"
    )
    event = st.plotly_chart(
        map_figure(points, mapped.dataset, by, mistakes.scores, mapped.members),
        key=f"{_CHART} {opened.id} {by} {len(points)}",
        on_select="rerun",
        selection_mode=("lasso", "box", "points"),
        config={"scrollZoom": True, "displaylogo": False},
    )
    st.fragment(_show_chosen)(opened, chosen_points(event, len(opened.dataset)))


def chosen_points(event: Any, count: int) -> NDArray[np.intp]:
    """Return the indices of the points that a viewer drew around, ascending.

    Args:
        event: what ``st.plotly_chart`` returned.
        count: how many images there are; the message is a browser's.
    """
    indices = {
        int(np.ravel(point["customdata"])[0])
        for point in event.selection.points
        if point.get("customdata") is not None
    }
    return np.array(sorted(index for index in indices if 0 <= index < count), np.intp)


def _show_chosen(opened: OpenDataset, indices: NDArray[np.intp]) -> None:
    if not len(indices):
        st.info(HINT)
        return
    ticked = ticked_faces(opened, _GRID)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{counted(len(indices), 'image')}**", width="content")
        st.download_button(
            "CSV",
            partial(_table, opened.dataset, indices),
            "map-selection.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
        offer_corrections(opened, {"all": indices}, "map", ticked=ticked)
        shown = page_of(indices, "map_page")
    show_faces(
        opened,
        shown,
        _GRID,
        beside=partial(show_shares, opened, indices),
        captions=[EMOTIONS[code] for code in opened.dataset.labels[shown]],
        label="Chosen images",
        ticked=ticked,
    )


def _table(dataset: FaceDataset, indices: NDArray[np.intp]) -> str:
    """Return the chosen images as CSV: index, row of the file, split and label."""
    import pandas as pd

    table = pd.DataFrame(
        {
            "index": indices,
            "row": dataset.rows[indices],
            "split": np.array(SPLITS)[dataset.splits[indices]],
            "label": np.array(EMOTIONS)[dataset.labels[indices]],
        }
    )
    return csv_of(table)
