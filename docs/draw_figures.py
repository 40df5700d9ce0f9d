"""Draws the documentation's figures from what training and the ablation wrote.

python docs/draw_figures.py --model models/NAME --ablation ABLATION.json --out docs/pictures

Each may be left out. ``--model`` draws confusion.png, reliability.png and coverage.png, and
training.png where the model has a training log; ``--window`` draws window.png from the log of
``recipes.window``; ``--ablation`` draws ablation.png from what ``benchmarks/ablation.py`` printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from emotion_core.judging.figures.ablation import ablation_figure  # noqa: E402
from emotion_core.judging.figures.certainty import (  # noqa: E402
    coverage_figure,
    reliability_figure,
)
from emotion_core.judging.figures.confusion import confusion_figure  # noqa: E402
from emotion_core.judging.measures.scores import CoveragePoint, ReliabilityBin  # noqa: E402
from emotion_core.models.folder import TRAINING_LOG_FILE, load_card  # noqa: E402
from emotion_core.training.runs.figures.log import training_figure  # noqa: E402
from tests.browser.install import installed_browser  # noqa: E402

Drawing = tuple[Any, int, int]  # figure, width and height in pixels


def main() -> None:
    """Draw what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--window", type=Path)
    parser.add_argument("--ablation", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    drawn: dict[str, Drawing] = {}
    if options.model:
        drawn |= model_figures(options.model)
    if options.window:
        drawn["window"] = (window_figure(options.window), 760, 420)
    if options.ablation:
        content = json.loads(options.ablation.read_text(encoding="utf-8"))
        variants = {name: entry for name, entry in content.items() if isinstance(entry, dict)}
        seeds = content["seeds"]
        plural = "s" if len(seeds) > 1 else ""
        title = f"{content['epochs']} epochs, seed{plural} {', '.join(map(str, seeds))}"
        drawn["ablation"] = (ablation_figure(variants, title), 760, 560)
    draw(drawn, options.out)


def model_figures(folder: Path) -> dict[str, Drawing]:
    """Return the figures of one model by file name."""
    metrics = load_card(folder).metrics
    epochs = json_lines(folder / TRAINING_LOG_FILE)
    bins = [
        ReliabilityBin(
            entry["low"],
            entry["high"],
            entry["count"],
            entry["correct"],
            entry["confidence"] or (entry["low"] + entry["high"]) / 2,
        )
        for entry in metrics["reliability"]
    ]
    selective = metrics["selective"]
    curve = [
        coverage_point(metrics["n"], *point)
        for point in zip(
            *(selective["curve"][key] for key in ("threshold", "coverage", "accuracy")), strict=True
        )
    ]
    chosen = coverage_point(
        metrics["n"],
        *(selective[key] for key in ("threshold", "coverage", "accuracy_answered")),
    )
    images = f"{metrics['n']:,} images"
    drawn = {
        "confusion": (
            confusion_figure(
                np.array(metrics["confusion"]), f"{images}, accuracy {metrics['accuracy']:.1%}"
            ),
            720,
            720,
        ),
        "reliability": (
            reliability_figure(bins, f"{images}, ECE {metrics['ece']:.1%}"),
            560,
            560,
        ),
        "coverage": (coverage_figure(curve, chosen, images), 640, 420),
    }
    if epochs:
        drawn["training"] = (training_figure(epochs, f"{len(epochs)} epochs"), 760, 420)
    return drawn


def json_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file that has one a line; none where there is no file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def window_figure(log: Path) -> Any:
    """Return the accuracy of teachers and students over their epochs."""
    events = json_lines(log)
    figure = go.Figure()
    colors = {"teacher": "#8a94a6", "student": "#d1495b"}
    for name in sorted({event["what"] for event in events if "epoch" in event}):
        kind = name.partition("-")[0]
        if kind in colors:
            run = [event for event in events if event["what"] == name]
            figure.add_scatter(
                x=[event["epoch"] for event in run],
                y=[event["average"]["accuracy"] for event in run],
                name=name.replace("-", " "),
                line_color=colors[kind],
                line_dash="dot" if name.endswith("resnet") else "solid",
            )
    (mean,) = (event for event in events if event["what"] == "ensemble")
    figure.add_hline(mean["accuracy"], line_dash="dash", annotation_text="mean of the teachers")
    figure.update_layout(
        xaxis_title="epoch", yaxis_title="PublicTest accuracy, %", yaxis_range=[60, 74], margin_t=20
    )
    return figure


def coverage_point(n: int, threshold: float, coverage: float, accuracy: float) -> CoveragePoint:
    """Return the point with the counts that its shares stand for."""
    answered = round(coverage * n)
    return CoveragePoint(threshold, n, answered, round(accuracy * answered))


def draw(drawn: dict[str, Drawing], folder: Path) -> None:
    """Save every figure as PNG."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(playwright), args=["--no-sandbox"]
        )
        for name, (figure, width, height) in drawn.items():
            figure.update_layout(width=width, height=height, template="plotly_white")
            page = browser.new_page(viewport={"width": width + 20, "height": height + 20})
            page.set_content(figure.to_html(include_plotlyjs=True, config={"staticPlot": True}))
            page.locator(".main-svg").first.wait_for()
            page.screenshot(path=folder / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
