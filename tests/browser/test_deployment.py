"""The app as it is served to a class: https by Caddy, a password, a path of its own, and a relay.

App, Caddy and coturn run in the configuration of deploy/compose.yaml; see tests/deploy/serving.py.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import CHROMIUM_FLAGS, find_chromium
from tests.browser.live_view import annotated_picture, labels, start, streamer
from tests.browser.support import camera_flags, on_wall, portrait
from tests.browser.test_turn import KIND_OF_PATH, NOTE_PEERS
from tests.deploy.serving import PASSWORD, USER, served
from tests.network import HERE, network, trusting

WAY_TO_RELAY = KIND_OF_PATH.replace(".candidateType", ".relayProtocol")


def page_of(browser: Browser) -> Page:
    """Return a page of somebody who knows the password; the certificate is Caddy's own."""
    context = browser.new_context(
        ignore_https_errors=True, http_credentials={"username": USER, "password": PASSWORD}
    )
    context.add_init_script(NOTE_PEERS)
    return context.new_page()


@pytest.mark.parametrize(
    ("subpath", "way"), [("", "docker"), ("/faces/of-the-class", "systemd"), ("", "contained")]
)
def test_a_class_streams_through_the_relay(
    subpath, way, open_browser, one_face_clip, tmp_path, keep_picture
):
    with served(tmp_path, subpath=subpath, way=way) as found:
        page = page_of(open_browser(*camera_flags(one_face_clip)))
        failed: list[str] = []
        page.on("response", lambda answer: answer.status >= 400 and failed.append(answer.url))
        began = time.monotonic()
        page.goto(found.url)
        start(page)
        annotated_picture(page)
        print(f"{time.monotonic() - began:.1f} s to the first annotated frame")
        expect(labels(page)).to_have_count(1)
        keep_picture(page, "streams")
        assert streamer(page).locator("body").evaluate(KIND_OF_PATH) == "relay"
        # Another page by the navigation, an upload and its picture: files and websocket alike.
        page.get_by_role("link", name="Photo", exact=True).click()
        expect(page).to_have_url(f"{found.url}photo")
        page.reload()
        picture = tmp_path / "face.png"
        cv2.imwrite(str(picture), on_wall(portrait(400)))
        page.locator('input[type="file"]').first.set_input_files(picture)
        expect(labels(page)).to_have_count(1)
        keep_picture(page, "photo")
        assert failed == []
        for name in found.processes:
            assert "Traceback" not in found.log(name)
            assert PASSWORD not in found.log(name)
        status = Path(f"/proc/{found.processes['app'].pid}/status")
        if way == "contained":
            rights = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
            assert rights["Uid"].split() == ["10001"] * 4
            assert rights["NoNewPrivs"] == "1"


def test_a_network_that_lets_only_web_pages_out(playwright, one_face_clip, tmp_path, keep_picture):
    """Nothing but TCP to the port of the pages: the video goes through it, in TLS."""
    with (
        network(tmp_path / "network") as outside,
        served(tmp_path, way="docker", host=HERE, turn_tls=True) as found,
    ):
        port = urlsplit(found.url).port
        outside.let_out_only(port)
        authority = tmp_path / "certificates/caddy/pki/authorities/local/root.crt"
        browser = playwright.chromium.launch(
            executable_path=outside.browser(find_chromium(playwright)),
            args=[
                *CHROMIUM_FLAGS,
                *camera_flags(one_face_clip),
                f"--host-resolver-rules=MAP *.test {HERE}",
            ],
            env=trusting(authority, tmp_path / "home"),
        )
        context = browser.new_context(http_credentials={"username": USER, "password": PASSWORD})
        context.add_init_script(NOTE_PEERS)
        page = context.new_page()
        page.goto(found.url)
        start(page)
        annotated_picture(page)
        expect(labels(page)).to_have_count(1)
        keep_picture(page, "streams")
        assert streamer(page).locator("body").evaluate(WAY_TO_RELAY) == "tls"
        # It tried: the firewall has dropped what would have gone another way.
        assert re.search(r"udp counter packets [1-9]", outside.dropped())
        browser.close()
