"""A new user's minute with the page Evaluate, on the demo."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from emotion_core.emotions import EMOTIONS
from tests.browser.support import Server, artefacts_folder, running_server, wait_for_end_of_run
from tests.browser.test_looks import SIZES, TURNS, assert_fits, keep


@pytest.fixture(scope="module")
def evaluation_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without a dataset or cache of its user's."""
    folder = tmp_path_factory.mktemp("server")
    environment = {
        f"EMOTION_{name}_DIR": str(folder / name.lower())
        for name in ("CACHE", "DATA", "EXCLUSIONS")
    }
    with running_server(
        folder / "log.txt", environment=environment | {"FER2013_CSV": ""}
    ) as server:
        yield server


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def open_evaluation(page: Page, server: Server, section: str = "Overview") -> None:
    page.goto(f"{server.url}/evaluate?judged={section}")
    expect(page.get_by_text("The faces of the demo are drawn")).to_be_visible(timeout=90_000)


def click_cell(page: Page, label: str, answer: str) -> None:
    """Click into a cell of the confusion matrix, where its text stands."""
    cells = page.locator(".st-key-confusion .nsewdrag").first
    cells.wait_for()
    page.wait_for_timeout(1000)  # plotly draws once more when it knows its size
    cells.scroll_into_view_if_needed()
    box = cells.bounding_box()
    page.mouse.click(
        box["x"] + box["width"] * (EMOTIONS.index(answer) + 0.5) / 7,
        box["y"] + box["height"] * (EMOTIONS.index(label) + 0.5) / 7,
    )


def test_judged_a_cell_looked_into_and_the_report_opened_offline(
    evaluation_server, open_browser, tmp_path, keep_picture
):
    browser = open_browser()
    page = browser.new_page(viewport=SIZES["wide"])
    open_evaluation(page, evaluation_server)
    expect(page.get_by_text("accuracy (95%:")).to_be_visible()

    tab(page, "Confusion")
    worst = page.get_by_role("button", name=" read as ").first.text_content()
    label, answer = re.match(r"(\w+) read as (\w+):", worst).groups()
    click_cell(page, label, answer)
    expect(page.get_by_text(f" labelled {label} and read as {answer}")).to_be_visible()
    expect(page.locator(".cell").first).to_be_visible()
    assert f"label={label}&answer={answer}" in page.url
    page.locator(".cell").first.click()
    expect(page.get_by_text(f"labelled {label}: wrong")).to_be_visible()
    page.get_by_text("Why this answer?").click()
    expect(page.get_by_text(f"evidence for {answer}")).to_be_visible(timeout=60_000)
    keep_picture(page, "confusion")

    tab(page, "Report")
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").filter(has_text="HTML").click()
    report = Path(tmp_path / "report.html")
    download.value.save_as(report)
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").filter(has_text="JSON").click()
    content = json.loads(Path(download.value.path()).read_text())
    assert content["split"] == "PublicTest"

    offline = browser.new_context(offline=True).new_page()
    asked = []
    offline.on("request", lambda request: asked.append(request.url))
    offline.goto(report.as_uri())
    expect(offline.locator(".plotly-graph-div svg.main-svg").first).to_be_visible()
    plots = offline.locator(".plotly-graph-div:has(svg.main-svg)")
    assert plots.count() == 7
    for plot in plots.all():
        drawn, place = (plot.locator(each).first.bounding_box() for each in ("svg", "xpath=.."))
        assert drawn["width"] <= place["width"] + 1
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    offline.screenshot(path=artefacts_folder() / "evaluation-report.png", full_page=True)


@pytest.mark.parametrize(("scheme", "sizes"), TURNS)
def test_sections_fit_the_screen(evaluation_server, open_browser, scheme, sizes):
    page = open_browser().new_page(color_scheme=scheme)
    signs = {
        "Overview": "accuracy (95%:",
        "Confusion": "Most frequent mix-ups",
        "Explain": "RISE, Petsiuk et al. 2018",
    }
    for section, sign in signs.items():
        page.set_viewport_size(SIZES[sizes[0]])
        open_evaluation(page, evaluation_server, section)
        expect(page.get_by_text(sign).first).to_be_visible(timeout=60_000)
        wait_for_end_of_run(page)
        for size in sizes:
            page.set_viewport_size(SIZES[size])
            assert_fits(page)
            document = "document.documentElement"
            page.wait_for_function(f"{document}.scrollWidth <= {document}.clientWidth")
            keep(page, f"evaluate-{section.lower()}-{size}-{scheme}")
