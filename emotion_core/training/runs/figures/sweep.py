"""A sweep: the accuracy of each run beside the settings that vary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from emotion_core.system.plotting import plotly_graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: From low to high, readable on white and on black.
_SCALE: Final = ("rgb(201, 163, 90)", "rgb(154, 149, 168)", "rgb(106, 95, 208)")
#: How far apart runs of one value lie in all, as a share of an axis.
_ASIDE: Final = 0.06
# Where an axis' values stand: outside at both ends, between them under the marks.
_LEFT: Final = {"xanchor": "right", "xshift": -10}
_RIGHT: Final = {"xanchor": "left", "xshift": 10}
_BETWEEN: Final = {"yshift": -17, "bgcolor": "rgba(128, 128, 128, 0.3)"}


def sweep_figure(settings: Mapping[str, Sequence[str]], accuracies: Sequence[float]) -> Figure:
    """Draw a sweep as parallel coordinates: a line a run, coloured by its accuracy.

    Plotly's own parallel coordinates are a pixel wide, which is hard to see on black, tell nothing
    of the run under the mouse, and hide runs that share a value behind each other.

    Args:
        settings: the values of each setting that varies, as texts, one for each run.
        accuracies: validation accuracy of each run's best epoch, 0..1.
    """
    figure = plotly_graph_objects().Figure()
    low, high = min(accuracies), max(accuracies)
    span = high - low or 0.01
    axes = [_Axis.of_values(name, values) for name, values in settings.items()]
    rising = sorted(range(len(accuracies)), key=lambda run: accuracies[run])
    for rank, run in enumerate(rising):  # the best one last, in front of the others
        # Runs of one value lie beside each other, the better one above.
        aside = _ASIDE * (rank / max(1, len(rising) - 1) - 0.5)
        places = [(axis, values[run]) for axis, values in zip(axes, settings.values(), strict=True)]
        _add_run(figure, places, aside, accuracies[run], (accuracies[run] - low) / span)
    for place, axis in enumerate(axes):
        _add_axis(figure, axis, place, _LEFT if place == 0 else _BETWEEN)
    accuracy = _Axis("accuracy", {f"{low:.1%}": 0.0, f"{high:.1%}": (high - low) / span})
    _add_axis(figure, accuracy, len(axes), _RIGHT)
    figure.update_xaxes(visible=False, range=[-0.35, len(axes) + 0.35])
    figure.update_yaxes(visible=False, range=[-0.12, 1.24])
    figure.update_layout(height=420, showlegend=False, margin={"l": 10, "r": 10, "t": 20, "b": 10})
    return figure


def _add_run(
    figure: Figure,
    places: Sequence[tuple[_Axis, str]],
    aside: float,
    accuracy: float,
    share: float,
) -> None:
    """Draw a run through its value on each axis; ``share`` is its height among the accuracies."""
    from plotly.colors import sample_colorscale

    figure.add_scatter(
        x=list(range(len(places) + 1)),
        y=[*(axis.heights[value] + aside for axis, value in places), share],
        mode="lines+markers",
        line={"color": sample_colorscale(_SCALE, share)[0], "width": 3},
        marker={"size": 8},
        name="",
        hovertemplate="<br>".join(
            [f"<b>{accuracy:.1%}</b>", *(f"{axis.label} {value}" for axis, value in places)]
        ),
    )


def _add_axis(figure: Figure, axis: _Axis, place: int, beside: Mapping[str, Any]) -> None:
    """Draw an axis, its title and its values, which stand ``beside`` their marks."""
    figure.add_annotation(x=place, y=1.18, text=f"<b>{axis.label}</b>", showarrow=False)
    figure.add_scatter(
        x=[place, place],
        y=[-0.05, 1.05],
        mode="lines",
        line={"color": "rgba(128, 128, 128, 0.5)", "width": 1},
        hoverinfo="skip",
    )
    for text, height in axis.heights.items():
        figure.add_annotation(x=place, y=height, text=text, showarrow=False, **beside)


@dataclass(frozen=True)
class _Axis:
    """A setting's axis: its title, and the height, 0..1, of each value."""

    label: str
    heights: Mapping[str, float]

    @classmethod
    def of_values(cls, name: str, values: Sequence[str]) -> _Axis:
        """Put values in the order of numbers where all are some, else as they come."""
        try:
            different = sorted(set(values), key=float)
        except ValueError:
            different = list(dict.fromkeys(values))
        # Places and not numbers: 0.001, 0.003 and 0.01 stand as far apart as one chose them.
        highest = max(1, len(different) - 1)
        label = name.rpartition(".")[2].replace("_", " ")
        return cls(label, {value: place / highest for place, value in enumerate(different)})
