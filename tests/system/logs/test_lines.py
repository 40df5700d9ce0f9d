"""Logs as lines of JSON: of this process, of others, and of the whole app."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import httpx
import pytest

from emotion_core.access.tokens import add_token
from emotion_core.api.addresses import PREFIX
from emotion_core.system.logs.lines import in_request, line_of
from emotion_core.system.storage.folders import PROJECT
from tests.browser.support import running_server


def record(message: str, *arguments: object, error: BaseException | None = None) -> Any:
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    return logging.LogRecord("a.b", logging.WARNING, "x.py", 3, message, arguments, exc_info)


def test_a_line_says_when_where_and_what() -> None:
    found = record("%d lines\nof %s", 3, "Ada")
    found.created = 1e9
    line = line_of(found)
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2001-09-09T01:46:40.000Z", "level": "warning", "logger": "a.b",
        "message": "3 lines\nof …", "process": os.getpid(),
    }  # fmt: skip


def test_an_error_is_its_class_and_the_calls_that_led_to_it() -> None:
    def fail() -> None:
        raise ValueError("Ada")

    try:
        fail()
    except ValueError as error:
        line = json.loads(line_of(record("It failed.", error=error)))
    assert line["error"] == "ValueError"
    assert [call.split()[-1] for call in line["calls"]][-1] == "fail"
    assert line["calls"][-1].startswith("./tests/system/logs/test_lines.py:")
    assert "Ada" not in json.dumps(line)


def test_a_request_is_named_where_there_is_one() -> None:
    assert "request" not in json.loads(line_of(record("a")))
    with in_request("abc"):
        assert json.loads(line_of(record("a")))["request"] == "abc"


PROGRAM = textwrap.dedent(
    """
    import logging, threading, warnings
    from emotion_core.system.logs.lines import speak_as_asked
    speak_as_asked()
    logging.getLogger("emotion_core.x").warning("of %s", "Ada")  # nobody has set up a handler
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("text %(message)s"))
    other = logging.getLogger("other")
    other.propagate = False
    other.addHandler(handler)
    other.error("from 10.0.0.1")
    import uvicorn
    uvicorn.Config(None)  # sets up handlers of its own
    logging.getLogger("uvicorn.error").info("Running on %s:%d", "ada.example", 80)
    warnings.warn("of Ada's")
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    raise OSError(28, "No space left on device", "/srv/Ada")
    """
)


def run(**environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=PROJECT, env=os.environ | environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    return done.stderr


def test_all_that_a_process_logs_is_json() -> None:
    lines = [json.loads(line) for line in run(EMOTION_LOG="json").splitlines()]
    assert [(line["logger"], line["message"]) for line in lines[:3]] == [
        ("emotion_core.x", "of …"),
        ("other", "from …"),
        ("uvicorn.error", "Running on …:80"),
    ]
    assert lines[3]["logger"] == "py.warnings"
    assert [line["error"] for line in lines[4:]] == [
        "ZeroDivisionError", "OSError: No space left on device",
    ]  # fmt: skip


def test_without_the_variable_it_is_text_as_ever() -> None:
    said = run(EMOTION_LOG="")
    assert said.startswith("of Ada\ntext from 10.0.0.1\n")
    assert "Traceback" in said


def test_the_whole_app_logs_json_and_nothing_of_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "Ada's data"))
    secret = add_token("ada", ["live", "analyze", "record"]).secret
    (tmp_path / "Ada's data" / "sessions").mkdir()
    (tmp_path / "Ada's data" / "sessions" / "Ada").mkdir()
    (tmp_path / "Ada's data" / "uploads").write_text("where a folder should be")
    environment = {"EMOTION_DATA_DIR": str(tmp_path / "Ada's data"), "EMOTION_LOG": "json"}
    environment["STREAMLIT_LOGGER_LEVEL"] = "debug"  # so that much is told
    with running_server(tmp_path / "log.txt", environment=environment) as server:

        def get(path: str, **headers: str) -> httpx.Response:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return httpx.get(f"{server.url}{path}", headers=named, trust_env=False, timeout=60)

        assert get("/", host="ada.example").status_code == 403
        asked = get(f"{PREFIX}/sessions?of=ada", authorization=f"Bearer {secret}")
        assert asked.status_code == 200
        assert len(asked.headers["x-request-id"]) == 16
    log = (tmp_path / "log.txt").read_text()
    lines = [line for line in log.splitlines() if line.startswith("{")]
    # What Streamlit prints for whoever started it goes to standard output, here into the same file;
    # and what it tells before it has read app.py is not ours yet.
    began = log.splitlines().index(lines[0])
    others = {line.strip() for line in log.splitlines()[began:] if line.strip()} - {*lines}
    assert all(line.startswith(("You can now view", "URL:", "Stopping")) for line in others), others
    told = [json.loads(line) for line in lines]
    assert any(line["logger"] == "pages.mending.own_names" for line in told)
    assert "asked for as …" in " ".join(line["message"] for line in told)
    assert any(line["logger"].startswith("streamlit.") for line in told)
    everything = "\n".join(lines)
    for personal in ("ada", "Ada", secret, str(tmp_path), "127.0.0.1"):
        assert personal not in everything
