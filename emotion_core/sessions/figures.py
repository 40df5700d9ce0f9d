"""Plotly figures of a recorded session. They read summaries and compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import (
    ANSWER_COLORS,
    EMOTION_COLORS,
    EMOTIONS,
    UNCERTAIN,
    UNCERTAIN_COLOR,
)
from emotion_core.sessions.summary import Event, PersonSummary, SessionSummary
from emotion_core.system.plotting import plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure, Scatter

_MARGIN: Final = {"l": 80, "r": 20, "t": 80, "b": 60}
_LEGEND: Final = {"orientation": "h", "y": -0.25, "x": 0, "traceorder": "normal"}
_HOUR: Final = 3600
#: Of the height that a person has in a figure of shares; above it stands the name.
_BAR: Final = 0.5


def timeline_figure(person: PersonSummary, title: str, events: Sequence[Event] = ()) -> Figure:
    """Draw the seven scores of one person over time, in the colours of the expressions.

    Args:
        person: whose timeline; its number of points is bounded.
        title: heading of the figure.
        events: those about this person, and those about nobody in particular, get a vertical line.
    """
    graph_objects = plotly_graph_objects()

    timeline = person.timeline
    times = _dates(timeline.seconds)
    lines = [
        graph_objects.Scatter(
            x=times,
            y=timeline.scores[:, index],
            name=emotion,
            mode="lines",
            line={"color": EMOTION_COLORS[emotion], "width": 2},
            connectgaps=False,
            hovertemplate="%{y:.0%}",
        )
        for index, emotion in enumerate(EMOTIONS)
    ]
    shown = [event for event in events if event.person in (None, person.person)]
    if shown:
        lines.append(_markers(shown))
    long = len(timeline.seconds) > 0 and timeline.seconds[-1] >= _HOUR
    clock = "%-H:%M:%S" if long else "%-M:%S"
    figure = graph_objects.Figure(lines)
    unit = "h:min:s" if long else "min:s"
    figure.update_xaxes(
        title=f"time since the start ({unit})",
        tickformat=clock,
        # Of a recording of seconds, or one that is zoomed in: "0:00 0:00 0:01" tells nothing.
        tickformatstops=[
            {"dtickrange": [None, 999], "value": f"{clock}.%1f"},
            {"dtickrange": [1000, None], "value": clock},
        ],
        hoverformat=f"{clock}.%1f",
    )
    figure.update_yaxes(title="score", tickformat=".0%", range=[0, 1.02])
    figure.update_layout(title=title, hovermode="x unified", legend=_LEGEND, margin=_MARGIN)
    return figure


def _markers(events: Sequence[Event]) -> Scatter:
    """Return a vertical line for each event with its rule to be read at the top."""
    graph_objects = plotly_graph_objects()

    return graph_objects.Scatter(
        x=_dates(np.array([event.seconds for event in events])),
        y=[1.0] * len(events),
        text=[event.rule for event in events],
        name="event",
        mode="markers",
        marker={"symbol": "triangle-down", "size": 11, "color": UNCERTAIN_COLOR},
        # One trace for any number of lines; shapes would be one object each.
        error_y={
            "type": "constant",
            "value": 0,
            "valueminus": 1,
            "symmetric": False,
            "thickness": 1.5,
            "width": 0,
        },
        hovertemplate="%{text}",
    )


def _dates(seconds: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Return times as dates, because only axes of dates are divided into minutes and seconds."""
    return np.datetime64("1970-01-01", "ms") + (1000 * seconds).astype("timedelta64[ms]")


def shares_figure(summary: SessionSummary, title: str, most_persons: int = 12) -> Figure:
    """Draw which share of the time each person was seen with which answer, one bar a person.

    Args:
        summary: of the session.
        title: heading of the figure.
        most_persons: those seen longest are drawn.
    """
    graph_objects = plotly_graph_objects()

    persons = summary.persons[:most_persons]
    names = [escape(person.name or f"person {person.person}") for person in persons]
    bars = [
        graph_objects.Bar(
            x=[person.shares[answer] for person in persons],
            # Two people may have one name, so each has the bar of their place.
            y=list(range(len(persons))),
            width=_BAR,
            customdata=[person.answer_seconds[answer] for person in persons],
            text=names,
            textposition="none",
            name=answer,
            orientation="h",
            marker={"color": color, "pattern": {"shape": "/" if answer == UNCERTAIN else ""}},
            hovertemplate=f"%{{text}}, {answer}: %{{x:.1%}}, %{{customdata:.1f}} s<extra></extra>",
        )
        for answer, color in ANSWER_COLORS.items()
    ]
    figure = graph_objects.Figure(bars)
    figure.update_xaxes(title="share of the time seen", tickformat=".0%", range=[0, 1])
    # Above the bars: beside them, a long name leaves no room for any on a phone.
    for place, name in enumerate(names):
        figure.add_annotation(
            text=name, x=0, y=place - _BAR / 2, xanchor="left", yanchor="bottom", showarrow=False
        )
    figure.update_yaxes(autorange="reversed", visible=False)
    figure.update_layout(
        title=title,
        barmode="stack",
        height=240 + 52 * len(persons),
        legend=_LEGEND | {"y": -120 / (100 + 52 * max(1, len(persons)))},
        margin=_MARGIN | {"b": 120, "l": 20},
    )
    return figure


def transitions_figure(person: PersonSummary, title: str) -> Figure:
    """Draw how often one expression of a person was followed by which.

    Args:
        person: whose changes.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    counts = person.transitions
    texts: list[list[Any]] = [[count or "" for count in row] for row in counts.tolist()]
    heatmap = graph_objects.Heatmap(
        z=counts,
        x=EMOTIONS,
        y=EMOTIONS,
        text=texts,
        texttemplate="%{text}",
        textfont={"size": 14},
        hovertemplate="from %{y} to %{x}: %{z} times<extra></extra>",
        colorscale="Purples",
        zmin=0,
        zmax=max(1, int(counts.max())),
        showscale=False,
        xgap=2,
        ygap=2,
    )
    figure = graph_objects.Figure(heatmap)
    # "domain": in a narrow window the axes shrink, rather than reach beyond the squares.
    figure.update_xaxes(title="to", side="top", showgrid=False, constrain="domain")
    figure.update_yaxes(
        title="from",
        autorange="reversed",
        showgrid=False,
        scaleanchor="x",
        constrain="domain",
        constraintoward="top",
    )
    figure.update_layout(title=title, margin={"l": 80, "r": 20, "t": 120, "b": 20})
    return figure
