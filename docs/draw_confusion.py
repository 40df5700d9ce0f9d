"""Draws the README's confusion matrix from what ``evaluate --json`` wrote.

python docs/draw_confusion.py REPORT.json docs/pictures/confusion.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]

from install import installed_browser  # noqa: E402 - the path comes first

from emotion_core.figures import confusion_figure  # noqa: E402


def main() -> None:
    """Read the report, draw it, and save it as PNG."""
    report_path, picture_path = map(Path, sys.argv[1:])
    report = json.loads(report_path.read_text(encoding="utf-8"))
    title = f"{report['n']} images, accuracy {report['accuracy']:.1%}"
    figure = confusion_figure(np.array(report["confusion"]), title)
    figure.update_layout(width=720, height=720, template="plotly_white")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(playwright), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 740, "height": 740})
        page.set_content(figure.to_html(include_plotlyjs=True, config={"staticPlot": True}))
        page.locator(".main-svg").first.wait_for()
        page.screenshot(path=picture_path)
        browser.close()


if __name__ == "__main__":
    main()
