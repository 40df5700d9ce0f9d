"""Two people of a class in two browsers at once: each has what is theirs, and what they are lent.

Served as deploy/ has it: https by Caddy, and video through the relay.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from emotion_core.system.storage.folders import PROJECT
from tests.browser.live_view import annotated_picture, labels, start, streamer
from tests.browser.support import camera_flags
from tests.browser.test_turn import KIND_OF_PATH, NOTE_PEERS
from tests.deploy.serving import Served, served

SECRET = "correct horse battery"
PATIENCE = 60_000


def let_in(found: Served, name: str, role: str) -> None:
    """Let somebody in by a password, as whoever runs the server does."""
    command = [sys.executable, "-m", "emotion_core", "people", "add", name, "--role", role]
    variables = os.environ | {"EMOTION_DATA_DIR": str(found.folder / "data")}
    subprocess.run(command, cwd=PROJECT, env=variables, input=f"{SECRET}\n", text=True, check=True)


def logged_in(browser: Browser, found: Served, name: str) -> Page:
    context = browser.new_context(ignore_https_errors=True)
    context.add_init_script(NOTE_PEERS)
    page = context.new_page()
    page.goto(found.url)
    expect(page).to_have_url(re.compile("/login$"))  # and nothing else of the app
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(SECRET)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", name="Live camera")).to_be_visible(timeout=PATIENCE)
    return page


def recorded(page: Page) -> None:
    """Record some seconds of the video that runs."""
    page.get_by_text("Everyone in view has agreed").click()
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_text("Recording", exact=True)).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(3000)
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible(timeout=PATIENCE)


def sessions(page: Page, found: Served, address: str = "") -> None:
    page.goto(f"{found.url}sessions{address}")
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_visible(timeout=PATIENCE)


def test_two_people_stream_record_share_and_are_refused(
    open_browser, one_face_clip, tmp_path: Path, keep_picture
):
    with served(tmp_path, LOGIN="accounts", PASSWORD_HASH="''") as found:
        for name in ("ann", "ben"):
            let_in(found, name, "member")
        browser = open_browser(*camera_flags(one_face_clip))
        ann, ben = (logged_in(browser, found, name) for name in ("ann", "ben"))
        for page in (ann, ben):
            start(page)
        for page in (ann, ben):
            annotated_picture(page)
            expect(labels(page)).to_have_count(1)
            assert streamer(page).locator("body").evaluate(KIND_OF_PATH) == "relay"
        for page in (ann, ben):
            recorded(page)
        assert len(list((tmp_path / "data").rglob("session.json"))) == 2

        # Each sees one session: their own.
        sessions(ann, found)
        expect(ann.get_by_role("button", name="Share", exact=True)).to_be_visible()
        ann_id = session_of(ann)
        sessions(ben, found)
        expect(ben.get_by_role("button", name="Share", exact=True)).to_be_visible()

        # Ann's address leads Ben nowhere, whatever he adds to it.
        owner = owner_of(tmp_path, ann_id, ben_id=session_of(ben))
        for guess in (f"{ann_id}@{owner}", f"../../{owner}/sessions/{ann_id}"):
            sessions(ben, found, f"?session={guess}")
            expect(ben.get_by_text("The address names a session that is not here")).to_be_visible()
        keep_picture(ben, "refused")

        # She lends it to him, and to nobody else.
        ann.get_by_role("button", name="Share", exact=True).click()
        ann.get_by_text("Only", exact=True).click()
        ann.get_by_label("Names or e-mail addresses").fill("ben")
        ann.get_by_role("button", name="Share it").click()
        expect(ann.get_by_text("Shared with ben since")).to_be_visible()
        keep_picture(ann, "shared")
        sessions(ben, found, f"?session={ann_id}@{owner}")
        expect(ben.get_by_text("Shared by ann since")).to_be_visible()
        expect(ben.locator(".player[data-drawn]")).to_be_visible(timeout=PATIENCE)
        expect(ben.get_by_role("button", name="Delete", exact=True)).to_have_count(0)
        keep_picture(ben, "lent")

        # Until she says that it ends.
        ann.get_by_role("button", name="Stop sharing").click()
        expect(ann.get_by_role("button", name="Share", exact=True)).to_be_visible()
        sessions(ben, found, f"?session={ann_id}@{owner}")
        expect(ben.get_by_text("The address names a session that is not here")).to_be_visible()

        # Whoever logs out sees nothing any more, not even with the address.
        ben.get_by_role("button", name="ben").click()
        ben.get_by_role("link", name="Log out").or_(
            ben.get_by_role("button", name="Log out")
        ).first.click()
        expect(ben).to_have_url(re.compile("/login"), timeout=PATIENCE)
        ben.goto(f"{found.url}sessions")
        expect(ben).to_have_url(re.compile("/login"))
        for name in found.processes:
            assert "Traceback" not in found.log(name)
            assert SECRET not in found.log(name)


def session_of(page: Page) -> str:
    """Return the id of the session that the page's address names."""
    page.wait_for_url(re.compile(r"session=\d"))
    found = re.search(r"session=([\d-]+)", page.url)
    assert found is not None
    return found[1]


def owner_of(folder: Path, session: str, *, ben_id: str) -> str:
    """Return the id of whose home holds a session; not the one of ben's."""
    homes = [
        each.parent.parent.parent.name
        for each in (folder / "data" / "people").rglob("session.json")
        if each.parent.name == session
    ]
    assert homes, f"expected {session} in a home beside {ben_id}"
    return homes[0]
