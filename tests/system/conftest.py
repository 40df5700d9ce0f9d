from __future__ import annotations

import os
import textwrap

import pytest

from emotion_core.system.processes.children import Child
from emotion_core.system.storage.folders import PROJECT
from tests.system.alive import is_alive


@pytest.fixture
def child(tmp_path, monkeypatch):
    """Start a child that does what is written in a function's body."""
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{PROJECT}")
    started = []

    def start(body: str, options: str = "", prelude: str = "", **environment: str) -> Child:
        (tmp_path / "task.py").write_text(
            "import os, sys, time\n"
            "from emotion_core.errors import ModelError\n"
            f"from emotion_core.system.processes.serving import Limits, serve\n\n{prelude}"
            f"def answer(request, progress):\n{textwrap.indent(body, '    ')}\n\n"
            f"serve(answer, {options})\n"
        )
        started.append(Child("task", environment=environment))
        return started[-1]

    yield start
    for each in started:
        each.close()
        assert not is_alive(each.pid)
