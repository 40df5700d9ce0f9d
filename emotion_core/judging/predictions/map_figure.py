"""The plotly figure of a dataset's map. It reads results and computes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import SPLITS, FaceDataset
from emotion_core.emotions import EMOTION_COLORS, EMOTIONS
from emotion_core.system.plotting import plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: What points can be coloured by.
MAP_COLORS: Final = ("class", "split", "mistake")

# Indigo, as the theme: the other colours stand for expressions.
_SPLIT_COLORS: Final = ("#8a8f98", "#5b50d6", "#c026a8")
_HEIGHT: Final = 620


def map_figure(
    points: NDArray[np.float32],
    dataset: FaceDataset,
    by: str,
    mistakes: NDArray[np.float32] | None = None,
    members: NDArray[np.intp] | None = None,
) -> Figure:
    """Draw a point for each image, with WebGL; ``customdata`` of each is its index.

    Args:
        points: float32 ``[N, 2]``, as ``embedding_map.map_dataset`` gives them.
        dataset: the images.
        by: one of ``MAP_COLORS``.
        mistakes: float32 ``[N]``, 0..1, how likely each label is wrong; for ``"mistake"``.
        members: intp ``[N]``, the index of each in the dataset that ``dataset`` is a part of; None:
            it is all of it.

    Raises:
        ValueError: there is no such colouring, or its scores are missing.
    """
    graph_objects = plotly_graph_objects()

    if by == "mistake" and mistakes is not None:
        traces = [_trace(points, np.arange(len(points)), dataset, "", _mistake_marker(mistakes))]
    elif by == "class":
        colors = [EMOTION_COLORS[emotion] for emotion in EMOTIONS]
        traces = _groups(points, dataset, dataset.labels, EMOTIONS, colors)
    elif by == "split":
        traces = _groups(points, dataset, dataset.splits, SPLITS, _SPLIT_COLORS)
    else:
        raise ValueError(f"by: expected one of {MAP_COLORS} with its scores, found {by!r}")
    if members is not None:
        for trace in traces:
            trace["customdata"] = members[trace["customdata"]].astype(np.int32)
    hidden: dict[str, Any] = {"visible": False}
    figure = graph_objects.Figure(traces)
    figure.update_xaxes(**hidden)
    figure.update_yaxes(**hidden, scaleanchor="x")
    figure.update_layout(
        height=_HEIGHT,
        dragmode="lasso",
        margin={"l": 0, "r": 0, "t": 40, "b": 0},
        legend={"orientation": "h", "itemsizing": "constant", "y": 1.0, "yanchor": "bottom"},
        uirevision="map",  # keeps zoom, and what a viewer switched off in the legend
    )
    return figure


def _groups(
    points: NDArray[np.float32],
    dataset: FaceDataset,
    codes: NDArray[np.uint8],
    names: Sequence[str],
    colors: Sequence[str],
) -> list[dict[str, Any]]:
    """Return one trace for each name that occurs."""
    return [
        _trace(points, indices, dataset, name, {"color": color})
        for code, (name, color) in enumerate(zip(names, colors, strict=True))
        if len(indices := np.flatnonzero(codes == code))
    ]


def _mistake_marker(mistakes: NDArray[np.float32]) -> dict[str, Any]:
    return {
        "color": mistakes,
        "cmin": 0,
        "cmax": 1,
        "colorscale": "Viridis",
        "colorbar": {"title": {"text": "label wrong?"}, "thickness": 12, "len": 0.6},
    }


def _trace(
    points: NDArray[np.float32],
    indices: NDArray[np.intp],
    dataset: FaceDataset,
    name: str,
    marker: dict[str, Any],
) -> dict[str, Any]:
    x, y = points[indices].T
    names = np.array(EMOTIONS)
    return {
        "type": "scattergl",
        "mode": "markers",
        "x": x,
        "y": y,
        "customdata": indices.astype(np.int32),
        "text": names[dataset.labels[indices]] if not name else None,
        "name": name,
        "marker": {"size": 4 if len(points) > 5000 else 7, "opacity": 0.65, **marker},
        "unselected": {"marker": {"opacity": 0.12}},
        "hovertemplate": f"%{{customdata}}: {name or '%{text}'}<extra></extra>",
    }
