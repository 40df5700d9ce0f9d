"""Files that are read by a process of its own, as in the app, and what may happen to it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable

import numpy as np
import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.importing import reading
from emotion_core.importing.answers import guess_answers
from emotion_core.importing.staging import stage_model
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.interface import softmax
from emotion_core.training.networks.loading import load_keras_classifier
from tests import model_files
from tests.importing.handed_in import answers_to_grays, greys, stage
from tests.importing.hostile_files import HOSTILE
from tests.model_files import KERAS_2, others


class TestApart:
    """In a process of its own, as in the app."""

    @pytest.mark.parametrize("name", ["lambda in .keras", "zip slip", "truncated .tflite"])
    def test_what_is_refused_leaves_nothing(self, name, nothing_left):
        files, message = HOSTILE[name]
        with pytest.raises(ModelError, match=message):
            stage(*files)
        assert nothing_left()

    def test_a_keras_file_gives_the_same_scores_under_both_runtimes(self, library):
        staged = stage(others("grey64.keras"))
        staged.keep("grey", guess_answers(staged.found))
        live = EmotionClassifier.load(library / "grey")
        crops = greys(*np.linspace(0, 1, 11))
        keras = softmax(load_keras_classifier(library / "grey").predict_logits(crops))
        assert live.predict_scores(crops) == pytest.approx(keras, abs=1e-3)
        assert answers_to_grays(live, 7) == list(EMOTIONS)

    def test_a_network_larger_than_the_memory_it_may_have(self, nothing_left):
        architecture = json.loads((KERAS_2 / "model_arch.json").read_text())
        architecture["config"]["layers"][-1]["config"]["units"] = 1 << 40
        with pytest.raises(ModelError, match=r"a\.json: .* more than 6 GB of memory"):
            stage(("a.json", json.dumps(architecture).encode()), model_files.pair()[1])
        assert nothing_left()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell script as interpreter")
class TestWorker:
    """What happens when a file takes the process that reads it with it."""

    @pytest.fixture
    def worker(self, tmp_path, monkeypatch) -> Callable[[str], None]:
        def use(script: str) -> None:
            program = tmp_path / "worker.sh"
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
            monkeypatch.setattr(sys, "executable", str(program))

        return use

    def test_it_is_told_neither_secrets_nor_where_the_home_is(self, worker, monkeypatch):
        monkeypatch.setenv("SECRET", "password")
        monkeypatch.setenv("KERAS_HOME", "/home/somebody/.keras")
        worker("""echo '{"problem": "expected '"[$SECRET] $HOME $KERAS_HOME"'"}'""")
        with pytest.raises(ModelError) as caught:
            stage(others("grey64.tflite"))
        # Homes are its own temporary folder, which is called by the file's name.
        assert str(caught.value) == "expected [] grey64.tflite grey64.tflite"

    def test_one_that_tells_nonsense(self, worker):
        worker("""echo '{"answer": {"side": "48"}}'""")
        with pytest.raises(ModelError) as caught:
            stage(others("grey64.tflite"))
        assert str(caught.value) == (
            "grey64.tflite: expected a model that can be read, found one after which the process "
            "that reads it sent nonsense (side: expected a whole number, found text); it is "
            "refused"
        )

    def test_a_crash(self, worker, nothing_left):
        worker("kill -SEGV $$")
        with pytest.raises(ModelError, match=r"grey64.tflite: expected .* crashed what read it"):
            stage(others("grey64.tflite"))
        assert nothing_left()

    def test_a_file_that_takes_for_ever(self, worker, nothing_left, monkeypatch):
        monkeypatch.setattr(reading, "TIME_LIMIT", 0.2)
        worker("exec sleep 60")
        with pytest.raises(
            ModelError, match=r"grey64.tflite: expected a model that is read within"
        ):
            stage(others("grey64.tflite"))
        assert nothing_left()

    def test_a_viewer_who_cancels(self, worker, nothing_left):
        worker("echo '{\"share\": 0.25}'; exec sleep 60")
        shares: list[float] = []

        def cancel(share: float) -> None:
            shares.append(share)
            if share:
                raise KeyboardInterrupt

        uploads = [("a.tflite", io.BytesIO(others("grey64.tflite")[1]))]
        with pytest.raises(KeyboardInterrupt):
            stage_model(uploads, cancel)
        assert shares[-1] == 0.25
        assert nothing_left()

    def test_what_libraries_print_is_passed_over(self, worker, nothing_left):
        worker('echo "INFO: hello"; echo \'{"problem": "expected X, found Y"}\'; echo bye; exit 2')
        with pytest.raises(ModelError, match=r"grey64\.tflite: expected X, found Y"):
            stage(others("grey64.tflite"))
        assert nothing_left()
