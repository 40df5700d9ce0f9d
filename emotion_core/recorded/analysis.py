"""One video from its file to its recording, segment by segment.

What has been read lies in ``VideoJob.work`` until the recording is there: a plan, and a file for
each segment, written whole or not at all. Who goes on after an interruption reads the segments that
are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

from emotion_core.errors import ModelError, SourceError
from emotion_core.faces.finding.detectors import YUNET_VARIABLE, yunet_of_environment
from emotion_core.faces.finding.finders import live_finder
from emotion_core.faces.finding.search import DetectorFaceFinder, FaceFinder
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.recorded.job import Progress, VideoJob
from emotion_core.recorded.joining import Joiner
from emotion_core.recorded.plan import Plan, earlier_plan, held, write_plan
from emotion_core.recorded.recording import write_recording
from emotion_core.recorded.segments.cutting import (
    SEGMENT_SECONDS,
    SegmentReadings,
    segment_at,
    segment_count,
)
from emotion_core.recorded.segments.pictures import OpenedFile
from emotion_core.recorded.segments.reading import read_segment
from emotion_core.recorded.settings import YUNET
from emotion_core.sessions.storage import Session, open_session
from emotion_core.system.storage.files import remove
from emotion_core.video.apart import Decoder
from emotion_core.video.sources import FileFacts

# Of a file without an index, each segment is decoded from the start of the file: so many of them
# cost four times as much decoding, which is quick, as the file has.
_MOST_FROM_THE_START: Final = 8

#: Called a few times a second; what it raises ends the work and comes out.
ToldProgress = Callable[[Progress], None]


class VideoAnalyst:
    """Reads videos in this process, one after the other; leaving the context ends its decoder.

    Args:
        segment_seconds: length of a segment.
        classifier: loads what reads faces from the folder of a model.
        finder: makes what finds faces, by one of ``FINDERS``.
    """

    def __init__(
        self,
        *,
        segment_seconds: float = SEGMENT_SECONDS,
        classifier: Callable[[Path], EmotionClassifier] = EmotionClassifier.load,
        finder: Callable[[str], FaceFinder] | None = None,
    ) -> None:
        self._segment_seconds = segment_seconds
        self._load = classifier
        self._finder = finder or video_finder
        self._decoder = Decoder()
        self._loaded: dict[Path, EmotionClassifier] = {}

    def analyze(
        self, job: VideoJob, progress: ToldProgress = lambda _: None, *, again: bool = False
    ) -> Session:
        """Return the recording of a video; what there is of it is not read again.

        Args:
            job: what to do.
            progress: called in this thread a few times a second; what it raises comes out.
            again: whether to read all of it anew.

        Raises:
            SourceError: the video cannot be read, is being read by somebody else, or something
                else is in the place of the recording.
            ModelError: the model cannot be used.
            OSError: the recording cannot be written.
        """
        if job.state() == "finished" and not again:
            return open_session(job.target)
        with held(job):
            plan = self.begin(job, again=again)
            while missing := plan.missing():
                plan = self.read(job, plan, missing[0], progress)
            return self.finish(job, plan, progress)

    def begin(self, job: VideoJob, *, again: bool = False) -> Plan:
        """Open a video and return its plan, the earlier one if the job was begun before.

        Args:
            job: what to do; it has to be `held`.
            again: whether to forget what was read.

        Raises:
            SourceError, ModelError, OSError: see `analyze`.
        """
        job.check_target()
        folder = job.work / job.key()
        for other in job.work.iterdir():
            if other.is_dir() and (again or other != folder):
                remove(other, lasting=False)
        with closing(OpenedFile(self._decoder, job.source)) as opened:
            facts = opened.facts
        seconds = _seconds_to_read(job, facts)
        length = self._segment_seconds
        if not facts.indexed and seconds is not None:
            length = max(length, seconds / _MOST_FROM_THE_START)
        count = segment_count(job.settings, facts.seconds, length)
        plan = Plan(folder, seconds, count, length, facts)
        folder.mkdir(exist_ok=True)
        earlier = earlier_plan(folder)
        if earlier is not None and replace(earlier, count=count) == plan:
            return earlier
        for stale in folder.iterdir():
            stale.unlink()
        write_plan(plan)
        return plan

    def read(
        self, job: VideoJob, plan: Plan, index: int, progress: ToldProgress = lambda _: None
    ) -> Plan:
        """Read a segment into its file, and return the plan, which may know more by now.

        Raises:
            SourceError, ModelError, OSError: see `analyze`.
        """
        segment = segment_at(job.settings, index, plan.count, plan.length)

        def tell(reached: float) -> None:
            own = min(max(reached, segment.start), segment.end) - job.settings.start
            progress(Progress("reading", own, plan.seconds, plan.facts.rate))

        tell(segment.start)
        with closing(
            OpenedFile(self._decoder, job.source, segment.read_from, job.settings.step)
        ) as opened:
            readings = read_segment(
                opened,
                segment,
                job.settings,
                self._classifier(job.model),
                self._finder(job.settings.finder),
                tell,
            )
        readings.save(plan.path(index))
        if plan.count is None and not readings.more:
            plan = replace(plan, count=index + 1)
            write_plan(plan)
        return plan

    def finish(self, job: VideoJob, plan: Plan, progress: ToldProgress = lambda _: None) -> Session:
        """Join the segments, which have all been read, to the recording, and forget them.

        Raises:
            SourceError, ModelError, OSError: see `analyze`.
        """
        assert plan.count is not None

        def tell(drawn: float) -> None:
            progress(Progress("writing", drawn, plan.seconds, plan.facts.rate))

        tell(0.0)
        segments = [
            segment_at(job.settings, index, plan.count, plan.length) for index in range(plan.count)
        ]
        with _damage_told(job, plan):
            write_recording(job, plan.facts, lambda began, views: Joiner(
                lambda index: SegmentReadings.load(plan.path(index)),
                segments, job.settings, views, began,
            ), tell)  # fmt: skip
        remove(plan.folder, lasting=False)
        return open_session(job.target)

    def _classifier(self, model: Path) -> EmotionClassifier:
        if model not in self._loaded:
            self._loaded[model] = self._load(model)
        return self._loaded[model]

    def close(self) -> None:
        """End the decoder's process."""
        self._decoder.close()

    def __enter__(self) -> VideoAnalyst:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def video_finder(name: str) -> FaceFinder:
    """Return a new finder.

    Args:
        name: one of ``FINDERS``, or `YUNET`.

    Raises:
        ModelError: it cannot be used.
    """
    if name != YUNET:
        return live_finder(name)
    yunet = yunet_of_environment()
    if yunet is None:
        raise ModelError(
            f"expected YuNet's file in {YUNET_VARIABLE}, found none; set it, or choose another "
            "detector"
        )
    return DetectorFaceFinder(yunet)


def _seconds_to_read(job: VideoJob, facts: FileFacts) -> float | None:
    ends = [end for end in (job.settings.end, facts.seconds) if end is not None]
    return max(0.0, min(ends) - job.settings.start) if ends else None


@contextmanager
def _damage_told(job: VideoJob, plan: Plan) -> Iterator[None]:
    """Forget what was read where the disk has lost a part of it."""
    try:
        yield
    except (BadZipFile, KeyError, ValueError) as error:
        remove(plan.folder, lasting=False)
        raise SourceError(
            f"{job.work}: expected what was read of {job.source.name}, found that it is damaged "
            f"({error}); analyze it once more"
        ) from error
