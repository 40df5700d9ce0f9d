"""Cards of every wrong type: each is told as damaged, whichever page would have met the value."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from emotion_core.errors import ModelError
from emotion_core.models.card_schema import check_card
from emotion_core.models.folder import CARD_FILE, default_model_dir, load_card
from emotion_core.models.in_use import setting_file

SHIPPED = json.loads((default_model_dir() / CARD_FILE).read_text())
#: Free text for people, which pages show as it is, whatever it says.
_FREE = ("config",)
_SHARES = ("precision", "recall", "f1", "answered")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where values stand in a card; of lists the first one."""
    if path:
        yield path
    if path[:1] == _FREE:
        return
    if isinstance(value, dict):
        for name, child in value.items():
            yield from places(child, (*path, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


def with_value(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    card = copy.deepcopy(SHIPPED)
    part = card
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return card


def without(*path: Any) -> dict[str, Any]:
    card = copy.deepcopy(SHIPPED)
    part = card
    for step in path[:-1]:
        part = part[step]
    del part[path[-1]]
    return card


ALL = list(places(SHIPPED))


@pytest.mark.parametrize("path", ALL, ids=lambda path: ".".join(map(str, path)))
def test_no_value_is_of_another_type(path):
    for wrong in ({"x": 1}, [{"x": []}], None, "x", True, -1.5):
        found = copy.deepcopy(SHIPPED)
        for step in path:
            found = found[step]
        alike = type(wrong) is type(found) or (
            isinstance(wrong, float) and isinstance(found, (int, float))
        )
        # The first bin has no answers, and no shares of them; a class may have no figures.
        empty = found is None and isinstance(wrong, float)
        # So may an expression be without images or answers.
        inner = tuple(step for step in path if step != "mirrored")  # of both views, the same
        undefined = wrong is None and inner[:2] == ("metrics", "per_class") and path[-1] in _SHARES
        undefined |= wrong is None and inner == ("metrics", "clean")
        if alike or empty or undefined:
            continue
        with pytest.raises((ValueError, KeyError)):
            check_card(with_value(path, wrong))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            with_value(("metrics", "selective"), None),
            "metrics.selective: expected names with values, found nothing",
        ),
        (with_value(("metrics", "accuracy"), "high"), "metrics.accuracy: expected a number, found"),
        (with_value(("metrics", "n"), [1]), "metrics.n: expected a whole number, found a list"),
        (with_value(("metrics", "accuracy"), 71.0), "Expected `float` <= 1.0 - at `$.metrics.accu"),
        (with_value(("parameters",), -1), "Expected `int` >= 0 - at `$.parameters`"),
        (with_value(("of_tomorrow",), 1), "found 'of_tomorrow'"),
        (without("metrics", "n"), "metrics: expected n beside accuracy, found none"),
        (without("data", "name"), "data: expected name beside fingerprint, found none"),
        (
            without("metrics", "selective", "least_coverage"),
            "metrics.selective: expected least_coverage beside target_accuracy, found none",
        ),
        (with_value(("source",), {"file": "a.h5"}), "source: expected sha256 beside file, found"),
        (
            without("metrics", "per_class", "sad"),
            "metrics.per_class: expected the seven expressions, found ['angry', 'disgust',",
        ),
        (
            without("metrics", "per_class", "sad", "f1"),
            "metrics.per_class.sad: expected the figures of the others, found sad",
        ),
        (
            with_value(("metrics", "per_class", "sad", "recall"), None),
            "metrics.per_class.sad.recall: expected a share of its images, found none",
        ),
        (
            without("metrics", "mirrored", "temperature"),
            "is damaged ('temperature')",
        ),
        (
            without("metrics", "mirrored", "n"),
            "metrics.mirrored: expected n beside accuracy, found none",
        ),
        (
            with_value(("metrics", "mirrored", "view"), "both"),
            "Invalid enum value 'both' - at `$.metrics.mirrored.view`",
        ),
        (
            with_value(("metrics", "mirrored", "temperature"), 0.0),
            "Expected `float` > 0.0 - at `$.metrics.mirrored.temperature`",
        ),
        (
            with_value(("metrics", "mirrored", "confusion"), [[1]]),
            "metrics.confusion: expected seven rows of seven numbers, found [1]",
        ),
        (
            with_value(("metrics", "confusion"), [[1]]),
            "metrics.confusion: expected seven rows of seven numbers, found [1]",
        ),
        (
            with_value(("metrics", "reliability", 5, "accuracy"), None),
            "metrics.reliability[5]: expected shares of answers, found none",
        ),
        (
            with_value(("metrics", "selective", "curve", "coverage"), [1.0]),
            "metrics.selective.curve: expected lists of one length, found [50, 1, 50]",
        ),
    ],
)
def test_a_damaged_card_is_one_line_that_says_where(content, message, tmp_path):
    (tmp_path / CARD_FILE).write_text(json.dumps(content))
    with pytest.raises(ModelError) as caught:
        load_card(tmp_path)
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / CARD_FILE} is damaged (")
    assert message in text
    assert "\n" not in text


def test_an_empty_set_of_images():
    content = copy.deepcopy(SHIPPED)
    for figures in content["metrics"]["per_class"].values():
        figures["support"] = 0
    with pytest.raises(ValueError, match=r"metrics\.per_class: expected some images, found 0"):
        check_card(content)


@pytest.mark.parametrize("temperature", ["Infinity", "NaN", "1e999", "-1", "0"])
def test_temperatures_that_calibrate_nothing(tmp_path, temperature):
    text = json.dumps(with_value(("temperature",), "HERE")).replace('"HERE"', temperature)
    (tmp_path / CARD_FILE).write_text(text)
    with pytest.raises(ModelError, match="temperature: expected a positive number, found"):
        load_card(tmp_path)


def test_a_card_that_says_little_is_a_card():
    check_card(SHIPPED | {"metrics": {}, "data": {}, "config": {}, "versions": {}, "source": {}})
    check_card(SHIPPED | {"interface": None})
    few = SHIPPED["data"] | {"initial": None, "excluded": None, "run": None}
    check_card(SHIPPED | {"data": few})
    check_card(with_value(("metrics", "of_tomorrow"), {"x": None}))


@pytest.mark.parametrize("content", ["[]", "[" * 100_000, '{"model": 1}', '{"model": ["x"]}', "1"])
def test_a_damaged_choice_of_a_model_is_passed_over(tmp_path, monkeypatch, content):
    from emotion_core.models.in_use import chosen_folder

    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))
    setting_file().parent.mkdir(parents=True, exist_ok=True)
    setting_file().write_text(content)
    assert chosen_folder() == default_model_dir()
