"""JSON that is damaged, forged, endless or of other types."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Literal, Required, TypedDict

import pytest

from emotion_core.errors import ModelError
from emotion_core.system.storage import json_reading
from emotion_core.system.storage.json_reading import checked, parse_json, read_json


class Figures(TypedDict, total=False):
    accuracy: Required[float]
    n: int


@dataclass(frozen=True)
class Part:
    name: str
    numbers: tuple[float, ...] = ()


@dataclass(frozen=True)
class Whole:
    title: str
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)
    kind: Literal["a", "b"] = "a"

    def __post_init__(self) -> None:
        if not self.title:
            raise ModelError("title: expected a name, found none")


def test_values_become_what_is_declared():
    content = {
        "title": "x",
        "part": {"name": "p", "numbers": [1, 2.5]},
        "parts": [{"name": "q"}],
        "figures": {"anything": [None]},
    }
    whole = Whole("x", Part("p", (1.0, 2.5)), (Part("q"),), {"anything": [None]})
    assert checked(content, Whole) == whole
    assert checked({"accuracy": 1, "unknown": 2}, Figures) == {"accuracy": 1.0}
    assert checked([["a"]], list[list[str]]) == [["a"]]


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        ([], Whole, "expected names with values, found a list"),
        (None, Whole, "expected names with values, found nothing"),
        ({"title": 1}, Whole, "title: expected text, found a whole number"),
        ({"title": None}, Whole, "title: expected text, found nothing"),
        ({"title": "x", "part": 1}, Whole, "part: expected names with values or nothing, found a"),
        ({"title": "x", "part": {"name": True}}, Whole, "part.name: expected text, found true or"),
        (
            {"title": "x", "parts": [{"name": "p", "numbers": [1, "2"]}]},
            Whole,
            "parts[0].numbers[1]: expected a number, found text",
        ),
        ({"title": "x", "figures": []}, Whole, "figures: expected names with values, found a list"),
        ({"title": "x", "kind": "c"}, Whole, "Invalid enum value 'c' - at `$.kind`"),
        ({"title": "x", "of": 1}, Whole, "expected title, part, parts, figures, kind, found 'of'"),
        ({"title": "x", "part": {"name": "p", "of": 1}}, Whole, "expected name, numbers, found"),
        ({"title": "x", "parts": [{"of": 1}]}, Whole, "expected name, numbers, found 'of'"),
        ({"accuracy": None}, Figures, "accuracy: expected a number, found nothing"),
        ({"accuracy": 1, "n": 1.5}, Figures, "n: expected a whole number, found a number"),
        ({"accuracy": 1, "n": True}, Figures, "n: expected a whole number, found true or false"),
        ([1], dict[str, str], "expected names with values, found a list"),
    ],
)
def test_values_of_other_types_are_named(content, kind, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        checked(content, kind)
    assert str(caught.value).startswith(message)


def test_a_name_that_is_missing():
    with pytest.raises(KeyError, match="'title'"):
        checked({}, Whole)
    with pytest.raises(KeyError, match="'accuracy'"):
        checked({"n": 1}, Figures)


def test_what_the_dataclass_itself_refuses():
    with pytest.raises(ModelError, match="title: expected a name, found none"):
        checked({"title": ""}, Whole)


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nothing", "\x00"])
def test_what_is_no_json(text):
    with pytest.raises(ValueError, match=r"line 1 column"):
        parse_json(text)


def test_what_is_nested_too_deeply():
    for text in ("[" * 100_000, '{"a":' * 100_000):
        with pytest.raises(ValueError, match="it is nested too deeply"):
            parse_json(text)


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(json_reading, "MAX_JSON_BYTES", 10)
    path = tmp_path / "a.json"
    path.write_text('"1234567"\n')
    assert read_json(path) == "1234567"
    path.write_text('"12345678"\n')
    with pytest.raises(ValueError, match="it has more than 10 bytes"):
        read_json(path)


def test_a_file_without_an_end(tmp_path):
    (tmp_path / "a.json").symlink_to("/dev/zero")
    with pytest.raises(OSError, match="it is a pipe or a device and no file"):
        read_json(tmp_path / "a.json")


def test_another_encoding(tmp_path):
    (tmp_path / "a.json").write_bytes('"é"'.encode("latin-1"))
    with pytest.raises(ValueError, match="utf-8"):
        read_json(tmp_path / "a.json")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes in folders")
def test_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(OSError, match="it is a pipe"):
        read_json(tmp_path / "a.json")


def test_names_of_a_later_version_are_left_out_where_that_is_wanted():
    content = {"title": "t", "later": 1, "part": {"name": "p", "later": 2}}
    assert checked(content, Whole, newer=True) == Whole("t", Part("p"))
    with pytest.raises(ValueError, match="found 'later'"):
        checked(content, Whole)
    with pytest.raises(ValueError, match="expected text, found"):
        checked({"title": 1}, Whole, newer=True)
