"""Which data a run learns from: chosen, joined, without the images of a list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets import DEMO_NAME, SPLITS, FaceDataset
from emotion_core.datasets.checks.exclusions import list_exclusions
from emotion_core.datasets.own.storage import (
    OWN_PREFIX,
    list_own_datasets,
    own_data_dir,
    shared_own_datasets,
)
from emotion_core.datasets.source import DataSource
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError, NumberedClassesError
from emotion_core.quantities import counted
from emotion_core.system.progress import ShareProgress
from emotion_core.system.storage.folders import typed_path
from emotion_core.training.data import TrainingCounts, count_for_training
from pages.opened.classes import ask_for_classes
from pages.opened.opening import paths_on_offer
from pages.opened.train_with import handed_over
from pages.training.uploads import UPLOAD, show_deletion, show_upload, uploads_on_offer
from pages.viewer.access import server_is_offered
from pages.viewer.kept import keep_state
from pages.widgets.jobs import Job, job_place, result_of, show_job

#: Faces that show what augmentation does.
SAMPLE_FACES: Final = 8

_OTHER_PATH: Final = "another path"
_PATH: Final = "train_path"
_TYPED: Final = "train_typed_path"
_JOINED: Final = "train_joined"
_EXCLUSIONS: Final = "train_exclusions"
_SKIP: Final = "train_skip_bad_rows"
_READING: Final = "train_reading"


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Data to train on, read and counted.

    Attributes:
        source: where it comes from.
        counts: how many images there are for what.
        faces: uint8 ``[N, 48, 48]``, some of those to train on, of every class.
        labels: their expressions.
    """

    source: DataSource
    counts: TrainingCounts
    faces: NDArray[np.uint8]
    labels: tuple[str, ...]


def choose_data() -> TrainingData | None:
    """Let the viewer choose data; None while it is read or when it does not do, which is said."""
    if source := handed_over():
        choose_again(source)
    _show_choice()
    data = chosen_data()
    if data is None:
        return None
    counts = data.counts
    selecting = "held out of them" if counts.held_out else "PublicTest"
    st.caption(
        f"{counted(counts.training, 'image')} to learn from; "
        f"{counted(counts.selecting, 'other')}, {selecting}, "
        f"{'selects' if counts.selecting == 1 else 'select'} the best epoch."
        + (" With FER+ votes." if counts.votes else "")
    )
    missing = [emotion for emotion in EMOTIONS if emotion not in counts.emotions]
    if missing and len(counts.emotions) > 1:
        st.markdown(
            f":orange[:material/warning: No training image of **{', '.join(missing)}**: the model "
            "cannot learn it.]"
        )
    return data


def chosen_data() -> TrainingData | None:
    """Return what was chosen; None while it is read or when it does not do, which is said."""
    source = _chosen_source()
    if source is None:
        st.info("Enter the path of a dataset.")
        return None
    job: Job[TrainingData] = job_place(_READING).begin(
        source, lambda progress: _read(source, progress)
    )
    what, key = f"Reading {source.name}", "train data"
    # Looked at once: it may end between two looks, and its question would be shown as an error.
    if not job.wait():
        show_job(job, what, key)
        return None
    if isinstance(error := job.error, NumberedClassesError):
        ask_for_classes(error, _forget)
        return None
    return result_of(job, what, key, _forget)


def choose_again(source: DataSource) -> None:
    """Let the widgets name this data, as far as it is on offer."""
    offered = _offered()
    path = source.path
    if path not in offered and _OTHER_PATH in offered:
        path, st.session_state[_TYPED] = _OTHER_PATH, source.path
    if path in offered:
        st.session_state[_PATH] = path
    st.session_state[_JOINED] = [each for each in source.joined if each in offered]
    st.session_state[_EXCLUSIONS] = source.exclusions
    st.session_state[_SKIP] = source.skip_bad_rows


def _forget() -> None:
    job_place(_READING).forget()


def _chosen_source() -> DataSource | None:
    """Return what the widgets say, whether they are on the screen or not."""
    state = st.session_state
    _keep_choice()
    offered = _offered()
    path = state.get(_PATH, DEMO_NAME)
    if path not in offered:  # gone, or no longer theirs to name
        path = DEMO_NAME
    if path == _OTHER_PATH:
        typed = state.get(_TYPED, "").strip().strip("\"'")
        path = str(typed_path(typed)) if typed else None
    if path in (None, UPLOAD):
        return None
    return DataSource(
        path,
        joined=tuple(each for each in state.get(_JOINED, ()) if each in offered),
        exclusions=state.get(_EXCLUSIONS),
        skip_bad_rows=bool(state.get(_SKIP)),
    ).absolute()


def _keep_choice() -> None:
    """Let a later visit begin with this one's choice; what is gone by then is passed over below."""
    usual = {_PATH: DEMO_NAME, _TYPED: "", _JOINED: [], _EXCLUSIONS: None, _SKIP: False}
    keep_state(usual, {_JOINED: _are_texts, _EXCLUSIONS: _is_text})


def _are_texts(kept: Any) -> bool:
    return all(map(_is_text, kept))


def _is_text(kept: Any) -> bool:
    return isinstance(kept, str)


def _show_choice() -> None:
    _keep_choice()
    offered = _offered()
    # What is gone, or is chosen as the data, can no longer be chosen or joined to it.
    if st.session_state.get(_PATH, DEMO_NAME) not in offered:
        st.session_state[_PATH] = DEMO_NAME
    left, right = st.columns(2)
    with left:
        path = st.selectbox(
            "Dataset",
            list(offered),
            format_func=lambda each: offered.get(each, each),
            key=_PATH,
            persist_state="session",
        )
        if path == _OTHER_PATH:
            st.text_input(
                "Path on this machine",
                key=_TYPED,
                persist_state="session",
                placeholder="/data/fer2013.csv",
            )
        elif path == UPLOAD:
            show_upload(_PATH)
        elif path in uploads_on_offer():
            show_deletion(path, _PATH)
    others = [each for each in offered if each not in (path, _OTHER_PATH, UPLOAD)]
    chosen = [each for each in st.session_state.get(_JOINED, []) if each in others]
    if chosen != st.session_state.get(_JOINED, []):
        st.session_state[_JOINED] = chosen
    with right:
        st.multiselect(
            "Also learn from",
            others,
            format_func=lambda each: offered.get(each, each),
            key=_JOINED,
            persist_state="session",
            placeholder="nothing",
            help="Their images are added; each keeps its label and its split.",
        )
        _choose_exclusions()
    left.toggle(
        "Skip bad rows",
        key=_SKIP,
        persist_state="session",
        help="Leave out rows or images that cannot be read, instead of refusing the dataset.",
    )


def _offered() -> dict[str, str]:
    """Return what may be trained on: path -> what to call it."""
    offered = {DEMO_NAME: "Demo: synthetic drawn faces"}
    offered |= {path: Path(path).name for path in paths_on_offer().values()}
    offered |= uploads_on_offer()
    try:
        own = list_own_datasets(own_data_dir()).datasets
        shared = shared_own_datasets()
    except DatasetError:
        own, shared = (), ()
    folders = {str(each.folder.resolve()) for each in own}  # opened before, under its path
    offered = {path: name for path, name in offered.items() if path not in folders}
    # Without a count: a browser names what is chosen by its label, and loses it when that changes.
    offered |= {f"{OWN_PREFIX}/{each.name}": f"My data: {each.name}" for each in own}
    others = [each.dataset for each in shared]
    offered |= {str(each.folder.resolve()): f"Shared: {each.name}" for each in others}
    if server_is_offered():
        offered[_OTHER_PATH] = "Another path …"
    return offered | {UPLOAD: "Upload …"}


def _choose_exclusions() -> None:
    lists = {each.name: each for each in list_exclusions().lists}
    if st.session_state.get(_EXCLUSIONS) not in lists:
        st.session_state[_EXCLUSIONS] = None
    if not lists:
        return
    st.selectbox(
        "Correction list",
        list(lists),
        index=None,
        format_func=lambda name: (
            f"{name}: {counted(len(lists[name]), 'image')} of {lists[name].dataset}"
        ),
        key=_EXCLUSIONS,
        persist_state="session",
        placeholder="nothing",
        help="Images to exclude or relabel, chosen in the Dataset explorer.",
    )


def _read(source: DataSource, progress: ShareProgress) -> TrainingData:
    dataset = source.open(progress)
    faces, labels = sample_faces(dataset)
    return TrainingData(source, count_for_training(dataset), faces, labels)


def sample_faces(dataset: FaceDataset) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Return the first faces of Training, one of each class as long as there are others."""
    training = np.flatnonzero(dataset.splits == SPLITS.index("Training"))
    labels = dataset.labels[training]
    first = [int(np.argmax(labels == label)) for label in range(len(EMOTIONS)) if label in labels]
    rest = [place for place in range(min(len(labels), SAMPLE_FACES * 2)) if place not in first]
    chosen = training[sorted((*first, *rest[: max(0, SAMPLE_FACES - len(first))]))]
    return dataset.images[chosen], tuple(EMOTIONS[label] for label in dataset.labels[chosen])
