from __future__ import annotations

import pytest

from emotion_core.cli import main
from emotion_core.live.connection import check
from emotion_core.live.connection.check import ServerCheck

STUN, TURN = "stun:stun.example.org", "turn:turn.example.org"


@pytest.fixture
def secrets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ".streamlit" / "secrets.toml"
    path.parent.mkdir()
    path.write_text(
        f'[webrtc]\nstun = ["{STUN}"]\nturn = ["{TURN}"]\nturn_shared_secret = "hush"\n'
    )
    return path


def answers(*works: bool):
    def check_servers(settings):
        servers = zip(settings.servers, works, strict=True)
        return tuple(ServerCheck(server.url, work, "did this") for server, work in servers)

    return check_servers


@pytest.mark.usefixtures("secrets")
def test_servers_that_help(monkeypatch, capsys):
    monkeypatch.setattr(check, "check_servers", answers(True, True))
    assert main(["connection"]) == 0
    assert capsys.readouterr().out == f"ok      {STUN} did this\nok      {TURN} did this\n"


def test_a_server_that_does_not(secrets, monkeypatch, capsys):
    monkeypatch.setattr(check, "check_servers", answers(True, False))
    assert main(["connection", "--secrets", str(secrets)]) == 2
    printed = capsys.readouterr()
    assert printed.out == f"ok      {STUN} did this\nFAILED  {TURN} did this\n"
    assert printed.err == (
        f"emotion_core: {secrets}: expected every server to work, found 1 of 2 that do not; "
        "see above\n"
    )
    assert "hush" not in printed.out


def test_no_server(secrets, capsys):
    secrets.write_text("[webrtc]\n")
    assert main(["connection"]) == 0
    assert capsys.readouterr().out.endswith(
        "secrets.toml names no server: the video connects directly or not at all\n"
    )


def test_no_settings(secrets, capsys):
    secrets.unlink()
    assert main(["connection"]) == 2
    assert "expected a TOML file, found none" in capsys.readouterr().err
