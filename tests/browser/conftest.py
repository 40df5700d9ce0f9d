"""A real server and a real browser with a made-up camera."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

ROOT = Path(__file__).parents[2]
CAMERA_SIZE = (640, 480)

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


class Server:
    """A running ``streamlit run app.py``."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self.log = log

    def open_udp_sockets(self) -> int:
        """Return how many UDP sockets the server holds; every live stream needs some."""
        kernel = Path("/proc/net")
        if not kernel.exists():
            pytest.skip("counting the server's sockets needs Linux's /proc")
        lines = "".join((kernel / name).read_text() for name in ("udp", "udp6"))
        udp = {line.split()[9] for line in lines.splitlines() if ":" in line.split()[0]}
        links = []
        for descriptor in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                links.append(str(descriptor.readlink()))
            except FileNotFoundError:
                continue  # closed meanwhile
        return sum(1 for link in links if link.startswith("socket:[") and link[8:-1] in udp)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(server: Server) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the app did not start:\n{server.log.read_text()}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log.txt"
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.port", str(port), "--server.headless", "true"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        server = Server(process, f"http://localhost:{port}", log)
        try:
            _wait_until_healthy(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # Not for the whole session: as long as it lives, no other test can run an event loop.
    with sync_playwright() as playwright:
        yield playwright


def _chromium(playwright: Playwright) -> str:
    """Return the browser to use, or skip; in CI a missing browser is a failure."""
    for candidate in (
        os.environ.get("CHROMIUM"),
        shutil.which("chromium"),
        playwright.chromium.executable_path,
    ):
        if candidate and Path(candidate).exists():
            return candidate
    reason = (
        "no Chromium: install the package chromium, run `playwright install chromium`, or name one "
        "in the environment variable CHROMIUM"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


OpenBrowser = Callable[..., Browser]


@pytest.fixture
def open_browser(playwright: Playwright) -> Iterator[OpenBrowser]:
    """Start a browser with ``flags`` besides the usual ones; it is closed after the test."""
    executable = _chromium(playwright)
    with ExitStack() as closing:

        def open_one(*flags: str) -> Browser:
            browser = playwright.chromium.launch(
                executable_path=executable, args=[*CHROMIUM_FLAGS, *flags]
            )
            closing.callback(browser.close)
            return browser

        yield open_one


def camera_flags(clip: Path, allow: bool = True) -> list[str]:
    """Return the flags that make ``clip`` the camera, with or without permission to use it."""
    flags = [f"--use-file-for-fake-video-capture={clip.absolute()}"]
    return [*flags, "--use-fake-ui-for-media-stream"] if allow else flags


def grey_astronaut(side: int) -> np.ndarray:
    """Return the portrait of Eileen Collins (NASA, public domain), grey uint8 [side, side].

    Grey, so that every coloured pixel in the returned video was drawn by the app.
    """
    portrait = cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2GRAY)
    return cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)


def write_clip(path: Path, frames: list[np.ndarray], rate: int = 20) -> Path:
    """Write BGR or grey uint8 frames of one size as the YUV4MPEG2 file Chromium plays in a loop."""
    height, width = frames[0].shape[:2]
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{rate}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            image = frame if frame.ndim == 3 else cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
            file.write(b"FRAME\n" + cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420).tobytes())
    return path


def on_wall(*portraits: np.ndarray, shift: int = 0) -> np.ndarray:
    """Return a camera picture with the portraits side by side, moved right by ``shift`` pixels."""
    width, height = CAMERA_SIZE
    wall = np.full((height, width), 96, np.uint8)
    row = np.hstack(portraits)
    left = (width - row.shape[1]) // 2 + shift
    top = (height - row.shape[0]) // 2
    wall[top : top + row.shape[0], left : left + row.shape[1]] = row
    return wall


#: The portrait moves by so many pixels to either side of the middle.
SWAY = 12


@pytest.fixture(scope="session")
def one_face_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shifts = [round(SWAY * np.sin(2 * np.pi * step / 40)) for step in range(40)]
    frames = [on_wall(grey_astronaut(480), shift=shift) for shift in shifts]
    return write_clip(tmp_path_factory.mktemp("camera") / "one.y4m", frames)


@pytest.fixture(scope="session")
def two_faces_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = [on_wall(grey_astronaut(300), grey_astronaut(300), shift=shift) for shift in (0, 2)]
    return write_clip(tmp_path_factory.mktemp("camera") / "two.y4m", frames * 10)


@pytest.fixture
def keep_picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keep a screenshot as an artefact of the run, for a person to look at."""
    folder = Path(os.environ.get("TEST_ARTEFACTS", ROOT / "test-artefacts"))
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str) -> None:
        test = re.sub(r"\W+", "-", request.node.name).strip("-")
        page.screenshot(path=folder / f"{test}-{name}.png")

    return keep
