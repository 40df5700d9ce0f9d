from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import av
import numpy as np
import pytest

from emotion_core.sessions import video as video_module
from emotion_core.sessions.video import (
    _MOST_WAITING,
    VideoRecorder,
    available_codec,
    keep_whole_fragments,
)
from emotion_core.system.storage.folders import PROJECT
from tests.sessions.recordings import IMAGE, STARTED, start

#: Uneven times, as of a camera that slows down in the dark.
TIMES = [0.25, 0.283, 0.317, 0.45, 0.5, 1.7, 1.733]

PROGRAM = """
import sys, time
from pathlib import Path
import numpy as np
from emotion_core.sessions.video import VideoRecorder
recorder = VideoRecorder(Path(sys.argv[1]))
for number in range(100_000):
    image = np.full((48, 64, 3), number % 256, np.uint8)
    recorder.record(number / 10, image)
    print(recorder.facts.frames, flush=True)
    time.sleep(0.005)
"""


def picture(brightness: int, width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), brightness, np.uint8)


def film(path: Path, pictures: list[np.ndarray], times: list[float]) -> VideoRecorder:
    """Record pictures no faster than they are encoded, so that none is dropped."""
    recorder = VideoRecorder(path)
    for seconds, image in zip(times, pictures, strict=True):
        recorder.record(seconds, image)
        while recorder._waiting.qsize():
            pass
    recorder.stop()
    return recorder


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def test_pictures_are_shown_when_they_were_taken(tmp_path):
    path = tmp_path / "video.mp4"
    facts = film(path, [picture(30 * number) for number in range(len(TIMES))], TIMES).facts
    assert (facts.codec, facts.frames, facts.dropped) == (available_codec(), len(TIMES), 0)
    assert facts.start == 0.25
    assert facts.problem is None
    frames = decoded(path)
    assert [frame.time + facts.start for frame in frames] == pytest.approx(TIMES, abs=0.001)
    grays = [frame.to_ndarray(format="gray").mean() for frame in frames]
    assert grays == pytest.approx([30 * number for number in range(len(TIMES))], abs=6)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_every_codec_that_may_be_chosen(tmp_path, monkeypatch, codec):
    if codec not in av.codecs_available:
        pytest.skip(f"PyAV has no {codec} here")
    monkeypatch.setattr(video_module, "available_codec", lambda: codec)
    path = tmp_path / "video.mp4"
    assert film(path, [picture(40)] * 40, [number / 20 for number in range(40)]).facts.frames == 40
    assert len(decoded(path)) == 40


def test_without_libx264_mpeg4_is_chosen(monkeypatch):
    monkeypatch.setattr(video_module.av, "codecs_available", {"mpeg4"})
    assert available_codec() == "mpeg4"


@pytest.mark.parametrize(("width", "height", "expected"), [(65, 49, (64, 48)), (1, 1, (2, 2))])
def test_odd_sizes(tmp_path, width, height, expected):
    path = tmp_path / "video.mp4"
    recorder = film(path, [picture(200, width, height)] * 3, [0, 0.1, 0.2])
    assert recorder.facts.problem is None
    first = decoded(path)[0]
    assert (first.width, first.height) == expected
    assert first.to_ndarray(format="gray").mean() == pytest.approx(200, abs=6)


def test_a_camera_that_changes_its_size_is_scaled_to_fit(tmp_path):
    path = tmp_path / "video.mp4"
    film(path, [picture(200, 64, 48), picture(200, 96, 144)], [0, 0.1])
    first, second = (frame.to_ndarray(format="gray") for frame in decoded(path))
    assert first.shape == second.shape == (48, 64)
    # 96x144 fits as 32x48, between two bars of 16 columns.
    assert second[:, 20:44].mean() == pytest.approx(200, abs=8)
    assert second[:, :12].mean() == pytest.approx(0, abs=8)
    assert second[:, 52:].mean() == pytest.approx(0, abs=8)


def test_a_picture_no_later_than_the_one_before_is_dropped(tmp_path):
    facts = film(tmp_path / "video.mp4", [picture(9)] * 3, [0.0, 0.0001, 0.5]).facts
    assert (facts.frames, facts.dropped, facts.problem) == (2, 1, None)


def test_no_picture_no_file(tmp_path):
    facts = film(tmp_path / "video.mp4", [], []).facts
    assert (facts.frames, facts.problem) == (0, None)
    assert not (tmp_path / "video.mp4").exists()


def test_a_busy_encoder_never_blocks_and_drops_are_counted(tmp_path, monkeypatch):
    busy, release = threading.Event(), threading.Event()

    def even_size(_):
        busy.set()
        assert release.wait(60)
        return 64, 48

    monkeypatch.setattr(video_module, "_even_size", even_size)
    recorder = VideoRecorder(tmp_path / "video.mp4")
    recorder.record(0, picture(5))
    assert busy.wait(30)
    for number in range(1, 21):
        recorder.record(number, picture(5))
    assert recorder.facts.dropped == 20 - _MOST_WAITING
    assert recorder.stop(timeout=0).problem.startswith("The video could not be finished in time")
    release.set()
    recorder._thread.join(30)


def test_a_killed_process_leaves_a_video_that_plays(tmp_path):
    path = tmp_path / "video.mp4"
    command = [sys.executable, "-c", PROGRAM, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as process:
        encoded = 0
        while encoded < 100:
            encoded = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    frames = decoded(path)
    # A fragment holds five pictures: the one being written may be lost.
    assert len(frames) >= encoded - 10
    assert frames[-1].time >= len(frames) / 10 - 0.2


def test_a_video_that_cannot_be_written_is_one_line(tmp_path):
    recorder = film(tmp_path / "missing" / "video.mp4", [picture(5)], [0.0])
    assert recorder.facts.problem.startswith("The video ended early (")
    assert "\n" not in recorder.facts.problem
    recorder.record(1.0, picture(5))
    assert recorder.facts.frames == 0


def test_a_session_goes_on_when_its_video_cannot(tmp_path, monkeypatch):
    monkeypatch.setattr(video_module, "_OPTIONS", {"movflags": "no such flag"})
    recorder = start(tmp_path, with_video=True)
    recorder.record(STARTED, [], IMAGE)
    recorder._video._thread.join(30)
    recorder.record(STARTED + 1, [], IMAGE)
    session = recorder.stop()
    assert recorder.problem.startswith("The video ended early (")
    assert (session.state, session.frames) == ("complete", 2)
    assert session.header.video.problem == recorder.problem


def test_a_session_with_its_video(tmp_path):
    recorder = start(tmp_path, with_video=True)
    for number in range(5):
        recorder.record(STARTED + 0.5 + number / 10, [], IMAGE)
    session = recorder.stop()
    assert session.header.video.frames == 5
    assert session.header.video.start == pytest.approx(0.5)
    assert len(decoded(session.video)) == 5


@pytest.fixture
def two_fragments(tmp_path) -> Path:
    """A video of one second: two fragments of ten pictures, and the index at the end."""
    path = tmp_path / "video.mp4"
    film(path, [picture(10 * number) for number in range(20)], [n / 20 for n in range(20)])
    return path


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.02, 0), (1.0, 20)])
def test_whole_fragments_are_kept(two_fragments, share, expected):
    content = two_fragments.read_bytes()
    two_fragments.write_bytes(content[: round(share * len(content))])
    keep_whole_fragments(two_fragments)
    if expected:
        assert len(decoded(two_fragments)) == expected
    else:
        assert not two_fragments.exists()


def test_a_fragment_that_was_cut_in_two_is_left_out(two_fragments):
    content = two_fragments.read_bytes()
    second = content.rindex(b"mdat")
    for end in (second + 4, second + 20, content.rindex(b"moof") + 2):
        two_fragments.write_bytes(content[:end])
        keep_whole_fragments(two_fragments)
        assert len(decoded(two_fragments)) == 10


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_leaves_a_video_that_plays(tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))\n"
    noise = PROGRAM.replace(
        "np.full((48, 64, 3), number % 256, np.uint8)",
        "np.random.default_rng(number).integers(0, 255, (48, 64, 3), np.uint8)",
    ).replace("print(recorder.facts.frames, flush=True)", "if recorder.facts.problem: break")
    path = tmp_path / "video.mp4"
    command = [sys.executable, "-c", limit + noise + "print(recorder.stop().problem)", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=PROJECT)
    assert done.stdout.splitlines()[-1].startswith("The video ended early ([Errno 27]")
    assert len(decoded(path)) > 0
    assert path.stat().st_size < 30_000
