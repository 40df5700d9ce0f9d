from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from emotion_core.cli import main
from emotion_core.models.in_use import model_in_use
from tests.api.conftest import MakeToken, client_of
from tests.model_files import OTHERS


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A second model in a library of its own."""
    monkeypatch.setenv("EMOTION_MODELS_DIR", str(tmp_path / "models"))
    assert main(["models", "import", str(OTHERS / "grey64.tflite")]) == 0
    return "grey64"


def test_they_are_listed_and_one_is_put_to_use(client: httpx.Client, other: str) -> None:
    names = {each["name"]: each["in_use"] for each in client.get("/models").json()["models"]}
    assert names == {"fer2013-vgg": True, other: False}
    answer = client.put("/models/in-use", json={"name": other})
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == other
    assert answer.json()["origin"] == "imported"
    assert model_in_use().name == other
    assert client.get("/ready").json() == {"status": "ready", "model": other}
    names = {each["name"]: each["in_use"] for each in client.get("/models").json()["models"]}
    assert names == {"fer2013-vgg": False, other: True}


def test_only_who_may_puts_one_to_use(served: str, make_token: MakeToken, other: str) -> None:
    with client_of(served, make_token("live", "analyze", "record")) as client:
        answer = client.put("/models/in-use", json={"name": other})
    assert answer.status_code == 403
    assert answer.json()["detail"] == (
        "expected a token that may admin, found one that may live, analyze, record; make another"
    )
    assert model_in_use().name == "fer2013-vgg"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"name": "none"}, "expected the name of a model (fer2013-vgg), found 'none'"),
        ({"name": "../models"}, "expected the name of a model (fer2013-vgg), found '../models'"),
        ({}, "found another: body.name: Field required"),
        ({"name": "x", "more": 1}, "body.more: Extra inputs are not permitted"),
        ({"name": "x" * 300}, "body.name: String should have at most 255 characters"),
    ],
)
def test_what_is_no_model_is_told(client: httpx.Client, body: dict[str, object], told: str) -> None:
    answer = client.put("/models/in-use", json=body)
    assert answer.status_code == 422
    assert told in answer.json()["detail"]
