"""Many videos, several at a time, by the hands of an engine: each does one part after the other.

A hand stays with its video. Where that has nothing left to read it begins another one, and where
there is none it helps with what others read: of a long video one reads the first two minutes, and
another the next ones.

What is to be done is worked out as hands become free. So no more videos are open than there are
hands, and no more parts are under way, however many videos there are.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Final

from emotion_core.errors import EmotionCoreError
from emotion_core.recorded.job import VideoJob
from emotion_core.recorded.plan import Plan, held
from emotion_core.recorded.pool.carrying import AddressedJob
from emotion_core.recorded.pool.engine import Engine, Told
from emotion_core.recorded.pool.processes import ProcessEngine
from emotion_core.recorded.pool.state import Phase, VideoState, file_size
from emotion_core.recorded.segments.cutting import SEGMENT_SECONDS

# Seconds between two looks of whoever waits for the work.
_LOOK_EVERY: Final = 0.2


class VideoPool:
    """Does jobs in their order.

    Args:
        jobs: what to do; no two have the same target. Taken one by one where ``count`` is given.
        workers: number of processes, where no engine is given.
        engine: who does it; closed when the work ends.
        again: whether to do what is finished, too.
        table: kind of the table to write beside each recording, if any: see `worker.table_of`.
        segment_seconds: length of a segment.
        count: how many jobs there are.
        size: bytes of all their videos together, about: so much is to be done.

    Attributes:
        count: number of jobs.
        over: how many are over, by phase.
    """

    def __init__(
        self,
        jobs: Iterable[VideoJob | AddressedJob],
        *,
        workers: int = 1,
        engine: Engine | None = None,
        again: bool = False,
        table: str | None = None,
        segment_seconds: float = SEGMENT_SECONDS,
        count: int | None = None,
        size: int | None = None,
    ) -> None:
        if count is None:
            jobs = list(jobs)
            count, size = len(jobs), sum(map(file_size, jobs))
        self.count = count
        self.over: Counter[Phase] = Counter()
        self._jobs: Iterator[tuple[int, VideoJob | AddressedJob]] = enumerate(jobs)
        self._engine = ProcessEngine(workers) if engine is None else engine
        self._options = {"again": again, "length": segment_seconds, "table": table}
        self._open: dict[int, VideoState] = {}
        self._done: list[VideoState] = []
        self._tell_over: Callable[[VideoState], None] = self._done.append
        self._given: dict[int, tuple[VideoState, dict[str, Any]]] = {}
        self._last: dict[int, VideoState] = {}
        self._began = 0.0
        # Of the bytes of all: those that are done, and those that were done before.
        self._bytes, self._bytes_done, self._bytes_kept = size or 0, 0.0, 0.0

    @property
    def videos(self) -> tuple[VideoState, ...]:
        """The videos that were begun, in their order; where others are told of it, not over."""
        return (*sorted((*self._done, *self._open.values()), key=lambda video: video.number),)

    @property
    def seconds_left(self) -> float | None:
        """How long all of it will still take, if known: by the sizes of the files."""
        opened = self._open.values()
        kept = self._bytes_kept + sum(video.bytes * video.kept_share for video in opened)
        done = self._bytes_done + sum(video.bytes * video.share for video in opened)
        if done - kept <= 0:
            return None
        left = max(0.0, self._bytes - done)
        return (time.monotonic() - self._began) * left / (done - kept)

    def reading(self) -> list[VideoState]:
        """Return what is being read, or written."""
        return [video for video in self._open.values() if video.phase == "reading"]

    def about(self) -> str:
        """Return who is at work, in words; often ""."""
        return self._engine.about()

    def run(
        self,
        look: Callable[[VideoPool], None] = lambda _: None,
        over: Callable[[VideoState], None] | None = None,
    ) -> None:
        """Do everything; what is wrong with one video is said in its video, and the others go on.

        Args:
            look: called in this thread a few times a second. What it raises, such as an interrupt,
                ends the work and comes out; what has been read is kept.
            over: called in this thread with each video that is over, which then is forgotten.
                Without it they stay in ``videos``.

        Raises:
            OSError: a recording cannot be written: so it would be with the others.
            EmotionCoreError: there is nobody to do it.
        """
        if over is not None:
            self._tell_over = over
        self._began = time.monotonic()
        try:
            self._hand_out()
            while self._given or self._open or self._next_is_there():
                look(self)
                for told in self._engine.told(_LOOK_EVERY):
                    self._take_in(told)
                self._hand_out()
        finally:
            self._engine.close()
            for video in self._open.values():
                video.held.close()
        look(self)

    def _next_is_there(self) -> bool:
        """Open the next video, if there is one."""
        number, job = next(self._jobs, (0, None))
        if job is None:
            return False
        self._open[number] = VideoState(job, number=number, bytes=file_size(job))
        return True

    def _hand_out(self) -> None:
        """Give each hand something to do, as long as there is anything."""
        for hand in self._engine.free():
            taken = self._take(hand)
            if taken is None:
                return
            video, request = taken
            video.busy += 1
            self._given[hand], self._last[hand] = taken, video
            self._engine.give(hand, request | {"job": video.job.to_json()})

    def _take(self, hand: int) -> tuple[VideoState, dict[str, Any]] | None:
        """Return what a hand is to do; None where there is nothing now."""
        last = self._last.get(hand)
        if last is not None and last.number in self._open:
            request = self._part_of(last)
            if request is not None:
                return last, request
        for wanted in (_nobody_at, _any):
            for video in filter(wanted, self._open.values()):
                request = self._part_of(video)
                if request is not None:
                    return video, request
            if wanted is _nobody_at and self._next_is_there():
                return self._take(hand)
        return None

    def _part_of(self, video: VideoState) -> dict[str, Any] | None:
        """Return what can be done for a video now."""
        if video.next == "read":
            assert video.plan is not None
            part = {"key": video.key, "plan": video.plan.to_json()}
            if video.left:
                return part | {"do": "read", "index": video.left.popleft()}
            if video.busy:
                return None
            video.next = "finish"
        if video.busy:
            return None
        if video.next == "finish":
            assert video.plan is not None
            part = {"key": video.key, "plan": video.plan.to_json()}
            return part | {"do": "finish", "table": self._options["table"]}
        # Of one that was read to its end it is looked whether it is written.
        again = self._options["again"] and not video.finishing
        return {"do": video.next} | self._options | {"again": again}

    def _take_in(self, told: Told) -> None:
        """Note what a hand has said."""
        video, request = self._given[told.hand]
        if told.share is not None:
            self._note_share(video, request, told.share)
            return
        del self._given[told.hand]
        video.busy -= 1
        if video.over:
            return
        try:
            if told.answer is not None:
                self._note(video, request, told.answer)
            elif told.lost is not None:
                self._note_loss(video, request, told.lost)
            else:
                self._fail(video, told.problem or "")
        except EmotionCoreError as error:
            self._fail(video, str(error))

    def _note_share(self, video: VideoState, request: dict[str, Any], share: float) -> None:
        if request["do"] == "read" and video.plan is not None:
            video.reached[request["index"]] = max(0.0, share) * video.plan.length
        elif request["do"] == "finish":
            video.written = share

    def _note(self, video: VideoState, request: dict[str, Any], answer: dict[str, Any]) -> None:
        do = request["do"]
        if do == "finish" or answer.keys() >= {"frames"}:
            video.frames, video.persons = answer["frames"], answer["persons"]
            video.seconds, video.problem = answer["seconds"], answer["problem"]
            self._end(video, "finished" if do == "finish" or video.finishing else "kept")
        elif do == "look":
            if not video.finishing:
                video.held.enter_context(_held(video.job))
                video.phase, video.began = "reading", time.monotonic()
            video.next = "finish" if video.finishing else "begin"
        elif do == "begin":
            video.key = answer["key"]
            plan = video.plan = Plan.from_json(video.job.work / video.key, answer["plan"])
            video.left.extend(answer["missing"])
            # Of a video whose length is not known, the first that is missing follows all others.
            kept = video.left[0] if plan.count is None else plan.count - len(video.left)
            video.kept_seconds = kept * plan.length
            video.next = "read"
        else:
            assert video.plan is not None
            index = request["index"]
            video.reached[index] = video.plan.length
            if video.plan.count is None:
                video.plan = Plan.from_json(video.plan.folder, answer["plan"])
                if video.plan.count is None:
                    video.left.append(index + 1)

    def _note_loss(self, video: VideoState, request: dict[str, Any], reason: str) -> None:
        """Have a part done by another hand, unless that went wrong too often."""
        part = request["do"], request.get("index")
        video.lost[part] += 1
        if video.lost[part] >= self._engine.tries:
            times = "" if self._engine.tries == 1 else f" {self._engine.tries} times"
            self._fail(video, f"the process that read it ended{times} ({reason}); try it alone")
        elif request["do"] == "read":
            video.left.appendleft(request["index"])
            video.reached.pop(request["index"], None)
        elif request["do"] == "finish":
            video.finishing, video.next = True, "look"

    def _fail(self, video: VideoState, problem: str) -> None:
        video.problem = problem
        self._end(video, "failed")

    def _end(self, video: VideoState, phase: Phase) -> None:
        video.held.close()
        kept_share = video.kept_share
        video.phase = phase
        self.over[phase] += 1
        if phase == "kept":
            self._bytes -= video.bytes
        else:
            self._bytes_done += video.bytes
            self._bytes_kept += video.bytes * kept_share
        del self._open[video.number]
        self._tell_over(video)


def _held(job: VideoJob | AddressedJob) -> AbstractContextManager[None]:
    return job.held() if isinstance(job, AddressedJob) else held(job)


def _nobody_at(video: VideoState) -> bool:
    return not video.busy


def _any(_: VideoState) -> bool:
    return True
