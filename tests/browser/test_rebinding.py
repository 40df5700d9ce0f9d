"""A website in the viewer's browser that wants to reach the interface on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route

from emotion_core.access.tokens import RIGHTS, NewToken, add_token
from emotion_core.api.addresses import PREFIX
from tests.browser.support import OpenBrowser, Server, running_server

EVIL = "evil.example"

#: Newer browsers ask their user before a website reaches this machine; the app does without them.
ANY_BROWSER = (
    f"--host-resolver-rules=MAP {EVIL} 127.0.0.1",
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests",
)

#: Asks for an address with a token as a script can, and returns what the script gets to see.
ASK = """async ([address, token]) => {
  try {
    const answer = await fetch(address, {headers: {Authorization: `Bearer ${token}`}});
    return `${answer.status} ${await answer.text()}`;
  } catch (error) { return `no answer: ${error.message}`; }
}"""


@pytest.fixture(scope="module")
def made_and_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[NewToken, Server]]:
    folder = tmp_path_factory.mktemp("rebinding")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOTION_DATA_DIR", str(folder / "data"))
        made = add_token("stolen", RIGHTS)
    environment = {"EMOTION_DATA_DIR": str(folder / "data")}
    with running_server(folder / "log.txt", environment=environment) as server:
        yield made, server


def a_page_of(open_browser: OpenBrowser, address: str) -> Page:
    """Return a page of a website, whose name then leads to this machine (DNS rebinding)."""
    page = open_browser(*ANY_BROWSER).new_page()

    def serve(route: Route) -> None:
        # What the attacker's own server answered before its name led here.
        route.fulfill(content_type="text/html", body="<title>win a prize</title>")

    page.route(address, serve)
    page.goto(address)
    page.unroute(address)
    return page


def test_its_own_name_that_leads_here_is_refused(
    made_and_server: tuple[NewToken, Server], open_browser: OpenBrowser
) -> None:
    made, server = made_and_server
    port = urlsplit(server.url).port
    page = a_page_of(open_browser, f"http://{EVIL}:{port}/")
    # To the browser this is the page's own server: it shows the script all that it answers.
    told = page.evaluate(ASK, [f"http://{EVIL}:{port}{PREFIX}/models", made.secret])
    assert told.startswith("403 ")
    assert f"found '{EVIL}:{port}'" in told
    assert "fer2013-vgg" not in told


def test_a_request_to_this_machine_is_refused(
    made_and_server: tuple[NewToken, Server], open_browser: OpenBrowser
) -> None:
    made, server = made_and_server
    page = a_page_of(open_browser, f"http://{EVIL}:1234/")
    told = page.evaluate(ASK, [f"{server.url}{PREFIX}/models", made.secret])
    assert told == "no answer: Failed to fetch"


def test_a_page_of_the_app_is_answered(
    made_and_server: tuple[NewToken, Server], open_browser: OpenBrowser
) -> None:
    made, server = made_and_server
    page = open_browser().new_page()
    page.goto(f"{server.url}/photo")
    told = page.evaluate(ASK, [f"{server.url}{PREFIX}/models", made.secret])
    assert told.startswith("200 ")
    assert "fer2013-vgg" in told


def test_the_documentation_needs_no_network(
    made_and_server: tuple[NewToken, Server], open_browser: OpenBrowser, tmp_path: Path
) -> None:
    _, server = made_and_server
    page = open_browser().new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.goto(f"{server.url}{PREFIX}/docs")
    assert page.get_by_role("heading", name="/analyze").is_visible()
    assert {urlsplit(url).path for url in asked} <= {f"{PREFIX}/docs", "/favicon.ico"}
    assert [error for error in errors if "favicon" not in error] == []
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert too_wide <= 0
        page.screenshot(path=tmp_path / f"docs-{width}.png", full_page=False)
