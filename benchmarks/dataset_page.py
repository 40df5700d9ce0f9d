"""How fast the dataset page is, and how much memory it takes, in real Chromium (Linux: /proc).

    python benchmarks/dataset_page.py fer2013.csv [--repeat 5]

The dataset is read once before, so that it lies in the cache. Prints JSON. *ready* is from opening
the address until the section's faces or figures are on the screen: ``first`` with a server and a
browser that have just been started, ``again`` the median of further visits by new viewers of the
same server, whose browser knows the app's own files. *filter* is from the click on a class until
the other faces are on the screen; *script* what the server's Python takes for that, the median over
runs in this process. Memory is that of the server's process: all that is resident, of which
``of_files`` are files mapped into memory, which the system shares and takes back;
``one_more_viewer`` is by how much what is resident grows with each of ``--repeat`` more viewers.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from emotion_core.datasets import open_dataset  # noqa: E402
from emotion_core.datasets.recent import path_id  # noqa: E402
from tests.browser.conftest import CHROMIUM_FLAGS  # noqa: E402 - the path comes first
from tests.browser.install import MISSING, installed_browser  # noqa: E402
from tests.browser.support import running_server  # noqa: E402

#: How many images match, above the grid.
COUNT = re.compile("^[0-9,]+ of [0-9,]+ images$")
#: What is on the screen when a section is ready.
READY = {
    # The app's lightest page: what Streamlit and the browser take before anything of ours.
    "an empty page": "h1",
    "Browse": ".cell .picture",
    "Overview": ".class-faces img",
    # Streamlit fetches 5 MB of plotly for the first chart; everything else is there before.
    "Overview with its charts": ".js-plotly-plot .main-svg",
}


def main() -> None:
    """Measure one dataset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="fer2013.csv, or anything else that can be opened")
    parser.add_argument("--repeat", type=int, default=5, help="visits (default: 5)")
    options = parser.parse_args()
    path = str(options.data.resolve())
    images = len(open_dataset(path))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        executable = installed_browser(playwright)
        if executable is None:
            parser.error(MISSING)
        environment = {"FER2013_CSV": path, "EMOTION_DATA_DIR": folder}
        os.environ.update(environment)
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        with running_server(Path(folder) / "log.txt", environment=environment) as server:
            address = f"{server.url}/dataset?data={path_id(path)}"
            figures = measure(browser, address, server.process.pid, options.repeat)
        browser.close()
        figures["script_ms"] = script_ms(path, options.repeat)
    print(json.dumps({"images": images, **figures}, indent=2))


def measure(browser: Browser, address: str, pid: int, repeat: int) -> dict[str, object]:
    """Return seconds until sections are ready and filters changed, and megabytes."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    ready: dict[str, dict[str, float]] = {}
    for section in READY:
        seconds = []
        for _ in range(repeat + 1):
            page = context.new_page()
            seconds.append(visit(page, address, section))
            page.close()
        ready[section] = {
            "first": round(seconds[0], 2),
            "again": round(statistics.median(seconds[1:]), 2),
        }
    page = context.new_page()
    visit(page, address, "Browse")
    filters = [change_filter(page, emotion) for emotion in ("disgust", "fear", "sad", "angry")]
    before = memory(pid)
    for _ in range(repeat):
        visit(context.new_page(), address, "Browse")
    after = memory(pid)
    return {
        "ready_seconds": ready,
        "filter_seconds": round(statistics.median(filters), 2),
        "server_mb": after,
        "one_more_viewer_mb": round((after["resident"] - before["resident"]) / repeat, 1),
    }


def visit(page: Page, address: str, section: str) -> float:
    """Open a section as a new viewer and return the seconds until it is ready."""
    started = time.perf_counter()
    if section == "an empty page":
        address = address.replace("/dataset?", "/sessions?")
    page.goto(f"{address}&section={section.split()[0]}", wait_until="commit")
    page.locator(READY[section]).first.wait_for(timeout=120_000)
    return time.perf_counter() - started


def change_filter(page: Page, emotion: str) -> float:
    """Click a class, wait until another count is shown, and return the seconds."""
    before = page.get_by_text(COUNT).text_content()
    started = time.perf_counter()
    page.get_by_role("button", name=emotion, exact=True).click()
    page.wait_for_function(
        "([before]) => ![...document.querySelectorAll('p')].some("
        "paragraph => paragraph.textContent === before)",
        arg=[before],
        timeout=60_000,
    )
    page.locator(READY["Browse"]).first.wait_for()
    return time.perf_counter() - started


def memory(pid: int) -> dict[str, float]:
    """Return the megabytes of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = {
        name: int(value.split()[0])
        for name, value in (line.split(":", 1) for line in lines)
        if name in ("VmRSS", "RssFile")
    }
    return {
        "resident": round(kilobytes["VmRSS"] / 1024, 1),
        "of_files": round(kilobytes["RssFile"] / 1024, 1),
    }


def script_ms(path: str, repeat: int) -> float:
    """Return the median milliseconds of a whole run of the page after a change of filter."""
    from streamlit.testing.v1 import AppTest  # noqa: TID251 - a page is what is measured

    page = AppTest.from_file(str(ROOT / "pages" / "dataset.py"), default_timeout=120)
    page.query_params["section"] = "Browse"
    page.query_params["data"] = path_id(path)
    page.run()
    while "dataset_pending" in page.session_state:
        page.run()
    times = []
    for number in range(repeat + 1):
        page.pills("class").set_value([["disgust"], ["fear"]][number % 2])
        started = time.perf_counter()
        page.run()
        times.append(time.perf_counter() - started)
    return round(1000 * statistics.median(times[1:]), 1)


if __name__ == "__main__":
    main()
