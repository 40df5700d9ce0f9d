"""Which videos and photos are to be read, and how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from emotion_core.errors import EmotionCoreError, SourceError
from emotion_core.faces.finding.detectors import yunet_is_named
from emotion_core.faces.finding.finders import FINDERS, LIVE_FIGURES, available_finders
from emotion_core.faces.pictures.images import PICTURE_SUFFIXES
from emotion_core.models.library import list_models
from emotion_core.quantities import seconds_of
from emotion_core.recorded.photos.job import PhotoList
from emotion_core.recorded.photos.reading import PhotoSettings
from emotion_core.recorded.settings import RecordedSettings, usual_video_finder
from emotion_core.recorded.tasks.adding import add_photos, add_videos
from emotion_core.recorded.tasks.finding import Found, find_files, in_words, is_photo
from emotion_core.recorded.tasks.queue import start_worker
from emotion_core.recorded.tasks.storage import tasks_dir
from emotion_core.system.storage.folders import typed_path
from emotion_core.video.sources import VIDEO_SUFFIXES, VideoFile
from pages.mending.uploads import content_of
from pages.viewer.access import server_is_offered
from pages.viewer.clicks import once
from pages.viewer.detector import chosen_model
from pages.viewer.kept import kept
from pages.viewer.uploads import LARGEST_RECORDED, let_go_of
from pages.widgets.room import may_keep
from pages.widgets.text import plain

#: What a frame is recorded every so many seconds; None: each frame.
RATES: Final = {
    "every frame": None,
    "10 a second": 0.1,
    "5 a second": 0.2,
    "2 a second": 0.5,
    "1 a second": 1.0,
    "1 every 5 seconds": 5.0,
}

_UPLOADS: Final = "video_uploads"
_ROUND: Final = "video_uploads_round"
_PATH: Final = "video_path"
_MODEL: Final = "video_model"
_FINDER: Final = "video_finder"
_RATE: Final = "video_rate"
_START: Final = "video_from"
_END: Final = "video_to"
_PEOPLE: Final = "video_people"
_WITH_VIDEO: Final = "video_with_video"
_PROBLEM: Final = "video_adding_problem"

# How much of the bar has to be new for it to be drawn again.
_STEP: Final = 0.01


class _Choice(NamedTuple):
    """What reads the videos and photos, how, and what is kept of them."""

    model: Path
    settings: RecordedSettings
    with_video: bool


def offer_to_add() -> None:
    """Let the viewer choose videos, photos and settings, and put them into the queue."""
    if not may_keep():
        return
    files = st.file_uploader(
        "Videos and photos",
        type=[suffix[1:] for suffix in (*VIDEO_SUFFIXES, *PICTURE_SUFFIXES)],
        accept_multiple_files=True,
        max_upload_size=LARGEST_RECORDED,
        # Another key after each click: there is no other way to empty it.
        key=f"{_UPLOADS} {st.session_state.get(_ROUND, 0)}",
    )
    path = ""
    if server_is_offered():
        path = st.text_input(
            "Or the path of a file or a folder on the machine that runs this app",
            kept(_PATH, ""),
            placeholder="/home/me/interviews",
            help="Folders below it are searched, too. Files are read where they are.",
            key=_PATH,
            persist_state="session",
        ).strip()
    try:
        choice = _choose_settings()
        found = find_files(typed_path(path)) if path else None
    except EmotionCoreError as error:
        st.error(plain(str(error)))
        return
    words = _in_words(files, found)
    st.caption(
        "Each video becomes a session; photos become one together. "
        "The consent of the people in them is up to you."
    )
    st.button(
        f"Read {words or 'videos and photos'}",
        type="primary",
        icon=":material/playlist_add:",
        disabled=not words,
        on_click=once(_add, files, found, choice),
    )
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))


def _choose_settings() -> _Choice:
    """Return what reads, and how.

    Raises:
        SourceError: what was typed does not do.
    """
    folders = {model.name: model.folder for model in list_models().models}
    usual = chosen_model().name
    with st.expander("Settings", icon=":material/tune:"):
        first, second = st.columns(2)
        with first:
            names = list(folders)
            model: str = st.selectbox(
                "Model",
                names,
                index=names.index(kept(_MODEL, usual if usual in names else names[0], names)),
                key=_MODEL,
                persist_state="session",
            )
            rates = list(RATES)
            rate: str = st.selectbox(
                "Record",
                rates,
                index=rates.index(kept(_RATE, rates[0], rates)),
                help="Fewer frames are read faster. Faces are followed between them all the same.",
                key=_RATE,
                persist_state="session",
            )
            people = st.number_input(
                "People at most",
                min_value=1,
                value=None,
                placeholder="any number",
                help="Those seen longest are recorded; nobody who walks past.",
                key=_PEOPLE,
                persist_state="session",
            )
        with second:
            finder = _choose_finder()
            start = st.text_input(
                "From", placeholder="the beginning, or 1:30", key=_START, persist_state="session"
            )
            end = st.text_input(
                "To", placeholder="the end, or 1:02:30", key=_END, persist_state="session"
            )
        with_video = st.toggle(
            "Keep a video with the faces framed",
            kept(_WITH_VIDEO, usual=False),
            help="With its sound, in the session. It takes about as long again, and room.",
            key=_WITH_VIDEO,
            persist_state="session",
        )
        st.caption("Photos need a model and a finder; the other settings are for videos.")
    settings = RecordedSettings(
        every=RATES[rate],
        start=_place(start, "From") or 0.0,
        end=_place(end, "To"),
        people=people,
        finder=finder,
    )
    return _Choice(folders[model], settings, with_video)


def _choose_finder() -> str:
    if yunet_is_named():
        return usual_video_finder()
    choices = available_finders()
    chosen: str = st.selectbox(
        "Finder",
        choices,
        index=choices.index(kept(_FINDER, usual_video_finder(), choices)),
        format_func=lambda name: f"{FINDERS[name]}: {LIVE_FIGURES[name]}",
        help="What looks for faces.",
        key=_FINDER,
        persist_state="session",
    )
    return chosen


def _place(text: str, what: str) -> float | None:
    """Return a place in a video that somebody typed, in seconds; None for nothing.

    Raises:
        SourceError: it is no place.
    """
    if not text.strip():
        return None
    try:
        return seconds_of(text)
    except ValueError:
        raise SourceError(
            f"{what}: expected a time such as 90, 1:30 or 1:02:30, found {text[:40]!r}; "
            "type another"
        ) from None


def _in_words(files: Sequence[UploadedFile], found: Found | None) -> str:
    """Return what was chosen, such as "3 videos and 12 photos"; empty for nothing."""
    photos = sum(is_photo(file.name) for file in files)
    videos = len(files) - photos
    if found is not None:
        videos += len(found.videos)
        photos += len(found.photos.names) if found.photos else 0
    return in_words(videos, photos)


def _add(files: Sequence[UploadedFile], found: Found | None, choice: _Choice) -> None:
    if found is not None and not server_is_offered():  # they might when it was shown
        st.session_state[_PROBLEM] = "Files of the server are not offered to you any more."
        return
    parent = tasks_dir()
    words = _in_words(files, found)
    bar = st.progress(0.0, f"Adding {words} …")
    videos = 0 if found is None else len(found.videos)
    shown = 0.0

    def tell(added: int) -> None:
        nonlocal shown
        share = min(1.0, added / (len(files) + videos))
        if share - shown > _STEP:
            shown = share
            bar.progress(share, f"Adding {words} …")

    try:
        _add_uploads(parent, files, choice, tell)
        if found is not None:
            _add_found(parent, found, choice, lambda added: tell(len(files) + added))
        start_worker(parent)
    except EmotionCoreError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    finally:
        bar.empty()
    let_go_of(files)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.session_state[_PATH] = ""


def _add_uploads(
    parent: Path, files: Sequence[UploadedFile], choice: _Choice, tell: Callable[[int], None]
) -> None:
    model, settings, with_video = choice
    videos = [VideoFile(file.name, content_of(file)) for file in files if not is_photo(file.name)]
    add_videos(parent, videos, model, settings, with_video=with_video, uploaded=True, progress=tell)
    photos = sorted((file for file in files if is_photo(file.name)), key=lambda file: file.name)
    if photos:
        names = tuple(file.name for file in photos)
        add_photos(
            parent,
            names[0] if len(names) == 1 else "Photos",
            PhotoList(names),
            model,
            PhotoSettings(settings.finder),
            uploads=[content_of(file) for file in photos],
            progress=lambda added: tell(len(videos) + added),
        )


def _add_found(parent: Path, found: Found, choice: _Choice, tell: Callable[[int], None]) -> None:
    model, settings, with_video = choice
    videos = [VideoFile(path.name, path) for path in found.videos]
    add_videos(parent, videos, model, settings, with_video=with_video, progress=tell)
    if found.photos is not None:
        add_photos(parent, found.name, found.photos, model, PhotoSettings(settings.finder))
