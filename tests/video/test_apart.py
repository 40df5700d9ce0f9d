"""Videos as they are met on the page: decoded by another process. How FFmpeg reads them is tested
in `test_container`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import closing

import av
import numpy as np
import pytest

from emotion_core.errors import SourceError, SourceLostError
from emotion_core.system.processes.children import Child
from emotion_core.video import apart
from emotion_core.video.apart import Decoder
from emotion_core.video.container import open_container
from emotion_core.video.opening import open_source
from emotion_core.video.reader import SourceReader
from emotion_core.video.sources import NetworkCamera, VideoFile, VideoSource
from emotion_core.video.worker import Worker
from tests.source_videos import network_camera, turn_video, write_video
from tests.system.alive import is_alive, wait_until_gone

limited = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")


@pytest.fixture
def started(monkeypatch) -> list[Child]:
    """Return the processes that were started, in their order."""
    children = []

    class Noted(Child):
        def __init__(self, *arguments, **options) -> None:
            super().__init__(*arguments, **options)
            children.append(self)

    monkeypatch.setattr(apart, "Child", Noted)
    return children


@pytest.fixture
def bad(monkeypatch, tmp_path):
    """Return a source that makes the process do what it is called."""

    def make(act: str) -> VideoFile:
        return VideoFile.at(write_video(tmp_path / f"{act}.mp4", 3))

    monkeypatch.setattr(apart, "_WORKER", "tests.video.bad_worker")
    return make


def frames_of(source: VideoSource) -> tuple[list[av.VideoFrame], str]:
    """Return all frames, and the complaint at the end."""
    with Decoder() as decoder, open_source(source, decoder) as video:
        return [frame for frame in video.frames() if frame is not None], video.complaint


def described(frame: av.VideoFrame) -> tuple[object, ...]:
    return frame.pts, frame.time_base, frame.color_range, frame.colorspace, frame.format.name


def same_as_here(source: VideoFile) -> None:
    frames, complaint = frames_of(source)
    with closing(open_container(source)) as video:
        expected = [frame for frame in video.frames() if frame is not None]
        assert complaint == video.complaint
    assert [described(frame) for frame in frames] == [described(frame) for frame in expected]
    for frame, other in zip(frames, expected, strict=True):
        assert np.array_equal(frame.to_ndarray(), other.to_ndarray())


class TestPictures:
    def test_they_are_those_of_the_file(self, tmp_path):
        same_as_here(VideoFile.at(write_video(tmp_path / "film.mp4", 8)))
        same_as_here(VideoFile.at(turn_video(tmp_path / "film.mp4")))

    def test_of_full_range_and_of_an_upload(self, tmp_path):
        with av.open(str(tmp_path / "film.avi"), "w") as container:
            stream = container.add_stream("mjpeg", rate=10)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
            noise = np.random.default_rng(7).integers(0, 256, (48, 64, 3)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
            container.mux(stream.encode())
        content = (tmp_path / "film.avi").read_bytes()
        frames, _ = frames_of(VideoFile("film.avi", content))
        assert frames[0].color_range == 2
        same_as_here(VideoFile("film.avi", content))

    def test_a_path_is_meant_below_the_folder_of_the_app(self, tmp_path, monkeypatch):
        write_video(tmp_path / "film.mp4", 2)
        monkeypatch.chdir(tmp_path)
        assert len(frames_of(VideoFile.at("film.mp4"))[0]) == 2

    def test_a_complaint_comes_along(self, tmp_path):
        path = write_video(tmp_path / "cut.mp4", 80, movflags="faststart")
        os.truncate(path, path.stat().st_size // 2)
        assert "cut.mp4 breaks off after 2 s" in frames_of(VideoFile.at(path))[1]

    def test_they_come_one_by_one(self, tmp_path):
        worker, nothing = Worker(), {}
        worker._cut_off = True  # this process goes on to live without limits
        path = str(write_video(tmp_path / "film.mp4", 3))
        told = [worker.answer(request, print) for request in ({"name": "a", "path": path},)]
        assert told == [{"paced": True}]
        answers = [worker.answer(nothing, print) for _ in range(4)]
        assert [round(20 * each["pts"] / each["time_base"][1]) for each in answers[:3]] == [0, 1, 2]
        assert answers[3] == {"complaint": ""}

    def test_a_camera_is_read_through_the_network(self):
        with network_camera() as camera, Decoder() as decoder:
            source = NetworkCamera(camera.address)
            with open_source(source, decoder) as video:
                assert not video.paced
                with pytest.raises(SourceLostError, match="check whether the camera is still on"):
                    assert all(frame is None or frame.width == 320 for frame in video.frames())
            with pytest.raises(SourceError, match="another user name and password") as caught:
                frames_of(NetworkCamera(camera.address.replace("/video", "/401")))
        assert not isinstance(caught.value, SourceLostError)


class TestProcess:
    def test_one_for_all_openings_of_a_source(self, tmp_path, started):
        source = VideoFile.at(write_video(tmp_path / "film.mp4", 2))
        with Decoder() as decoder:
            for _ in range(3):
                with open_source(source, decoder) as video:
                    assert len([frame for frame in video.frames() if frame]) == 2
        assert len(started) == 1
        assert not is_alive(started[0].pid)

    def test_a_source_that_is_left_is_closed(self, tmp_path, started):
        source = VideoFile.at(write_video(tmp_path / "film.mp4", 50))
        with Decoder() as decoder:
            with open_source(source, decoder) as video:
                next(video.frames())
            wait_until_gone(started[0].pid)
            with open_source(source, decoder) as video:
                assert len([frame for frame in video.frames() if frame]) == 50

    @pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="not on Windows")
    @pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="not on Windows")
    def test_one_that_is_killed_between_two_pictures_is_not_the_end(self, tmp_path, started):
        film = VideoFile.at(write_video(tmp_path / "film.mp4", 30))
        with Decoder() as decoder, decoder.open(film) as video:
            frames = video.frames()
            next(frames)
            os.kill(started[0].pid, signal.SIGKILL)
            deadline = time.monotonic() + 30
            while started[0].running:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            with pytest.raises(SourceError, match="crashed the video decoder"):
                list(frames)
        assert len(started) == 1

    def test_a_camera_whose_process_crashed_is_tried_again(self, started):
        with network_camera() as camera, Decoder() as decoder:
            source = NetworkCamera(camera.address)
            with open_source(source, decoder) as video:
                next(video.frames())
                os.kill(started[0].pid, signal.SIGKILL)
                with pytest.raises(SourceLostError) as caught:
                    list(video.frames())
            assert str(caught.value) == (
                f"expected pictures from {source.name}, found that they crashed the video decoder "
                "or used too much memory (exit code -9); restart the camera if this goes on"
            )
            with open_source(source, decoder) as video:
                assert next(video.frames()) is not None
        assert len(started) == 2

    def test_none_that_starts(self, tmp_path, monkeypatch):
        def no_room(*_: object, **__: object) -> None:
            raise OSError(11, "Resource temporarily unavailable")

        monkeypatch.setattr(apart, "Child", no_room)
        with pytest.raises(SourceError) as caught:
            frames_of(VideoFile.at(write_video(tmp_path / "film.mp4", 2)))
        assert str(caught.value) == (
            "expected to start the video decoder for film.mp4, found that it does not start "
            "(Resource temporarily unavailable); close other programs and try again"
        )

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing takes these away")
    def test_a_file_s_has_no_network_and_writes_nothing(self, bad, monkeypatch):
        monkeypatch.setenv("EMOTION_SECRET", "secret")
        assert frames_of(bad("reach_out")) == ([], "nothing")

    def test_a_camera_s_knows_the_proxy_and_a_file_s_does_not(self, monkeypatch):
        environments = []

        def note(*_: object, environment: dict[str, str], bare: bool) -> None:
            environments.append((environment, bare))
            raise OSError("enough")

        monkeypatch.setattr(apart, "Child", note)
        monkeypatch.setenv("http_proxy", "http://proxy:3128")
        monkeypatch.delenv("no_proxy", raising=False)
        for source in (NetworkCamera("http://camera/video"), VideoFile("film.mp4", b"")):
            with pytest.raises(SourceError):
                frames_of(source)
        assert environments == [({"http_proxy": "http://proxy:3128"}, True), ({}, True)]


class TestInTheHandsOfAStranger:
    def test_it_crashes(self, bad):
        with pytest.raises(SourceError) as caught:
            frames_of(bad("crash"))
        assert not isinstance(caught.value, SourceLostError)
        assert str(caught.value).startswith(
            "expected pictures from crash.mp4, found that they crashed the video decoder or used "
            "too much memory (exit code "
        )
        assert str(caught.value).endswith("); convert it to MP4 with H.264")

    @limited
    def test_it_grows(self, bad):
        with pytest.raises(SourceError) as caught:
            frames_of(bad("fill_memory"))
        assert str(caught.value) == (
            "expected a video that is decoded in 2 GB of memory, found one that takes more; "
            "convert it to MP4 with H.264"
        )

    def test_it_hangs(self, bad, started, monkeypatch):
        source = bad("sleep")
        with Decoder() as decoder, open_source(source, decoder) as video:
            monkeypatch.setattr(apart, "TIME_LIMIT", 0.5)
            with pytest.raises(SourceError) as caught:
                next(video.frames())
            assert not is_alive(started[0].pid)
        assert str(caught.value) == (
            "expected sleep.mp4 to open, or its next picture, within 0 s, found that the video "
            "decoder hangs; convert it to MP4 with H.264"
        )

    def test_it_hangs_and_is_stopped(self, bad, started):
        """Nobody waits for it: it would take ten minutes."""
        reader = SourceReader(bad("sleep"))
        reader.start()
        while not started:
            threading.Event().wait(0.01)
        reader.stop()
        assert not is_alive(started[0].pid)
        assert reader.state.problem == ""

    def test_it_fails(self, bad):
        with pytest.raises(SourceError) as caught:
            frames_of(bad("fail"))
        assert str(caught.value) == (
            "expected pictures from fail.mp4, found that the video decoder failed (KeyError: "
            "'streams'); convert it to MP4 with H.264"
        )

    @pytest.mark.parametrize(
        "act", ["wide", "short", "without_pixels", "timeless", "late", "wordy"]
    )
    def test_what_it_says_is_not_believed(self, bad, act):
        with pytest.raises(SourceError, match=rf"expected pictures from {act}\.mp4, found that"):
            frames_of(bad(act))


class TestPlaces:
    """A file read from the middle, as recorded video is."""

    @pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.avi", "film.ts"])
    def test_frames_from_a_time_on(self, tmp_path, name):
        source = VideoFile.at(write_video(tmp_path / name, 100))
        with Decoder() as decoder:
            with decoder.open(source, 0.0) as video:
                every = [frame for frame in video.frames() if frame is not None]
                origin = video.facts.origin
            with decoder.open(source, 3.5) as video:
                later = [frame for frame in video.frames() if frame is not None]
        assert len(every) == 100
        wanted = [frame for frame in every if frame.time >= origin + 3.5]
        assert len(wanted) == 30
        assert [described(frame) for frame in later] == [described(frame) for frame in wanted]
        for frame, other in zip(later, wanted, strict=True):
            assert np.array_equal(frame.to_ndarray(), other.to_ndarray())

    def test_what_the_header_says(self, tmp_path):
        source = VideoFile.at(write_video(tmp_path / "film.mp4", 40))
        with Decoder() as decoder, decoder.open(source, 0.0) as video:
            facts = video.facts
        assert (facts.origin, facts.seconds, facts.rate) == (0.0, 2.0, 20.0)
        assert facts.indexed

    def test_behind_the_end_there_is_nothing(self, tmp_path):
        source = VideoFile.at(write_video(tmp_path / "film.mp4", 40))
        with Decoder() as decoder, decoder.open(source, 60.0) as video:
            assert [frame for frame in video.frames() if frame is not None] == []

    def test_the_process_waits_for_the_next_file(self, tmp_path, started):
        source = VideoFile.at(write_video(tmp_path / "film.mp4", 40))
        with Decoder() as decoder:
            for _ in range(3):
                with decoder.open(source, 0.0) as video:
                    assert next(video.frames()) is not None
            assert len(started) == 1
            for _ in range(apart.MOST_OPENINGS):
                with decoder.open(source, 0.0) as video:
                    assert len([frame for frame in video.frames() if frame is not None]) == 40
            assert len(started) == 2
