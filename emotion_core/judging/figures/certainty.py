"""What scores are worth: reliability, and what "uncertain" costs and gains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from emotion_core.judging.figures.parts import diagonal, error_bars
from emotion_core.judging.measures.scores import CoveragePoint, ReliabilityBin
from emotion_core.system.plotting import GRAY, LIGHT_PURPLE, PURPLE, plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Fewer images than these say little.
_FEW: Final = 10


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
        error_y=error_bars(accuracies),
        customdata=[[bin_.confidence, bin_.count] for bin_ in filled],
        hovertemplate="mean score %{customdata[0]:.1%}, right %{y:.1%} of %{customdata[1]} images"
        "<extra></extra>",
        marker={
            "color": [PURPLE if bin_.count >= _FEW else LIGHT_PURPLE for bin_ in filled],
            "line": {"width": 1, "color": GRAY},
        },
        showlegend=False,
    )
    figure = graph_objects.Figure([bars, diagonal(showlegend=False)])
    figure.update_xaxes(title="highest score", tickformat=".0%", range=[0, 1], constrain="domain")
    figure.update_yaxes(
        title="share of right answers",
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
    line = graph_objects.Scatter(
        x=coverages,
        y=[point.accuracy.value for point in curve],
        customdata=[point.threshold for point in curve],
        mode="lines",
        line={"color": PURPLE, "width": 3},
        hovertemplate="score %{customdata:.0%} or more: %{x:.1%} answered, %{y:.1%} of them right"
        "<extra></extra>",
        showlegend=False,
    )
    figure = graph_objects.Figure([_band(curve), line, _mark(chosen)])
    figure.update_xaxes(title="share of images answered", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title="right among the answers", tickformat=".0%")
    figure.update_layout(title=title, margin={"l": 80, "r": 20, "t": 60, "b": 60})
    return figure


def _band(curve: Sequence[CoveragePoint]) -> Any:
    """Return the 95% intervals around the line."""
    coverages = [point.coverage.value for point in curve]
    accuracies = [point.accuracy for point in curve]
    return plotly_graph_objects().Scatter(
        x=[*coverages, *reversed(coverages)],
        y=[*(each.low for each in accuracies), *(each.high for each in reversed(accuracies))],
        fill="toself",
        fillcolor=LIGHT_PURPLE,
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )


def _mark(chosen: CoveragePoint) -> Any:
    return plotly_graph_objects().Scatter(
        x=[chosen.coverage.value],
        y=[chosen.accuracy.value],
        mode="markers+text",
        text=[f"uncertain below {chosen.threshold:.0%}"],
        textposition="bottom left",
        marker={"size": 12, "color": PURPLE},
        hovertemplate="%{x:.1%} answered, %{y:.1%} of them right<extra></extra>",
        showlegend=False,
    )
