"""The files handed in for import, and the job that reads them, as long as they are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from emotion_core.importing.staging import StagedModel, stage_model
from emotion_core.system.progress import ShareProgress
from pages.widgets.jobs import Job, JobPlace, job_place

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

#: With what a file of each ending may make one model.
_PAIRS: Final = {".json": (".h5", ".hdf5"), ".h5": (".json",), ".hdf5": (".json",)}

_JOB = "models_import_job"
_ROUND = "models_import_round"


def current_round() -> int:
    """Return the number of the present import; another key of a widget is another, empty one."""
    return int(st.session_state.get(_ROUND, 0))


def reading_of(uploads: Sequence[UploadedFile]) -> Job[StagedModel] | None:
    """Return the job that reads the files, begun anew when they are others than before."""
    names = tuple(upload.file_id for upload in uploads)
    place: JobPlace[StagedModel] = job_place(_JOB)
    if not place.is_of(names):
        _forget()
    if not uploads:
        return None
    newest = _newest(uploads)
    return place.begin(names, lambda share: _stage(newest, share))


def _newest(uploads: Sequence[UploadedFile]) -> list[UploadedFile]:
    """Return the file given last, with the one before it where the two make a pair.

    What was refused before stays in its place until somebody removes it.
    """
    *before, last = uploads
    pair = _PAIRS.get(Path(last.name).suffix.lower(), ())
    return [*(each for each in before[-1:] if Path(each.name).suffix.lower() in pair), last]


def _stage(uploads: Sequence[UploadedFile], progress: ShareProgress) -> StagedModel:
    for upload in uploads:
        upload.seek(0)
    return stage_model([(upload.name, upload) for upload in uploads], progress)


def _forget() -> None:
    """Let go of what was read and of what is being read."""
    job: Job[StagedModel] | None = job_place(_JOB).forget()
    if job is None:
        return
    job.cancel()
    if job.ended_well:
        job.result().discard()


def let_go() -> None:
    """Let go of the files and of what was read."""
    _forget()
    st.session_state[_ROUND] = current_round() + 1
