"""A real server, and films for the made-up camera of a real browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from playwright.sync_api import Browser, Page, expect

from emotion_core.system.storage.folders import PROJECT

ROOT = PROJECT
CAMERA_SIZE = (640, 480)

#: The portrait in `one_face_clip` moves by so many pixels to either side of the middle.
SWAY = 12

#: Returns a browser with further flags; see the fixture `open_browser`.
OpenBrowser = Callable[..., Browser]


def artefacts_folder() -> Path:
    """Return the folder for what a person should look at after the tests."""
    folder = Path(os.environ.get("TEST_ARTEFACTS", ROOT / "test-artefacts"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Server:
    """A running ``streamlit run app.py``."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self.log = log

    def udp_sockets(self) -> set[str]:
        """Return the server's UDP sockets; every live stream needs some."""
        kernel = Path("/proc/net")
        if not kernel.exists():
            pytest.skip("listing the server's sockets needs Linux's /proc")
        lines = (kernel / "udp").read_text() + (kernel / "udp6").read_text()
        udp = {f"socket:[{line.split()[9]}]" for line in lines.splitlines()}
        opened = set()
        for descriptor in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                opened.add(str(descriptor.readlink()))
            except FileNotFoundError:
                continue  # closed meanwhile
        return opened & udp

    def wait_until_healthy(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"the app did not start:\n{self.log.read_text()}")


@contextmanager
def running_server(
    log: Path,
    *,
    script: str = "app.py",
    environment: Mapping[str, str] | None = None,
    root: Path = ROOT,
) -> Iterator[Server]:
    """Run the app on a free port until the block ends; its output goes to ``log``.

    Sessions that are recorded meanwhile go to a folder beside the log. ``root`` is the checkout
    whose app it is.
    """
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script]
    command += ["--server.port", str(port), "--server.headless", "true"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=os.environ
            # Which of them a busy machine can serve is not what the tests are about.
            | {"EMOTION_MOST_VIEWERS": "50"}
            | {"EMOTION_SESSIONS_DIR": str(log.with_name("sessions"))}
            | dict(environment or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            server = Server(process, f"http://localhost:{port}", log)
            server.wait_until_healthy()
            yield server
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for_end_of_run(page: Page) -> None:
    """Wait until Streamlit has shown all that the page's script says."""
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")


def camera_flags(clip: Path, *, allow: bool = True) -> list[str]:
    """Return the flags that make ``clip`` the camera, with or without permission to use it."""
    flags = [f"--use-file-for-fake-video-capture={clip.absolute()}"]
    return [*flags, "--use-fake-ui-for-media-stream"] if allow else flags


def portrait(side: int, *, color: bool = False) -> np.ndarray:
    """Return Eileen Collins's face and shoulders (NASA, public domain), BGR [side, side, 3].

    Grey by default: then every coloured pixel in the returned video was drawn by the app.
    """
    picture = cv2.cvtColor(skimage.data.astronaut()[10:270, 95:355], cv2.COLOR_RGB2BGR)
    if not color:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def on_wall(*portraits: np.ndarray, shift: int = 0) -> np.ndarray:
    """Return a camera picture with the portraits side by side, moved right by ``shift`` pixels."""
    width, height = CAMERA_SIZE
    wall = np.full((height, width, 3), 96, np.uint8)
    if portraits:
        row = np.hstack(portraits)
        left = (width - row.shape[1]) // 2 + shift
        top = (height - row.shape[0]) // 2
        wall[top : top + row.shape[0], left : left + row.shape[1]] = row
    return wall


def swaying(*portraits: np.ndarray) -> list[np.ndarray]:
    """Return two seconds of camera pictures in which the portraits move to and fro."""
    shifts = [round(SWAY * np.sin(2 * np.pi * step / 40)) for step in range(40)]
    return [on_wall(*portraits, shift=shift) for shift in shifts]


def write_clip(path: Path, frames: list[np.ndarray], rate: int = 20) -> Path:
    """Write BGR frames of one size as the YUV4MPEG2 file that Chromium plays in a loop."""
    height, width = frames[0].shape[:2]
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{rate}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            file.write(b"FRAME\n" + cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes())
    return path
