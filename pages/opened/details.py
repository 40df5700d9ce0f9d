"""Everything that is known about one face of a dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets import SPLITS, VOTE_NAMES
from emotion_core.datasets.checks.agreement import VOTE_LABELS
from emotion_core.emotions import EMOTION_COLORS, EMOTIONS, UNCERTAIN_COLOR
from emotion_core.errors import ModelError
from emotion_core.faces.pictures.thumbnails import png_address
from emotion_core.judging.predictions.embeddings import nearest_neighbours
from pages.opened.classifier import shared_classifier
from pages.opened.corrections import offer_corrections, show_correction
from pages.opened.duplicates import known_duplicates
from pages.opened.grid import show_grid
from pages.opened.predictions import known_predictions, known_suggestions
from pages.opened.scores import scores_of
from pages.opened.store import OpenDataset
from pages.widgets import display
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.text import plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_IMAGE: Final = "image"
#: The section that was open last.
_SECTION: Final = "section_of_face"
_HISTOGRAM_BINS: Final = 32
#: Faces like the chosen one that are shown.
_ALIKE: Final = 10


def choose_face(index: int | None) -> None:
    """Show the details of a face from the next run on; they are in the address."""
    if index is None:
        st.query_params.pop(_IMAGE, None)
    else:
        st.query_params[_IMAGE] = str(index)


def leave_face_behind(section: str) -> None:
    """Close the chosen face when the viewer has turned to another section.

    It takes the place of what a section says first, and belongs to where it was chosen.

    Args:
        section: the one that is open now; a link may name one together with a face.
    """
    before = st.session_state.get(_SECTION, section)
    st.session_state[_SECTION] = section
    if before != section:
        choose_face(None)


def chosen_face(opened: OpenDataset) -> int | None:
    """Return the face that the address names, if the dataset has it."""
    text = st.query_params.get(_IMAGE, "")
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text) < len(opened.dataset):
        return int(text)
    return None


def show_details(opened: OpenDataset, index: int, on_closed: Callable[[], None]) -> None:
    """Show one face.

    Args:
        opened: the dataset.
        index: the face's place in it.
        on_closed: called when the viewer has seen enough.
    """
    dataset = opened.dataset
    image = np.asarray(dataset.images[index])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Image {index}", anchor=False, width="stretch")
        offer_corrections(
            opened, {"it": np.array([index])}, "face", suggested=known_suggestions(opened)
        )
        st.button(
            "Close",
            icon=":material/close:",
            type="tertiary",
            on_click=on_closed,
            key="close_details",
        )
    st.html(_portrait(opened, index))
    show_correction(opened, index)
    _show_reading(image)
    if dataset.votes is not None:
        st.html(_section("FER+ votes") + vote_bars(dataset.votes[index]))
    _show_alike(opened, index)
    st.html(_section("Greys, dark to bright"))
    st.plotly_chart(_histogram(image), key="histogram", height=110, config=NO_TOOLBAR)


def _show_reading(image: NDArray[np.uint8]) -> None:
    try:
        reading = shared_classifier().read(image)
    except ModelError as error:
        st.warning(f"The model cannot be used. {plain(str(error))}")
        return
    st.html(_section("What the model sees") + display.face_scores(reading))


def _show_alike(opened: OpenDataset, index: int) -> None:
    """Show the face's duplicates, and what the model takes for most like it."""
    duplicates = known_duplicates(opened)
    same = duplicates.exact.others(index)
    near = np.empty(0, np.intp) if duplicates.near is None else duplicates.near.others(index)
    likest = np.empty(0, np.intp)
    predictions = known_predictions(opened)
    if predictions is not None and predictions.embeddings is not None:
        likest = nearest_neighbours(predictions.embeddings, index, _ALIKE).indices
    groups = {
        "The same image": same,
        "The same photo": np.setdiff1d(near, same),
        "Most similar, according to the model": likest,
    }
    for number, (title, indices) in enumerate(groups.items()):
        if len(indices):
            st.html(_section(f"{title}: {len(indices)}" if len(indices) != _ALIKE else title))
            show_grid(
                opened.dataset,
                indices[:_ALIKE],
                f"alike_{number}",
                on_chosen=choose_face,
                notes=[_in_words(opened, other) for other in indices[:_ALIKE].tolist()],
                label=title,
                small=True,
            )


def _in_words(opened: OpenDataset, index: int) -> str:
    dataset = opened.dataset
    return f"{EMOTIONS[dataset.labels[index]]}, {SPLITS[dataset.splits[index]]}"


def _section(title: str) -> str:
    return f'<div class="section">{title}</div>'


def _portrait(opened: OpenDataset, index: int) -> str:
    """Return HTML: the face large, every pixel a square, beside what is known of it."""
    dataset = opened.dataset
    emotion = EMOTIONS[dataset.labels[index]]
    facts = {
        "label": f'<span class="dot" style="background:{EMOTION_COLORS[emotion]}"></span>{emotion}',
        "split": SPLITS[dataset.splits[index]],
        "row in the file": f"{dataset.rows[index]}",
    }
    for name, score in scores_of(opened).items():
        facts[name] = score.written(opened, index)
    rows = "".join(f"<dt>{what}</dt><dd>{value}</dd>" for what, value in facts.items())
    source = png_address(np.asarray(dataset.images[index]))
    return (
        f'<div class="portrait"><img src="{source}" alt="image {index}, labelled {emotion}">'
        f"<dl>{rows}</dl></div>"
    )


def vote_bars(votes: NDArray[np.uint8]) -> str:
    """Return HTML: FER+ votes as bars, those that were given only.

    Args:
        votes: uint8 ``[10]`` in the order of ``VOTE_NAMES``.
    """
    total = max(1, int(votes.sum()))
    given = [(int(count), place) for place, count in enumerate(votes) if count]
    if not given:
        return '<div class="score">no votes</div>'
    bars = (
        f'<div class="score"><span>{_vote_name(place)}</span><div class="track"><div class="bar" '
        f'style="width:{count / total:.1%};background:{_vote_color(place)}"></div></div>'
        f'<span class="percent">{count}</span></div>'
        for count, place in sorted(given, key=lambda vote: (-vote[0], vote[1]))
    )
    return "".join(bars)


def _vote_name(place: int) -> str:
    label = VOTE_LABELS[place]
    return (
        EMOTIONS[label]
        if label >= 0
        else {"NF": "no face"}.get(VOTE_NAMES[place], VOTE_NAMES[place])
    )


def _vote_color(place: int) -> str:
    label = VOTE_LABELS[place]
    return EMOTION_COLORS[EMOTIONS[label]] if label >= 0 else UNCERTAIN_COLOR


def _histogram(image: NDArray[np.uint8]) -> Figure:
    from plotly import graph_objects

    counts, edges = np.histogram(image, _HISTOGRAM_BINS, (0, 256))
    middles = (edges[:-1] + edges[1:]) / 2
    bars = graph_objects.Bar(
        x=middles,
        y=counts,
        marker={
            "color": [f"rgb({grey:.0f},{grey:.0f},{grey:.0f})" for grey in middles],
            "line": {"width": 0.5, "color": UNCERTAIN_COLOR},
        },
        hovertemplate="greys around %{x:.0f}: %{y} pixels<extra></extra>",
    )
    figure = graph_objects.Figure(bars)
    figure.update_layout(
        bargap=0,
        margin={"l": 0, "r": 0, "t": 0, "b": 20},
        xaxis={"range": [0, 256], "tickvals": [0, 64, 128, 192, 255], "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True},
        dragmode=False,
    )
    return figure
