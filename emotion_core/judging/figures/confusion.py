"""What is mixed up with what: the confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.system.plotting import PINK, plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Nothing lets the page through, so that a matrix is dark on a dark page.
_NOTHING_TO_ALL: Final = [[0, "rgba(94, 53, 177, 0.05)"], [1, "rgb(94, 53, 177)"]]
# From here on letters are white on every page; below, the page's own are easier to read.
_STRONG: Final = 0.7
# The sums that shares refer to, and what they are called.
_WHOLES: Final = {
    "row": ((1,), " of the label"),
    "column": ((0,), " of the answer"),
    "count": ((0, 1), " of all"),
}
_CELLS: Final = [
    (label, answer) for label in range(len(EMOTIONS)) for answer in range(len(EMOTIONS))
]


def confusion_figure(
    confusion: NDArray[np.int64],
    title: str,
    *,
    by: Literal["row", "column", "count"] = "row",
    selected: tuple[int, int] | None = None,
) -> Figure:
    """Draw a confusion matrix: colour by what ``by`` says, text with it and the count.

    A point in every cell, invisible, carries label and answer as ``customdata``, so that a page can
    tell which cell was clicked.

    Args:
        confusion: int64 ``[7, 7]``, rows are labels, columns answers.
        title: heading of the figure.
        by: shares of the row (recall on the diagonal), of the column (precision), or counts.
        selected: label and answer of a cell to frame.
    """
    axes, of_what = _WHOLES[by]
    shares = confusion / np.maximum(confusion.sum(axis=axes, keepdims=True), 1)
    highest = max(float(shares.max()), 1e-9) if by == "count" else 1
    points = _points_to_click(confusion, shares, of_what)
    figure = plotly_graph_objects().Figure([_heatmap(shares, highest), points])
    # All at once: ``add_annotation`` goes through all those before it, a fifth of a second in all.
    figure.layout.annotations = [
        _cell_text(cell, int(confusion[cell]), float(shares[cell]), by == "count", highest)
        for cell in _CELLS
    ]
    if selected is not None:
        _add_frame(figure, *selected)
    figure.update_xaxes(title="answer", side="top", showgrid=False, constrain="domain")
    figure.update_yaxes(
        title="label", autorange="reversed", showgrid=False, scaleanchor="x", constrain="domain"
    )
    figure.update_layout(
        title=title,
        margin={"l": 80, "r": 20, "t": 120 if title else 70, "b": 20},
        hovermode="closest",
    )
    return figure


def _heatmap(shares: NDArray[np.float64], highest: float) -> Any:
    return plotly_graph_objects().Heatmap(
        z=shares,
        x=EMOTIONS,
        y=EMOTIONS,
        colorscale=_NOTHING_TO_ALL,
        zmin=0,
        zmax=highest,
        hoverinfo="skip",
        showscale=False,
        xgap=2,
        ygap=2,
    )


def _points_to_click(
    confusion: NDArray[np.int64], shares: NDArray[np.float64], of_what: str
) -> Any:
    """Return invisible squares that say what is below the mouse and which cell was clicked."""
    invisible = {"marker": {"opacity": 0}}
    return plotly_graph_objects().Scatter(
        x=[EMOTIONS[answer] for _, answer in _CELLS],
        y=[EMOTIONS[label] for label, _ in _CELLS],
        mode="markers",
        marker={"symbol": "square", "size": 34, "opacity": 0},
        selected=invisible,
        unselected=invisible,
        customdata=[[*cell, int(confusion[cell]), float(shares[cell])] for cell in _CELLS],
        hovertemplate="%{y} read as %{x}: %{customdata[2]:,} images, %{customdata[3]:.1%}"
        + of_what
        + "<extra></extra>",
        showlegend=False,
    )


def _cell_text(
    cell: tuple[int, int], count: int, share: float, counts_only: bool, highest: float
) -> dict[str, Any]:
    label, answer = cell
    return {
        "x": answer,
        "y": label,
        "text": f"{count:,}" if counts_only else f"{share:.0%}<br><sub>{count}</sub>",
        "showarrow": False,
        "font": {"size": 13} | ({"color": "white"} if share >= _STRONG * highest else {}),
    }


def _add_frame(figure: Figure, label: int, answer: int) -> None:
    figure.add_shape(
        type="rect",
        x0=answer - 0.48,
        x1=answer + 0.48,
        y0=label - 0.48,
        y1=label + 0.48,
        line={"color": PINK, "width": 3},
    )
