"""What another program has to have: little."""

from __future__ import annotations

import subprocess
import sys

import emotion_core.client
from emotion_core.system.storage.folders import PROJECT

HEAVY = ("cv2", "numpy", "pandas", "fastapi", "pydantic", "av", "streamlit", "ai_edge_litert")


def test_it_needs_neither_opencv_nor_numpy_nor_fastapi() -> None:
    # Importing one of them fails, so nothing is merely put off.
    program = (
        f"import sys\nsys.modules.update(dict.fromkeys({HEAVY!r}))\n"
        "from emotion_core.client import Client\n"
        "from emotion_core.client.streaming import frames\n"
        "with Client('http://localhost:1', 'token') as client: print(type(client).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=PROJECT
    )
    assert (done.stdout, done.stderr) == ("Client\n", "")


def test_public_names_say_what_they_are() -> None:
    for name in emotion_core.client.__all__:
        assert getattr(emotion_core.client, name).__doc__
