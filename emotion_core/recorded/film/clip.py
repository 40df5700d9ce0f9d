"""A part of a session's video as an MP4: its sound kept, boxes and answers as corrected on it.

What is foreign is decoded by a process of its own, as for `emotion_core.recorded.film.writing`.
"""

from __future__ import annotations

import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emotion_core.access.audit import note
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import SessionError, SourceError
from emotion_core.recorded.film.writing import FILM_WORKER
from emotion_core.sessions.edits.folding import EditedSession, read_edited
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.header import FACES_FILE, FRAMES_FILE, VIDEO_FILE, VideoFacts
from emotion_core.sessions.pictures.cutting import SessionVideo, video_of
from emotion_core.sessions.storage import Session
from emotion_core.system.processes.children import Child, ChildError
from emotion_core.system.progress import ShareProgress
from emotion_core.system.storage.files import replace_file
from emotion_core.system.storage.json_reading import checked
from emotion_core.system.storage.temporary import TemporaryFolder
from emotion_core.system.tables import csv_of

if TYPE_CHECKING:
    import pandas as pd

ENDING: Final = ".mp4"
#: What is said of a clip of a video that has boxes on it already.
DRAWN_ON: Final = (
    "The session's own video has boxes drawn on it already, so later names and corrections are not "
    "in the clip."
)
_COLUMNS: Final = (
    "frame", "person", "name", "x", "y", "width", "height", "emotion", "answer", *EMOTIONS,
)  # fmt: skip

# Letters of a name that are drawn.
_LONGEST_NAME: Final = 24


@dataclass(frozen=True)
class Clip:
    """What became of a clip.

    Attributes:
        frames: pictures in it.
        drawn_on: whether the video had boxes on it already, so that none were drawn.
    """

    frames: int
    drawn_on: bool


def write_clip(
    session: Session,
    part: TimeRange,
    path: Path,
    progress: ShareProgress,
    *,
    video: SessionVideo | None = None,
) -> Clip:
    """Write a part of a session's video to a file, whole or not at all.

    Pictures get boxes, names and answers as `read_edited` gives them.
    Hidden persons get no box, but are seen. What has boxes on it already is cut, and no more.

    Args:
        session: which one.
        part: which part.
        path: where to.
        progress: called in this thread with the share that is done; what it raises comes out.
        video: of what; what `video_of` returns when left out.

    Raises:
        SessionError: there is nothing to cut, or the session is damaged.
        SourceError: the video cannot be read.
        OSError: ``path`` cannot be written.
    """
    video = _checked(session, part, path, video or video_of(session))
    with TemporaryFolder("clip") as folder:
        if not video.drawn_on:
            _write_tables(read_edited(session), part, video.start, folder)
        every = session.header.description.settings.get("every")
        # Times of a file count from its own beginning.
        end = part.end - video.start
        request = {
            "name": video.file.name,
            "path": str(video.file.content),
            "folder": str(folder),
            "start": max(0.0, part.start - video.start),
            "end": end,
            "every": float(every) if isinstance(every, int | float) else 0.0,
            "seconds": end,
            "plain": video.drawn_on,
        }
        with Child(FILM_WORKER, bare=True) as child:
            try:
                facts = checked(child.ask(request, progress=progress), VideoFacts)
            except (ChildError, KeyError, ValueError) as error:
                raise SourceError(
                    f"expected to cut a clip from {video.file.name}, found that this fails "
                    f"({error}); choose another range, or see whether the video plays"
                ) from error
        if not facts.frames:
            raise SourceError(
                f"expected pictures from {part.start:g} to {part.end:g} s of {video.file.name}, "
                "found none; choose another range"
            )
        with replace_file(path) as temporary:
            shutil.copyfile(folder / VIDEO_FILE, temporary)
    note("exported", "session", session.id, detail="clip")
    return Clip(facts.frames, video.drawn_on)


def _checked(
    session: Session, part: TimeRange, path: Path, video: SessionVideo | None
) -> SessionVideo:
    """Return the video once all is well.

    Raises:
        SessionError: it is not.
    """
    if path.suffix.lower() != ENDING:
        found = path.suffix or "none"
        raise SessionError(f"{path}: expected a name that ends in {ENDING}, found {found}")
    if session.state == "recording":
        raise SessionError(
            f"{session.id}: expected a session that has ended, found one that is being recorded; "
            "stop it first"
        )
    if video is None:
        raise SessionError(
            f"{session.id}: expected a video, found none with the session, and the file that was "
            "read, if any, is gone or was changed; put it back where it was"
        )
    if not 0 <= part.start < part.end or part.start > session.seconds:
        raise SessionError(
            f"clip: expected a range within 0 to {session.seconds:.1f} s, found {part.start:g} to "
            f"{part.end:g} s; choose another"
        )
    return video


def _write_tables(edited: EditedSession, part: TimeRange, began: float, folder: Path) -> None:
    """Write what is drawn: the rows of the part, with names and answers as corrected.

    Their times are those of the video, which began at a time of the session.
    """

    # A picture between two rows shows those of the earlier one.
    def within(table: pd.DataFrame) -> pd.DataFrame:
        earlier = edited.frames["seconds"][edited.frames["seconds"] <= part.start]
        first = float(earlier.iloc[-1]) if len(earlier) else part.start
        seconds = table["seconds"]
        return table[(seconds >= first) & (seconds <= part.end)]

    frames, faces = within(edited.frames), within(edited.faces)
    said = faces["corrected"].notna()
    answer = faces["answer"].astype(object).mask(said, faces["corrected"].astype(object))
    emotion = faces["emotion"].astype(object).mask(answer.isin(EMOTIONS) & said, answer)
    names = {person: _drawable(name) or str(person) for person, name in edited.names.items()}
    faces = faces.assign(
        answer=answer, emotion=emotion, name=faces["person"].astype(object).map(names)
    )
    frames = frames[["frame", "seconds"]].assign(seconds=frames["seconds"] - began)
    (folder / FRAMES_FILE).write_text(csv_of(frames), "utf-8")
    (folder / FACES_FILE).write_text(csv_of(faces[list(_COLUMNS)]), "utf-8")


def _drawable(name: str) -> str:
    """Return a name in letters that OpenCV draws, short enough to leave room for the answer.

    It is "" where there are none for it.
    """
    plain = "".join(
        each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each)
    )
    if not plain.isascii():
        return ""
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[: _LONGEST_NAME - 3]}..."
