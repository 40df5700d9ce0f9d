"""What a process with Keras tells about a run before it starts: views of faces, and speed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final, TypeVar

import numpy as np
import streamlit as st

from emotion_core.faces.pictures.thumbnails import contact_sheet, png_address
from emotion_core.quantities import duration
from emotion_core.training.config import TrainingConfig
from emotion_core.training.progress import TrainingSpeed
from emotion_core.training.runs.assistant import Assistant
from emotion_core.training.runs.queue import is_training
from emotion_core.training.runs.storage import runs_dir
from pages.training.data import TrainingData
from pages.viewer.clicks import once
from pages.widgets.jobs import JobPlace, job_place, result_of

Result = TypeVar("Result")

#: How often each face is shown as the network would see it.
_VIEWS: Final = 4

_PREVIEW: Final = "train_preview"
_SPEED: Final = "train_speed"
_DRAW: Final = "train_draw"


@st.cache_resource(show_spinner=False, on_release=Assistant.close)
def _assistant() -> Assistant:
    return Assistant()


def show_preview(data: TrainingData, config: TrainingConfig) -> None:
    """Show faces of the data as they are, and below each some of what the network would see."""
    draw = config.seed + st.session_state.get(_DRAW, 0)
    views = _answer(
        _PREVIEW,
        (data.faces.tobytes(), config.augmentation, draw),
        lambda: _assistant().preview(data.faces, config.augmentation, draw, _VIEWS),
        "Varying faces",
    )
    if views is None:
        return
    rows = np.concatenate([data.faces[None], views])
    address = png_address(contact_sheet(rows.reshape(-1, *rows.shape[2:]), rows.shape[1]))
    labels = "".join(f"<span>{label}</span>" for label in data.labels)
    st.html(
        f'<div class="preview"><div class="labels">{labels}</div><img src="{address}" '
        f'alt="Above {len(data.faces)} faces as they are, below each {_VIEWS} views of it as the '
        'network will see it"></div>'
    )
    st.button(
        "Other variations",
        icon=":material/casino:",
        key="train_draw_again",
        help="Vary the same faces again.",
        on_click=_draw_again,
    )


def _draw_again() -> None:
    st.session_state[_DRAW] = st.session_state.get(_DRAW, 0) + 1


def show_speed(data: TrainingData, config: TrainingConfig) -> None:
    """Offer to measure how long an epoch takes on this machine, and say what was measured."""
    counts = data.counts
    wanted = _speed_settings(config), counts.training, counts.selecting
    place: JobPlace[TrainingSpeed] = job_place(_SPEED)
    if (job := place.job) is None or not place.is_of(wanted):
        st.button(
            "Estimate the time",
            icon=":material/timer:",
            key="train_measure",
            help="Trains on noise with these settings for a few seconds.",
            on_click=once(
                place.begin,
                wanted,
                lambda _: _assistant().measure(config, counts.training, counts.selecting),
            ),
        )
        return
    speed = result_of(job, "Measuring", "train speed", place.forget)
    if speed is None:
        return
    busy = " It takes longer while another run trains." if is_training(runs_dir()) else ""
    st.markdown(
        f":material/timer: About **{duration(speed.run_seconds(config.epochs))}** in all, "
        f"**{duration(speed.seconds_per_epoch)}** per epoch, measured on this machine at "
        f"{speed.images_per_second:,.0f} images per second.{busy}"
    )


def _speed_settings(config: TrainingConfig) -> tuple[tuple[str, Any], ...]:
    """Return the settings on which the time of a step depends."""
    settings = asdict(config)
    names = (
        "architecture",
        "filters",
        "depths",
        "border",
        "batch_size",
        "precision",
        "augmentation",
    )
    return tuple((name, str(settings[name])) for name in names)


def _answer(key: str, wanted: object, ask: Callable[[], Result], what: str) -> Result | None:
    """Return the answer to a question that is asked once; None while it is thought about."""
    place: JobPlace[Result] = job_place(key)
    return result_of(place.begin(wanted, lambda _: ask()), what, key, place.forget)
