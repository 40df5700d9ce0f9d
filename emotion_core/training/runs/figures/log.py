"""The accuracy of a finished training, as its model's log tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emotion_core.system.plotting import GRAY, PINK, PURPLE, plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def training_figure(epochs: Sequence[Mapping[str, Any]], title: str) -> Figure:
    """Draw a run's accuracy epoch by epoch, on the faces it learns from and on those it does not.

    Args:
        epochs: lines of ``training_log.jsonl``, see ``progress.EpochMetrics``.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    numbers = [epoch["epoch"] for epoch in epochs]
    lines = (
        ("Training, varied, with dropout", "train_accuracy", GRAY),
        ("validation accuracy", "validation_accuracy", PURPLE),
        ("validation macro F1", "validation_macro_f1", PINK),
    )
    figure = graph_objects.Figure(
        [
            graph_objects.Scatter(
                x=numbers,
                y=[epoch[key] for epoch in epochs],
                name=name,
                mode="lines+markers" if len(numbers) < 40 else "lines",
                line={"color": color, "width": 2},
                hovertemplate=f"epoch %{{x}}: {name}%{{y:.2%}}<extra></extra>",
            )
            for name, key, color in lines
        ]
    )
    best = max(epochs, key=lambda epoch: epoch["validation_accuracy"])
    figure.add_trace(
        graph_objects.Scatter(
            x=[best["epoch"]],
            y=[best["validation_accuracy"]],
            mode="markers",
            marker={"size": 11, "color": PURPLE},
            name=f"best: epoch {best['epoch']}",
            hovertemplate="epoch %{x}: %{y:.2%}<extra></extra>",
        )
    )
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(tickformat=".0%")
    figure.update_layout(
        title=title,
        margin={"l": 60, "r": 20, "t": 60, "b": 60},
        legend={"x": 0.98, "y": 0.02, "xanchor": "right", "yanchor": "bottom"},
    )
    return figure
