"""What several figures have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from emotion_core.judging.measures.intervals import Estimate
from emotion_core.system.plotting import GRAY, plotly_graph_objects

#: Colours of the first and the second model.
INDIGO: Final = "#6c62d9"
MAGENTA: Final = "#c026a8"


def legend(y: float = -0.2) -> dict[str, Any]:
    """Return a legend below the figure, so far down in shares of its height."""
    return {"orientation": "h", "y": y, "x": 0, "yanchor": "top"}


def margin(title: str) -> dict[str, int]:
    """Return the room around a figure that may have a heading."""
    return {"l": 60, "r": 20, "t": 60 if title else 20, "b": 60}


def error_bars(estimates: Sequence[Estimate]) -> dict[str, Any]:
    """Return the 95% intervals of values."""
    return {
        "array": [estimate.high - estimate.value for estimate in estimates],
        "arrayminus": [estimate.value - estimate.low for estimate in estimates],
        "color": GRAY,
    }


def diagonal(**settings: Any) -> Any:
    """Return the dashed line from 0, 0 to 1, 1; ``settings`` are those of a Plotly scatter."""
    line = {"dash": "dash", "color": GRAY}
    return plotly_graph_objects().Scatter(
        x=[0, 1], y=[0, 1], mode="lines", line=line, hoverinfo="skip", **settings
    )
