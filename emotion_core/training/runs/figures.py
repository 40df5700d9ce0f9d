"""Plotly figures of training runs. They read what runs have written and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from emotion_core.system.plotting import GRAY, PINK, PURPLE, plotly_graph_objects
from emotion_core.training.progress import EpochMetrics

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: Colours of lines, none of which stands for an expression (``emotions.EMOTION_COLORS``).
LINE_COLORS: Final = (
    "#6a5fd0",
    "#8a8f98",
    "#b58a3c",
    "#2f8f8a",
    "#a35db5",
    "#5b7fa6",
    "#93703d",
    "#7c8f3a",
)
#: Of a figure in pixels. Streamlit's own setting is lost when a chart changes while it is shown.
_HEIGHT: Final = 300
#: From low to high, readable on white and on black.
_SCALE: Final = ("rgb(201, 163, 90)", "rgb(154, 149, 168)", "rgb(106, 95, 208)")
#: How far apart runs of one value lie in all, as a share of an axis.
_ASIDE: Final = 0.06
# Where an axis' values stand: outside at both ends, between them under the marks.
_LEFT: Final = {"xanchor": "right", "xshift": -10}
_RIGHT: Final = {"xanchor": "left", "xshift": 10}
_BETWEEN: Final = {"yshift": -17, "bgcolor": "rgba(128, 128, 128, 0.3)"}
#: Up to so many epochs, each has its number on the axis.
_EVERY_EPOCH: Final = 12
_DASHES: Final = ("solid", "dash", "dot")


@dataclass(frozen=True)
class Curve:
    """One kind of curve: its title, what it draws (name -> field of ``EpochMetrics``), its format.

    The last field is the one by which several runs are compared.
    """

    title: str
    fields: Mapping[str, str]
    format: str


CURVES: Final[tuple[Curve, ...]] = (
    Curve("Loss", {"training": "train_loss", "validation": "validation_log_loss"}, ".3f"),
    Curve("Accuracy", {"training": "train_accuracy", "validation": "validation_accuracy"}, ".1%"),
    Curve("Macro F1", {"validation": "validation_macro_f1"}, ".3f"),
    Curve("Learning rate", {"after the epoch": "learning_rate"}, ".2g"),
)


def curve_figure(curve: Curve, epochs: Sequence[EpochMetrics], planned: int) -> Figure:
    """Draw one run, epoch by epoch.

    Args:
        curve: which of ``CURVES``.
        epochs: the finished ones.
        planned: how many there will be, so that the axis does not move while they come.
    """
    # What is measured on unseen faces is the strong line, whatever the number of lines.
    colors = LINE_COLORS[: len(curve.fields)][::-1]
    lines = {
        name: ([getattr(epoch, field) for epoch in epochs], color, "solid")
        for (name, field), color in zip(curve.fields.items(), colors, strict=True)
    }
    return _figure(curve, lines, planned)


def runs_figure(curve: Curve, runs: Mapping[str, Sequence[EpochMetrics]]) -> Figure:
    """Draw the last field of a curve for several runs, by their names."""
    field = list(curve.fields.values())[-1]
    lines = {}
    for number, (name, epochs) in enumerate(runs.items()):
        dash = _DASHES[number // len(LINE_COLORS) % len(_DASHES)]
        color = LINE_COLORS[number % len(LINE_COLORS)]
        lines[name] = ([getattr(epoch, field) for epoch in epochs], color, dash)
    return _figure(curve, lines, max((len(epochs) for epochs in runs.values()), default=1))


def _figure(
    curve: Curve, lines: Mapping[str, tuple[Sequence[float], str, str]], last: int
) -> Figure:
    graph_objects = plotly_graph_objects()
    figure = graph_objects.Figure(
        [
            graph_objects.Scatter(
                x=list(range(1, len(values) + 1)),
                y=values,
                name=name,
                mode="lines+markers" if len(values) < 30 else "lines",
                line={"color": color, "width": 2, "dash": dash},
                hovertemplate=f"{name}, epoch %{{x}}: %{{y:{curve.format}}}<extra></extra>",
            )
            for name, (values, color, dash) in lines.items()
        ]
    )
    figure.update_xaxes(
        title="epoch",
        range=[0.5, last + 0.5],
        dtick=1 if last <= _EVERY_EPOCH else None,
    )
    figure.update_yaxes(
        tickformat=".0%" if curve.format.endswith("%") else None, rangemode="nonnegative"
    )
    figure.update_layout(
        title=curve.title,
        height=_HEIGHT,
        showlegend=len(lines) > 1,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        margin={"l": 50, "r": 10, "t": 60, "b": 40},
    )
    return figure


def sweep_figure(settings: Mapping[str, Sequence[str]], accuracies: Sequence[float]) -> Figure:
    """Draw a sweep as parallel coordinates: a line a run, coloured by its accuracy.

    Plotly's own parallel coordinates are a pixel wide, which is hard to see on black, tell nothing
    of the run under the mouse, and hide runs that share a value behind each other.

    Args:
        settings: the values of each setting that varies, as texts, one for each run.
        accuracies: validation accuracy of each run's best epoch, 0..1.
    """
    figure = plotly_graph_objects().Figure()
    from plotly.colors import sample_colorscale

    low, high = min(accuracies), max(accuracies)
    span = high - low or 0.01
    axes = [_Axis.of_values(name, values) for name, values in settings.items()]
    columns = list(zip(axes, settings.values(), strict=True))
    rising = sorted(range(len(accuracies)), key=lambda run: accuracies[run])
    for rank, run in enumerate(rising):  # the best one last, in front of the others
        share = (accuracies[run] - low) / span
        # Runs of one value lie beside each other, the better one above.
        aside = _ASIDE * (rank / max(1, len(rising) - 1) - 0.5)
        said = [f"{axis.label} {values[run]}" for axis, values in columns]
        figure.add_scatter(
            x=list(range(len(axes) + 1)),
            y=[*(axis.heights[values[run]] + aside for axis, values in columns), share],
            mode="lines+markers",
            line={"color": sample_colorscale(_SCALE, share)[0], "width": 3},
            marker={"size": 8},
            name="",
            hovertemplate="<br>".join([f"<b>{accuracies[run]:.1%}</b>", *said]),
        )
    for place, axis in enumerate(axes):
        _add_axis(figure, axis, place, _LEFT if place == 0 else _BETWEEN)
    accuracy = _Axis("accuracy", {f"{low:.1%}": 0.0, f"{high:.1%}": (high - low) / span})
    _add_axis(figure, accuracy, len(axes), _RIGHT)
    figure.update_xaxes(visible=False, range=[-0.35, len(axes) + 0.35])
    figure.update_yaxes(visible=False, range=[-0.12, 1.24])
    figure.update_layout(height=420, showlegend=False, margin={"l": 10, "r": 10, "t": 20, "b": 10})
    return figure


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


def training_figure(epochs: Sequence[Mapping[str, Any]], title: str) -> Figure:
    """Draw a run's accuracy epoch by epoch, on the faces it learns from and on those it does not.

    Args:
        epochs: lines of ``training_log.jsonl``, see ``progress.EpochMetrics``.
        title: heading of the figure.
    """
    graph_objects = plotly_graph_objects()

    numbers = [epoch["epoch"] for epoch in epochs]
    lines = (
        ("Training, varied, with dropout", "train_accuracy", GRAY),
        ("validation accuracy", "validation_accuracy", PURPLE),
        ("validation macro F1", "validation_macro_f1", PINK),
    )
    figure = graph_objects.Figure(
        [
            graph_objects.Scatter(
                x=numbers,
                y=[epoch[key] for epoch in epochs],
                name=name,
                mode="lines+markers" if len(numbers) < 40 else "lines",
                line={"color": color, "width": 2},
                hovertemplate=f"epoch %{{x}}: {name} %{{y:.2%}}<extra></extra>",
            )
            for name, key, color in lines
        ]
    )
    best = max(epochs, key=lambda epoch: epoch["validation_accuracy"])
    figure.add_trace(
        graph_objects.Scatter(
            x=[best["epoch"]],
            y=[best["validation_accuracy"]],
            mode="markers",
            marker={"size": 11, "color": PURPLE},
            name=f"best: epoch {best['epoch']}",
            hovertemplate="epoch %{x}: %{y:.2%}<extra></extra>",
        )
    )
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(tickformat=".0%")
    figure.update_layout(
        title=title,
        margin={"l": 60, "r": 20, "t": 60, "b": 60},
        legend={"x": 0.98, "y": 0.02, "xanchor": "right", "yanchor": "bottom"},
    )
    return figure
