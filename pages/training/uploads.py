"""Data that a viewer uploads to train on: kept where the training process finds it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from emotion_core.datasets.reading.archives import UPLOAD_ENDINGS
from emotion_core.datasets.reading.votes import VOTES_NAME
from emotion_core.datasets.uploads import delete_upload, keep_upload, list_uploads, uploads_dir
from emotion_core.errors import DatasetError, NoRoomError
from emotion_core.system.storage.persons import whose
from pages.viewer.clicks import once
from pages.viewer.uploads import LARGEST_DATASET, let_go_of
from pages.widgets.text import located, plain

#: Stands for data that is still to be uploaded.
UPLOAD: Final = "upload"

_UPLOADS: Final = "train_uploads"
_PROBLEM: Final = "train_upload_problem"


def show_upload(chosen: str) -> None:
    """Offer to upload a dataset; once that is done, it becomes what the key ``chosen`` names."""
    number = st.session_state.setdefault(_UPLOADS, 0)
    key = f"train_upload_{number}"
    st.file_uploader(
        f"A CSV, ZIP, tar or Parquet file; {VOTES_NAME} may come with it",
        type=UPLOAD_ENDINGS,
        accept_multiple_files=True,
        max_upload_size=LARGEST_DATASET,
        key=key,
        on_change=once(_keep, key, chosen),
    )
    if problem := st.session_state.pop(_PROBLEM, None):
        st.markdown(f":red[:material/error: {plain(problem)}]")
    st.caption(
        f"Uploads are stored {located(uploads_dir())} until somebody deletes them here."
        + ("" if whose() else " Everyone who uses this app can train on them.")
    )


def show_deletion(path: str, chosen: str) -> None:
    """Say where an upload lies, and offer to delete it; ``chosen`` then names nothing any more."""
    st.button(
        "Delete this upload",
        icon=":material/delete:",
        key="train_upload_delete",
        help=f"It is stored {located(Path(path).parent)}. Runs that have not finished need it.",
        on_click=once(_delete, path, chosen),
    )


def uploads_on_offer() -> dict[str, str]:
    """Return what was uploaded: path -> what to call it."""
    return {str(path): f"Uploaded: {path.name}" for path in list_uploads()}


def _keep(key: str, chosen: str) -> bool:
    """Keep the files; return False when there are none yet."""
    files = st.session_state[key]
    if not files:
        return False
    try:
        st.session_state[chosen] = str(keep_upload({file.name: file for file in files}))
    except (DatasetError, NoRoomError) as error:
        st.session_state[_PROBLEM] = str(error)
    st.session_state[_UPLOADS] += 1
    let_go_of(files)
    return True


def _delete(path: str, chosen: str) -> None:
    try:
        delete_upload(Path(path))
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state.pop(chosen, None)
