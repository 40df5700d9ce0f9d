"""The process that reads a model's file: what it tells, in how many passes, with what rights."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emotion_core.errors import ModelError
from emotion_core.importing import worker
from emotion_core.importing.answers import FoundNetwork
from emotion_core.importing.reading import read_apart
from emotion_core.importing.uploads import UPLOADS
from emotion_core.models import folder, layers, litert
from emotion_core.models.file_checks import keras_files
from emotion_core.models.folder import KERAS_FILE, LITERT_FILE
from emotion_core.system.processes.children import Child
from emotion_core.system.processes.serving import NICE
from emotion_core.system.storage.folders import PROJECT
from tests import model_files
from tests.data.keras2.make import bright_and_dark
from tests.importing.hostile_files import LAMBDA
from tests.model_files import KERAS_2, OTHERS


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / UPLOADS).mkdir()
    return tmp_path


class Counted:
    """Counts the calls of functions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *functions: tuple[object, str]) -> None:
        self.calls: dict[str, int] = {name: 0 for _, name in functions}
        for owner, name in functions:
            monkeypatch.setattr(owner, name, self._counting(name, getattr(owner, name)))

    def _counting(self, name, function):
        def counting(*arguments, **settings):
            self.calls[name] += 1
            return function(*arguments, **settings)

        return counting


class TestItsProcess:
    def test_it_tells_what_it_found(self, place):
        shutil.copy(OTHERS / "grey64.tflite", place / UPLOADS / LITERT_FILE)
        with Child(worker.__name__) as child:
            found = child.ask({"kind": "litert", "folder": str(place)})
            if sys.platform == "linux":
                niceness = os.getpriority(os.PRIO_PROCESS, child.pid)
                assert niceness == min(os.getpriority(os.PRIO_PROCESS, 0) + NICE, 19)
                limits = Path(f"/proc/{child.pid}/limits").read_text()
                assert re.search(r"Max data size +6000000000 ", limits)
                assert re.search(r"Max file size +3000000000 ", limits)
                status = Path(f"/proc/{child.pid}/status").read_text()
                assert re.search(r"Seccomp:\s+2\n", status)  # a filter: no network
        assert FoundNetwork(**found) == FoundNetwork(64, 1, 7, True, False, 14)
        assert (place / LITERT_FILE).is_file()

    def test_recurrent_layers_run_in_litert_as_keras_2_ran_them(self, place):
        shutil.copy(KERAS_2 / "layers.h5", place / UPLOADS / "model.h5")
        read_apart("keras", place, "layers.h5", lambda _: None)
        network = litert.LiteRtNetwork((place / LITERT_FILE).read_bytes())
        (scores,) = network.run(bright_and_dark())
        assert scores == pytest.approx(np.load(KERAS_2 / "layers.npy"), abs=1e-3)

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such thing")
    def test_it_writes_in_its_folder_only(self, place, tmp_path_factory):
        outside = tmp_path_factory.mktemp("outside") / "stolen"
        program = (
            "from pathlib import Path; from emotion_core.importing import worker\n"
            f"worker.READERS['litert'] = lambda *_: Path({str(outside)!r}).write_text('x')\n"
            f"worker.read_apart({{'kind': 'litert', 'folder': {str(place)!r}}}, lambda _: None)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True
        )
        assert "found one that cannot ([Errno 13] Permission denied" in done.stderr
        assert not outside.exists()

    def test_what_carries_code_is_refused_before_keras_is_there(self, place):
        (place / UPLOADS / KERAS_FILE).write_bytes(model_files.keras_with_layer(LAMBDA))
        program = (
            "import sys; from emotion_core.importing import worker\n"
            "try:\n"
            f"    worker.read({{'kind': 'keras', 'folder': {str(place)!r}}}, lambda _: None)\n"
            "except worker.ModelError as error:\n"
            "    print('keras' in sys.modules, 'tensorflow' in sys.modules, error)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("False False ")
        assert "carries code (a Lambda layer) and is refused" in done.stdout


class TestPasses:
    """A file is looked through once, a network parsed, built and hashed once."""

    @pytest.mark.parametrize("form", ["archive", "whole", "pair"])
    def test_a_keras_network(self, form, place, monkeypatch):
        uploads = place / UPLOADS
        if form == "archive":
            shutil.copy(OTHERS / "grey64.keras", uploads / KERAS_FILE)
        elif form == "whole":
            (uploads / "model.h5").write_bytes(model_files.whole_h5())
        else:
            shutil.copy(model_files.KERAS_2 / "model_arch.json", uploads)
            shutil.copy(model_files.KERAS_2 / "model_weights.h5", uploads)
        judging = Counted(
            monkeypatch,
            (keras_files, "judge_description"),
            (keras_files, "judge_hdf5"),
            (layers.schema.ModelT, "InitFromPackedBuf"),
            (litert, "Interpreter"),
        )
        shares: list[float] = []
        worker.read({"kind": "keras", "folder": str(place)}, shares.append)
        assert set(judging.calls.values()) == {1}, judging.calls
        assert shares == [0.06, 0.74, 0.8, 0.95]
        assert {KERAS_FILE, LITERT_FILE} <= {path.name for path in place.iterdir()}

    def test_a_zip_of_ours(self, place, monkeypatch):
        (place / UPLOADS / "model.zip").write_bytes(model_files.own_zip())
        counted = Counted(
            monkeypatch,
            (layers.schema.ModelT, "InitFromPackedBuf"),
            (folder.hashlib, "sha256"),
        )
        found = worker.read({"kind": "zip", "folder": str(place)}, lambda _: None)
        assert set(counted.calls.values()) == {1}, counted.calls
        assert FoundNetwork(**found).scales


class TestProblems:
    @pytest.mark.parametrize(
        ("error", "problem"),
        [
            (ModelError("expected X, found Y"), "expected X, found Y"),
            (
                ValueError("first line\nsecond"),
                "expected a model that can be read, found one that cannot (first line)",
            ),
            (
                KeyError(),
                "expected a model that can be read, found one that cannot (KeyError)",
            ),
            (
                MemoryError(),
                "expected a model that can be read, found one that cannot (it needs more than 6 GB "
                "of memory)",
            ),
            (
                RuntimeError("OOM when allocating tensor"),
                "expected a model that can be read, found one that cannot (it needs more than 6 GB "
                "of memory)",
            ),
        ],
    )
    def test_are_told_on_one_line(self, error, problem, place, monkeypatch):
        def fail(*_: object) -> FoundNetwork:
            raise error

        monkeypatch.setitem(worker.READERS, "litert", fail)
        with pytest.raises(ModelError) as caught:
            worker.read({"kind": "litert", "folder": str(place)}, lambda _: None)
        assert str(caught.value) == problem
