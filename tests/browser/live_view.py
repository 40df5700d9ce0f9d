"""What the browser tests do with the live page."""

from __future__ import annotations

import base64
import time

import cv2
import numpy as np
from playwright.sync_api import FrameLocator, Locator, Page, expect

#: A busy machine needs long to start a stream; see also `emotion_core.live.session`.
START_MS = 60_000

#: Stands on the page as long as frames are read.
PLAYING = "Details"

GRAB_PICTURE = """video => {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    if (!canvas.width) return null;
    canvas.getContext("2d").drawImage(video, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
}"""


def streamer(page: Page) -> FrameLocator:
    """Return the frame that holds the video and its controls."""
    return page.frame_locator('iframe[title*="webrtc_streamer"]')


def press(page: Page, name: str) -> None:
    streamer(page).get_by_role("button", name=name, exact=True).click(timeout=START_MS)


def labels(page: Page) -> Locator:
    """Return the expressions named on the page, one for each face."""
    return page.locator(".face .emotion")


def start(page: Page) -> None:
    """Press Start and wait until the page shows what it reads."""
    press(page, "Start")
    expect(streamer(page).get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_text(PLAYING, exact=True)).to_be_visible(timeout=START_MS)


def picture(page: Page) -> np.ndarray | None:
    """Return the video's current picture, BGR uint8 [height, width, 3], if it has one."""
    encoded = streamer(page).locator("video").evaluate(GRAB_PICTURE, timeout=START_MS)
    if encoded is None:
        return None
    return cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)


def colored(image: np.ndarray) -> np.ndarray:
    """Return a mask of what the app drew: the cameras of these tests show nothing coloured."""
    return np.ptp(image.astype(int), axis=2) > 60


def annotated_picture(page: Page, seconds: float = 60) -> np.ndarray:
    """Wait for a picture with something drawn into it and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        image = picture(page)
        if image is not None and colored(image).sum() > 300:
            return image
        page.wait_for_timeout(50)
    raise AssertionError(f"nothing was drawn into the video within {seconds} s")


def drawn_box(image: np.ndarray) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the one box drawn into ``image``.

    The label's plate may be wider than the box, but only the box has long vertical lines.
    """
    mask = cv2.dilate(colored(image).astype(np.uint8), np.ones((3, 3), np.uint8))
    columns = np.nonzero(mask.sum(axis=0) > 0.15 * image.shape[0])[0]
    rows = np.nonzero(mask[:, columns[0] : columns[-1]].mean(axis=1) > 0.6)[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])
