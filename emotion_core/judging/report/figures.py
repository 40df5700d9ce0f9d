"""Plotly figures of a judgement. They read results and compute nothing.

Backgrounds, letters and lines are left to the theme of the page, so that the figures look right on
a light one and on a dark one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from emotion_core.emotions import EMOTION_COLORS, EMOTIONS
from emotion_core.judging.curves import ClassCurves
from emotion_core.judging.explanation import STEPS, Explanation
from emotion_core.judging.measures.evaluation import EmotionMetrics
from emotion_core.judging.measures.intervals import Estimate
from emotion_core.judging.paired_comparison import Comparison
from emotion_core.judging.robustness.changes import Change
from emotion_core.judging.robustness.curves import RobustnessCurves
from emotion_core.system.plotting import plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_GREY: Final = "#8a8f98"
_INDIGO: Final = "#6c62d9"
_PINK: Final = "#c026a8"
_LEGEND: Final = {"orientation": "h", "y": -0.2, "x": 0, "yanchor": "top"}
_COLORS: Final = [EMOTION_COLORS[emotion] for emotion in EMOTIONS]
_SYMBOLS: Final = {"precision": "triangle-up", "recall": "circle", "F1": "square-open"}


def class_metrics_figure(per_class: Sequence[EmotionMetrics], title: str) -> Figure:
    """Draw precision, recall and F1 of every expression with their 95 % intervals.

    Args:
        per_class: ``EvaluationReport.per_class``; expressions without images have no recall.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    traces = []
    for number, (name, symbol) in enumerate(_SYMBOLS.items()):
        shown = [
            (place, metrics, getattr(metrics, name.lower()))
            for place, metrics in enumerate(per_class)
            if metrics.support
        ]
        traces.append(
            graph_objects.Scatter(
                # Side by side, so that intervals do not cover each other.
                x=[place + 0.22 * (number - 1) for place, _, _ in shown],
                y=[estimate.value for _, _, estimate in shown],
                error_y=_error_bars([estimate for _, _, estimate in shown]),
                mode="markers",
                marker={
                    "symbol": symbol,
                    "size": 10,
                    "color": [EMOTION_COLORS[metrics.emotion] for _, metrics, _ in shown],
                },
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
        )
    # The colours above are those of the expressions; the legend tells of shapes only.
    legend = [
        graph_objects.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            marker={"symbol": symbol, "size": 10, "color": _GREY},
            name=name,
            legendgroup=name,
        )
        for name, symbol in _SYMBOLS.items()
    ]
    figure = graph_objects.Figure([*traces, *legend])
    figure.update_xaxes(
        tickvals=list(range(len(per_class))),
        ticktext=[metrics.emotion for metrics in per_class],
        range=[-0.5, len(per_class) - 0.5],
    )
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    figure.update_layout(title=title, legend=_LEGEND, margin=_margin(title))
    return figure


def curves_figure(
    curves: Sequence[ClassCurves], kind: Literal["roc", "precision-recall"], title: str
) -> Figure:
    """Draw the curves of every expression against the rest.

    Args:
        curves: ``Judgement.curves``; expressions without a curve are left out.
        kind: which.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    is_roc = kind == "roc"
    area = "area" if is_roc else "average precision"
    traces = []
    for each in curves:
        value = each.auc if is_roc else each.average_precision
        if value is None:
            continue
        x = each.false_positive_rate if is_roc else each.recall
        y = each.true_positive_rate if is_roc else each.precision
        what = (
            "%{y:.1%} found at %{x:.1%} false alarms"
            if is_roc
            else "%{y:.1%} right at %{x:.1%} found"
        )
        traces.append(
            graph_objects.Scatter(
                x=x.round(4),
                y=y.round(4),
                mode="lines",
                line={"color": EMOTION_COLORS[each.emotion], "width": 2},
                name=f"{each.emotion} {value:.3f}",
                hovertemplate=f"{each.emotion}: {what}<extra>{area} {value:.3f}</extra>",
            )
        )
    if is_roc:
        traces.append(
            graph_objects.Scatter(
                x=[0, 1],
                y=[0, 1],
                mode="lines",
                line={"dash": "dash", "color": _GREY},
                name="guessing",
                hoverinfo="skip",
            )
        )
    figure = graph_objects.Figure(traces)
    x_title, y_title = (
        ("false alarms among the others", "found of the class")
        if is_roc
        else ("found of the class (recall)", "right of the answers (precision)")
    )
    figure.update_xaxes(title=x_title, tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title=y_title, tickformat=".0%", range=[0, 1.01])
    figure.update_layout(title=title, legend=_LEGEND | {"y": -0.25}, margin=_margin(title))
    return figure


def change_figure(measured: Sequence[tuple[str, RobustnessCurves]], change: Change) -> Figure:
    """Draw the accuracy under one change with 95 % intervals; what is harsher stands to the right.

    Args:
        measured: names of one or two models with their curves.
        change: one of ``changes.CHANGES``.
    """
    graph_objects = plotly_graph_objects()

    figure = graph_objects.Figure(
        [
            _robustness_trace(name, curves, change, color)
            for (name, curves), color in zip(measured, (_INDIGO, _PINK), strict=False)
        ]
    )
    figure.update_xaxes(title=change.axis, autorange=_direction(change))
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_layout(
        title=change.title,
        showlegend=len(measured) > 1,
        legend=_LEGEND | {"y": -0.35},
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
        error_y=_error_bars(accuracies) | {"thickness": 1, "width": 3},
        mode="lines+markers",
        line={"color": color, "width": 2},
        marker={"size": 6},
        name=name,
        customdata=[[accuracy.low, accuracy.high] for accuracy in accuracies],
        hovertemplate="%{x:g} "
        + change.axis
        + ": %{y:.1%} (%{customdata[0]:.1%} to %{customdata[1]:.1%})<extra></extra>",
    )


def _direction(change: Change) -> bool | str:
    """Let what is harsher stand to the right."""
    return "reversed" if change.unchanged > max(change.strengths) else True


def differences_figure(comparison: Comparison, title: str) -> Figure:
    """Draw how far the first model is above the second, in all and for each label.

    Args:
        comparison: of two models; labels without images are left out.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    rows = [("all", comparison.counts, _INDIGO)] + [
        (each.emotion, each.counts, EMOTION_COLORS[each.emotion])
        for each in comparison.per_class
        if each.counts.n
    ]
    differences = [counts.difference for _, counts, _ in rows]
    dots = graph_objects.Scatter(
        x=[100 * difference.value for difference in differences],
        y=[name for name, _, _ in rows],
        error_x={
            "array": [100 * (each.high - each.value) for each in differences],
            "arrayminus": [100 * (each.value - each.low) for each in differences],
            "color": _GREY,
        },
        mode="markers",
        marker={"size": 11, "color": [color for _, _, color in rows]},
        customdata=[
            [counts.only_first, counts.only_second, counts.n, counts.p_value]
            for _, counts, _ in rows
        ],
        hovertemplate="%{y}: %{x:+.1f} points; of %{customdata[2]:,} images the first alone is "
        "right on %{customdata[0]:,}, the second alone on %{customdata[1]:,} "
        "(p = %{customdata[3]:.2g})<extra></extra>",
    )
    figure = graph_objects.Figure(dots)
    figure.add_vline(0, line={"color": _GREY, "dash": "dash", "width": 1})
    figure.update_xaxes(title="points of recall, 95 % intervals")
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_layout(title=title, margin=_margin(title))
    return figure


def faithfulness_figure(explanation: Explanation) -> Figure:
    """Draw what becomes of the score as pixels are hidden and uncovered, beside maps of chance."""
    graph_objects = plotly_graph_objects()

    shares = [step / STEPS for step in range(STEPS + 1)]
    lines = (
        ("hidden, hottest first", explanation.faithfulness.deletion, "#e69f00", "solid"),
        ("hidden at random", explanation.of_chance.deletion, "#e69f00", "dot"),
        ("uncovered, hottest first", explanation.faithfulness.insertion, _INDIGO, "solid"),
        ("uncovered at random", explanation.of_chance.insertion, _INDIGO, "dot"),
    )
    figure = graph_objects.Figure(
        [
            graph_objects.Scatter(
                x=shares,
                y=values,
                mode="lines",
                line={"color": color, "dash": dash, "width": 2},
                name=name,
                hovertemplate="%{x:.0%} of the pixels " + name + ": %{y:.0%}<extra></extra>",
            )
            for name, values, color, dash in lines
        ]
    )
    figure.update_xaxes(title="share of the pixels", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(
        title=f"score of {explanation.emotion}", tickformat=".0%", rangemode="tozero"
    )
    figure.update_layout(legend=_LEGEND | {"y": -0.3}, margin={"l": 50, "r": 10, "t": 10, "b": 50})
    return figure


def _error_bars(estimates: Sequence[Estimate]) -> dict[str, Any]:
    return {
        "array": [estimate.high - estimate.value for estimate in estimates],
        "arrayminus": [estimate.value - estimate.low for estimate in estimates],
        "color": _GREY,
    }


def _margin(title: str) -> dict[str, int]:
    return {"l": 60, "r": 20, "t": 60 if title else 20, "b": 60}
