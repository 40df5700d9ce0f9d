"""Plotly figures of results. They read results and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.judging.measures.scores import CoveragePoint, ReliabilityBin
from emotion_core.system.plotting import GREY, LIGHT_PURPLE, PINK, PURPLE, plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Nothing lets the page through, so that a matrix is dark on a dark page.
_NOTHING_TO_ALL: Final = [[0, "rgba(94, 53, 177, 0.05)"], [1, "rgb(94, 53, 177)"]]
# From here on letters are white on every page; below, the page's own are easier to read.
_STRONG: Final = 0.7
# Fewer images than these say little.
_FEW: Final = 10


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
    graph_objects = plotly_graph_objects()

    # The sums that shares refer to.
    whole = {"row": (1,), "column": (0,), "count": (0, 1)}[by]
    shares = confusion / np.maximum(confusion.sum(axis=whole, keepdims=True), 1)
    highest = max(float(shares.max()), 1e-9) if by == "count" else 1
    of_what = {"row": " of the label", "column": " of the answer", "count": " of all"}[by]
    heatmap = graph_objects.Heatmap(
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
    cells = [(label, answer) for label in range(len(EMOTIONS)) for answer in range(len(EMOTIONS))]
    invisible = {"marker": {"opacity": 0}}
    points = graph_objects.Scatter(
        x=[EMOTIONS[answer] for _, answer in cells],
        y=[EMOTIONS[label] for label, _ in cells],
        mode="markers",
        marker={"symbol": "square", "size": 34, "opacity": 0},
        selected=invisible,
        unselected=invisible,
        customdata=[[*cell, int(confusion[cell]), float(shares[cell])] for cell in cells],
        hovertemplate="%{y} read as %{x}: %{customdata[2]:,} images, %{customdata[3]:.1%}"
        + of_what
        + "<extra></extra>",
        showlegend=False,
    )
    figure = graph_objects.Figure([heatmap, points])
    texts = []
    for label, answer in cells:
        count, share = int(confusion[label, answer]), float(shares[label, answer])
        text = {
            "x": answer,
            "y": label,
            "text": f"{count:,}" if by == "count" else f"{share:.0%}<br><sub>{count}</sub>",
            "showarrow": False,
            "font": {"size": 13} | ({"color": "white"} if share >= _STRONG * highest else {}),
        }
        texts.append(text)
    # All at once: ``add_annotation`` goes through all those before it, a fifth of a second in all.
    figure.layout.annotations = texts
    if selected is not None:
        label, answer = selected
        figure.add_shape(
            type="rect",
            x0=answer - 0.48,
            x1=answer + 0.48,
            y0=label - 0.48,
            y1=label + 0.48,
            line={"color": PINK, "width": 3},
        )
    figure.update_xaxes(title="answer", side="top", showgrid=False, constrain="domain")
    figure.update_yaxes(
        title="label",
        autorange="reversed",
        showgrid=False,
        scaleanchor="x",
        constrain="domain",
    )
    figure.update_layout(
        title=title,
        margin={"l": 80, "r": 20, "t": 120 if title else 70, "b": 20},
        hovermode="closest",
    )
    return figure


def reliability_figure(bins: Sequence[ReliabilityBin], title: str) -> Figure:
    """Draw how often answers are right by their score: on the diagonal, scores mean what they say.

    Bars of fewer than ten images are pale.

    Args:
        bins: ``EvaluationReport.reliability``; empty bins are left out.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    filled = [bin_ for bin_ in bins if bin_.count]
    accuracies = [bin_.accuracy for bin_ in filled]
    bars = graph_objects.Bar(
        x=[(bin_.low + bin_.high) / 2 for bin_ in filled],
        width=[bin_.high - bin_.low for bin_ in filled],
        y=[accuracy.value for accuracy in accuracies],
        error_y={
            "array": [accuracy.high - accuracy.value for accuracy in accuracies],
            "arrayminus": [accuracy.value - accuracy.low for accuracy in accuracies],
            "color": GREY,
        },
        customdata=[[bin_.confidence, bin_.count] for bin_ in filled],
        hovertemplate="mean score %{customdata[0]:.1%}, right %{y:.1%} of %{customdata[1]} images"
        "<extra></extra>",
        marker={
            "color": [PURPLE if bin_.count >= _FEW else LIGHT_PURPLE for bin_ in filled],
            "line": {"width": 1, "color": GREY},
        },
        showlegend=False,
    )
    diagonal = graph_objects.Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"dash": "dash", "color": GREY},
        hoverinfo="skip",
        showlegend=False,
    )
    figure = graph_objects.Figure([bars, diagonal])
    figure.update_xaxes(title="highest score", tickformat=".0%", range=[0, 1], constrain="domain")
    figure.update_yaxes(
        title="right answers",
        tickformat=".0%",
        range=[0, 1],
        scaleanchor="x",
        constrain="domain",
    )
    figure.update_layout(title=title, margin={"l": 80, "r": 20, "t": 60, "b": 60})
    return figure


def coverage_figure(curve: Sequence[CoveragePoint], chosen: CoveragePoint, title: str) -> Figure:
    """Draw how often answers are right against the share of images that get one.

    Args:
        curve: ``EvaluationReport.coverage_curve``.
        chosen: ``EvaluationReport.selective``, the point of the certainty threshold; it is marked.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    coverages = [point.coverage.value for point in curve]
    accuracies = [point.accuracy for point in curve]
    band = graph_objects.Scatter(
        x=[*coverages, *reversed(coverages)],
        y=[*(each.low for each in accuracies), *(each.high for each in reversed(accuracies))],
        fill="toself",
        fillcolor=LIGHT_PURPLE,
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    line = graph_objects.Scatter(
        x=coverages,
        y=[each.value for each in accuracies],
        customdata=[point.threshold for point in curve],
        mode="lines",
        line={"color": PURPLE, "width": 3},
        hovertemplate="score %{customdata:.0%} or more: %{x:.1%} answered, %{y:.1%} of them right"
        "<extra></extra>",
        showlegend=False,
    )
    marker = graph_objects.Scatter(
        x=[chosen.coverage.value],
        y=[chosen.accuracy.value],
        mode="markers+text",
        text=[f"uncertain below {chosen.threshold:.0%}"],
        textposition="bottom left",
        marker={"size": 12, "color": PURPLE},
        hovertemplate="%{x:.1%} answered, %{y:.1%} of them right<extra></extra>",
        showlegend=False,
    )
    figure = graph_objects.Figure([band, line, marker])
    figure.update_xaxes(title="answered", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title="right of the answered", tickformat=".0%")
    figure.update_layout(title=title, margin={"l": 80, "r": 20, "t": 60, "b": 60})
    return figure


def ablation_figure(variants: Mapping[str, Mapping[str, Any]], title: str) -> Figure:
    """Draw how far each variant of a recipe lies above or below the baseline.

    Args:
        variants: figures by name, as ``benchmarks/ablation.py`` prints them; the baseline's own
            entry is left out.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    ranked = sorted(
        (
            (entry["points_above_baseline"], bool(entry["clear"]), name)
            for name, entry in variants.items()
            if name != "baseline"
        )
    )
    figure = graph_objects.Figure(
        graph_objects.Bar(
            x=[points for points, _, _ in ranked],
            y=[name for _, _, name in ranked],
            orientation="h",
            text=[f"{points:+.1f}" for points, _, _ in ranked],
            textposition="outside",
            cliponaxis=False,
            marker={"color": [PURPLE if clear else LIGHT_PURPLE for _, clear, _ in ranked]},
            hovertemplate="%{y}: %{x:+.2f} points<extra></extra>",
        )
    )
    figure.update_xaxes(title="points of accuracy above the baseline (dark: clear, p < 0.05)")
    # A long bar's number stands beyond its end, where the names would be.
    figure.update_yaxes(automargin=True, ticklabelstandoff=32)
    figure.update_layout(title=title, margin={"l": 20, "r": 60, "t": 60, "b": 60})
    return figure
