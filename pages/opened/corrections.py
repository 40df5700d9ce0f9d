"""Excluding images, or giving them another label, from wherever they are shown.

The dataset itself is never changed: what is wished is kept in a list that training and evaluation
apply (``datasets.checks.exclusions``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.checks.corrections import images_of, with_images, without_images
from emotion_core.datasets.checks.exclusions import (
    ExcludedImage,
    ExclusionList,
    delete_exclusions,
    exclusions_dir,
    list_exclusions,
    load_exclusions,
    save_exclusions,
)
from emotion_core.datasets.source import DataSource
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError
from emotion_core.quantities import counted
from pages.opened.findings import exclusions_for
from pages.opened.store import OpenDataset
from pages.opened.train_with import train_with
from pages.shared.clicks import once
from pages.shared.text import plain
from pages.shared.undo import forget_done, note_done, show_done

Suggestions = NDArray[np.uint8]

#: What a first list is called, unless its maker calls it something else.
_FIRST: Final = "corrections"
#: Why an image is in a list, for readers of its file.
_BY_HAND: Final = "by hand"

_PLACE: Final = "corrections"
_LAST: Final = "corrections_list"
_PROBLEM: Final = "corrections_problem"

ABOUT: Final = (
    "The dataset itself is not changed: the list is a file of its own, which Train and Evaluate "
    "apply."
)


def corrections_of(opened: OpenDataset) -> dict[int, tuple[str, ExcludedImage]]:
    """Return what the lists of a dataset do to its images, by index: a list's name, and what.

    Of several lists the newest counts.
    """
    found: dict[int, tuple[str, ExcludedImage]] = {}
    for exclusions in reversed(exclusions_for(opened)):
        images = opened.derived(f"corrections {exclusions.checksum}", partial(_images, exclusions))
        found |= {index: (exclusions.name, image) for index, image in images.items()}
    return found


def _images(exclusions: ExclusionList, dataset: FaceDataset) -> dict[int, ExcludedImage]:
    return images_of(dataset, exclusions)


def correction_in_words(image: ExcludedImage) -> str:
    """Return what is done to an image."""
    return "excluded" if image.becomes is None else f"relabelled as {image.becomes}"


def show_corrections(opened: OpenDataset) -> None:
    """Say what was corrected last, with Undo, or why it could not be."""
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    show_done(_PLACE, to=opened.id)


def offer_corrections(
    opened: OpenDataset,
    choices: Mapping[str, NDArray[np.intp]],
    key: str,
    *,
    suggested: Suggestions | None = None,
) -> None:
    """Show the menu that excludes or relabels images.

    Args:
        opened: the dataset.
        choices: intp ``[K]`` indices, by what to call them; several let the viewer choose.
        key: tells this menu from others on the page.
        suggested: uint8 ``[N]``, what each image of the dataset rather shows, as in ``EMOTIONS``;
            its own label where nothing else is suggested.
    """
    choices = {name: indices for name, indices in choices.items() if len(indices)}
    if not choices:
        return
    with st.popover("Correct", icon=":material/edit_note:", key=f"{key} correct"):
        which = next(iter(choices))
        if len(choices) > 1:
            which = st.radio("Images", list(choices), key=f"{key} which", horizontal=True)
        indices = choices[which]
        images = counted(len(indices), "image")
        list_key = f"{key} list"
        _choose_list(opened, list_key)
        st.button(
            f"Exclude {images}",
            icon=":material/block:",
            key=f"{key} exclude",
            on_click=once(_exclude, opened, indices, list_key),
        )
        _offer_labels(opened, indices, key, suggested)
        st.caption(ABOUT)


def _choose_list(opened: OpenDataset, list_key: str) -> None:
    names = [each.name for each in exclusions_for(opened)]
    last = st.session_state.get(_LAST)
    if last in names:
        names.remove(last)
        names.insert(0, last)
    st.selectbox(
        "Add to the list",
        names or [_FIRST],
        accept_new_options=True,
        key=list_key,
        help="Choose a list, or type the name of a new one.",
    )


def _offer_labels(
    opened: OpenDataset, indices: NDArray[np.intp], key: str, suggested: Suggestions | None
) -> None:
    list_key, label_key = f"{key} list", f"{key} label {indices[0] if len(indices) == 1 else ''}"
    likely = None
    if suggested is not None:
        doubted = indices[suggested[indices] != opened.dataset.labels[indices]]
        if len(indices) == 1:
            likely = int(suggested[indices[0]]) if len(doubted) else None
        elif len(doubted):
            st.button(
                f"Relabel {counted(len(doubted), 'image')} as the model suggests",
                icon=":material/label:",
                key=f"{key} relabel as suggested",
                on_click=once(_relabel, opened, doubted, list_key, suggested),
            )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            "Another label",
            EMOTIONS,
            index=likely,
            placeholder="choose",
            key=label_key,
            width=140,
            help=None if likely is None else f"The model suggests {EMOTIONS[likely]}.",
        )
        wanted = None if label is None else np.full(len(opened.dataset), EMOTIONS.index(label))
        st.button(
            f"Relabel {counted(len(indices), 'image')}",
            icon=":material/label:",
            key=f"{key} relabel",
            disabled=wanted is None,
            on_click=once(_relabel, opened, indices, list_key, wanted),
        )


def show_correction(opened: OpenDataset, index: int) -> None:
    """Say what a list does to an image, and let the viewer take it back."""
    found = corrections_of(opened).get(index)
    if found is None:
        return
    name, image = found
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/edit_note: {correction_in_words(image).capitalize()} in **{plain(name)}**",
            width="content",
        )
        st.button(
            "Take back",
            type="tertiary",
            icon=":material/undo:",
            key=f"off the list {index}",
            on_click=once(_take_off, opened, name, index),
        )


def _exclude(opened: OpenDataset, indices: NDArray[np.intp], list_key: str) -> None:
    name = _list_name(list_key)
    try:
        before = stored_list(name)
        after = with_images(before, opened.dataset, name, {_BY_HAND: indices})
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    keep_list(
        opened,
        before,
        after,
        f"{counted(len(indices), 'image')} excluded in the list {after.name}.",
    )


def _relabel(
    opened: OpenDataset, indices: NDArray[np.intp], list_key: str, labels: NDArray[np.integer]
) -> None:
    """Give each image the label that stands at its place in ``labels``."""
    name = _list_name(list_key)
    try:
        before = after = stored_list(name)
        for label in np.unique(labels[indices]).tolist():
            members = indices[labels[indices] == label]
            reasons = {_BY_HAND: members}
            after = with_images(after, opened.dataset, name, reasons, EMOTIONS[label])
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    if after is not None:
        said = f"{counted(len(indices), 'image')} relabelled in the list {after.name}."
        keep_list(opened, before, after, said)


def _take_off(opened: OpenDataset, name: str, index: int) -> None:
    try:
        before = stored_list(name)
        if before is None:
            return
        after = without_images(before, opened.dataset, np.array([index]))
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    keep_list(opened, before, after, f"1 image taken off the list {name}.")


def keep_list(
    opened: OpenDataset, before: ExclusionList | None, after: ExclusionList | None, said: str
) -> bool:
    """Store a list in place of what it was, and remember how to undo that.

    Args:
        opened: what the list is of.
        before: what it was; None: there was none.
        after: what it shall be; None: it is deleted.
        said: what was done, in words.

    Returns:
        Whether it could be stored; ``show_corrections`` says why not.
    """
    forget_done(_PLACE)
    try:
        _put(after, before)
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return False
    if after is not None:
        st.session_state[_LAST] = after.name
    note_done(_PLACE, said, partial(_put, before, after), to=opened.id)
    return True


def _put(wanted: ExclusionList | None, there: ExclusionList | None) -> None:
    if wanted is not None:
        save_exclusions(wanted)
    elif there is not None:
        delete_exclusions(there.name)


def _list_name(list_key: str) -> str:
    return str(st.session_state.get(list_key) or _FIRST).strip()


def stored_list(name: str) -> ExclusionList | None:
    """Return a list by its name; None where there is none.

    Raises:
        DatasetError: it is damaged.
    """
    known = {each.name: each for each in list_exclusions().lists}
    if name not in known and (exclusions_dir() / f"{name}.json").exists():
        return load_exclusions(name)
    return known.get(name)


def offer_training(opened: OpenDataset, name: str) -> None:
    """Let the viewer train with a list of this dataset applied."""
    if opened.path is not None and st.button(
        "Train with it", icon=":material/model_training:", key=f"train with list {name}"
    ):
        train_with(DataSource(str(opened.path), exclusions=name))
