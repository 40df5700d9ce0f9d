from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.errors import SourceError
from emotion_core.video.sources import NetworkCamera, PluggedCamera, VideoFile


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("rtsp://192.168.1.20/stream", "rtsp://192.168.1.20/stream"),
        ("http://camera.local:8080", "http://camera.local:8080"),
        ("rtsp://admin:secret@10.0.0.5:554/1", "rtsp://10.0.0.5:554/1"),
        ("rtsp://admin:se@cret@10.0.0.5/1", "rtsp://10.0.0.5/1"),
        ("http://10.0.0.5/video?user=admin&pwd=secret", "http://10.0.0.5/video"),
        ("https://[fe80::1]:443/x#secret", "https://[fe80::1]:443/x"),
    ],
)
def test_a_camera_is_called_by_its_address_without_secrets(address, name):
    camera = NetworkCamera(address)
    assert camera.name == name
    assert "cret" not in repr(camera)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("", "nothing"),
        ("camera", "'camera'"),
        ("192.168.1.20:554/stream", "'192.168.1.20:554/stream'"),
        ("ftp://host/film.mp4", "'ftp://host/film.mp4'"),
        ("file:///etc/passwd", "'file:///etc/passwd'"),
        ("rtsp://", "'rtsp://'"),
        ("rtsp://host:door/1", "'rtsp://host:door/1'"),
        ("http://[::1/", "'http://[::1/'"),
        ("admin:secret@host?password=secret", "'host'"),
        ("x" * 100, f"'{'x' * 59}…'"),
    ],
)
def test_what_is_no_address_of_a_camera(address, found):
    with pytest.raises(SourceError) as caught:
        NetworkCamera(address)
    assert str(caught.value) == (
        "expected an address such as rtsp://192.168.1.20/stream or http://192.168.1.20/video, "
        f"found {found}; the camera's manual names its own"
    )


def test_files_are_called_by_their_name():
    file = VideoFile.at("~/films/talk.mp4")
    assert file == VideoFile("talk.mp4", Path.home() / "films/talk.mp4")
    assert repr(VideoFile("talk.mp4", b"content")) == "VideoFile(name='talk.mp4')"


def test_plugged_cameras_are_called_by_their_number():
    assert PluggedCamera(1).name == "camera 1 of this machine"
