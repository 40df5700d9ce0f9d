"""What each part of a training recipe adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotion_core.system.plotting import LIGHT_PURPLE, PURPLE, plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


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
