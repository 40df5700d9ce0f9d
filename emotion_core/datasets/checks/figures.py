"""Plotly figures of datasets. They read results and compute nothing.

Backgrounds, letters and lines are left to the theme of the page, so that the figures look right on
a light one and on a dark one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from emotion_core.datasets.checks.comparison import DatasetComparison
from emotion_core.datasets.checks.overview import DatasetOverview, Spread
from emotion_core.datasets.types import SPLITS
from emotion_core.emotions import EMOTION_COLORS, EMOTIONS
from emotion_core.system.plotting import plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_MARGIN: Final = {"l": 60, "r": 20, "t": 60, "b": 60}
_LEGEND: Final = {"orientation": "h", "y": -0.2, "x": 0, "yanchor": "top"}
# Splits are told apart by patterns, because colours stand for expressions.
_SPLIT_PATTERNS: Final = dict(zip(SPLITS, ("", "/", "x"), strict=True))
_GRAY: Final = "#8a8f98"
_COLORS: Final = [EMOTION_COLORS[emotion] for emotion in EMOTIONS]
# Side by side, the second of two datasets is drawn lighter.
_LIGHTER: Final = 0.45

_AXES: Final = {
    "brightness": "brightness (mean grey, 0 to 255)",
    "contrast": "contrast (standard deviation of greys)",
}


def class_counts_figure(overview: DatasetOverview, title: str, *, shares: bool = False) -> Figure:
    """Draw the images of each class, one bar for each split that has any.

    Args:
        overview: of the dataset.
        title: heading of the figure.
        shares: bars are shares of their split rather than counts, so that splits can be compared.
    """
    graph_objects = plotly_graph_objects()

    bars = []
    for split in overview.splits:
        code = SPLITS.index(split)
        counts, of_split = overview.counts[code], overview.split_shares[code]
        bars.append(
            graph_objects.Bar(
                x=EMOTIONS,
                y=of_split if shares else counts,
                customdata=np.stack([counts, of_split], axis=1),
                name=split,
                text=[f"{share:.1%}" for share in of_split] if shares else None,
                textposition="outside",
                marker={
                    "color": _COLORS,
                    "pattern": {"shape": _SPLIT_PATTERNS[split], "fillmode": "overlay"},
                },
                hovertemplate="%{x}, "
                + split
                + ": %{customdata[0]:,} images, %{customdata[1]:.1%} of it<extra></extra>",
            )
        )
    figure = graph_objects.Figure(bars)
    figure.update_yaxes(
        title="share of the split" if shares else "images", tickformat=".0%" if shares else None
    )
    figure.update_layout(
        title=title, barmode="group", showlegend=len(bars) > 1, legend=_LEGEND, margin=_MARGIN
    )
    return figure


def light_figure(
    overview: DatasetOverview, measure: Literal["brightness", "contrast"], title: str
) -> Figure:
    """Draw how brightness or contrast is distributed in each class, as one box a class.

    A box reaches from the first to the third quartile, its whiskers from 5 to 95% of the images;
    the dashed line is the mean.

    Args:
        overview: of the dataset.
        measure: ``"brightness"`` or ``"contrast"``.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    spreads = _spreads(overview, measure)
    boxes = [
        graph_objects.Box(x=[emotion], **_box(spread), marker={"color": EMOTION_COLORS[emotion]})
        for emotion, spread in zip(EMOTIONS, spreads, strict=True)
        if spread is not None
    ]
    figure = graph_objects.Figure(boxes)
    figure.update_yaxes(title=_AXES[measure], rangemode="tozero")
    figure.update_xaxes(categoryorder="array", categoryarray=EMOTIONS)
    figure.update_layout(title=title, showlegend=False, margin=_MARGIN)
    return figure


def agreement_figure(overview: DatasetOverview, title: str) -> Figure:
    """Draw how far the FER+ voters agree with the labels of each class.

    Args:
        overview: of a dataset with votes (``overview.agreement`` is not None).
        title: heading of the figure.

    Raises:
        ValueError: the dataset has no votes.
    """
    graph_objects = plotly_graph_objects()

    agreement = overview.agreement
    if agreement is None:
        raise ValueError(f"{overview.name}: expected a dataset with FER+ votes, found none")
    bars = [
        graph_objects.Bar(
            x=EMOTIONS,
            y=values,
            name=name,
            text=["" if np.isnan(value) else f"{value:.0%}" for value in values],
            textposition="outside",
            marker={"color": _COLORS},
            opacity=opacity,  # of the trace, so that the legend shows it
            hovertemplate="%{x}: " + meaning + " %{y:.1%}<extra></extra>",
        )
        for name, values, opacity, meaning in (
            ("images whose label the majority chose", agreement.majority, 1.0, "majority agrees"),
            ("votes for the label", agreement.support, _LIGHTER, "votes for the label"),
        )
    ]
    figure = graph_objects.Figure(bars)
    figure.update_yaxes(title="share", tickformat=".0%", range=[0, 1.08])
    figure.update_layout(title=title, barmode="group", legend=_LEGEND, margin=_MARGIN)
    return figure


def dataset_comparison_figure(comparison: DatasetComparison, title: str) -> Figure:
    """Draw the class shares of two datasets side by side; the second is drawn lighter.

    Args:
        comparison: of the two.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    bars = [
        graph_objects.Bar(
            x=EMOTIONS,
            y=overview.class_shares,
            customdata=overview.class_counts,
            name=overview.name,
            offsetgroup=str(number),
            text=[f"{share:.1%}" for share in overview.class_shares],
            textposition="outside",
            marker={"color": _COLORS},
            opacity=opacity,  # of the trace, so that the legend shows it
            hovertemplate="%{x}: %{customdata:,} images, %{y:.1%}<extra>%{fullData.name}</extra>",
        )
        for number, (overview, opacity) in enumerate(_pair(comparison))
    ]
    figure = graph_objects.Figure(bars)
    figure.update_yaxes(title="share of the dataset", tickformat=".0%")
    figure.update_layout(title=title, barmode="group", legend=_LEGEND, margin=_MARGIN)
    return figure


def light_comparison_figure(
    comparison: DatasetComparison, measure: Literal["brightness", "contrast"], title: str
) -> Figure:
    """Draw brightness or contrast of each class in two datasets as boxes, as ``light_figure``.

    Args:
        comparison: of the two.
        measure: ``"brightness"`` or ``"contrast"``.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    boxes = [
        graph_objects.Box(
            x=[emotion],
            **_box(spread),
            name=overview.name,
            offsetgroup=str(number),
            marker={"color": EMOTION_COLORS[emotion]},
            opacity=opacity,
        )
        for number, (overview, opacity) in enumerate(_pair(comparison))
        for emotion, spread in zip(EMOTIONS, _spreads(overview, measure), strict=True)
        if spread is not None
    ]
    figure = graph_objects.Figure(boxes)
    figure.update_xaxes(categoryorder="array", categoryarray=EMOTIONS)
    figure.update_yaxes(title=_AXES[measure], rangemode="tozero")
    figure.update_layout(title=title, boxmode="group", showlegend=False, margin=_MARGIN)
    return figure


def overlap_figure(comparison: DatasetComparison, title: str) -> Figure:
    """Draw which share of each of two datasets stands in the other.

    Args:
        comparison: of the two.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    names = [comparison.first.name, comparison.second.name]
    bars = [
        graph_objects.Bar(
            x=[float(overlap.first.mean()), float(overlap.second.mean())],
            y=names,
            customdata=[int(overlap.first.sum()), int(overlap.second.sum())],
            name=name,
            orientation="h",
            marker={"color": _GRAY},
            opacity=opacity,
            hovertemplate="%{y}: %{customdata:,} images, %{x:.1%}, also in the other one ("
            + name
            + ")<extra></extra>",
        )
        for name, overlap, opacity in (
            ("identical", comparison.exact, 1.0),
            ("the same photo", comparison.near, _LIGHTER),
        )
        if overlap is not None
    ]
    figure = graph_objects.Figure(bars)
    figure.update_xaxes(title="share of its images that the other has", tickformat=".0%")
    figure.update_xaxes(range=[0, 1])
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_layout(
        title=title,
        barmode="group",
        legend=_LEGEND | {"y": -0.35},
        margin=_MARGIN | {"b": 110},
        height=300,
    )
    return figure


def _pair(comparison: DatasetComparison) -> tuple[tuple[DatasetOverview, float], ...]:
    """Return both overviews with the opacity they are drawn in."""
    return (comparison.first, 1.0), (comparison.second, _LIGHTER)


def _spreads(
    overview: DatasetOverview, measure: Literal["brightness", "contrast"]
) -> Sequence[Spread | None]:
    return overview.class_brightness if measure == "brightness" else overview.class_contrast


def _box(spread: Spread) -> dict[str, Any]:
    """Return the parts of a box plot that is drawn from quantiles, not from single images."""
    low, first, middle, third, high = spread.quantiles
    return {
        "lowerfence": [low],
        "q1": [first],
        "median": [middle],
        "q3": [third],
        "upperfence": [high],
        "mean": [spread.mean],
        "boxmean": True,
    }
