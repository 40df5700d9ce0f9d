"""Ways between the pages: where a link leads, and how one gets back."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def tab(page: Page, name: str):
    return page.get_by_role("tab", name=name, exact=True)


def test_each_page_left_is_one_press_of_back(server, open_browser):
    page = open_browser().new_page()
    page.goto(f"{server.url}/dataset")
    tab(page, "Quality").click()
    expect(tab(page, "Quality")).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(f"{server.url}/dataset?section=Quality")

    page.get_by_role("link", name="Train").click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    expect(page).to_have_url(f"{server.url}/train")
    tab(page, "Sweep").click()
    expect(page).to_have_url(f"{server.url}/train?training=Sweep")

    page.get_by_role("link", name="Dataset explorer").click()
    expect(tab(page, "Quality")).to_have_attribute("aria-selected", "true")  # kept
    expect(page).to_have_url(f"{server.url}/dataset?section=Quality")

    page.go_back()
    expect(tab(page, "Sweep")).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(f"{server.url}/train?training=Sweep")
    page.go_back()
    expect(page.get_by_role("heading", name="Dataset explorer", exact=True)).to_be_visible()
    expect(tab(page, "Quality")).to_have_attribute("aria-selected", "true")
    assert "Traceback" not in server.log.read_text()
