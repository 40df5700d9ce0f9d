"""What was read of a video written as a session: header, tables, and the video with the boxes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from emotion_core.access.audit import note
from emotion_core.errors import SourceError
from emotion_core.models.folder import LITERT_FILE, load_card
from emotion_core.models.views import FittedViews, view_of
from emotion_core.recorded.film.writing import write_film
from emotion_core.recorded.job import VideoJob
from emotion_core.recorded.joining import Joiner
from emotion_core.sessions.edits.log import carry_over
from emotion_core.sessions.header import (
    VIDEO_KEY,
    SessionDescription,
    SessionHeader,
    app_version,
    write_header,
)
from emotion_core.sessions.tables import new_tables
from emotion_core.system.clock import iso_time
from emotion_core.system.storage.files import keep_private, replace_folder
from emotion_core.video.sources import FileFacts

#: What a recording states in place of the consent that the live page asks for.
CONSENT: Final = (
    "This is a video file that was analyzed. Whoever analyzed it answers for the consent of the "
    "people in it."
)

#: Joins the segments, given when the video began, in seconds since 1970, and what is fitted to the
#: model that read them.
Join = Callable[[float, FittedViews], Joiner]


def write_recording(
    job: VideoJob,
    facts: FileFacts,
    join: Join,
    progress: Callable[[float], None] = lambda _: None,
) -> None:
    """Write the recording of a video to ``job.target``, whole or not at all.

    Args:
        job: what was done.
        facts: what the video's header says.
        join: joins the segments.
        progress: called with the seconds that are drawn, where there is a video with the boxes.

    Raises:
        SourceError: it has no frame, or something else is in its place.
        ModelError: the model is gone.
        OSError: it cannot be written.
    """
    card = load_card(job.model)
    began = _began(job, facts)
    joiner = join(began, FittedViews.of_card(card))
    with replace_folder(job.target) as folder:
        frames, seconds, persons = 0, 0.0, set[int]()
        size = (0, 0)
        with new_tables(folder) as write:
            for record in joiner.frames():
                write(record)
                size = size if frames else record.size
                frames, seconds = record.number, record.seconds
                persons |= {face.person for face in record.readings if face.person is not None}
        if not frames:
            raise _no_frames(job)
        video = write_film(job, folder, facts, progress) if job.with_video else None
        description = SessionDescription(
            consent=CONSENT,
            model_name=card.name,
            model_checksum=card.files.get(LITERT_FILE, ""),
            camera_size=size,
            settings=job.settings.to_json()
            | {"view": view_of(careful=job.settings.smoothing_seconds > 0)}
            | {VIDEO_KEY: {"name": job.source.name, "path": job.path, "key": job.key()}},
        )
        header = SessionHeader(
            description,
            iso_time(began),
            app_version(),
            ended=iso_time(began + seconds),
            frames=frames,
            seconds=round(seconds, 3),
            persons=len(persons),
            problem=joiner.complaint or None,
            video=video,
            name=job.source.name,
        )
        write_header(folder, header)
        carry_over(job.target, folder)
        keep_private(folder)
        job.check_target()
    note("recorded", "session", job.target.name, detail="of a video")


def _began(job: VideoJob, facts: FileFacts) -> float:
    """Return when the video was filmed, in seconds since 1970, or at least when it was written."""
    if facts.filmed is not None:
        try:
            filmed = datetime.fromisoformat(facts.filmed)
        except ValueError:
            pass
        else:
            return (filmed if filmed.tzinfo else filmed.replace(tzinfo=UTC)).timestamp()
    return job.changed


def _no_frames(job: VideoJob) -> SourceError:
    settings = job.settings
    end = "its end" if settings.end is None else f"{settings.end:g} s"
    return SourceError(
        f"expected frames of {job.source.name} from {settings.start:g} s to {end}, found none; "
        "choose another part of it"
    )
