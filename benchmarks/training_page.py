"""How soon a training shows its first point, and what watching it costs (Linux: /proc).

    python benchmarks/training_page.py [--window 30]

A new server and browser; the demo dataset, preset quick with 100 epochs; **Start** is clicked.
Prints JSON. *first_point* is from the click until the first epoch stands in the curves on the
screen, with what the training process said it was doing meanwhile. *page* is the processor time of
the server's process while one viewer watches, in percent of one core, over the window: epochs of
the demo take about a second, so every refresh draws new curves, which is the worst case; *idle* is
the same with the browser closed and the run going on. *trainer* is that of the training itself.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from emotion_core.training.runs.control import cancel_run  # noqa: E402
from emotion_core.training.runs.run import read_status  # noqa: E402
from emotion_core.training.runs.storage import list_runs  # noqa: E402
from tests.browser.conftest import CHROMIUM_FLAGS  # noqa: E402 - the path comes first
from tests.browser.install import MISSING, installed_browser  # noqa: E402
from tests.browser.support import running_server  # noqa: E402

POINT = ".js-plotly-plot .scatterlayer .point"
EPOCHS = 100


def main() -> None:
    """Measure one run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--window", type=float, default=30.0, help="seconds (default: 30)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        executable = installed_browser(playwright)
        if executable is None:
            parser.error(MISSING)
        environment = {
            f"EMOTION_{name}_DIR": str(Path(folder) / name.lower())
            for name in ("DATA", "RUNS", "MODELS")
        }
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        with running_server(Path(folder) / "log.txt", environment=environment) as server:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            runs = Path(folder) / "runs"
            try:
                figures = watch(page, server.url, runs)
                figures |= cost(page, server.process.pid, runs, options.window)
            finally:
                end(runs)
        browser.close()
    print(json.dumps(figures, indent=2))


def watch(page: Page, url: str, runs: Path) -> dict[str, object]:
    """Start a run and return the seconds until its first point, and until each stage before it."""
    page.goto(f"{url}/train")
    page.get_by_text("588 images to learn from").wait_for(timeout=120_000)
    page.get_by_role("spinbutton", name="Epochs").fill(str(EPOCHS))
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    page.get_by_text(f"epochs={EPOCHS}").wait_for(timeout=60_000)
    stages: dict[str, float] = {}
    started = time.perf_counter()
    page.get_by_role("button", name="Start", exact=True).click()
    while not page.locator(POINT).count():
        for run in list_runs(runs).runs:
            if (status := read_status(run.folder)) is not None:
                stages.setdefault(status.stage, round(time.perf_counter() - started, 1))
        page.wait_for_timeout(100)
        if time.perf_counter() - started > 300:
            raise TimeoutError("no point after five minutes")
    seconds = round(time.perf_counter() - started, 1)
    return {"first_point_seconds": seconds, "stages_began_seconds": stages}


def cost(page: Page, server: int, runs: Path, window: float) -> dict[str, object]:
    """Return what server and trainer take of a core, with a viewer and without."""
    (run,) = list_runs(runs).runs
    status = read_status(run.folder)
    assert status is not None
    figures: dict[str, object] = {}
    for name in ("page", "idle"):
        before = processor_seconds(server), processor_seconds(status.pid), len(run.epochs)
        started = time.perf_counter()
        if name == "page":
            page.wait_for_timeout(1000 * window)
        else:
            time.sleep(window)
        passed = time.perf_counter() - started
        after = processor_seconds(server), processor_seconds(status.pid)
        figures[f"{name}_percent_of_a_core"] = round(100 * (after[0] - before[0]) / passed, 2)
        if name == "page":
            figures["trainer_percent_of_a_core"] = round(100 * (after[1] - before[1]) / passed, 1)
            figures["epochs_while_watched"] = len(run.epochs) - before[2]
            page.close()
            time.sleep(1)  # for the server to take note
    return figures


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has taken; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def end(runs: Path) -> None:
    """Cancel what still runs, and wait for its process to go."""
    for run in list_runs(runs).runs:
        if run.state in ("running", "queued"):
            cancel_run(run)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and any(
        run.state == "running" for run in list_runs(runs).runs
    ):
        time.sleep(0.2)


if __name__ == "__main__":
    main()
