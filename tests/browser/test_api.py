"""Other programs, from a token made on a page to a session with their marks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import websockets.sync.client
from playwright.sync_api import Page, expect

from emotion_core.client import Client
from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.live.lsl.library import is_there
from emotion_core.live.lsl.outlets import Origin
from pages.connecting.snippets import snippet
from tests.browser.following import FRAMES
from tests.browser.live_view import START_MS, labels, start
from tests.browser.support import ROOT, Server, camera_flags, running_server

#: A busy machine needs long to start a program.
PATIENCE = 120


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An app of its own, which has no token yet."""
    environment = {
        f"EMOTION_{name}_DIR": str(tmp_path / name.lower()) for name in ("CACHE", "DATA", "VIDEOS")
    }
    with running_server(tmp_path / "log.txt", environment=environment) as server:
        yield server


def make_token(page: Page, name: str, *rights: str) -> str:
    """Make a token on the page Connect and return what it shows once."""
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("textbox", name="Name").press("Tab")
    for right in rights:
        page.get_by_text(re.compile(f"^{right}: ")).click()
        expect(page.get_by_role("checkbox", name=f"{right}: ")).to_be_checked()
    page.get_by_role("button", name="Make the token").click()
    shown = page.locator(".st-key-new_token_shown code")
    expect(shown).to_be_visible()
    secret = shown.inner_text().strip()
    page.get_by_role("button", name="I have copied it").click()
    expect(shown).to_have_count(0)
    return secret


def token_from_the_terminal(server: Server, name: str, may: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "emotion_core", "tokens", "add", name, "--may", may],
        cwd=ROOT, env=os.environ | {"EMOTION_DATA_DIR": str(server.log.with_name("data"))},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return next(word for word in done.stdout.split() if word.startswith("emo_"))


#: Starts Python with these arguments and, where one is given, a token.
Program = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def program() -> Iterator[Program]:
    with ExitStack() as running:

        def begin(*arguments: str, token: str = "") -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT, env=os.environ | {"EMOTION_TOKEN": token}, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            running.enter_context(process)
            running.callback(process.kill)
            return process

        yield begin


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return line


def refused(
    url: str, token: str | None = None, method: str = "GET", headers: Mapping[str, str] = {}
) -> tuple[int, str]:  # fmt: skip
    """Return the status of a refusal, and why."""
    own = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.request(method, url, headers={**own, **headers}, timeout=60)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["detail"]


def test_a_program_follows_marks_and_records(
    server: Server, open_browser, one_face_clip: Path, keep_picture, program: Program
) -> None:
    api = f"{server.url}/api/v1"
    assert refused(f"{api}/live")[0] == 403
    assert "this interface is off" in refused(f"{api}/live")[1]

    browser = open_browser(*camera_flags(one_face_clip))
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.goto(f"{server.url}/connect")
    token = make_token(page, "stimuli", "analyze", "record")
    weak = token_from_the_terminal(server, "watcher", "live")
    keep_picture(page, "tokens")

    live = browser.new_page(viewport={"width": 1280, "height": 1400})
    live.goto(server.url)
    start(live)
    expect(labels(live)).to_have_count(1)
    publishing = is_there()
    if publishing:
        live.get_by_text("Adjust", exact=True).click()
        live.get_by_text("Publish on the Lab Streaming Layer (LSL)").click()
        expect(live.get_by_text("“Expression marks”")).to_be_visible()
        keep_picture(live, "published")

    following = program("-m", "tests.browser.following", server.url, token=token)
    seen = json.loads(first_line(following))
    assert seen["frames"] == sorted(set(seen["frames"]))
    assert len(seen["frames"]) == FRAMES
    assert 1 in seen["persons"]
    assert set(seen["answers"]) <= {*EMOTIONS, UNCERTAIN}
    assert seen["mark"][:2] == [seen["session"], "stimulus"]
    expect(live.get_by_text("Recording", exact=True)).to_be_visible(timeout=START_MS)
    keep_picture(live, "recorded by a program")

    stream = seen["stream"]
    recorder = None
    if publishing:
        ids = [Origin(stream).name_of(part) for part in ("person-1", "marks")]
        recorder = program("-m", "tests.live.lsl.reading", str(PATIENCE), *ids)
        assert recorder.stderr is not None
        while (line := recorder.stderr.readline().strip()) != "ready":
            assert recorder.poll() is None, line
    marking = program("-c", snippet("psychopy_marks.py", server.url, stream), token=token)
    out, problems = marking.communicate(timeout=PATIENCE)
    assert (marking.returncode, out, problems) == (0, "", "")
    if recorder is not None:
        out, problems = recorder.communicate(timeout=2 * PATIENCE)
        assert recorder.returncode == 0, problems
        scores, marks = (json.loads(out)[id_] for id_ in ids)
        assert [label for label, _, _ in scores["channels"]] == list(EMOTIONS)
        assert sum(scores["samples"][0][1]) == pytest.approx(1, abs=1e-3)
        assert [sample for _, sample in marks["samples"]] == [["picture 1"]]

    printing = program("-u", "-c", snippet("follow.py", server.url, stream), token=token)
    number, person, answer, happy = first_line(printing).split()
    printing.kill()
    printing.communicate()
    assert int(number) > seen["frames"][-1]
    assert answer in {*EMOTIONS, UNCERTAIN}
    assert 0 <= float(happy) <= 1
    assert person == "1"

    # As a game or an art piece in a browser would.
    address = f"{api}/live/{stream}/socket".replace("http", "ws", 1)
    with websockets.sync.client.connect(
        address, subprotocols=["emotion", f"token.{token}"]
    ) as socket:
        assert json.loads(socket.recv(timeout=60))["faces"][0]["person"] == 1

    assert following.stdin is not None
    following.stdin.write("\n")
    _, problems = following.communicate(timeout=PATIENCE)
    assert following.returncode == 0, problems
    expect(live.get_by_text("The session just recorded")).to_be_visible(timeout=START_MS)
    keep_picture(live, "what was recorded")

    with Client(server.url, token) as client:
        session = client.sessions.get(seen["session"])
        assert (session.state, session.purpose, session.persons) == ("complete", "a test", 1)
        assert session.frames > FRAMES
        assert [(mark.label, mark.source) for mark in session.marks] == [
            ("stimulus", "api"),
            ("picture 1", "api"),
        ]
        assert session.marks[0].start == pytest.approx(seen["mark"][2])
        table = client.sessions.download(session, "csv", server.log.with_name("faces.csv"))
        assert len(table.read_text().splitlines()) > FRAMES

    assert_refusals(api, stream, session.id, token, weak)
    page.get_by_text("Revoke", exact=True).nth(1).click()
    page.get_by_role("button", name="Revoke this token").click()
    expect(page.get_by_text("is revoked")).to_be_visible()
    assert refused(f"{api}/live", weak)[0] == 401
    assert "Traceback" not in server.log.read_text()
    for personal in (token, weak, session.id, stream):
        assert personal not in server.log.read_text()


def assert_refusals(api: str, stream: str, session: str, token: str, weak: str) -> None:
    """Try what must not be let in, or cannot be done, and what is said about it."""
    foreign_page = {"Origin": "http://evil.example"}
    recording = f"{api}/live/{stream}/recording"
    for status, says, found in (
        (401, "found none; send the header Authorization", refused(f"{api}/live")),
        (401, "found one that is not, or was revoked", refused(f"{api}/live", "emo_guessed")),
        (403, "a token that may record", refused(f"{api}/sessions", weak)),
        (403, "a token that may record", refused(f"{api}/sessions/{session}/files/csv", weak)),
        (403, "a token that may record", refused(recording, weak, "DELETE")),
        (403, "a token that may analyze", refused(f"{api}/videos", weak)),
        (403, "a request of a program", refused(f"{api}/live", token, headers=foreign_page)),
        (404, "expected the id of a live stream", refused(f"{api}/live/nobody", token)),
        (404, "expected", refused(f"{api}/sessions/nobody", token)),
        (409, "it is not; start a recording first", refused(recording, token, "DELETE")),
        (405, "expected a method that this address takes", refused(f"{api}/live", token, "PUT")),
    ):
        assert found[0] == status, found
        assert says in found[1]
    # A name that leads here by a trick (DNS rebinding) is the app's affair, whatever is asked for.
    rebound = {"Host": "evil.example", "Authorization": f"Bearer {token}"}
    assert httpx.get(f"{api}/live", headers=rebound).status_code == 403
