"""What sets two models apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emotion_core.emotions import EMOTION_COLORS
from emotion_core.judging.figures.parts import INDIGO, margin
from emotion_core.judging.paired_comparison import PairedComparison
from emotion_core.system.plotting import GRAY, plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def differences_figure(comparison: PairedComparison, title: str) -> Figure:
    """Draw how far the first model is above the second, in all and for each label.

    Args:
        comparison: of two models; labels without images are left out.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    rows = [("all", comparison.counts, INDIGO)] + [
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
            "color": GRAY,
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
    figure.add_vline(0, line={"color": GRAY, "dash": "dash", "width": 1})
    figure.update_xaxes(title="difference in points, 95% intervals")
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_layout(title=title, margin=margin(title))
    return figure
