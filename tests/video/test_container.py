from __future__ import annotations

import os
import socket
from contextlib import closing

import av
import numpy as np
import pytest

from emotion_core.errors import SourceError, SourceLostError
from emotion_core.video import demuxing as source_container
from emotion_core.video import problems as source_problems
from emotion_core.video.container import ContainerVideo, open_container
from emotion_core.video.sources import NetworkCamera, VideoFile
from tests.source_videos import (
    network_camera,
    shade,
    turn_video,
    write_film,
    write_sound,
    write_video,
)


def frames_of(source) -> tuple[list[av.VideoFrame], str]:
    """Return all frames, and the complaint at the end."""
    with closing(open_container(source)) as video:
        return [frame for frame in video.frames() if frame is not None], video.complaint


def until_lost(video: ContainerVideo) -> tuple[list[float], str]:
    """Return how bright the frames are until the camera is lost, and the message."""
    pictures: list[float] = []
    try:
        for frame in video.frames():
            pictures += [] if frame is None else [brightness(frame)]
    except SourceLostError as lost:
        return pictures, str(lost)
    raise AssertionError("the camera was not lost")


def brightness(frame: av.VideoFrame) -> float:
    return float(frame.to_ndarray(format="gray").mean())


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    for module in (source_container, source_problems):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)


class TestFiles:
    @pytest.mark.parametrize("kind", ["mp4", "mkv", "avi"])
    def test_every_frame_comes_with_its_time(self, tmp_path, kind):
        path = write_video(tmp_path / f"film.{kind}", 20)
        frames, complaint = frames_of(VideoFile.at(path))
        assert complaint == ""
        assert [frame.time for frame in frames] == pytest.approx(np.arange(20) / 20, abs=0.001)
        assert [brightness(frame) for frame in frames] == pytest.approx(
            [shade(index) for index in range(20)], abs=3
        )

    def test_uploaded_content_is_played_without_a_file(self, tmp_path):
        content = write_video(tmp_path / "film.mp4", 5).read_bytes()
        frames, complaint = frames_of(VideoFile("film.mp4", content))
        assert (len(frames), complaint) == (5, "")

    def test_what_is_no_file_is_told(self, tmp_path):
        (tmp_path / "film.mp4").symlink_to("/dev/zero")
        with pytest.raises(SourceError) as raised:
            frames_of(VideoFile.at(tmp_path / "film.mp4"))
        assert str(raised.value) == (
            f"expected a video file, found a pipe or a device at {tmp_path / 'film.mp4'}; check "
            "whether the path is right"
        )

    def test_the_largest_frames_are_4k(self, tmp_path):
        path = write_video(tmp_path / "film.mp4", 2, size=(4096, 2304))
        assert len(frames_of(VideoFile.at(path))[0]) == 2
        path = write_video(tmp_path / "film.mp4", 2, size=(4112, 2304))
        with pytest.raises(SourceError) as raised:
            frames_of(VideoFile.at(path))
        assert str(raised.value) == (
            "expected frames of at most 9 megapixels (4K), found 4112 x 2304 in film.mp4; reduce "
            "it first, for example with ffmpeg -i FILE -vf scale=1280:-2 small.mp4"
        )

    def test_a_film_of_a_phone_stands_upright(self, tmp_path):
        image = np.zeros((240, 320, 3), np.uint8)
        image[:120, :160] = 255
        path = turn_video(write_film(tmp_path / "phone.mp4", iter([image] * 3)))
        frames, _ = frames_of(VideoFile.at(path))
        upright = frames[0].to_ndarray(format="gray")
        assert upright.shape == (320, 240)
        # Turned clockwise, what was at the left top is at the right top.
        assert upright[20, 220] > 200
        assert upright[[20, 300, 300], [20, 20, 220]].max() < 50

    @pytest.mark.parametrize(
        ("matrix", "corner"),
        [
            ((1, 0, 0, 1), (0, 0)),
            ((-1, 0, 0, 1), (0, 1)),
            ((1, 0, 0, -1), (1, 0)),
            ((-1, 0, 0, -1), (1, 1)),
            ((0, 1, 1, 0), (0, 0)),
            ((0, 1, -1, 0), (0, 1)),
            ((0, -1, 1, 0), (1, 0)),
            ((0, -1, -1, 0), (1, 1)),
        ],
    )
    def test_a_film_is_turned_and_mirrored_as_it_says(self, tmp_path, matrix, corner):
        """The picture is that of `ffmpeg -i phone.mp4 -frames:v 1`, for each of the eight."""
        image = np.full((240, 320, 3), 40, np.uint8)
        image[:120, :160] = 250  # the corner
        image[120:, :160] = 130  # below it
        path = turn_video(write_film(tmp_path / "phone.mp4", iter([image] * 3)), *matrix)
        frames, _ = frames_of(VideoFile.at(path))
        shown = frames[0].to_ndarray(format="gray")
        transposed = matrix[0] == 0
        assert shown.shape == ((320, 240) if transposed else (240, 320))
        rows, columns = (-60, 60) if corner[0] else (60, -60), (-60, 60) if corner[1] else (60, -60)
        below = (rows[0], columns[1]) if transposed else (rows[1], columns[0])
        assert shown[rows[0], columns[0]] == pytest.approx(250, abs=10)
        assert shown[below] == pytest.approx(130, abs=10)
        assert shown[rows[1], columns[1]] == pytest.approx(40, abs=10)

    def test_sound_with_a_cover_is_no_film(self, tmp_path):
        path = write_sound(tmp_path / "song.m4a")
        with pytest.raises(SourceError) as caught:
            frames_of(VideoFile.at(path))
        assert str(caught.value) == (
            "expected a video, found sound with a picture as its cover in song.m4a; "
            "choose another one"
        )

    def test_a_film_with_a_cover_is_played(self, tmp_path):
        frames, complaint = frames_of(VideoFile.at(write_sound(tmp_path / "clip.mp4", film=7)))
        assert (len(frames), complaint) == (7, "")
        assert frames[0].width == 320

    def test_a_film_that_breaks_off_is_played_as_far_as_it_goes(self, tmp_path):
        path = write_video(tmp_path / "cut.mp4", 80, movflags="faststart")
        os.truncate(path, path.stat().st_size // 2)
        frames, complaint = frames_of(VideoFile.at(path))
        assert 20 < len(frames) < 60
        assert complaint == (
            "expected 4 s of video, found that cut.mp4 breaks off after 2 s; "
            "what there is was played"
        )

    def test_damaged_places_are_left_out(self, tmp_path):
        path = write_video(tmp_path / "scratched.avi", 40)
        content = bytearray(path.read_bytes())
        starts = [place for place in range(len(content)) if content[place : place + 4] == b"00dc"]
        for start in starts[10:14]:
            content[start + 8 : start + 24] = bytes(16)
        path.write_bytes(content)
        frames, complaint = frames_of(VideoFile.at(path))
        assert len(frames) >= 20
        assert complaint == (
            "expected a whole video, found damaged places in scratched.avi; they were left out"
        )

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("empty.mp4", b""),
            ("text.mp4", b"hello\n" * 100),
            ("text.txt", b"hello\n" * 100),
            ("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n/etc/passwd\n"),
            ("list.ffconcat", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ],
    )
    def test_what_is_no_video(self, tmp_path, name, content):
        path = tmp_path / name
        path.write_bytes(content)
        for source in (VideoFile.at(path), VideoFile(name, content)):
            with pytest.raises(SourceError) as caught:
                frames_of(source)
            assert not isinstance(caught.value, SourceLostError)
            assert str(caught.value) == (
                "expected a video such as MP4, MOV, MKV, WebM or AVI, found something else in "
                f"{name}; choose another file (of an MP4, the end must not be missing)"
            )

    def test_an_mp4_without_its_end(self, tmp_path):
        path = write_video(tmp_path / "cut.mp4", 40)
        os.truncate(path, path.stat().st_size // 2)
        with pytest.raises(SourceError, match="of an MP4, the end must not be missing"):
            frames_of(VideoFile.at(path))

    def test_sound_is_no_video(self, tmp_path):
        path = tmp_path / "sound.mkv"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
            silence.sample_rate = 8000
            container.mux(stream.encode(silence))
        with pytest.raises(SourceError, match=r"found no picture in sound\.mkv"):
            frames_of(VideoFile.at(path))

    def test_no_file(self, tmp_path):
        with pytest.raises(SourceError, match=r"found nothing at .*none.mp4; check whether"):
            frames_of(VideoFile.at(tmp_path / "none.mp4"))
        with pytest.raises(SourceError, match="found a folder at"):
            frames_of(VideoFile.at(tmp_path))

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
    def test_a_pipe_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.mp4")
        with pytest.raises(SourceError, match="expected a video file"):
            frames_of(VideoFile.at(tmp_path / "pipe.mp4"))


class TestNetwork:
    def test_a_stream_of_pictures(self):
        with (
            network_camera() as camera,
            closing(open_container(NetworkCamera(camera.address))) as video,
        ):
            assert not video.paced
            pictures, problem = until_lost(video)
        assert "check whether the camera is still on" in problem
        assert len(pictures) >= 9
        assert pictures == pytest.approx([shade(index) for index in range(len(pictures))], abs=3)

    def test_a_file_at_an_address_is_played_to_its_end(self, tmp_path):
        write_video(tmp_path / "film.mp4", 20)
        with network_camera(tmp_path) as camera:
            address = camera.address.replace("/video", "/film.mp4")
            with closing(open_container(NetworkCamera(address))) as video:
                assert video.paced
                assert len([frame for frame in video.frames() if frame is not None]) == 20

    @pytest.mark.parametrize(
        ("path", "message", "retried"),
        [
            ("/401", "found that it asks for another user name and password; put them into", False),
            ("/404", "behind the host is right", True),
            ("/500", "behind the host is right", True),
            ("/page", "not that of the camera's web page", True),
        ],
    )
    def test_what_a_server_may_answer(self, path, message, retried):
        with network_camera() as camera:
            address = camera.address.replace("/video", path).replace("//", "//me:secret@")
            with pytest.raises(SourceError, match=message) as caught:
                frames_of(NetworkCamera(address))
        assert isinstance(caught.value, SourceLostError) is retried
        assert "secret" not in str(caught.value)
        # Whoever logs the error with its traceback logs no password either.
        assert caught.value.__suppress_context__

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        for scheme in ("http", "rtsp"):
            with pytest.raises(SourceLostError) as caught:
                frames_of(NetworkCamera(f"{scheme}://127.0.0.1:{port}/video"))
            assert str(caught.value) == (
                f"expected a video from {scheme}://127.0.0.1:{port}/video, found nobody answering "
                f"at 127.0.0.1, port {port}; check whether the camera is on, and whether host and "
                "port are right"
            )

    @pytest.mark.parametrize("scheme", ["http", "rtsp"])
    def test_somebody_who_never_answers(self, scheme):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/video"
            with pytest.raises(SourceLostError, match="found no answer within"):
                frames_of(NetworkCamera(address))

    def test_an_unknown_host(self, monkeypatch):
        def unknown(*_: object) -> None:
            raise socket.gaierror

        monkeypatch.setattr(source_problems.socket, "getaddrinfo", unknown)
        with pytest.raises(
            SourceLostError, match=r"found no machine called camera\.invalid; check"
        ):
            frames_of(NetworkCamera("http://camera.invalid/video"))
