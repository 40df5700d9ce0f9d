"""Reads parts of videos for `emotion_core.recorded.pool.pool`, on a core of its own.

It decodes nothing itself: a process of its own does that for it, see `emotion_core.video.worker`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2

from emotion_core.errors import SourceError
from emotion_core.recorded.analysis import VideoAnalyst
from emotion_core.recorded.job import Progress, VideoJob
from emotion_core.recorded.plan import PLAN_FILE, TABLE_ENDING, Plan
from emotion_core.recorded.pool.carrying import Carrier
from emotion_core.recorded.segments.cutting import SEGMENT_SECONDS
from emotion_core.sessions.exports.kinds import export_session
from emotion_core.sessions.header import read_header
from emotion_core.sessions.storage import Session, open_session
from emotion_core.system.processes.serving import serve
from emotion_core.system.progress import ShareProgress


class Worker:
    """Does one thing at a time."""

    def __init__(self) -> None:
        self._analyst: VideoAnalyst | None = None
        self._carrier = Carrier()

    def answer(self, request: dict[str, Any], progress: ShareProgress) -> dict[str, Any]:
        """Do a part of a job, which whoever asks holds (`plan.held`), but to look at it.

        Args:
            request: ``job``, from `VideoJob.to_json`; what to ``do``, with what it takes:

                - "look" whether it is finished, with ``again``, which takes it for unfinished;
                - "begin", with ``again`` and ``length``, the seconds of a segment;
                - "read", with ``key``, ``plan``, and the segment's ``index``;
                - "finish", with ``key`` and ``plan``.

                "look" and "finish" take the kind of the ``table`` to be there, or None.
            progress: called with the share of the segment that is read, or of the video with the
                boxes that is written.

        Returns:
            of "finish", and of "look" where it is finished: ``frames``, ``seconds``, ``persons``
            and ``problem``; of "begin" ``plan``, ``key`` and the segments that are ``missing``; of
            "read" ``plan``.

        Raises:
            SourceError, ModelError, OSError: see `VideoAnalyst.analyze`.
        """
        carried = self._carrier.carried(request["job"])
        job = carried.job
        kind = request.get("table")
        table = None if kind is None else table_of(job.target, kind)
        if request["do"] == "look":
            carried.bring_recording(whole=False)
            if request["again"] or job.state() != "finished":
                return {}
            if table is not None and not carried.has(table):
                carried.bring_recording(whole=True)
                found = _finished(job, table)
                carried.send(table)
                return found
            if read_header(job.target).problem:  # its rows are counted
                carried.bring_recording(whole=True)
            return _finished(job, None)
        if self._analyst is None:
            length = request.get("length", SEGMENT_SECONDS)
            self._analyst = VideoAnalyst(segment_seconds=length)
        analyst = self._analyst
        if request["do"] == "begin":
            carried.bring_recording(whole=False)
            carried.bring_video()
            carried.bring_plan(again=request["again"])
            plan = analyst.begin(job, again=request["again"])
            carried.send_plan(plan)
            return {"plan": plan.to_json(), "key": plan.folder.name, "missing": plan.missing()}
        plan = Plan.from_json(job.work / request["key"], request["plan"])
        if request["do"] == "finish":
            if job.key() != request["key"]:
                raise SourceError(
                    f"expected {job.source.name} as it was when reading it began, found that it, "
                    "or the model, has changed since; analyze it once more"
                )
            carried.bring_recording(whole=True)
            carried.bring_segments(plan)
            if job.with_video:
                carried.bring_video()
            analyst.finish(job, plan, lambda told: progress(told.share))
            found = _finished(job, table)
            carried.send_recording(table)
            return found
        carried.bring_video()
        begins = request["index"] * plan.length

        def tell(told: Progress) -> None:
            progress((told.done - begins) / plan.length)

        after = analyst.read(job, plan, request["index"], tell)
        carried.send(plan.path(request["index"]))
        if after != plan:
            carried.send(plan.folder / PLAN_FILE)
        return {"plan": after.to_json()}

    def close(self) -> None:
        """Forget the video that was brought here."""
        self._carrier.close()


def table_of(recording: Path, kind: str) -> Path:
    """Return where the table of a recording is, "csv" or "parquet": beside it."""
    return recording.with_name(f"{recording.name}{TABLE_ENDING}.{kind}")


def _finished(job: VideoJob, table: Path | None) -> dict[str, Any]:
    """Write the table of a finished job where it is wanted, and return what was found."""
    session: Session = open_session(job.target)
    if table is not None:
        export_session(session, table)
    return {
        "frames": session.frames,
        "seconds": session.seconds,
        "persons": session.persons,
        "problem": session.header.problem or "",
    }


if __name__ == "__main__":
    # As many threads as there are cores, in each of several processes, get in each other's way.
    cv2.setNumThreads(1)
    serve(Worker().answer)
