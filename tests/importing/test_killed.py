"""An import whose process is killed: what read the file ends, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emotion_core.system.storage.folders import PROJECT
from tests.model_files import others
from tests.system.alive import wait_until_gone

PROGRAM = """
import os, signal, sys
from pathlib import Path
from emotion_core.importing import reading
from emotion_core.importing.staging import stage_paths
from emotion_core.system.processes.children import Child

class Told(Child):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        print(self.pid, flush=True)

def killed(share):
    if share >= {share}:
        os.kill(os.getpid(), signal.SIGKILL)

reading.Child = Told
stage_paths([Path(sys.argv[1])], killed)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize(
    ("file", "share"),
    [("grey64.tflite", 0.0), ("grey64.keras", 0.1), ("grey64.keras", 0.4), ("grey64.keras", 0.5)],
)
def test_nothing_is_left_of_a_killed_import(tmp_path: Path, file: str, share: float) -> None:
    name, content = others(file)
    (tmp_path / name).write_bytes(content)
    temporary = tmp_path / "temporary"  # made by the fixture of all tests here
    environment = os.environ | {"TMPDIR": str(temporary)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(share=share), str(tmp_path / name)],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        timeout=200,
    )
    assert done.returncode == -signal.SIGKILL
    wait_until_gone(int(done.stdout))
    assert any(path.name.startswith("emotion-import-") for path in temporary.iterdir())
    subprocess.run(
        [sys.executable, "-m", "emotion_core", "models", "list"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=200,
    )
    assert list(temporary.iterdir()) == []
