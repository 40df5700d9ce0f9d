"""Plotly figures of results. They read results and compute nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def confusion_figure(confusion: NDArray[np.int64], title: str) -> Figure:
    """Draw a confusion matrix: colour by share of the row, text with share and count.

    Args:
        confusion: int64 ``[7, 7]``, rows are labels, columns answers.
        title: heading of the figure.
    """
    from plotly import graph_objects

    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    text = [
        [f"{share:.0%}<br><sub>{count}</sub>" for share, count in zip(*row, strict=True)]
        for row in zip(shares, confusion, strict=True)
    ]
    heatmap = graph_objects.Heatmap(
        z=shares,
        x=EMOTIONS,
        y=EMOTIONS,
        text=text,
        texttemplate="%{text}",
        textfont={"size": 14},
        customdata=confusion,
        hovertemplate="%{y} read as %{x}: %{customdata} images, %{z:.1%}<extra></extra>",
        colorscale="Purples",
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
    )
    figure = graph_objects.Figure(heatmap)
    figure.update_xaxes(title="answer", side="top", showgrid=False)
    figure.update_yaxes(title="label", autorange="reversed", showgrid=False, scaleanchor="x")
    figure.update_layout(title=title, margin={"l": 80, "r": 20, "t": 120, "b": 20})
    return figure
