"""Two models on the same images: which is better, where they differ, size and speed."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from emotion_core.datasets import FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.judging.figures.comparison import differences_figure
from emotion_core.judging.paired_comparison import PairedComparison, compare_answers
from emotion_core.judging.report.contents import comparison_figures, p_written
from emotion_core.judging.speed import Speed, keras_speeds, litert_speeds
from emotion_core.models.folder import LITERT_FILE, ModelCard
from emotion_core.quantities import byte_size
from emotion_core.system.progress import ShareProgress
from pages.evaluation.choice import Evaluated, choose_model_folder, judged
from pages.evaluation.faces import show_judged_faces
from pages.opened.panel import page_of
from pages.viewer.clicks import once
from pages.widgets import display
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.glossary import explain_terms, meaning
from pages.widgets.jobs import Job, result_of
from pages.widgets.technical import technical
from pages.widgets.text import plain

AGAINST: Final = "against"
_COMPARISON: Final = "evaluation_comparison"

ONLY_ONE: Final = (
    "There is no other model to compare with yet. Train one on Train, or import one on Models."
)


def show_compare(evaluated: Evaluated) -> None:
    """Let the viewer choose another model, and show both on the same images."""
    other_dir = choose_model_folder("Compare with", AGAINST, without=evaluated.model_dir)
    other = None
    if other_dir is not None:
        other = judged(evaluated.opened, other_dir, evaluated.answers.split, evaluated.exclusions)
        if other is None:
            return
    st.session_state[_COMPARISON] = other
    if other is None:
        if AGAINST not in st.session_state:
            st.info(ONLY_ONE)
        _show_sizes_and_speeds([evaluated])
        return
    comparison = compare_answers(evaluated.answers, other.answers)
    _show_figures(comparison)
    _show_sizes_and_speeds([evaluated, other])
    st.fragment(_show_differing)(evaluated, other, comparison)


def compared_with(evaluated: Evaluated) -> Evaluated | None:
    """Return the other model that was last compared on the very same images; None without one."""
    other: Evaluated | None = st.session_state.get(_COMPARISON)
    if other is None or other.opened is not evaluated.opened or other.name == evaluated.name:
        return None
    same = other.answers.split == evaluated.answers.split
    return other if same and other.excluded == evaluated.excluded else None


def _show_figures(comparison: PairedComparison) -> None:
    first, second = (escape(each.card.name) for each in (comparison.first, comparison.second))
    st.markdown(_verdict(comparison))
    st.html(display.numbers(comparison_figures(comparison, technical=technical())))
    explain_terms("McNemar's test", "p", "95% interval", "recall", "F1")
    st.html(f'<div class="section">{first} compared with {second}, overall and by label</div>')
    st.plotly_chart(
        differences_figure(comparison, ""),
        key="differences",
        config=NO_TOOLBAR,
        height=420,
    )
    if technical():
        points = st.column_config.NumberColumn(
            format="%+.1f", help=f"{comparison.first.card.name} minus {comparison.second.card.name}"
        )
        st.dataframe(
            _per_class(comparison),
            hide_index=True,
            column_config={"recall, points": points, "F1, points": points},
        )


def _per_class(comparison: PairedComparison) -> pd.DataFrame:
    """Return one line a label: how far the first model is above the second, in points."""
    first, second = comparison.first.card.name, comparison.second.card.name
    return pd.DataFrame(
        [
            {
                "label": each.emotion,
                "images": each.counts.n,
                "recall, points": 100 * each.counts.difference.value,
                "F1, points": 100 * each.f1,
                f"only {first} is right": each.counts.only_first,
                f"only {second} is right": each.counts.only_second,
                "p (McNemar)": p_written(each.counts.p_value),
            }
            for each in comparison.per_class
            if each.counts.n
        ]
    )


def _verdict(comparison: PairedComparison) -> str:
    first, second = (plain(each.card.name) for each in (comparison.first, comparison.second))
    difference = comparison.counts.difference
    better, worse = (first, second) if difference.value > 0 else (second, first)
    if comparison.counts.p_value >= 0.05:
        return (
            f"On these {comparison.counts.n:,} images **no difference is proven**: one this large "
            "could well be chance (exact McNemar's test)."
        )
    return f"**{better}** is better than {worse} on these images (exact McNemar's test, p < 0.05)."


def _show_differing(evaluated: Evaluated, other: Evaluated, comparison: PairedComparison) -> None:
    groups = {
        f"only {evaluated.card.name} is right": comparison.only_first(),
        f"only {other.card.name} is right": comparison.only_second(),
        "both wrong, with different answers": comparison.wrong_differently(),
    }
    group = st.pills(
        "Images where they differ",
        list(groups),
        default=next(iter(groups)),
        required=True,
        format_func=lambda name: f"{name} **{len(groups[name]):,}**",
        key="differing",
    )
    places = groups[group]
    shown = page_of(places, f"differing page {group} {evaluated.name} {other.name}")
    if not len(places):
        st.success("There are no such images.", icon=":material/check:")
        return
    show_judged_faces(
        evaluated,
        shown,
        "differing_grid",
        label=group,
        beside=partial(
            st.caption,
            f"Below each face: the answer of {evaluated.card.name} / that of {other.card.name}. "
            "The line has the colour of the label.",
        ),
        captions=[
            f"{EMOTIONS[evaluated.answers.emotions[place]]}\n"
            f"/ {EMOTIONS[other.answers.emotions[place]]}"
            for place in shown.tolist()
        ],
    )


def _show_sizes_and_speeds(models: list[Evaluated]) -> None:
    st.html('<div class="section">Size and speed</div>')
    with st.container(horizontal=True):
        for runtime, help_ in (
            ("LiteRT", f"{meaning('LiteRT')} One face at a time on one thread, as on live video."),
            ("Keras", "Runs in a separate process; starting TensorFlow takes a few seconds."),
        ):
            st.button(
                f"Measure {runtime} now",
                icon=":material/timer:",
                key=f"measure {runtime}",
                help=help_,
                on_click=once(_begin, models, runtime),
            )
    lines = [_sizes(each.card) for each in models]
    for runtime in ("LiteRT", "Keras"):
        for line, speed in zip(lines, _speeds(models, runtime), strict=False):
            line[f"{runtime}, ms per face"] = (
                f"{speed.milliseconds:.2f} ({speed.fast:.2f} to {speed.slow:.2f})"
            )
    st.dataframe(pd.DataFrame(lines), hide_index=True, placeholder="-")
    if any("ms per face" in what for what in lines[0]):
        st.caption(
            "Time per face: the median and, in brackets, the middle 80% of 200 faces; the models "
            "take turns."
        )


def _sizes(card: ModelCard) -> dict[str, object]:
    size = card.sizes.get(LITERT_FILE)
    return {
        "model": card.name,
        "architecture": card.architecture,
        "weights": f"{card.parameters:,}",
        LITERT_FILE: None if size is None else byte_size(size),
    }


def _speed_name(models: list[Evaluated], runtime: str) -> str:
    return f"speed {runtime} {[each.name for each in models]}"


def _begin(models: list[Evaluated], runtime: str) -> None:
    """Measure anew, for everyone who looks at these models."""
    name = _speed_name(models, runtime)
    models[0].opened.forget(name)
    _speed_job(models, runtime)
    st.session_state[name] = True


def _speed_job(models: list[Evaluated], runtime: str) -> Job[tuple[Speed, ...]]:
    folders: list[Path] = [each.model_dir for each in models]

    def measure(_: FaceDataset, __: ShareProgress) -> tuple[Speed, ...]:
        return litert_speeds(folders) if runtime == "LiteRT" else keras_speeds(folders)

    return models[0].opened.job(_speed_name(models, runtime), measure)


def _speeds(models: list[Evaluated], runtime: str) -> tuple[Speed, ...]:
    """Return what was measured; nothing as long as nobody has asked, or it is going on."""
    name = _speed_name(models, runtime)
    if not st.session_state.get(name):
        return ()
    found = result_of(
        _speed_job(models, runtime),
        f"Timing {runtime}",
        f"speed {runtime}",
        partial(models[0].opened.forget, name),
    )
    return found or ()


def known_speeds(models: list[Evaluated]) -> dict[str, tuple[Speed, ...]]:
    """Return what was measured of models, by their names."""
    found: dict[str, tuple[Speed, ...]] = {}
    for runtime in ("LiteRT", "Keras"):
        speeds = models[0].opened.known(_speed_name(models, runtime)) or ()
        for each, speed in zip(models, speeds, strict=False):
            found[each.card.name] = (*found.get(each.card.name, ()), speed)
    return found
