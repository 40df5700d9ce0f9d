"""The map: images that the model finds alike lie close together."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets import SPLITS, FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.judging.predictions.embedding_map import map_dataset
from emotion_core.judging.predictions.label_mistakes import LabelMistakes
from emotion_core.judging.predictions.map_figure import MAP_COLORS, map_figure
from emotion_core.system.progress import ShareProgress
from emotion_core.system.tables import csv_of
from pages.data.shares import show_shares
from pages.opened.panel import page_of, show_faces
from pages.opened.predictions import label_mistakes, model_in_use, name_of, show_predictions
from pages.opened.store import OpenDataset
from pages.shared.jobs import result_of
from pages.shared.text import plain

_CHART: Final = "map_chart"

HINT: Final = """
**Draw around points** to see their images: the lasso is already selected, and the box is beside
it above the map. You can also zoom, and click classes in the legend.
"""


def show_map(opened: OpenDataset) -> None:
    """Show the map of the dataset, as the model in use sees it."""
    model_dir = model_in_use()
    predictions = show_predictions(opened, model_dir)
    if predictions is None:
        return
    if predictions.embeddings is None:
        st.warning(f"This model gives no map. {plain(predictions.why_no_embeddings)}")
        return
    embeddings = predictions.embeddings

    def make(dataset: FaceDataset, progress: ShareProgress) -> NDArray[np.float32]:
        return map_dataset(
            model_dir, dataset, embeddings, progress=lambda done, total: progress(done / total)
        )

    map_name = name_of("map", model_dir)
    points = result_of(
        opened.job(map_name, make), "Making the map", "map", partial(opened.forget, map_name)
    )
    if points is not None:
        mistakes, card = label_mistakes(opened, predictions, model_dir)
        st.caption(
            f"Each point is an image. Images that **{plain(card.name)}** finds similar lie close "
            "together (t-SNE of its last layer's output); distances between far-apart groups "
            "mean little."
        )
        st.fragment(_show)(opened, points, mistakes)


def _show(opened: OpenDataset, points: NDArray[np.float32], mistakes: LabelMistakes) -> None:
    by = st.segmented_control(
        "Colour by", MAP_COLORS, default="class", required=True, key="color", bind="query-params"
    )
    event = st.plotly_chart(
        map_figure(points, opened.dataset, by, mistakes.scores),
        key=f"{_CHART} {opened.id} {by}",
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
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(indices):,}** images", width="content")
        st.download_button(
            "CSV",
            partial(_table, opened.dataset, indices),
            "map-selection.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
        shown = page_of(indices, "map_page")
    show_faces(
        opened,
        shown,
        "map_grid",
        beside=partial(show_shares, opened, indices),
        captions=[EMOTIONS[code] for code in opened.dataset.labels[shown]],
        label="Chosen images",
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
