"""Accuracy under changes of the images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from emotion_core.judging.figures.parts import INDIGO, MAGENTA, error_bars
from emotion_core.judging.robustness.changes import Change
from emotion_core.judging.robustness.curves import RobustnessCurves
from emotion_core.system.plotting import plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


#: Of the first and the second model. What shows the figures says once whose they are: a legend in
#: each would lie on the axis' title where figures are narrow.
COLORS: Final = (INDIGO, MAGENTA)


def change_figure(measured: Sequence[tuple[str, RobustnessCurves]], change: Change) -> Figure:
    """Draw the accuracy under one change with 95% intervals; what is harsher stands to the right.

    Args:
        measured: names of one or two models with their curves.
        change: one of ``changes.CHANGES``.
    """
    graph_objects = plotly_graph_objects()

    figure = graph_objects.Figure(
        [
            _robustness_trace(name, curves, change, color)
            for (name, curves), color in zip(measured, COLORS, strict=False)
        ]
    )
    figure.update_xaxes(title=change.axis, autorange=_direction(change))
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_layout(
        title=change.title,
        showlegend=False,
        margin={"l": 50, "r": 10, "t": 40, "b": 50},
    )
    return figure


def _robustness_trace(name: str, curves: RobustnessCurves, change: Change, color: str) -> Any:
    graph_objects = plotly_graph_objects()

    curve = next(each for each in curves.curves if each.change == change.name)
    points = sorted(
        [
            (change.unchanged, curves.accuracy),
            *((point.strength, point.accuracy) for point in curve.points),
        ],
        key=lambda point: point[0],
    )
    accuracies = [accuracy for _, accuracy in points]
    return graph_objects.Scatter(
        x=[strength for strength, _ in points],
        y=[accuracy.value for accuracy in accuracies],
        error_y=error_bars(accuracies) | {"thickness": 1, "width": 3},
        mode="lines+markers",
        line={"color": color, "width": 2},
        marker={"size": 6},
        name=name,
        customdata=[[accuracy.low, accuracy.high] for accuracy in accuracies],
        hovertemplate=change.at("%{x:g}")
        + ": %{y:.1%} (%{customdata[0]:.1%} to %{customdata[1]:.1%})<extra></extra>",
    )


def _direction(change: Change) -> bool | str:
    """Let what is harsher stand to the right."""
    return "reversed" if change.unchanged > max(change.strengths) else True
