from __future__ import annotations

import os
import signal
import sys
import threading
import time

import cv2
import numpy as np
import pytest

from emotion_core.errors import ImageError
from emotion_core.faces.pictures import apart
from emotion_core.faces.pictures.apart import read_image_apart
from emotion_core.system.processes.children import Child

IMAGE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
CONTENT = cv2.imencode(".png", IMAGE)[1].tobytes()


@pytest.fixture(autouse=True)
def reader():
    """A reader of its own for each test: what a test does to it, no other test sees."""
    apart._reader.close()
    yield apart._reader
    apart._reader.close()


def child(reader) -> Child:
    assert reader._child is not None
    return reader._child


def test_a_picture_comes_as_it_is_and_may_be_drawn_on(tmp_path):
    (tmp_path / "a.png").write_bytes(CONTENT)
    for image in (read_image_apart(CONTENT), read_image_apart(tmp_path / "a.png")):
        np.testing.assert_array_equal(image, IMAGE)
        image[:] = 0


def test_a_very_large_picture_is_halved():
    content = cv2.imencode(".png", np.full((40, 61, 3), 7, np.uint8))[1].tobytes()
    assert read_image_apart(content, most_pixels=40 * 61).shape == (40, 61, 3)
    assert read_image_apart(content, most_pixels=40 * 61 - 1).shape == (20, 30, 3)
    assert (read_image_apart(content, most_pixels=5) == 7).all()


def test_one_process_reads_one_picture_after_the_other(reader):
    read_image_apart(CONTENT)
    pid = child(reader).pid
    with pytest.raises(ImageError, match=r"^a\.png: expected a picture .* found something else"):
        read_image_apart(b"hello", "a.png")
    read_image_apart(CONTENT)
    assert child(reader).pid == pid


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no signals")
def test_a_crash_costs_one_picture(reader):
    read_image_apart(CONTENT)
    os.kill(child(reader).pid, signal.SIGSTOP)  # it hangs ...
    threading.Timer(0.3, os.kill, (child(reader).pid, signal.SIGKILL)).start()  # ... and crashes
    with pytest.raises(ImageError) as raised:
        read_image_apart(CONTENT, "a.png")
    assert str(raised.value) == (
        "a.png: expected a picture that can be read, found one that crashed what read it (exit "
        "code -9); it is damaged or malicious, and is refused"
    )
    np.testing.assert_array_equal(read_image_apart(CONTENT), IMAGE)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no signals")
def test_a_picture_that_takes_too_long_is_given_up(reader, monkeypatch):
    read_image_apart(CONTENT)
    os.kill(child(reader).pid, signal.SIGSTOP)
    monkeypatch.setattr(apart, "TIME_LIMIT", 0.3)
    with pytest.raises(ImageError) as raised:
        read_image_apart(CONTENT, "a.png")
    assert str(raised.value) == (
        "a.png: expected a picture that is read within 0 s, found one that takes longer; save it "
        "again as JPEG"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no signals")
def test_who_goes_is_not_waited_for(reader):
    """Neither while a picture is read, nor while another one's is."""
    read_image_apart(CONTENT)
    os.kill(child(reader).pid, signal.SIGSTOP)
    gone = threading.Event()

    def look_up(_: float) -> None:
        if gone.is_set():
            raise KeyboardInterrupt

    ends: list[BaseException] = []

    def wait() -> None:
        try:
            read_image_apart(CONTENT, progress=look_up)
        except BaseException as error:  # noqa: BLE001
            ends.append(error)

    threads = [threading.Thread(target=wait) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    gone.set()
    for thread in threads:
        thread.join(timeout=5)
    assert [type(end) for end in ends] == [KeyboardInterrupt] * 2
    np.testing.assert_array_equal(read_image_apart(CONTENT), IMAGE)


def test_a_process_that_has_waited_long_enough_is_replaced(reader):
    read_image_apart(CONTENT)
    stdin = child(reader)._process.stdin
    assert stdin is not None
    stdin.close()
    child(reader)._process.wait(10)
    np.testing.assert_array_equal(read_image_apart(CONTENT), IMAGE)


def test_where_no_process_starts_it_is_said(monkeypatch):
    def fail(_: str, **__: object) -> Child:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(apart, "Child", fail)
    with pytest.raises(ImageError) as raised:
        read_image_apart(CONTENT, "a.png")
    assert str(raised.value) == (
        "a.png: expected to start a process that reads it, found that none starts (Resource "
        "temporarily unavailable); close other programs and try again"
    )


def test_a_file_that_cannot_be_a_picture_is_not_read(tmp_path):
    path = tmp_path / "a.png"
    with path.open("wb") as file:
        file.truncate(40_000_000_000)
    with pytest.raises(ImageError) as raised:
        read_image_apart(path)
    assert str(raised.value) == (
        f"{path}: expected a picture of at most 1 GB, found 40 GB; reduce it first"
    )
