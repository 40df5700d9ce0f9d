"""The Plotly figure of a set of photos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emotion_core.emotions import ANSWER_COLORS, UNCERTAIN
from emotion_core.sessions.photos.summary import PhotoSummary
from emotion_core.system.plotting import plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: Faces of one answer: from more on, the axis finds whole numbers by itself.
_FEW: Final = 5


def faces_figure(summary: PhotoSummary, title: str) -> Figure:
    """Draw how many faces of a set have which answer, one bar an answer.

    Args:
        summary: of the set.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    answers = list(ANSWER_COLORS)
    bar = graph_objects.Bar(
        x=[summary.answers[answer] for answer in answers],
        y=answers,
        customdata=[summary.shares[answer] for answer in answers],
        orientation="h",
        marker={
            "color": list(ANSWER_COLORS.values()),
            "pattern": {"shape": ["/" if answer == UNCERTAIN else "" for answer in answers]},
        },
        texttemplate="%{x:,}",
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:,} faces, %{customdata:.1%}<extra></extra>",
    )
    figure = graph_objects.Figure(bar)
    # Of few faces the axis would have halves, written as whole numbers.
    step = {"dtick": 1} if max(summary.answers.values()) <= _FEW else {}
    figure.update_xaxes(title="faces", rangemode="tozero", tickformat=",d", **step)
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(
        title=title, height=380, margin={"l": 80, "r": 40, "t": 60, "b": 60}, showlegend=False
    )
    return figure
