"""Plotly figures of a session's numbers. They compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from emotion_core.emotions import ANSWER_COLORS, EMOTION_COLORS, EMOTIONS, UNCERTAIN
from emotion_core.sessions.numbers.around import MarkAverage
from emotion_core.sessions.numbers.comparing import MEASURES, Comparison
from emotion_core.sessions.numbers.measures import PersonNumbers
from emotion_core.sessions.numbers.resampling import Estimate
from emotion_core.system.plotting import GRAY, plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_MARGIN: Final = {"l": 80, "r": 20, "t": 40, "b": 60}
_SYMBOLS: Final = ("circle", "square", "diamond", "cross", "triangle-up", "star")


def numbers_figure(ranges: Sequence[tuple[str, PersonNumbers]], title: str, kind: str) -> Figure:
    """Draw one person's shares or mean scores in each range, with their intervals.

    Args:
        ranges: label of each range, and the person's numbers in it; as many as there are symbols
            are drawn, one symbol a range.
        title: heading of the figure.
        kind: "share" or "score".
    """
    graph_objects = plotly_graph_objects()

    answers = list(ANSWER_COLORS) if kind == "share" else list(EMOTIONS)
    shown = list(zip(_SYMBOLS, ranges, strict=False))
    dots = []
    for place, (symbol, (label, person)) in enumerate(shown):
        estimates = [_estimate(person, answer, kind) for answer in answers]
        # Ranges lie beside each other within an answer's line.
        shift = 0.6 * ((place + 0.5) / len(shown) - 0.5)
        dots.append(
            graph_objects.Scatter(
                x=[each.value for each in estimates],
                y=[line + shift for line in range(len(answers))],
                name=_escaped(label),
                mode="markers",
                marker={
                    "size": 10,
                    "symbol": symbol,
                    "color": [ANSWER_COLORS[answer] for answer in answers],
                },
                error_x=_bars(estimates),
                legendgroup=label,
                showlegend=False,
                customdata=list(zip(answers, map(_interval, estimates), strict=True)),
                hovertemplate=f"{_escaped(label)}, %{{customdata[0]}}: %{{x:.1%}}"
                "%{customdata[1]}<extra></extra>",
            )
        )
        # A legend would show the symbol in the first answer's colour.
        dots.append(
            graph_objects.Scatter(
                x=[None],
                y=[None],
                name=_escaped(label),
                mode="markers",
                marker={"size": 10, "symbol": symbol, "color": GRAY},
                legendgroup=label,
            )
        )
    figure = graph_objects.Figure(dots)
    what = "share of the time seen" if kind == "share" else "mean score"
    figure.update_xaxes(title=f"{what}, 95% intervals", tickformat=".0%", rangemode="tozero")
    figure.update_yaxes(
        tickvals=list(range(len(answers))),
        ticktext=answers,
        range=[len(answers) - 0.5, -0.5],
        zeroline=False,
    )
    figure.update_layout(
        title=title,
        height=440 if len(ranges) < 4 else 560,
        legend={"orientation": "h", "y": -0.22, "x": 0},
        showlegend=len(shown) > 1,
        margin=_MARGIN | {"b": 90 if len(shown) > 1 else 60},
    )
    return figure


def around_figure(average: MarkAverage, title: str, emotions: Sequence[str]) -> Figure:
    """Draw the average around marks, a line and a band for each expression.

    Args:
        average: around the marks.
        title: heading of the figure.
        emotions: those to draw.
    """
    graph_objects = plotly_graph_objects()

    traces: list[Any] = []
    for emotion in emotions:
        place, color = EMOTIONS.index(emotion), EMOTION_COLORS[emotion]
        known = ~np.isnan(average.low[:, place])
        seconds = average.seconds[known]
        low, high = average.low[known, place], average.high[known, place]
        if not average.subtracted:  # there are no scores beyond
            low, high = np.maximum(low, 0), np.minimum(high, 1)
        if len(seconds):
            traces.append(
                graph_objects.Scatter(
                    x=np.concatenate([seconds, seconds[::-1]]),
                    y=np.concatenate([high, low[::-1]]),
                    fill="toself",
                    fillcolor=_faint(color),
                    line={"width": 0},
                    hoverinfo="skip",
                    showlegend=False,
                    legendgroup=emotion,
                    name=emotion,
                )
            )
        traces.append(
            graph_objects.Scatter(
                x=average.seconds,
                y=average.mean[:, place],
                name=emotion,
                mode="lines",
                line={"color": color, "width": 2.5},
                legendgroup=emotion,
                customdata=average.marks,
                hovertemplate="%{y:.1%} (n = %{customdata})",
            )
        )
    figure = graph_objects.Figure(traces)
    figure.add_vline(0, line={"color": GRAY, "dash": "dash", "width": 1.5})
    change = "change of the score since before" if average.subtracted else "score"
    figure.update_xaxes(title="seconds from the mark on", zeroline=False, hoverformat=".2f")
    figure.update_yaxes(title=f"mean {change}", tickformat=".0%")
    figure.update_layout(
        title=title,
        hovermode="x unified",
        legend={"orientation": "h", "y": -0.25, "x": 0, "traceorder": "normal"},
        margin=_MARGIN | {"b": 90},
    )
    return figure


def comparison_figure(comparison: Comparison, title: str, kind: str) -> Figure:
    """Draw how far the first side is above the second, measure by measure.

    Args:
        comparison: of two sides.
        title: heading of the figure.
        kind: "share" or "score".
    """
    graph_objects = plotly_graph_objects()

    rows = [
        (measure.removeprefix(f"{kind} of "), each)
        for measure, each in zip(MEASURES, comparison.differences, strict=True)
        if measure.startswith(kind)
    ]
    points = [
        Estimate(100 * each.value, _hundredfold(each.low), _hundredfold(each.high))
        for _, each in rows
    ]
    dots = graph_objects.Scatter(
        x=[each.value for each in points],
        y=[name for name, _ in rows],
        error_x=_bars(points),
        mode="markers",
        marker={"size": 11, "color": [ANSWER_COLORS[name] for name, _ in rows]},
        hovertemplate="%{y}: %{x:+.1f} points<extra></extra>",
    )
    figure = graph_objects.Figure(dots)
    figure.add_vline(0, line={"color": GRAY, "dash": "dash", "width": 1})
    what = "share of time" if kind == "share" else "mean score"
    figure.update_xaxes(title=f"{what}: difference in points<br>95% intervals", zeroline=False)
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_layout(title=title, height=420, margin=_MARGIN)
    return figure


def _hundredfold(value: float | None) -> float | None:
    return None if value is None else 100 * value


def _estimate(person: PersonNumbers, answer: str, kind: str) -> Estimate:
    numbers = person.of(answer)
    estimate = numbers.share if kind == "share" else numbers.score
    assert estimate is not None, f"{UNCERTAIN} has no score"
    return estimate


def _bars(estimates: Sequence[Estimate]) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [0 if each.high is None else each.high - each.value for each in estimates],
        "arrayminus": [0 if each.low is None else each.value - each.low for each in estimates],
        "color": GRAY,
        "thickness": 1.5,
    }


def _interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f" (95%: {100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def _faint(color: str) -> str:
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.18)"


def _escaped(text: str) -> str:
    """Return a name as plotly shows it: it takes some of HTML for HTML, and %{ for a template."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "% {")
