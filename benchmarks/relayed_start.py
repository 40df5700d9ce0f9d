"""How long a visitor of a server waits for the first annotated frame through the relay alone.

    python benchmarks/relayed_start.py
    python benchmarks/relayed_start.py --tries 1      # for a smoke test

App, Caddy and coturn run as deploy/compose.yaml has them, as processes of this machine (needs
Debian's ``caddy`` and ``coturn``); a real Chromium beside them may use nothing but the relay. Each
try is a new visitor without a cache, who logs in with name and password, and presses Start as soon
as it is there. ``seconds`` are from sending the password to a frame with something drawn into it;
``from_start`` from pressing Start. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.install import MISSING, installed_browser
from tests.browser.live_view import annotated_picture, press, streamer
from tests.browser.support import camera_flags, portrait, swaying, write_clip
from tests.browser.test_turn import KIND_OF_PATH, NOTE_PEERS
from tests.browser.test_two_people import SECRET, let_in
from tests.deploy.serving import served

# What is to be reached.
GOAL = 5.0

NAME = "ann"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tries", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        if (executable := installed_browser(playwright)) is None:
            parser.error(MISSING)
        camera = write_clip(folder / "camera.y4m", swaying(portrait(480)))
        with served(folder, subpath="/faces", LOGIN="accounts", PASSWORD_HASH="''") as found:
            let_in(found, NAME, "viewer")
            browser = playwright.chromium.launch(
                executable_path=executable, args=[*CHROMIUM_FLAGS, *camera_flags(camera)]
            )
            tries = [one_try(browser, found.url) for _ in range(options.tries)]
            browser.close()
    whole, started = (np.array(each) for each in zip(*tries, strict=True))
    print(
        json.dumps(
            {
                "tries": len(tries),
                "seconds": {
                    "median": round(float(np.median(whole)), 2),
                    "longest": round(float(whole.max()), 2),
                },
                "from_start": {
                    "median": round(float(np.median(started)), 2),
                    "longest": round(float(started.max()), 2),
                },
                f"within_{GOAL:g}_s": int((whole < GOAL).sum()),
                "load": [round(each, 1) for each in os.getloadavg()],
            },
            indent=2,
        )
    )


def one_try(browser: Browser, url: str) -> tuple[float, float]:
    """Return how long one visitor waits, from the password and from Start."""
    context = browser.new_context(ignore_https_errors=True)
    context.add_init_script(NOTE_PEERS)
    page = context.new_page()
    page.goto(url)
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(SECRET)
    began = time.monotonic()
    page.get_by_label("Password").press("Enter")
    press(page, "Start")
    pressed = time.monotonic()
    annotated_picture(page)
    ended = time.monotonic()
    kind = streamer(page).locator("body").evaluate(KIND_OF_PATH)
    if kind != "relay":
        raise SystemExit(f"expected video through the relay, found {kind}")
    context.close()
    return ended - began, ended - pressed


if __name__ == "__main__":
    main()
