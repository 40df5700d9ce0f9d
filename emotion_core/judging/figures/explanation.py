"""How well an explanation names the pixels that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emotion_core.judging.explanation import STEPS, Explanation
from emotion_core.judging.figures.parts import INDIGO, legend
from emotion_core.system.plotting import plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def faithfulness_figure(explanation: Explanation) -> Figure:
    """Draw what becomes of the score as pixels are hidden and uncovered, beside maps of chance."""
    graph_objects = plotly_graph_objects()

    shares = [step / STEPS for step in range(STEPS + 1)]
    lines = (
        ("hidden, most important first", explanation.faithfulness.deletion, "#e69f00", "solid"),
        ("hidden at random", explanation.of_chance.deletion, "#e69f00", "dot"),
        ("revealed, most important first", explanation.faithfulness.insertion, INDIGO, "solid"),
        ("revealed at random", explanation.of_chance.insertion, INDIGO, "dot"),
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
    figure.update_layout(legend=legend(-0.3), margin={"l": 50, "r": 10, "t": 10, "b": 50})
    return figure
