"""Takes the README's pictures of the pages: ``python docs/make_pictures.py``.

The camera shows Eileen Collins (NASA, public domain; from scikit-image); the dataset is the demo.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import skimage.data
from PIL import Image
from playwright.sync_api import Page, Playwright, expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import CHROMIUM_FLAGS  # noqa: E402 - the path comes first
from tests.browser.install import installed_browser  # noqa: E402
from tests.browser.live_view import annotated_picture, start  # noqa: E402
from tests.browser.support import CAMERA_SIZE, camera_flags, running_server, write_clip  # noqa: E402

SECONDS_TO_SETTLE = 8  # until the video is sharp and the figures are steady


def live_page(folder: Path, playwright: Playwright) -> bytes:
    """Return a screenshot (PNG) of the running live page."""
    scene = cv2.cvtColor(skimage.data.astronaut()[:384], cv2.COLOR_RGB2BGR)
    clip = write_clip(folder / "camera.y4m", [cv2.resize(scene, CAMERA_SIZE)] * 20)
    with open_page(folder, playwright, *camera_flags(clip)) as page:
        page.get_by_role("button", name="Got it").click()  # as the page is on every later visit
        start(page)
        annotated_picture(page)
        page.wait_for_timeout(1000 * SECONDS_TO_SETTLE)
        return page.screenshot()


def dataset_page(folder: Path, playwright: Playwright) -> bytes:
    """Return a screenshot (PNG) of one face of the demo dataset among the others."""
    with open_page(folder, playwright) as page:
        page.get_by_role("link", name="Dataset explorer").click()
        page.get_by_role("tab", name="Browse").click()
        page.locator(".grid").last.locator(".cell").nth(9).click(timeout=120_000)
        expect(page.get_by_text("What the model sees")).to_be_visible(timeout=120_000)
        page.wait_for_timeout(1000 * SECONDS_TO_SETTLE)
        return page.screenshot()


@contextlib.contextmanager
def open_page(folder: Path, playwright: Playwright, *flags: str) -> Iterator[Page]:
    """Start the app with data folders of its own and open it."""
    environment = {"EMOTION_DATA_DIR": str(folder / "data")}
    with running_server(folder / "log.txt", environment=environment) as server:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(playwright), args=[*CHROMIUM_FLAGS, *flags]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 820})
        page.goto(server.url, timeout=120_000)  # the first page, on a machine that may be busy
        yield page
        browser.close()


def main() -> None:
    """Write docs/pictures/live.png and dataset.png."""
    pictures = ROOT / "docs" / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    for name, take in {"live": live_page, "dataset": dataset_page}.items():
        with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
            picture = Image.open(io.BytesIO(take(Path(folder), playwright))).convert("RGB")
        target = pictures / f"{name}.png"
        # A third of the size.
        picture.quantize(256, kmeans=5).save(target, optimize=True)
        print(f"{target}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
