from __future__ import annotations

import re
import socket

import httpx
import pytest

from emotion_core.api import siblings
from emotion_core.api.watching import health
from emotion_core.errors import ModelError
from tests.api.conftest import MakeToken, client_of


def test_who_watches_needs_no_token(served: str, make_token: MakeToken) -> None:
    make_token("live")
    with client_of(served) as client:
        assert client.get("/health").json() == {"status": "ok"}
        assert client.get("/ready").json() == {"status": "ready", "model": "fer2013-vgg"}
        assert client.get("/metrics").status_code == 401


def test_a_model_that_does_not_answer_is_told(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        raise ModelError("/home/anna/models/mine: damaged")

    monkeypatch.setattr(health._ANSWERING, "try_it", fail)
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["detail"] == (
        "expected a model that answers, found none; see the page Models"
    )
    assert client.get("/health").status_code == 200


class TestMetrics:
    def test_count_what_was_answered(self, client: httpx.Client) -> None:
        before = value_of(client, 'emotion_api_answers_total{status="404"}')
        assert client.get("/nothing").status_code == 404
        after = value_of(client, 'emotion_api_answers_total{status="404"}')
        assert after == before + 1

    def test_tell_of_streams_queues_and_memory(self, client: httpx.Client) -> None:
        answer = client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=")
        for line in (
            "# TYPE emotion_frames_total counter",
            "# TYPE emotion_frame_delay_seconds gauge",
            "emotion_viewers 0.0",
            "emotion_viewers_waiting 0.0",
            "# TYPE emotion_viewers_limit gauge",
            'emotion_queue_tasks{queue="videos",state="queued"} 0.0',
            'emotion_queue_tasks{queue="trainings",state="running"} 0.0',
        ):
            assert line in answer.text.splitlines()
        assert value_of(client, "process_resident_memory_bytes") > 50_000_000


def value_of(client: httpx.Client, metric: str) -> float:
    found = re.search(f"^{re.escape(metric)} (.+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_another_process_has_figures_of_its_own(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = client.get("/metrics", params={"process": 2})
    assert answer.status_code == 404
    assert answer.json()["detail"] == ("expected a process from 1 to 1, found 2; name another")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = f"127.0.0.1:{nobody.getsockname()[1]}"
        monkeypatch.setenv("EMOTION_PROCESS", "1")
        monkeypatch.setenv("EMOTION_PROCESSES", f"127.0.0.1:1 {gone}")
        answer = client.get("/metrics", params={"process": 2})
        assert answer.status_code == 503
        assert answer.json()["detail"] == (
            "expected process 2 to answer, but it does not; try again"
        )
        # What is not there has no streams either, and is not missed.
        assert client.get("/live").json() == {"streams": [], "missing": []}
        nobody.listen()  # now it hangs
        monkeypatch.setattr(siblings, "PATIENCE", 0.2)
        assert client.get("/live").json() == {"streams": [], "missing": [2]}
    assert client.get("/metrics", params={"process": 1}).status_code == 200
