"""People log in, by a provider and by passwords, through the Caddy of deploy/."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from emotion_core.access.people.person import person_id
from emotion_core.system.storage.folders import PROJECT
from tests.browser.test_accessibility import serious_problems
from tests.deploy.serving import Served, free_port, served

ANA, BEN = "correct horse", "battery staple"

# In a process of its own: its libraries warn of one another.
PROVIDER = """
import sys, time
from oidc_provider_mock import User, run_server_in_thread
people = [
    User(sub="ana", claims={"name": "Ana", "email": "ana@school.example"}),
    User(sub="ben", claims={"name": "Ben", "email": "ben@school.example"}),
    User(sub="eve", claims={"name": "Eve", "email": "eve@elsewhere.example"}),
    User(sub="una", claims={"name": "Una", "email": "ana@school.example", "email_verified": False}),
]
with run_server_in_thread(int(sys.argv[1]), user_claims=people):
    time.sleep(600)
"""


@contextmanager
def provider() -> Iterator[str]:
    """Run a provider of logins; yield its address."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-c", PROVIDER, str(port)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("localhost", port), 1).close()
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield f"http://localhost:{port}"
    finally:
        process.kill()
        process.wait()


def somebody(browser: Browser, **more: Any) -> BrowserContext:
    context = browser.new_context(ignore_https_errors=True, **more)
    context.route("https://cdn.jsdelivr.net/**", lambda route: route.abort())
    return context


def name_shown(page: Page) -> Any:
    return page.locator(".st-key-who button p").first


def log_in_by_provider(page: Page, address: str, subject: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_role("link", name="Log in").click()
    page.get_by_role("button", name=subject, exact=True).click()


def log_in_by_password(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def log_out(page: Page) -> None:
    name_shown(page).click()
    page.get_by_role("button", name="Log out").click()


def people(found: Served, *arguments: str, line: str = "") -> None:
    """Run the command ``people`` as on the server."""
    done = subprocess.run(
        [sys.executable, "-m", "emotion_core", "people", *arguments],
        cwd=PROJECT, input=line, capture_output=True, text=True, check=False,
        env=os.environ | {"EMOTION_DATA_DIR": str(found.folder / "data")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("subpath", "way"), [("/faces/of-the-class", "docker")])
def test_people_of_a_provider(subpath, way, open_browser, tmp_path, keep_picture):
    with (
        provider() as issuer,
        served(
            tmp_path, subpath=subpath, way=way, LOGIN="accounts",
            OIDC_METADATA_URL=f"{issuer}/.well-known/openid-configuration",
            OIDC_CLIENT_ID="faces", OIDC_CLIENT_SECRET="secret",
            ADMINS="ana@school.example", MEMBERS="'*@school.example'",
        ) as found,
    ):  # fmt: skip
        browser = open_browser()
        of_ana, of_ben, of_others = (somebody(browser) for _ in range(3))
        ana, ben, other = (each.new_page() for each in (of_ana, of_ben, of_others))

        # Log in, and come back to the page that was asked for.
        log_in_by_provider(ana, f"{found.url}about", "ana")
        expect(ana.get_by_role("heading", name="About", exact=True)).to_be_visible(timeout=60_000)
        expect(ana).to_have_url(f"{found.url}about")
        expect(name_shown(ana)).to_have_text("Ana")
        keep_picture(ana, "logged-in")
        assert (found.folder / "data" / "keeper").read_text() == person_id(issuer, "ana")
        kept = {each["name"]: each for each in of_ana.cookies()}
        assert kept["_streamlit_user"]["secure"]
        assert kept["_streamlit_user"]["httpOnly"]

        # A member sees no page of admins.
        log_in_by_provider(ben, f"{found.url}people", "ben")
        expect(ben.get_by_text("This address names no page.")).to_be_visible(timeout=60_000)

        # Whom nobody let in learns so, and with which account; an unchecked address is none.
        for subject, name in (("eve", "Eve"), ("una", "Una")):
            log_in_by_provider(other, found.url, subject)
            expect(other.get_by_text(f"You are logged in as {name}")).to_be_visible()
            keep_picture(other, f"refused-{subject}")
            assert other.locator('[data-testid="stApp"]').count() == 0
            other.get_by_role("link", name="Log out").click()
            other.wait_for_load_state()
            of_others.clear_cookies(name="_streamlit_user")

        # Refused while logged in: out with the next click.
        ben.goto(f"{found.url}about")
        expect(name_shown(ben)).to_have_text("Ben", timeout=60_000)
        people(found, "remove", person_id(issuer, "ben"))
        ben.get_by_role("link", name="Photo", exact=True).click()
        expect(ben.get_by_text("You are logged in as Ben")).to_be_visible(timeout=30_000)

        # Another role in the settings, without a start.
        people(found, "allow", person_id(issuer, "ben"))
        secrets = found.folder / "made" / "secrets.toml"
        text = secrets.read_text("utf-8")
        secrets.write_text(text.replace('["ana@', '["ben@school.example", "ana@'), "utf-8")
        time.sleep(2)  # Streamlit looks at its secrets five times a second
        ben.goto(f"{found.url}people")
        expect(ben.get_by_role("heading", name="People", exact=True)).to_be_visible(timeout=60_000)

        # What is copied before logging out is of no use afterwards.
        copied = of_ana.cookies()
        log_out(ana)
        ana.wait_for_url(lambda url: not url.startswith(f"{found.url}about"), timeout=30_000)
        thief_of = somebody(browser)
        thief_of.add_cookies(copied)
        thief = thief_of.new_page()
        thief.goto(f"{found.url}about")
        expect(thief.get_by_role("heading", name="Log in")).to_be_visible()
        assert "Traceback" not in found.log("app")


def test_people_with_passwords(open_browser, tmp_path, keep_picture):
    with served(tmp_path, way="systemd", LOGIN="accounts", PASSWORD_HASH="''") as found:
        browser = open_browser()
        ana, ben = (somebody(browser).new_page() for _ in range(2))
        ana.goto(found.url)
        # Before anybody was let in, nobody is.
        expect(ana.get_by_text("Nobody has been let in yet.")).to_be_visible()
        keep_picture(ana, "nobody-yet")
        people(found, "add", "Ana", "--role", "admin", line=f"{ANA}\n")

        # Wrong ones, then the right one.
        ana.goto(f"{found.url}people")
        log_in_by_password(ana, "ana", "a guess")
        expect(ana.get_by_text("Wrong name or password.")).to_be_visible()
        log_in_by_password(ana, "ana", ANA)
        expect(ana.get_by_role("heading", name="People", exact=True)).to_be_visible(timeout=60_000)

        # An admin lets somebody in on the page.
        ana.get_by_role("textbox", name="Name").fill("Ben")
        ana.get_by_role("textbox", name="Password").fill(BEN)
        ana.get_by_role("button", name="Let them in").click()
        expect(ana.get_by_text("Ben may come in.")).to_be_visible(timeout=30_000)
        keep_picture(ana, "people")
        expect(ana.get_by_test_id("stToast")).to_have_count(0, timeout=30_000)  # Streamlit's own
        name_shown(ana).click()
        expect(ana.get_by_role("button", name="Log out")).to_be_visible()
        found_by_axe = serious_problems(ana, "people", also=["heading-order"])
        ana.keyboard.press("Escape")
        ben.goto(f"{found.url}about")
        log_in_by_password(ben, "ben", BEN)
        expect(name_shown(ben)).to_have_text("Ben", timeout=60_000)

        # Both play at once, each as themselves.
        for page, name in ((ana, "Ana"), (ben, "Ben")):
            page.goto(f"{found.url}sessions")
            expect(name_shown(page)).to_have_text(name, timeout=60_000)

        # Removed: a part of a page that refreshes itself is refused as well.
        ben.goto(f"{found.url}about")
        expect(ben.get_by_role("heading", name="What is stored")).to_be_visible(timeout=60_000)
        people(found, "remove", "ben")
        ben.get_by_role("link", name="Photo", exact=True).click()
        expect(ben.get_by_role("heading", name="Log in")).to_be_visible(timeout=30_000)
        log_in_by_password(ben, "ben", BEN)
        expect(ben.get_by_text("Wrong name or password.")).to_be_visible()

        log_out(ana)
        expect(ana.get_by_role("heading", name="Log in")).to_be_visible(timeout=30_000)
        found_by_axe += serious_problems(ana, "log in", also=["heading-order"])
        assert not found_by_axe, "\n".join(found_by_axe)
        log = found.log("app")
        assert "Traceback" not in log
        assert ANA not in log
        assert BEN not in log
