"""Curves epoch by epoch, of one run or of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from emotion_core.system.plotting import plotly_graph_objects
from emotion_core.training.progress import EpochMetrics

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: Colours of lines, none of which stands for an expression (``emotions.EMOTION_COLORS``).
LINE_COLORS: Final = (
    "#6a5fd0",
    "#8a8f98",
    "#b58a3c",
    "#2f8f8a",
    "#a35db5",
    "#5b7fa6",
    "#93703d",
    "#7c8f3a",
)
#: Of a figure in pixels. Streamlit's own setting is lost when a chart changes while it is shown.
_HEIGHT: Final = 300
#: Up to so many epochs, each has its number on the axis.
_EVERY_EPOCH: Final = 12
_DASHES: Final = ("solid", "dash", "dot")


@dataclass(frozen=True)
class Curve:
    """One kind of curve: its title, what it draws (name -> field of ``EpochMetrics``), its format.

    The last field is the one by which several runs are compared.
    """

    title: str
    fields: Mapping[str, str]
    format: str


CURVES: Final[tuple[Curve, ...]] = (
    Curve("Loss", {"training": "train_loss", "validation": "validation_log_loss"}, ".3f"),
    Curve("Accuracy", {"training": "train_accuracy", "validation": "validation_accuracy"}, ".1%"),
    Curve("Macro F1", {"validation": "validation_macro_f1"}, ".3f"),
    Curve("Learning rate", {"after the epoch": "learning_rate"}, ".2g"),
)


def curve_figure(curve: Curve, epochs: Sequence[EpochMetrics], planned: int) -> Figure:
    """Draw one run, epoch by epoch.

    Args:
        curve: which of ``CURVES``.
        epochs: the finished ones.
        planned: how many there will be, so that the axis does not move while they come.
    """
    # What is measured on unseen faces is the strong line, whatever the number of lines.
    colors = LINE_COLORS[: len(curve.fields)][::-1]
    lines = {
        name: ([getattr(epoch, field) for epoch in epochs], color, "solid")
        for (name, field), color in zip(curve.fields.items(), colors, strict=True)
    }
    return _figure(curve, lines, planned)


def runs_figure(curve: Curve, runs: Mapping[str, Sequence[EpochMetrics]]) -> Figure:
    """Draw the last field of a curve for several runs, by their names."""
    field = list(curve.fields.values())[-1]
    lines = {}
    for number, (name, epochs) in enumerate(runs.items()):
        dash = _DASHES[number // len(LINE_COLORS) % len(_DASHES)]
        color = LINE_COLORS[number % len(LINE_COLORS)]
        lines[name] = ([getattr(epoch, field) for epoch in epochs], color, dash)
    return _figure(curve, lines, max((len(epochs) for epochs in runs.values()), default=1))


def _figure(
    curve: Curve, lines: Mapping[str, tuple[Sequence[float], str, str]], last: int
) -> Figure:
    graph_objects = plotly_graph_objects()
    figure = graph_objects.Figure(
        [
            graph_objects.Scatter(
                x=list(range(1, len(values) + 1)),
                y=values,
                name=name,
                mode="lines+markers" if len(values) < 30 else "lines",
                line={"color": color, "width": 2, "dash": dash},
                hovertemplate=f"{name}, epoch %{{x}}: %{{y:{curve.format}}}<extra></extra>",
            )
            for name, (values, color, dash) in lines.items()
        ]
    )
    figure.update_xaxes(
        title="epoch",
        range=[0.5, last + 0.5],
        dtick=1 if last <= _EVERY_EPOCH else None,
    )
    figure.update_yaxes(
        tickformat=".0%" if curve.format.endswith("%") else None, rangemode="nonnegative"
    )
    figure.update_layout(
        title=curve.title,
        height=_HEIGHT,
        showlegend=len(lines) > 1,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        margin={"l": 50, "r": 10, "t": 60, "b": 40},
    )
    return figure
