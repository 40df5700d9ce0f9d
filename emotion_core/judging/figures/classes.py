"""Figures of each expression: precision, recall and F1, and its curves against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTION_COLORS
from emotion_core.judging.curves import ClassCurves
from emotion_core.judging.figures.parts import diagonal, error_bars, legend, margin
from emotion_core.judging.measures.evaluation import EmotionMetrics
from emotion_core.system.plotting import GRAY, plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_SYMBOLS: Final = {"precision": "triangle-up", "recall": "circle", "F1": "square-open"}


def class_metrics_figure(per_class: Sequence[EmotionMetrics], title: str) -> Figure:
    """Draw precision, recall and F1 of every expression with their 95% intervals.

    Args:
        per_class: ``EvaluationReport.per_class``; what is undefined is not drawn.
        title: heading of the figure.
    """
    # Side by side, so that intervals do not cover each other.
    traces = [
        _metric(per_class, name, aside)
        for name, aside in zip(_SYMBOLS, (-0.22, 0.0, 0.22), strict=True)
    ]
    figure = plotly_graph_objects().Figure([*traces, *map(_legend_entry, _SYMBOLS)])
    figure.update_xaxes(
        tickvals=list(range(len(per_class))),
        ticktext=[metrics.emotion for metrics in per_class],
        range=[-0.5, len(per_class) - 0.5],
    )
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    figure.update_layout(title=title, legend=legend(), margin=margin(title))
    return figure


def _metric(per_class: Sequence[EmotionMetrics], name: str, aside: float) -> Any:
    shown = [
        (place, metrics, estimate)
        for place, metrics in enumerate(per_class)
        if metrics.support and (estimate := getattr(metrics, name.lower())) is not None
    ]
    colors = [EMOTION_COLORS[metrics.emotion] for _, metrics, _ in shown]
    return plotly_graph_objects().Scatter(
        x=[place + aside for place, _, _ in shown],
        y=[estimate.value for _, _, estimate in shown],
        error_y=error_bars([estimate for _, _, estimate in shown]),
        mode="markers",
        marker={"symbol": _SYMBOLS[name], "size": 10, "color": colors},
        name=name,
        legendgroup=name,
        showlegend=False,
        customdata=[
            [metrics.emotion, estimate.low, estimate.high] for _, metrics, estimate in shown
        ],
        hovertemplate="%{customdata[0]}: "
        + name
        + " %{y:.1%} (%{customdata[1]:.1%} to %{customdata[2]:.1%})<extra></extra>",
    )


def _legend_entry(name: str) -> Any:
    """Return a grey symbol: colours are those of the expressions, the legend tells of shapes."""
    return plotly_graph_objects().Scatter(
        x=[None],
        y=[None],
        mode="markers",
        marker={"symbol": _SYMBOLS[name], "size": 10, "color": GRAY},
        name=name,
        legendgroup=name,
    )


def curves_figure(
    curves: Sequence[ClassCurves], kind: Literal["roc", "precision-recall"], title: str
) -> Figure:
    """Draw the curves of every expression against the rest.

    Args:
        curves: ``Judgement.curves``; expressions without a curve are left out.
        kind: which.
        title: heading of the figure.
    """
    if kind == "roc":
        traces = [_roc(each) for each in curves if each.auc is not None]
        traces.append(diagonal(name="guessing"))
        x_title, y_title = "false alarms (share of other images)", "recall"
    else:
        traces = [_precision_recall(each) for each in curves if each.average_precision is not None]
        x_title, y_title = "recall", "precision"
    figure = plotly_graph_objects().Figure(traces)
    figure.update_xaxes(title=x_title, tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title=y_title, tickformat=".0%", range=[0, 1.01])
    figure.update_layout(title=title, legend=legend(-0.25), margin=margin(title))
    return figure


def _roc(curves: ClassCurves) -> Any:
    return _curve(
        curves.emotion,
        (curves.false_positive_rate, curves.true_positive_rate),
        "%{y:.1%} found at %{x:.1%} false alarms",
        f"area {curves.auc:.3f}",
    )


def _precision_recall(curves: ClassCurves) -> Any:
    return _curve(
        curves.emotion,
        (curves.recall, curves.precision),
        "%{y:.1%} right at %{x:.1%} found",
        f"average precision {curves.average_precision:.3f}",
    )


def _curve(
    emotion: str, points: tuple[NDArray[np.float64], NDArray[np.float64]], said: str, area: str
) -> Any:
    x, y = points
    return plotly_graph_objects().Scatter(
        x=x.round(4),
        y=y.round(4),
        mode="lines",
        line={"color": EMOTION_COLORS[emotion], "width": 2},
        name=f"{emotion} {area.rpartition(' ')[2]}",
        hovertemplate=f"{emotion}: {said}<extra>{area}</extra>",
    )
