from __future__ import annotations

import pytest
import streamlit as st
from streamlit import config
from streamlit.runtime.secrets import Secrets
from streamlit.testing.v1 import AppTest
from streamlit.watcher import path_watcher

from emotion_core.live.connection.check import ServerCheck
from emotion_core.live.connection.servers import IceSettings
from emotion_core.system.storage.folders import PROJECT
from pages.live import connection
from pages.live.connection import GUIDE, Connection, explain_failure, read_connection

TURN = "turn:turn.example.org"
SETTINGS = IceSettings(turn=(TURN,), turn_shared_secret="hush")


@pytest.fixture
def secrets(tmp_path, monkeypatch):
    """The path of the file that the app takes its secrets from; it is not there yet."""
    path = tmp_path / "secrets.toml"
    usual = config.get_option("secrets.files")
    monkeypatch.setattr(st, "secrets", Secrets())
    monkeypatch.setattr(path_watcher, "watch_file", lambda *_, **__: True)
    config.set_option("secrets.files", [str(path)])
    yield path
    config.set_option("secrets.files", usual)


def test_no_file(secrets):
    assert not secrets.exists()
    assert read_connection() == Connection(IceSettings())


def test_other_secrets(secrets):
    secrets.write_text('[database]\npassword = "hush"\n')
    assert read_connection() == Connection(IceSettings())


def test_settings(secrets):
    secrets.write_text(f'[webrtc]\nturn = ["{TURN}"]\nturn_shared_secret = "hush"\n')
    assert read_connection() == Connection(SETTINGS)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[webrtc", "secrets.toml: expected TOML, found something else (Error parsing"),
        (b"\xff", "secrets.toml: expected TOML, found something else ('utf-8' codec"),
        (b"webrtc = true", "[webrtc]: expected a table of settings, found true or false"),
        (b"[webrtc]\nrelay = true", "[webrtc] relay: expected one of stun, turn"),
    ],
)
def test_a_file_of_no_use(secrets, content, problem):
    secrets.write_bytes(content)
    found = read_connection()
    assert found.settings == IceSettings()
    assert found.problem.startswith(problem)
    assert "\n" not in found.problem


@pytest.mark.parametrize("example", [".streamlit/secrets.example.toml"])
def test_the_example_can_be_used_as_it_is(secrets, example):
    content = (PROJECT / example).read_bytes()
    secrets.write_bytes(content)
    found = read_connection()
    assert found.problem == ""
    assert found.settings.turn
    assert found.settings.turn_shared_secret


def show_problem() -> None:
    from pages.live import connection

    connection.show_connection_problem()


def test_a_problem_is_shown_before_anyone_waits_for_the_video(secrets):
    secrets.write_text('[webrtc]\nstun = "stun:stun.example.org"\n')
    page = AppTest.from_function(show_problem).run()
    (warning,) = page.warning
    assert warning.value.startswith("**The connection settings are not used:** [webrtc] stun: ")
    assert GUIDE in warning.value
    assert not page.exception


def test_without_a_problem_nothing_is_shown(secrets):
    assert not secrets.exists()
    page = AppTest.from_function(show_problem).run()
    assert not page.main.children
    assert not page.exception


def show_two_failures() -> None:
    import streamlit as st

    from pages.live import connection

    for attempt in st.session_state["attempts"]:
        connection.show_why_it_failed(attempt)


def test_servers_are_asked_once_for_each_try(monkeypatch):
    asked = []

    def check_servers(settings: IceSettings) -> tuple[ServerCheck, ...]:
        asked.append(settings)
        return (ServerCheck(TURN, False, f"refused {len(asked)}"),)

    monkeypatch.setattr(connection, "read_connection", lambda: Connection(SETTINGS))
    monkeypatch.setattr(connection, "check_servers", check_servers)
    page = AppTest.from_function(show_two_failures)
    page.session_state["attempts"] = [1, 1, 2, 2]
    page.run()
    assert not page.exception
    found = [warning.value.split(f"`{TURN}` ")[1][:9] for warning in page.warning]
    assert found == ["refused 1", "refused 1", "refused 2", "refused 2"]


HERE, ELSEWHERE = "http://localhost:8501/live_camera", "https://faces.example.org/live_camera"
WORKS, FAILS = ServerCheck(TURN, True, "relays"), ServerCheck(TURN, False, "refused (401 ...)")


@pytest.mark.parametrize(
    ("settings", "checks", "address", "reasons"),
    [
        (IceSettings(), [], HERE, ["on the same machine", "firewall", "another browser"]),
        (IceSettings(), [], "http://127.0.0.1:8501", ["on the same machine"]),
        (IceSettings(), [], "", ["on the same machine"]),
        (
            IceSettings(),
            [],
            ELSEWHERE,
            ["not run on the same machine", "TURN server", "none is set up", GUIDE],
        ),
        (SETTINGS, [WORKS], ELSEWHERE, ["can reach the TURN server", "another network", GUIDE]),
        (SETTINGS, [FAILS], ELSEWHERE, [f"- `{TURN}` refused (401 ...)", GUIDE]),
        (SETTINGS, [FAILS], HERE, [f"- `{TURN}` refused (401 ...)"]),
    ],
)
def test_what_applies_is_said(settings, checks, address, reasons):
    text = explain_failure(settings, checks, address)
    assert text.startswith("**The video cannot connect.**")
    assert text.endswith("The Photo page works without a video connection:")
    for reason in reasons:
        assert reason in text


def test_the_guide_is_there():
    assert (PROJECT / GUIDE).is_file()
