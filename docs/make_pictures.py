"""Takes the README's picture of the live page: ``python docs/make_pictures.py``.

The camera shows Eileen Collins (NASA, public domain; from scikit-image).
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import cv2
import skimage.data
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from conftest import CHROMIUM_FLAGS  # noqa: E402 - the path comes first
from install import installed_browser  # noqa: E402
from live_view import annotated_picture, start  # noqa: E402
from support import CAMERA_SIZE, camera_flags, running_server, write_clip  # noqa: E402

SECONDS_TO_SETTLE = 8  # until the video is sharp and the figures are steady


def live_page(folder: Path) -> bytes:
    """Return a screenshot (PNG) of the running live page."""
    scene = cv2.cvtColor(skimage.data.astronaut()[:384], cv2.COLOR_RGB2BGR)
    clip = write_clip(folder / "camera.y4m", [cv2.resize(scene, CAMERA_SIZE)] * 20)
    with running_server(folder / "log.txt") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(playwright),
            args=[*CHROMIUM_FLAGS, *camera_flags(clip)],
        )
        page = browser.new_page(viewport={"width": 1280, "height": 820})
        page.goto(server.url)
        start(page)
        annotated_picture(page)
        page.wait_for_timeout(1000 * SECONDS_TO_SETTLE)
        picture = page.screenshot()
        browser.close()
    return picture


def main() -> None:
    """Write docs/pictures/live.png."""
    target = ROOT / "docs" / "pictures" / "live.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        picture = Image.open(io.BytesIO(live_page(Path(folder)))).convert("RGB")
    picture.quantize(256, kmeans=5).save(target, optimize=True)  # a third of the size
    print(f"{target}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
