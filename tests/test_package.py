"""The package as a user meets it: three lines, and nothing heavy behind them."""

from __future__ import annotations

import doctest
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import emotion_core

HEAVY = ("tensorflow", "keras", "pandas", "plotly", "streamlit")
LIVE_PATH = ("analysis", "classifier", "drawing", "faces", "images", "live")


def test_the_three_lines_in_the_docstring() -> None:
    result = doctest.testmod(emotion_core)
    assert result.attempted >= 6
    assert result.failed == 0


def test_the_lines_in_the_readme() -> None:
    readme = Path(__file__).parents[1] / "README.md"
    result = doctest.testfile(str(readme), module_relative=False, encoding="utf-8")
    assert result.attempted >= 6
    assert result.failed == 0


def test_public_names() -> None:
    for name in emotion_core.__all__:
        assert getattr(emotion_core, name).__doc__


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'emotion_core' has no attribute 'nobody'"):
        _ = emotion_core.nobody


def test_live_path_leaves_heavy_packages_alone() -> None:
    modules = [f"emotion_core.{name}" for name in LIVE_PATH if find_spec(f"emotion_core.{name}")]
    program = (
        f"import sys, importlib\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"from emotion_core import EmotionDetector, faces_table\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
