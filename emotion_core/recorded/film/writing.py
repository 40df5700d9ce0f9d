"""A recorded video with the boxes drawn on it and its sound: the ``video.mp4`` of its recording.

It is decoded, drawn on and encoded by a process of its own, `emotion_core.recorded.film.worker`,
since a stranger's file may harm whatever reads it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from emotion_core.errors import SourceError
from emotion_core.recorded.job import VideoJob
from emotion_core.sessions.header import VIDEO_FILE, VideoFacts
from emotion_core.system.processes.children import Child, ChildError
from emotion_core.system.storage.json_reading import checked
from emotion_core.video.sources import FileFacts

#: What decodes, draws and encodes: a process of its own.
FILM_WORKER: Final = "emotion_core.recorded.film.worker"


def write_film(
    job: VideoJob, folder: Path, facts: FileFacts, progress: Callable[[float], None]
) -> VideoFacts:
    """Write the video of a recording into its folder, beside its tables.

    Args:
        job: which video.
        folder: holds the tables.
        facts: what the video's header says.
        progress: called in this thread with the seconds of it that are written; what it raises
            comes out.

    Raises:
        SourceError: it cannot be written.
        OSError: the process cannot be started.
    """
    settings = job.settings
    request: dict[str, Any] = {
        "name": job.source.name,
        "path": job.path,
        "folder": str(folder.absolute()),
        "start": settings.start,
        "every": settings.every or 0.0,
        "seconds": facts.seconds,
    }
    if settings.end is not None:
        request["end"] = settings.end
    whole = (settings.end or facts.seconds or math.inf) - settings.start

    def tell(share: float) -> None:
        progress(share * whole if math.isfinite(whole) else 0.0)

    with Child(FILM_WORKER, bare=True) as child:
        try:
            return checked(child.ask(request, progress=tell), VideoFacts)
        except (ChildError, KeyError, ValueError) as error:
            raise SourceError(
                f"expected to write {VIDEO_FILE} with the boxes of {job.source.name}, found that "
                f"this fails ({error}); analyze it without --annotated"
            ) from error
