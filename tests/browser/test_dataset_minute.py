"""A new user's minute with the dataset page, in a real browser."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from emotion_core.datasets import SPLITS, demo_dataset
from emotion_core.datasets.checks.exclusions import load_exclusions
from emotion_core.datasets.recent import path_id
from tests.browser.support import Server, running_server, wait_for_end_of_run
from tests.browser.test_looks import SIZES, TURNS, assert_fits, keep


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dataset")


@pytest.fixture(scope="module")
def dataset_server(folder: Path) -> Iterator[Server]:
    """A server with lists of its own."""
    environment = {
        "EMOTION_DATA_DIR": str(folder / "data"),
        "EMOTION_EXCLUSIONS_DIR": str(folder / "exclusions"),
    }
    with running_server(folder / "log.txt", environment=environment) as server:
        yield server


@pytest.fixture(scope="module")
def leaking_csv(folder: Path) -> Path:
    """Forty-two drawn faces of which one in PublicTest stands in Training."""
    dataset = demo_dataset(images_per_class=6)
    images = dataset.images.copy()
    training, public = (np.flatnonzero(dataset.splits == code) for code in (0, 1))
    images[public[0]] = images[training[0]]
    lines = ["emotion,pixels,Usage"] + [
        f"{label},{' '.join(map(str, image.ravel()))},{SPLITS[split]}"
        for image, label, split in zip(images, dataset.labels, dataset.splits, strict=True)
    ]
    path = folder / "leaking.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def menu(page: Page, label: str) -> Locator:
    return page.get_by_test_id("stPopoverButton").filter(has_text=label)


def open_path(page: Page, path: Path) -> None:
    menu(page, "Open").click()
    field = page.get_by_role("textbox", name="Path on this machine")
    field.fill(str(path))
    field.press("Enter")
    expect(page.get_by_text(f"{path.name} · ")).to_be_visible()
    expect(field).to_have_count(0)


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def cells(page: Page) -> Locator:
    # A chosen face comes with small grids of its own, before the large one.
    return page.locator(".grid").last.locator(".cell")


def download(page: Page) -> pd.DataFrame:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV", exact=True).click()
    return pd.read_csv(io.BytesIO(Path(waiting.value.path()).read_bytes()))


def lasso(page: Page) -> None:
    """Draw around everything on the map."""
    chart = page.locator(".js-plotly-plot .nsewdrag").first
    chart.wait_for()
    page.wait_for_timeout(1000)  # plotly listens a moment after it has drawn
    box = chart.bounding_box()
    left, top = box["x"] + 5, box["y"] + 5
    right, bottom = box["x"] + box["width"] - 5, box["y"] + box["height"] - 5
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 20)):
        page.mouse.move(x, y, steps=5)
    page.mouse.up()


def test_a_new_users_minute(dataset_server, open_browser, leaking_csv, keep_picture):
    page = open_browser().new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{dataset_server.url}/dataset")
    expect(page.get_by_text("demo (synthetic drawn faces)")).to_be_visible(timeout=60_000)

    open_path(page, leaking_csv)
    expect(page.get_by_text("images of each class")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(3)

    tab(page, "Browse")
    page.get_by_role("button", name="disgust", exact=True).click()
    expect(page.get_by_text("6 of 42 images")).to_be_visible()
    expect(cells(page)).to_have_count(6)
    assert f"data={path_id(str(leaking_csv))}" in page.url
    assert "class=disgust" in page.url

    tab(page, "Quality")
    expect(page.get_by_role("radio", name="Leaks 1")).to_be_visible()
    expect(page.get_by_role("radio", name="Near leaks")).to_be_visible(timeout=60_000)
    expect(cells(page)).to_have_count(1)
    keep_picture(page, "quality")
    menu(page, "Exclude these").click()
    page.get_by_role("textbox", name="Name of the correction list").fill("no leaks")
    page.get_by_role("button", name="Save the list").click()
    expect(page.get_by_text("excludes 1 image.")).to_be_visible()
    # The folder of lists is the server's.
    (excluded,) = load_exclusions(str(leaking_csv.with_name("exclusions") / "no leaks.json")).images
    assert excluded.split == "PublicTest"
    page.keyboard.press("Escape")

    tab(page, "Label mistakes")
    expect(page.get_by_text("Ranked by how far the model prefers")).to_be_visible(timeout=60_000)
    assert len(download(page)) == 42
    keep_picture(page, "mistakes")

    tab(page, "Map")
    expect(page.get_by_text("Draw around points")).to_be_visible(timeout=60_000)
    lasso(page)
    expect(page.get_by_text("42 images", exact=True)).to_be_visible()
    table = download(page)
    assert table["index"].tolist() == list(range(42))
    keep_picture(page, "map")


def test_a_face_is_chosen_by_click_and_arrow_keys_and_linked(
    dataset_server, open_browser, leaking_csv, keep_picture
):
    browser = open_browser()
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{dataset_server.url}/dataset?section=Browse")
    expect(cells(page).first).to_be_visible(timeout=60_000)
    open_path(page, leaking_csv)
    expect(cells(page)).to_have_count(42)

    cells(page).nth(3).click()
    expect(page.get_by_role("heading", name="Image 3")).to_be_visible()
    expect(page.get_by_text("What the model sees")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Image 4")).to_be_visible()
    keep_picture(page, "details")

    other = browser.new_page()
    other.goto(page.url)
    expect(other.get_by_role("heading", name="Image 4")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_text("Classes among them")).to_be_visible()
    assert "image=" not in page.url


def test_images_are_ticked_by_click_and_space_bar_and_excluded(
    dataset_server, open_browser, leaking_csv, keep_picture
):
    page = open_browser().new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{dataset_server.url}/dataset?section=Browse")
    expect(cells(page).first).to_be_visible(timeout=60_000)
    open_path(page, leaking_csv)
    expect(cells(page)).to_have_count(42)

    cells(page).nth(3).locator(".tick").click()
    correct = page.get_by_test_id("stPopoverButton").filter(has_text="Correct").first
    expect(correct).to_contain_text("Correct 1 ticked")
    cells(page).nth(3).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Image 4")).to_be_visible()
    page.keyboard.press("Space")
    cells(page).nth(6).locator(".tick").click(modifiers=["Shift"])
    expect(correct).to_contain_text("Correct 4 ticked")
    assert [cells(page).nth(place).get_attribute("aria-checked") for place in (3, 4, 6, 7)] == [
        "true", "true", "true", "false",
    ]  # fmt: skip
    keep_picture(page, "ticked")

    correct.click()
    expect(page.get_by_role("radio", name="ticked")).to_be_checked()
    page.get_by_role("combobox", name="Correction list").fill("four")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Exclude 4 images").click()
    expect(page.get_by_text("4 images excluded by the list four.")).to_be_visible()
    expect(page.locator(".cell[aria-checked=true]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(cells(page).nth(3)).to_contain_text("✓ excluded")
    page.get_by_role("button", name="Undo").click()
    expect(cells(page).nth(3)).not_to_contain_text("✓ excluded")


def test_a_bad_upload_is_refused_and_a_good_one_shown(
    dataset_server, open_browser, leaking_csv, tmp_path
):
    bad = tmp_path / "letter.csv"
    bad.write_text("Dear camera, ...\n")
    page = open_browser().new_page()
    page.goto(f"{dataset_server.url}/dataset")
    for path, outcome in ((bad, "letter.csv: expected a CSV file"), (leaking_csv, "leaking.csv ·")):
        menu(page, "Open").click()
        page.locator("input[type=file]").set_input_files(path)
        expect(page.get_by_text(outcome)).to_be_visible()
    assert "data=upload-" in page.url


@pytest.mark.parametrize(("scheme", "sizes"), TURNS)
def test_sections_fit_the_screen(dataset_server, open_browser, scheme, sizes):
    page = open_browser().new_page(viewport=SIZES[sizes[0]], color_scheme=scheme)
    ready = {
        "Overview": page.locator(".class-faces img").first,
        "Browse": page.locator(".cell").first,
        "Quality": page.get_by_text("Findings among"),
    }
    for section, sign in ready.items():
        page.set_viewport_size(SIZES[sizes[0]])
        page.goto(f"{dataset_server.url}/dataset?section={section}&image=5")
        expect(sign).to_be_visible(timeout=60_000)
        wait_for_end_of_run(page)
        for size in sizes:
            page.set_viewport_size(SIZES[size])
            assert_fits(page)
            keep(page, f"dataset-{section.lower()}-{size}-{scheme}")


@pytest.mark.fer2013
def test_fer2013_leaks(open_browser, tmp_path):
    """No picture is kept: FER2013 is research data."""
    if "FER2013_CSV" not in os.environ:
        pytest.skip("FER2013_CSV names no dataset")
    path = str(Path(os.environ["FER2013_CSV"]).resolve())
    environment = {"EMOTION_DATA_DIR": str(tmp_path / "data")}
    with running_server(tmp_path / "log.txt", environment=environment) as server:
        page = open_browser().new_page()
        page.goto(f"{server.url}/dataset?data={path_id(path)}")
        expect(page.get_by_text("smallest class: disgust")).to_be_visible(timeout=60_000)
        tab(page, "Quality")
        expect(page.get_by_role("radio", name="Leaks 2")).to_be_visible(timeout=60_000)
        tab(page, "Browse")
        page.get_by_role("button", name="disgust", exact=True).click()
        expect(page.get_by_text(" of 32,298 images")).to_be_visible()
        expect(cells(page)).to_have_count(120)
