from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from fractions import Fraction
from types import SimpleNamespace

import av
import pytest

from emotion_core.errors import SourceError, SourceLostError
from emotion_core.video import reader as source_reader
from emotion_core.video.container import open_container
from emotion_core.video.reader import SourceReader, SourceState
from emotion_core.video.sources import NetworkCamera, PluggedCamera, VideoFile
from tests.source_videos import network_camera, write_video

# Far more than any of this takes, for a busy machine.
LONG = 30.0


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert not [thread for thread in threading.enumerate() if thread.name == "video-source"]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(source_reader, "FIRST_WAIT", 0.05)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


class Taker:
    """Takes every frame as soon as it is told of one, in the reader's thread."""

    def __init__(self, reader: SourceReader) -> None:
        self.times: list[float] = []
        self.calls = 0
        self.reader = reader
        reader.notify = self.take

    def take(self) -> None:
        self.calls += 1
        if (frame := self.reader.take()) is not None:
            self.times.append(frame.time)


class Script:
    """Stands in for sources: each opening plays the next of the given parts.

    A part is a list of the frames' own times, with None for a frame without one, and at its end an
    error to raise if there is one. Time passes only when the reader waits.
    """

    def __init__(self, *parts: list, paced: bool = True, complaint: str = "") -> None:
        self.parts = list(parts)
        self.paced = paced
        self.complaint = complaint
        self.now = 100.0
        self.closed = 0

    def play(self, *, loop: bool = False) -> tuple[list[float], SourceState]:
        """Play all parts; return when frames were shown, and the state at the end."""
        reader = SourceReader(PluggedCamera(), loop=loop, clock=lambda: self.now, opener=self.open)
        self.stop_after_last = loop
        self.stopped = False
        reader._stopping = SimpleNamespace(wait=self.wait, is_set=lambda: self.stopped)
        taker = Taker(reader)
        reader._run(PluggedCamera())
        return taker.times, reader.state

    @contextmanager
    def open(self, *_: object):
        yield self
        self.closed += 1

    def frames(self):
        for step in self.parts.pop(0):
            if isinstance(step, Exception):
                self.stopped = not self.parts
                self.closed += 1
                raise step
            frame = av.VideoFrame(16, 16, "yuv420p")
            if step is not None:
                frame.pts, frame.time_base = round(step * 6000), Fraction(1, 6000)
            yield frame
        self.stopped = self.stop_after_last and not self.parts

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return False


class TestPace:
    def test_a_video_plays_as_fast_as_it_was_filmed(self):
        script = Script([0.0, 0.05, 0.1, 0.5])
        times, state = script.play()
        assert times == pytest.approx([0.0, 0.05, 0.1, 0.5], abs=1e-3)
        assert state == SourceState("ended")
        assert script.now == pytest.approx(100.5)

    def test_times_may_begin_anywhere(self):
        times, _ = Script([7.0, 7.05, 7.1]).play()
        assert times == pytest.approx([0.0, 0.05, 0.1], abs=1e-3)

    def test_half_of_sixty_frames_a_second_are_left_out(self):
        times, _ = Script([index / 60 for index in range(61)]).play()
        assert times == pytest.approx([index / 30 for index in range(31)], abs=1e-3)

    @pytest.mark.parametrize("jump", [-5.0, 500.0])
    def test_after_a_jump_in_time_it_goes_on_at_once(self, jump):
        times, _ = Script([10.0, 10.05, 10.1 + jump, 10.15 + jump]).play()
        # The frame after the jump comes with the one before it and is left out.
        assert times == pytest.approx([0.0, 0.05, 0.1], abs=0.001)

    def test_frames_without_times_are_shown_as_they_come(self):
        script = Script([None, None], [None], paced=False)
        times, _ = script.play(loop=True)
        # The second one came together with the first one.
        assert times == pytest.approx([0.0, 0.022], abs=0.001)

    def test_a_loop_begins_again_without_a_pause(self):
        script = Script([0.0, 0.05], [0.0, 0.05], [0.0, 0.05])
        times, _ = script.play(loop=True)
        assert times == pytest.approx([0.0, 0.05, 0.072, 0.122, 0.144, 0.194], abs=0.001)
        assert script.closed == 3


class TestTrouble:
    def test_a_lost_camera_is_tried_again_with_longer_and_longer_waits(self, monkeypatch):
        monkeypatch.setattr(source_reader, "FIRST_WAIT", 1.0)
        script = Script(*[[SourceLostError("gone")]] * 7, paced=False)
        _, state = script.play()
        assert state.phase == "lost"
        assert state.problem == "gone"
        # 1 + 2 + 4 + 8 + 16 + 30 + 30
        assert script.now == pytest.approx(191.0)
        assert state.next_try == pytest.approx(191.0)
        assert script.closed == 7

    def test_after_pictures_the_waits_are_short_again(self, monkeypatch):
        monkeypatch.setattr(source_reader, "FIRST_WAIT", 1.0)
        gone = SourceLostError("gone")
        script = Script([gone], [gone], [None, gone], paced=False)
        script.play()
        # 1 + 2 + 1
        assert script.now == pytest.approx(104.0)

    def test_what_cannot_be_mended_by_waiting_is_not_tried_again(self):
        script = Script([SourceError("no video")], [0.0])
        times, state = script.play()
        assert (times, state) == ([], SourceState("failed", "no video"))
        assert state.over

    def test_a_mistake_in_the_program_is_told_and_logged(self, caplog):
        _, state = Script([ZeroDivisionError()], [0.0]).play()
        assert state == SourceState("failed", "ZeroDivisionError; the log has more of it")
        assert "A video source failed." in caplog.text

    def test_a_complaint_is_told_at_the_end(self):
        _, state = Script([0.0], complaint="it breaks off").play()
        assert state == SourceState("ended", "it breaks off")


class TestForReal:
    def test_a_file_in_real_time(self, tmp_path):
        source = VideoFile.at(write_video(tmp_path / "film.mp4", 20))
        started = time.monotonic()
        reader = SourceReader(source)
        taker = Taker(reader)
        with reader:
            wait_until(lambda: reader.state.over)
        assert reader.state == SourceState("ended")
        assert time.monotonic() - started >= 0.95
        assert len(taker.times) == 20
        steps = [
            after - before for before, after in zip(taker.times, taker.times[1:], strict=False)
        ]
        assert sorted(steps)[10] == pytest.approx(0.05, abs=0.001)
        assert taker.calls == 21  # and at the end

    def test_only_the_newest_frame_is_kept(self, tmp_path):
        source = VideoFile.at(write_video(tmp_path / "film.mp4", 10))

        def open_here(*_: object):  # at once: another process takes a moment to start
            return closing(open_container(source))

        with SourceReader(source, opener=open_here) as reader:
            wait_until(lambda: reader.state.over)
            newest = reader.take()
            assert newest.time == pytest.approx(0.45, abs=0.3)
            assert reader.take() is None

    def test_a_file_in_a_loop_until_it_is_stopped(self, tmp_path):
        source = VideoFile.at(write_video(tmp_path / "film.mp4", 5))
        reader = SourceReader(source, loop=True)
        taker = Taker(reader)
        with reader:
            wait_until(lambda: len(taker.times) > 12)
            reader.loop = False
            wait_until(lambda: reader.state.over)

    def test_a_stop_in_the_middle(self, tmp_path):
        path = write_video(tmp_path / "film.mp4", 200)
        with SourceReader(VideoFile.at(path)) as reader:
            wait_until(lambda: reader.take() is not None)
        assert reader.state == SourceState("playing")
        path.unlink()  # nobody holds it open, which matters on Windows

    def test_a_stop_before_the_start(self, tmp_path):
        reader = SourceReader(VideoFile.at(tmp_path / "none.mp4"))
        reader.request_stop()
        reader.start()
        reader.stop()
        assert reader.state == SourceState("opening")

    def test_a_truncated_file(self, tmp_path):
        path = write_video(tmp_path / "cut.mp4", 80, movflags="faststart")
        os.truncate(path, path.stat().st_size // 2)
        with SourceReader(VideoFile.at(path)) as reader:
            wait_until(lambda: reader.state.over)
        assert reader.state.phase == "ended"
        assert "cut.mp4 breaks off after 2 s; what there is was played" in reader.state.problem

    def test_a_missing_file(self, tmp_path):
        with SourceReader(VideoFile.at(tmp_path / "none.mp4")) as reader:
            wait_until(lambda: reader.state.over)
        assert reader.state.phase == "failed"

    def test_a_camera_that_stops_and_comes_back(self):
        with network_camera() as camera, SourceReader(NetworkCamera(camera.address)) as reader:
            for _ in range(2):
                wait_until(lambda: reader.state.phase == "playing")
                wait_until(lambda: reader.state.phase == "lost")
                assert "check whether the camera is still on" in reader.state.problem
            assert camera.viewers >= 2

    def test_a_camera_that_falls_silent(self):
        awake = threading.Event()
        with network_camera() as camera:
            camera.then = lambda: awake.wait(LONG)
            with SourceReader(NetworkCamera(camera.address)) as reader:
                wait_until(lambda: reader.state.phase == "lost")
                assert "found that nothing has come for" in reader.state.problem
                wait_until(lambda: reader.state.phase == "playing")
            awake.set()
        assert camera.viewers >= 2

    def test_a_camera_is_given_up_while_it_is_waited_for(self):
        with network_camera() as camera:
            address = camera.address
        with SourceReader(NetworkCamera(address)) as reader:
            wait_until(lambda: reader.state.phase == "lost")
        assert "nobody answering" in reader.state.problem

    def test_a_wrong_password_is_sent_only_once(self):
        with network_camera() as camera:
            address = camera.address.replace("/video", "/401").replace("//", "//me:secret@")
            with SourceReader(NetworkCamera(address)) as reader:
                wait_until(lambda: reader.state.over)
        assert reader.state.phase == "failed"
        assert "secret" not in reader.state.problem
