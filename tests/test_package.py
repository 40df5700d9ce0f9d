"""The package as a user meets it: three lines, and nothing heavy behind them."""

from __future__ import annotations

import doctest
import subprocess
import sys

import pytest

import emotion_core
from emotion_core.system.storage.folders import PROJECT

HEAVY = ("tensorflow", "keras", "pandas", "plotly", "streamlit")
LIVE_PATH = (
    "faces.finding.detectors",
    "faces.drawing",
    "faces.pictures.images",
    "faces.readings",
    "live.reader",
    "live.session",
    "models.classifier",
)
# What a machine that only trains may lack.
NOT_FOR_TRAINING = ("ai_edge_litert", "streamlit", "av", "aioice", "aiortc", "pandas", "plotly")


def test_the_three_lines_in_the_docstring() -> None:
    result = doctest.testmod(emotion_core)
    assert result.attempted >= 6
    assert result.failed == 0


def test_the_lines_in_the_readme() -> None:
    readme = PROJECT / "README.md"
    result = doctest.testfile(str(readme), module_relative=False, encoding="utf-8")
    assert result.attempted >= 6
    assert result.failed == 0


def test_public_names() -> None:
    for name in emotion_core.__all__:
        assert getattr(emotion_core, name).__doc__


def test_public_names_load_nothing_until_they_are_used() -> None:
    program = (
        "import sys, emotion_core\n"
        "print(sorted(name for name in sys.modules if name.startswith('emotion_core')))\n"
    )
    assert output_of(program) == "['emotion_core']"


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'emotion_core' has no attribute 'nobody'"):
        _ = emotion_core.nobody


def test_live_path_leaves_heavy_packages_alone() -> None:
    modules = [f"emotion_core.{name}" for name in LIVE_PATH]
    program = (
        f"import sys, importlib\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"from emotion_core import EmotionDetector, faces_table\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    assert output_of(program) == "[]"


def test_commands_load_ray_for_who_asks_for_it_alone() -> None:
    program = (
        "import sys, emotion_core.cli, emotion_core.recorded.cluster.engine\n"
        "print([name for name in ('ray', 'fsspec') if name in sys.modules])\n"
    )
    assert output_of(program) == "[]"


def test_training_needs_nothing_of_the_app() -> None:
    """A machine with a GPU that was lent for half an hour has little more than Keras."""
    program = (
        f"import sys\n"
        f"sys.modules.update(dict.fromkeys({NOT_FOR_TRAINING!r}))\n"  # importing one fails
        f"from emotion_core.cli import main\n"
        f"import emotion_core.training.fitting.loop\n"
        f"main(['architectures'])\n"
    )
    assert "vgg" in output_of(program)


def output_of(program: str) -> str:
    """Return what a Python program of its own prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
