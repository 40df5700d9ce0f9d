"""docs/deployment.md, followed word by word on a machine with nothing on it but Debian.

It downloads a gigabyte the first time and takes minutes, so it runs only where the variable
EMOTION_TEST_FRESH_ROOT names a folder in which the downloads are kept:

    EMOTION_TEST_FRESH_ROOT=/var/tmp/fresh python -m pytest -o faulthandler_timeout=3600 \
        tests/deploy/test_page.py

The lines are those of the page. What a person does in between is done here: types the password,
edits .env, makes the DNS entries.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from emotion_core.system.storage.folders import PROJECT
from tests.browser.conftest import CHROMIUM_FLAGS, find_chromium
from tests.browser.live_view import annotated_picture, start, streamer
from tests.browser.support import camera_flags, portrait, swaying, write_clip
from tests.browser.test_deployment import WAY_TO_RELAY
from tests.browser.test_turn import NOTE_PEERS
from tests.deploy.fresh_root import ADDRESS, Machine, blocks, fresh_machine, only_web_pages
from tests.deploy.serving import PASSWORD, USER
from tests.network import trusting

KEPT = os.environ.get("EMOTION_TEST_FRESH_ROOT", "")
PAGE = (PROJECT / "docs" / "deployment.md").read_text("utf-8")
DOMAIN, TURN = "faces.example.org", "turn.faces.example.org"

pytestmark = [
    pytest.mark.skipif(not KEPT, reason="needs minutes, and EMOTION_TEST_FRESH_ROOT"),
    pytest.mark.timeout(3000),
]


class Person:
    """Somebody who follows the page on a machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.place = "/root"
        self.settings = {"DOMAIN": DOMAIN, "CERTIFICATE": "internal"}

    def follow(self, lines: list[str]) -> None:
        """Do what a block of the page says."""
        for line in lines:
            began = time.monotonic()
            command = line.partition("#")[0].strip()
            if command.startswith("nano "):
                self.edit(command.split()[1])
            else:
                self.type(command)
            print(f"{time.monotonic() - began:6.1f} s  {command}", flush=True)

    def type(self, command: str) -> None:
        typed = {"apt-get": "y\n", "caddy": f"{PASSWORD}\n{PASSWORD}\n"}
        told, self.place = self.machine.do(
            command.replace("ADDRESS_OF_THIS_PROJECT", "/project"),
            typed=typed.get(command.split()[0], ""),
            place=self.place,
        )
        if command == "caddy hash-password":
            self.settings["PASSWORD_HASH"] = f"'{told.split()[-1]}'"

    def edit(self, name: str) -> None:
        path = self.machine.root / self.place.lstrip("/") / name
        text = path.read_text("utf-8")
        for setting, value in self.settings.items():
            text, times = re.subn(
                rf"^{setting}=.*$",
                lambda _, line=f"{setting}={value}": line,
                text,
                flags=re.MULTILINE,
            )
            assert times == 1, setting
        path.write_text(text, "utf-8")


@pytest.fixture
def machine(tmp_path) -> Iterator[Machine]:
    with fresh_machine(tmp_path, Path(KEPT)) as found:
        # The DNS entries.
        found.do(f"echo '{ADDRESS} {DOMAIN} {TURN}' >> /etc/hosts && apt-get update")
        yield found


def test_the_page_leads_from_an_empty_machine_to_a_video(machine, tmp_path):
    person = Person(machine)
    (install,) = blocks(PAGE, "Without Docker")
    person.follow(install)
    clip = write_clip(tmp_path / "camera.y4m", swaying(portrait(480)))
    store = "var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt"
    wait_until_served(machine)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(playwright),
            args=[
                *CHROMIUM_FLAGS,
                *camera_flags(clip),
                f"--host-resolver-rules=MAP *.example.org {ADDRESS}",
            ],
            env=trusting(machine.root / store, tmp_path / "home"),
        )

        def open_page() -> Page:
            context = browser.new_context(http_credentials={"username": USER, "password": PASSWORD})
            context.add_init_script(NOTE_PEERS)
            page = context.new_page()
            page.goto(f"https://{DOMAIN}/")
            start(page)
            annotated_picture(page)
            return page

        page = open_page()
        assert streamer(page).locator("body").evaluate(WAY_TO_RELAY) in ("udp", "tcp")
        page.context.close()
        users = users_of(machine)
        assert (users["python"], users["caddy"]) == ("emotion", "caddy")
        assert users["turnserver"] == "turnserver"

        (setting,), _docker, install = blocks(PAGE, "Networks that let nothing out but web pages")
        name, _, value = setting.partition("=")
        person.settings[name] = value
        person.edit("deploy/.env")
        person.follow(install)
        wait_until_served(machine)
        with only_web_pages():
            page = open_page()
            assert streamer(page).locator("body").evaluate(WAY_TO_RELAY) == "tls"
            page.context.close()
        browser.close()
    users = users_of(machine)
    assert (users["turnserver"], users["haproxy"]) == ("turnserver", "haproxy")
    failed, _ = machine.do("systemctl --failed --plain --no-legend")
    assert "emotion" not in failed
    told, _ = machine.do("journalctl --unit emotion-dashboard --no-pager")
    assert "Traceback" not in told
    assert PASSWORD not in told


def users_of(machine: Machine) -> dict[str, str]:
    """Return who runs each program; of the smallest Debian, ``ps`` is no part."""
    told, _ = machine.do(
        'for each in /proc/[0-9]*; do echo "$(stat -c %U $each) $(cat $each/comm)"; done'
    )
    lines = [line.split(None, 1) for line in told.splitlines()]
    return {name: user for user, name in (line for line in lines if len(line) == 2)}


def wait_until_served(machine: Machine) -> None:
    """Wait until the app is well and Caddy listens."""
    is_well = (
        "set -a; . /etc/emotion/app.env; cd /opt/emotion && "
        "for each in $(seq 120); do .venv/bin/python deploy/start.py --is-healthy && exit; "
        "sleep 1; done; journalctl --no-pager --lines 60; exit 1"
    )
    machine.do(is_well)
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection((ADDRESS, 443), timeout=5).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                told, _ = machine.do("journalctl --no-pager --lines 60")
                raise AssertionError(told) from None
            time.sleep(0.5)
