"""The plotly figure of the live page. It reads the history and computes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from emotion_core.emotions import EMOTION_COLORS, EMOTIONS
from emotion_core.live.history import HISTORY_SECONDS, Timeline
from emotion_core.system.plotting import plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW_HEIGHT: Final = 120
_ROW_GAP: Final = 34
_TOP: Final = 70
_BOTTOM: Final = 100
_TICK_SECONDS: Final = 10
#: How opaque the scores of somebody are who is out of view.
_LEFT_OPACITY: Final = 0.35
_TICKS: Final = range(0, round(HISTORY_SECONDS) + 1, _TICK_SECONDS)


def timelines_figure(timelines: Sequence[Timeline]) -> Figure:
    """Draw each face's seven scores over the last minute, stacked: they always fill the band.

    The bands of those who left are pale, and say when that was.

    Args:
        timelines: one band each, from top to bottom.
    """
    graph_objects = plotly_graph_objects()

    traces = [
        trace
        for row, timeline in enumerate(timelines)
        for trace in _band(timeline, _axis(row), row)
    ]
    rows = max(1, len(timelines))
    height = rows * _ROW_HEIGHT + (rows - 1) * _ROW_GAP
    layout: dict[str, Any] = {
        "title": "Scores over the last minute",
        "height": height + _TOP + _BOTTOM,
        "margin": {"l": 70, "r": 10, "t": _TOP, "b": _BOTTOM},
        "hovermode": "x",
        "legend": {"orientation": "h", "x": 0, "y": -64 / height, "traceorder": "normal"},
        "uirevision": "live",  # keeps what a viewer switched off in the legend
        "xaxis": {
            "title": "seconds ago",
            "range": [-HISTORY_SECONDS, 0],
            "tickvals": [-ago for ago in _TICKS],
            "ticktext": [str(ago) for ago in _TICKS],
            "anchor": f"y{_axis(rows - 1)}",
            "fixedrange": True,
            "showgrid": False,
        },
        "annotations": [],
    }
    for row, timeline in enumerate(timelines):
        top = 1 - row * (_ROW_HEIGHT + _ROW_GAP) / height
        layout[f"yaxis{_axis(row)}"] = {
            "domain": [max(0.0, top - _ROW_HEIGHT / height), top],
            "title": "score",
            "range": [0, 1],
            "tickvals": [0, 0.5, 1],
            "tickformat": ".0%",
            "fixedrange": True,
            "showgrid": False,
        }
        layout["annotations"].append(
            {
                "text": _name(timeline),
                "x": 0,
                "y": top,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
            }
        )
    return graph_objects.Figure({"data": traces, "layout": layout})


def _axis(row: int) -> str:
    """Return the number of a row's axis as plotly spells it: none for the first."""
    return "" if row == 0 else str(row + 1)


def _name(timeline: Timeline) -> str:
    left = "" if timeline.left is None else f", left {timeline.left:.0f} s ago"
    return f"person {timeline.person}{left}"


def _fill(emotion: str, opacity: float) -> str:
    red, green, blue = bytes.fromhex(EMOTION_COLORS[emotion].removeprefix("#"))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def _band(timeline: Timeline, axis: str, row: int) -> list[dict[str, Any]]:
    """Return the seven areas of one face."""
    # Gaps are drawn as zeros: a stacked area knows no gaps, and would bridge them.
    scores = np.nan_to_num(timeline.scores).astype(np.float32)
    opacity = 1.0 if timeline.left is None else _LEFT_OPACITY
    return [
        {
            "type": "scatter",
            "x": timeline.seconds.astype(np.float32),  # half the bytes to send
            "y": scores[:, index],
            "name": emotion,
            "legendgroup": emotion,
            "showlegend": row == 0,
            "stackgroup": f"person{row}",
            "line": {"width": 0, "shape": "hv"},
            "fillcolor": _fill(emotion, opacity),
            "yaxis": f"y{axis}",
            "hovertemplate": f"{emotion}%{{y:.0%}}<extra></extra>",
        }
        for index, emotion in enumerate(EMOTIONS)
    ]
