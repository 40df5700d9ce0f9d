"""What is left of the accuracy when faces come as cameras and detectors give them."""

from __future__ import annotations

import time
from functools import partial
from html import escape
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets import FaceDataset
from emotion_core.errors import ModelError
from emotion_core.faces.pictures.thumbnails import png_address
from emotion_core.judging.figures.robustness import COLORS, change_figure
from emotion_core.judging.predictions.predict import ParallelClassifier
from emotion_core.judging.robustness.changes import CHANGES, Change
from emotion_core.judging.robustness.curves import (
    RobustnessCurves,
    breaking_strength,
    load_curves,
    robustness_of,
    sample_places,
)
from emotion_core.quantities import counted, duration
from emotion_core.system.progress import ShareProgress
from pages.evaluation.choice import Evaluated
from pages.evaluation.compare import compared_with
from pages.evaluation.faces import chosen_place
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.jobs import Job, result_of
from pages.widgets.text import plain

_SAMPLES: Final = (500, 1000, 2000)
_COLUMNS: Final = 4
#: Faces that are timed to say before how long measuring takes.
_TIMED: Final = 128

WHAT: Final = """
How accurate the model still is when faces are shifted, scaled, tilted, darkened, blurred or
covered, or when noise or JPEG artefacts are added. Every strength uses the same random images and
the same random numbers.
"""


def show_robustness(evaluated: Evaluated) -> None:
    """Show the accuracy against the strength of every change, once it was measured."""
    sample = st.segmented_control(
        "Random images",
        _SAMPLES,
        default=_SAMPLES[0],
        required=True,
        format_func="{:,}".format,
        key="sample",
        bind="query-params",
    )
    curves = _measured(evaluated, sample)
    if curves is None:
        return
    other = compared_with(evaluated)
    measured = [(evaluated.card.name, curves)]
    if other is not None and (curves_of_other := _measured(other, sample)) is not None:
        measured.append((other.card.name, curves_of_other))
    _show(evaluated, measured)


def known_curves(evaluated: Evaluated) -> RobustnessCurves | None:
    """Return the curves that were measured on most images, now or earlier; None without any."""
    for sample in reversed(_SAMPLES):
        known: RobustnessCurves | None = evaluated.opened.known(_name(evaluated, sample))
        if known is not None or (known := _load(evaluated, sample)) is not None:
            return known
    return None


def _name(evaluated: Evaluated, sample: int) -> str:
    return f"robustness {sample} {evaluated.name}"


def _load(evaluated: Evaluated, sample: int) -> RobustnessCurves | None:
    faces, labels = _sample(evaluated, sample)
    return load_curves(evaluated.model_dir, faces, labels, of=len(evaluated.answers))


def _sample(evaluated: Evaluated, sample: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return faces drawn at random, uint8 ``[M, 48, 48]``, and their labels."""
    places = sample_places(len(evaluated.answers), sample)
    return evaluated.images(places), evaluated.answers.labels[places]


def _measured(evaluated: Evaluated, sample: int) -> RobustnessCurves | None:
    """Return the curves; offer to measure them first, and show how far that is."""
    name = _name(evaluated, sample)
    wanted = f"wanted {name}"
    if not st.session_state.get(wanted):
        known = evaluated.opened.known(name) or _load(evaluated, sample)
        if known is not None:
            return known
        _offer(evaluated, sample, wanted)
        return None

    def forget() -> None:
        evaluated.opened.forget(name)

    what = f"Measuring the robustness of {evaluated.card.name}"
    return result_of(_job(evaluated, sample), what, f"robustness {name}", forget)


def _offer(evaluated: Evaluated, sample: int, wanted: str) -> None:
    steps = 1 + sum(len(change.strengths) for change in CHANGES)
    images = min(sample, len(evaluated.answers))
    st.markdown(WHAT)
    try:
        seconds = max(1, round(steps * images * _seconds_of_a_face(evaluated)))
    except ModelError as error:
        st.error(f"The model cannot be used. {plain(str(error))}")
        return
    st.button(
        f"Measure {evaluated.card.name} on {counted(images, 'image')} (about {duration(seconds)})",
        icon=":material/speed:",
        type="primary",
        key=f"measure robustness of {evaluated.card.name}",
        on_click=partial(st.session_state.update, {wanted: True}),
    )


def _seconds_of_a_face(evaluated: Evaluated) -> float:
    """Return how long a face takes when many are read, as measured here once for each model."""

    def measure(dataset: FaceDataset) -> float:
        classifier = ParallelClassifier.load(evaluated.model_dir)
        few = dataset.images[evaluated.answers.indices[:_TIMED]]
        faces = np.resize(few, (_TIMED, *few.shape[1:]))
        started = time.perf_counter()
        classifier.predict_logits(faces)
        return (time.perf_counter() - started) / _TIMED

    found: float = evaluated.opened.derived(f"seconds {evaluated.name}", measure)
    return found


def _job(evaluated: Evaluated, sample: int) -> Job[RobustnessCurves]:
    def measure(_: FaceDataset, progress: ShareProgress) -> RobustnessCurves:
        faces, labels = _sample(evaluated, sample)
        return robustness_of(
            evaluated.model_dir,
            faces,
            labels,
            of=len(evaluated.answers),
            progress=lambda done, total: progress(done / total),
        )

    return evaluated.opened.job(_name(evaluated, sample), measure)


def _show(evaluated: Evaluated, measured: list[tuple[str, RobustnessCurves]]) -> None:
    """Show one figure a change; the strength that breaks a model is that of the first."""
    curves = measured[0][1]
    accuracy = curves.accuracy
    st.markdown(
        f"Unchanged, **{accuracy.value:.1%}** (95% interval {100 * accuracy.low:.1f} to "
        f"{100 * accuracy.high:.1f}) of {curves.n:,} random images of {curves.of:,} are read "
        "correctly. Bars in the charts are 95% intervals."
    )
    who = "It"
    if len(measured) > 1:
        who = plain(measured[0][0])
        st.html(_whose([name for name, _ in measured]))
    place = chosen_place(evaluated)
    face = evaluated.images(np.array([0 if place is None else place]))
    for start in range(0, len(CHANGES), _COLUMNS):
        for column, change, curve in zip(
            st.columns(_COLUMNS),
            CHANGES[start : start + _COLUMNS],
            curves.curves[start : start + _COLUMNS],
            strict=True,
        ):
            with column:
                st.plotly_chart(
                    change_figure(measured, change),
                    key=f"robustness {change.name}",
                    config=NO_TOOLBAR,
                    height=280,
                )
                breaking = breaking_strength(change, curve, accuracy.value)
                st.caption(
                    f"{who} loses half of its lead over guessing at {change.at(breaking)}."
                    if breaking is not None
                    else f"{who} keeps more than half of its lead over guessing at every strength "
                    "tested."
                )
                st.html(_strip(change, face))


def _whose(names: list[str]) -> str:
    """Return HTML: the names of the models with the colours of their lines."""
    marks = (
        f'<span style="color:{color}">●</span> {escape(name)}'
        for name, color in zip(names, COLORS, strict=False)
    )
    return f"<p>{' &emsp; '.join(marks)}</p>"


def _strip(change: Change, face: NDArray[np.uint8]) -> str:
    """Return HTML: one face under every strength.

    Args:
        change: which.
        face: uint8 ``[1, 48, 48]``.
    """
    figures = "".join(
        f'<figure><img src="{png_address(changed)}" alt="{change.title}, {change.at(strength)}">'
        f"<figcaption>{strength:g}</figcaption></figure>"
        for strength in change.strengths
        for changed in change.apply(face, strength, np.random.default_rng(0))
    )
    return f'<div class="strip">{figures}</div>'
