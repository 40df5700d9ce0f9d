"""Opening a dataset: the demo, a recent one, a path, an upload, or the one that a link names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from emotion_core.access.standing import refused_now
from emotion_core.datasets import DEMO_NAME
from emotion_core.datasets.reading.archives import UPLOAD_ENDINGS
from emotion_core.datasets.reading.votes import VOTES_NAME
from emotion_core.datasets.recent import path_id, recent_datasets
from emotion_core.errors import EmotionCoreError, NumberedClassesError
from emotion_core.system.storage.folders import typed_path
from emotion_core.system.storage.persons import whose
from emotion_core.system.storage.temporary import TemporaryFolder
from pages.opened.classes import ask_for_classes
from pages.opened.store import GOOD_ROWS, OpenDataset, Upload, dataset_store
from pages.viewer.access import server_is_offered
from pages.viewer.kept import kept
from pages.viewer.uploads import LARGEST_DATASET, let_go_of
from pages.widgets.jobs import Cancelled, Job, show_job
from pages.widgets.text import plain

#: In the address: which dataset the page shows.
ADDRESS: Final = "data"

#: Names a dataset to offer; whoever starts the app sets it, for everyone who uses it.
SUGGESTED_VARIABLE: Final = "FER2013_CSV"

_OPEN: Final = "dataset_open"
_PENDING: Final = "dataset_pending"
_PROBLEM: Final = "dataset_problem"
_ASKED: Final = "dataset_asked"
_UPLOADS: Final = "dataset_uploads"
_POPOVER: Final = "dataset_opening"
_SKIP: Final = "dataset_skip_bad_rows"
_CLOSING: Final = "dataset_opening_done"


class _Pending:
    """A dataset that is being read, from a path or as an upload."""

    def __init__(
        self,
        what: str,
        job: Job[OpenDataset],
        *,
        path: str | None = None,
        upload: Upload | None = None,
    ) -> None:
        self.what = what
        self.job = job
        self.path = path
        self.upload = upload


class _Question(NamedTuple):
    """What the viewer has to say before a dataset can be read."""

    error: NumberedClassesError
    of: _Pending


def chosen_dataset() -> OpenDataset | None:
    """Return the dataset to show; None while the first one is being read.

    What is being read, or could not be, is shown here.
    """
    if _PENDING not in st.session_state:
        _follow_address()
    _finish_pending()
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    if question := st.session_state.get(_ASKED):
        ask_for_classes(question.error, partial(_open_asked, question.of))
    opened: OpenDataset | None = st.session_state.get(_OPEN)
    if opened is None and _PENDING not in st.session_state:  # what a link names cannot be had
        _begin(DEMO_NAME, DEMO_NAME)
        _finish_pending()
        opened = st.session_state.get(_OPEN)
    if pending := st.session_state.get(_PENDING):
        show_job(pending.job, f"Reading {pending.what}", "reading")
    if opened is not None:
        _write_address(opened)
    return opened


def open_next(path: Path) -> None:
    """Let the page of the dataset show what lies at ``path``, as it is now."""
    st.session_state.pop(_ASKED, None)
    _begin(str(path), path.name)


def offer_others() -> None:
    """Show the button behind which another dataset is opened."""
    if st.session_state.pop(_CLOSING, False):
        st.session_state[_POPOVER] = False
    popover = st.popover("Open", icon=":material/folder_open:", key=_POPOVER, on_change="rerun")
    if not popover.open:
        return
    with popover:
        st.button(
            "Demo: drawn faces",
            icon=":material/draw:",
            on_click=partial(_choose, DEMO_NAME, DEMO_NAME),
            key="open demo",
        )
        _offer_paths()
        _offer_upload()
        st.toggle(
            "Skip bad rows",
            kept(_SKIP, usual=False),
            key=_SKIP,
            persist_state="session",
            help="Leave out rows or images that cannot be read, instead of refusing the dataset.",
        )


def _follow_address() -> None:
    """Begin to read what the address names, unless it is open."""
    opened: OpenDataset | None = st.session_state.get(_OPEN)
    wanted = st.query_params.get(ADDRESS)
    if wanted is None:
        if opened is None:
            _begin(DEMO_NAME, DEMO_NAME)
        return
    if opened is not None and opened.id == wanted:
        return
    if wanted == DEMO_NAME:
        _begin(DEMO_NAME, DEMO_NAME)
    elif known := dataset_store().find(wanted):
        st.session_state[_OPEN] = known
    elif path := paths_on_offer().get(wanted.removesuffix(GOOD_ROWS)):
        _begin(path, Path(path).name, skip_bad_rows=wanted.endswith(GOOD_ROWS))
    else:
        st.session_state[_PROBLEM] = (
            f"This link names the dataset {wanted!r}, which has not been opened on this machine; "
            "open it by its path or upload it."
        )
        del st.query_params[ADDRESS]


def _write_address(opened: OpenDataset) -> None:
    shown = None if opened.id == DEMO_NAME else opened.id
    if shown is None:
        st.query_params.pop(ADDRESS, None)
    elif st.query_params.get(ADDRESS) != shown:
        st.query_params[ADDRESS] = shown


def _begin(path: str, what: str, *, skip_bad_rows: bool = False) -> None:
    if _is_refused(path):
        st.session_state[_PROBLEM] = f"{what} is a file of the server, which you may not name."
        return
    job = dataset_store().open(path, skip_bad_rows=skip_bad_rows)
    st.session_state[_PENDING] = _Pending(what, job, path=path)


def _is_refused(path: str) -> bool:
    """Tell whether a path is not this viewer's to name: they might when they did, or made it up."""
    try:
        named = [Path(path)] if Path(path).is_absolute() else []
        return refused_now(whose(), named) is not None
    except EmotionCoreError:
        return True


def _choose(path: str, what: str) -> None:
    """Begin to read what the viewer asked for, and let the menu close."""
    st.session_state[_CLOSING] = True
    st.session_state.pop(_ASKED, None)
    _begin(path, what, skip_bad_rows=bool(st.session_state.get(_SKIP)))


def _finish_pending() -> None:
    """Take over the dataset that was being read, once it has been."""
    pending: _Pending | None = st.session_state.get(_PENDING)
    if pending is None or not pending.job.wait():
        return
    del st.session_state[_PENDING]
    try:
        opened = pending.job.result()
    except NumberedClassesError as error:
        st.session_state[_ASKED] = _Question(error, pending)
    except EmotionCoreError as error:
        st.session_state[_PROBLEM] = str(error)
    except Cancelled:
        st.session_state[_PROBLEM] = f"Reading {pending.what} was cancelled."
    else:
        st.session_state[_OPEN] = opened
        _write_address(opened)


def _open_asked(asked: _Pending) -> None:
    """Read a dataset again, now that it is known what the numbers of its classes mean."""
    if asked.upload is None:
        _choose(asked.path or DEMO_NAME, asked.what)
    else:
        _begin_upload(asked.upload)


def paths_on_offer() -> dict[str, str]:
    """Return the paths that may be opened without typing them, by what addresses call them."""
    offered = {each.id: each.path for each in recent_datasets()} if server_is_offered() else {}
    suggested = os.environ.get(SUGGESTED_VARIABLE)
    if suggested and Path(suggested).exists():
        absolute = str(Path(suggested).resolve())
        offered.setdefault(path_id(absolute), absolute)
    return offered


def address_of(path: str) -> str | None:
    """Return what addresses call a dataset; None for one that they cannot name."""
    if path == DEMO_NAME:
        return DEMO_NAME
    return next((id_ for id_, offered in paths_on_offer().items() if offered == path), None)


def _offer_paths() -> None:
    offered = paths_on_offer()
    if offered:
        st.caption("Opened before")
    for id_, path in offered.items():
        st.button(
            Path(path).name,
            icon=":material/history:",
            help=path if server_is_offered() else None,
            on_click=partial(_choose, path, Path(path).name),
            key=f"open {id_}",
        )
    if server_is_offered():
        st.text_input(
            "Path on this machine",
            key="dataset_path",
            placeholder="/data/fer2013.csv",
            help="fer2013.csv, icml_face_data.csv or train.csv; a ZIP, tar file or folder with one "
            "of them inside; a folder of images by split and class; or Parquet files. FER+ votes "
            "are read from "
            f"{VOTES_NAME} beside the file.",
            on_change=_open_typed,
        )


def _open_typed() -> None:
    typed = st.session_state["dataset_path"].strip().strip("\"'")
    if typed and server_is_offered():
        path = str(typed_path(typed))
        _choose(path, Path(path).name)


def _offer_upload() -> None:
    number = st.session_state.setdefault(_UPLOADS, 0)
    files = st.file_uploader(
        f"Upload a CSV, ZIP, tar or Parquet file; {VOTES_NAME} may come with it",
        type=UPLOAD_ENDINGS,
        accept_multiple_files=True,
        max_upload_size=LARGEST_DATASET,
        key=f"dataset_upload_{number}",
        help="Kept in memory for everyone who uses this app, until no one has it open.",
    )
    if files:
        _open_upload(files)


def _open_upload(files: Sequence[UploadedFile]) -> None:
    """Begin to read uploaded files, and let go of the memory they take."""
    folder = TemporaryFolder("upload")
    try:
        paths = [_save(file, folder.path) for file in files]
    except OSError as error:
        folder.remove()
        st.session_state[_PROBLEM] = f"The upload cannot be kept: {error.strerror or error}."
        paths = []
    let_go_of(files)
    st.session_state[_UPLOADS] += 1
    faces = [path for path in paths if path.name != VOTES_NAME] or paths
    if faces:
        _begin_upload(Upload(faces[0], folder))
    st.rerun()


def _begin_upload(upload: Upload) -> None:
    """Begin to read an upload, and let the menu close."""
    job = dataset_store().open_upload(upload, skip_bad_rows=bool(st.session_state.get(_SKIP)))
    st.session_state[_PENDING] = _Pending(upload.path.name, job, upload=upload)
    st.session_state.pop(_ASKED, None)
    st.session_state[_CLOSING] = True


def _save(file: UploadedFile, folder: Path) -> Path:
    path = folder / Path(file.name).name
    with path.open("wb") as copy:
        shutil.copyfileobj(file, copy, 1 << 20)
    return path
