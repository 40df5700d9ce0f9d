"""Models from elsewhere: what is read, asked and kept, and what is refused and leaves nothing."""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emotion_core import model_import, model_import_worker
from emotion_core.artefacts import default_model_dir, load_card
from emotion_core.classifier import EmotionClassifier
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.keras_models import load_keras_classifier
from emotion_core.model_import import (
    CLASS_ORDERS,
    RANGES,
    Answers,
    FoundNetwork,
    StagedModel,
    guess_answers,
    orders_for,
    proposed_name,
    stage_model,
    stage_paths,
)
from emotion_core.model_library import list_models, put_to_use
from emotion_core.scores import softmax
from tests import model_files
from tests.data.keras2.make import faces
from tests.model_files import KERAS_2, OTHERS, ModelFile, others

LAMBDA = {"class_name": "Lambda", "config": {"name": "evil", "function": ["4wEAAAA=", None, None]}}
#: What Keras 3 would call to fetch a file (CVE-2025-8747).
FETCH = {"class_name": "function", "module": "keras.utils", "config": "get_file"}
CALL = {"class_name": "function", "module": "builtins", "config": "get_file"}
PICKLE = {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"name": "x"}}
SAVED = {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"name": "x"}}
READS = {"module": "keras.layers", "class_name": "StringLookup", "config": {"name": "x"}}


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path / "models"


@pytest.fixture
def nothing_left(tmp_path: Path) -> Callable[[], bool]:
    return lambda: (
        not (tmp_path / "models").exists() and not any((tmp_path / "temporary").iterdir())
    )


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files here instead of in a process of their own, which takes seconds to start."""

    def read(kind: str, folder: Path, name: str, _: object) -> FoundNetwork:
        told: dict[str, dict[str, object]] = {}
        monkeypatch.setattr(model_import_worker, "_restrict", lambda: None)
        monkeypatch.setattr(model_import_worker, "_tell", told.update)
        model_import_worker.main([kind, str(folder)])
        return model_import.outcome(told, folder, name, 2)

    monkeypatch.setattr(model_import, "_read", read)


def stage(*files: ModelFile) -> StagedModel:
    return stage_model([(name, io.BytesIO(content)) for name, content in files])


def greys(*shares: float) -> np.ndarray:
    """Return plain faces, each of so much white."""
    return np.stack([np.full((48, 48), round(255 * share), np.uint8) for share in shares])


def answers_to_greys(classifier: EmotionClassifier, count: int) -> list[str]:
    """Return what the network says to ``count`` greys from black to white."""
    scores = classifier.predict_scores(greys(*np.linspace(0, 1, count)))
    return [EMOTIONS[place] for place in scores.argmax(axis=1)]


@pytest.mark.usefixtures("in_this_process")
class TestWhole:
    """The networks of ``tests/data/others`` answer by brightness: class 0 black, the last white."""

    def test_a_litert_file_of_another_size_and_range(self, library):
        staged = stage(others("grey64.tflite"))
        assert staged.found == FoundNetwork(64, 1, 7, True, False, staged.found.weights)
        answers = guess_answers(staged.found)
        assert answers == Answers("-1 to 1", EMOTIONS, True)
        assert answers_to_greys(staged.classifier(answers), 7) == list(EMOTIONS)
        kept = staged.keep("grey", answers)
        assert kept.origin == "imported"
        assert kept.card.source["file"] == "grey64.tflite"
        assert kept.card.interface.side == 64
        assert not staged.folder.exists()
        loaded = EmotionClassifier.load(library / "grey")
        assert answers_to_greys(loaded, 7) == list(EMOTIONS)
        put_to_use(library / "grey")

    def test_the_order_of_the_classes_is_ours_afterwards(self):
        staged = stage(others("grey64.tflite"))
        order = CLASS_ORDERS["by name"]
        answers = Answers("-1 to 1", order, probabilities=True)
        assert answers_to_greys(staged.classifier(answers), 7) == list(order)

    def test_three_colours_and_eight_classes(self):
        staged = stage(others("color32.tflite"))
        found = staged.found
        assert (found.side, found.channels, found.outputs) == (32, 3, 8)
        assert not found.probabilities
        order = CLASS_ORDERS["FER+"]
        assert guess_answers(found) == Answers("0 to 1", order, False)
        classifier = staged.classifier(guess_answers(found))
        assert answers_to_greys(classifier, 8)[:7] == list(order[:7])
        assert classifier.predict_scores(greys(1.0)).sum() == pytest.approx(1)  # contempt

    def test_one_picture_at_a_time(self):
        staged = stage(others("one_by_one.tflite"))
        assert staged.found.one_by_one
        classifier = staged.classifier(guess_answers(staged.found))
        assert answers_to_greys(classifier, 7) == list(EMOTIONS)

    def test_a_quantized_network(self):
        staged = stage(others("quantized.tflite"))
        assert staged.found.probabilities
        classifier = staged.classifier(Answers("0 to 255", EMOTIONS, probabilities=True))
        assert answers_to_greys(classifier, 7) == list(EMOTIONS)

    @pytest.mark.parametrize("form", ["pair", "whole"])
    def test_a_network_of_keras_2_gives_the_scores_keras_2_gave(self, form):
        files = model_files.pair() if form == "pair" else [("fer.h5", model_files.whole_h5())]
        staged = stage(*files)
        assert staged.file == files[0][0]
        classifier = staged.classifier(Answers("0 to 255", EMOTIONS, probabilities=True))
        expected = np.load(KERAS_2 / "scores.npy")
        assert classifier.predict_scores(faces()) == pytest.approx(expected, abs=1e-3)

    def test_a_zip_of_ours_keeps_its_card(self, library):
        staged = stage(("shipped.zip", model_files.own_zip()))
        kept = staged.keep("copy", None)
        shipped = load_card(default_model_dir())
        assert (kept.card.name, kept.origin) == ("copy", "imported")
        assert kept.card.metrics == shipped.metrics
        assert kept.card.network_id == shipped.network_id
        assert "Imported on" in (library / "copy" / "README.md").read_text()
        assert not staged.folder.exists()


@pytest.mark.usefixtures("in_this_process")
class TestQuestions:
    @pytest.mark.parametrize(
        ("found", "values", "first"),
        [
            (FoundNetwork(48, 1, 7, True, False, 1), "0 to 1", EMOTIONS),
            (FoundNetwork(64, 1, 7, True, False, 1), "-1 to 1", EMOTIONS),
            (FoundNetwork(224, 3, 7, False, False, 1), "0 to 1", EMOTIONS),
            (FoundNetwork(48, 1, 6, True, False, 1), "0 to 1", EMOTIONS[:1] + EMOTIONS[2:]),
            (FoundNetwork(48, 1, 9, True, False, 1), "0 to 1", ("",) * 9),
        ],
    )
    def test_the_most_usual_answer_is_offered_first(self, found, values, first):
        guess = guess_answers(found)
        assert (guess.values, guess.classes) == (values, first)
        assert guess.probabilities is found.probabilities

    def test_orders_fit_the_number_of_classes(self):
        assert [len(orders_for(count)) for count in (5, 6, 7, 8, 9)] == [1, 3, 5, 3, 0]

    def test_the_means_of_colours_follow_their_order(self):
        found = FoundNetwork(32, 3, 7, False, False, 1)
        rgb = Answers("ImageNet, 0 to 1", EMOTIONS, False).interface(found)
        bgr = Answers("ImageNet, 0 to 1", EMOTIONS, False, "bgr").interface(found)
        assert rgb.mean == RANGES["ImageNet, 0 to 1"]["mean"]
        assert (bgr.mean, bgr.deviation) == (rgb.mean[::-1], rgb.deviation[::-1])

    def test_other_words_for_the_same_classes_are_understood(self):
        found = FoundNetwork(48, 1, 3, True, False, 1)
        interface = Answers("0 to 1", ("Happiness", " anger", "contempt"), True).interface(found)
        assert interface.classes == ("happy", "angry", None)

    def test_a_network_like_ours_needs_no_interface(self):
        staged = StagedModel(
            Path(tempfile.mkdtemp()), "mine.tflite", FoundNetwork(48, 1, 7, False, False, 1), "0"
        )
        assert (
            staged.described(Answers("0 to 255", EMOTIONS, probabilities=False)).interface is None
        )
        staged.discard()

    @pytest.mark.parametrize(
        ("answers", "message"),
        [
            (Answers("0 to 2", EMOTIONS, True), "range: expected one of 0 to 255, 0 to 1"),
            (Answers("0 to 1", EMOTIONS[:3], True), "classes: expected 7 names, one for each"),
            (Answers("0 to 1", ("x",) * 7, True), "classes: expected at least two of our"),
            (Answers("ImageNet, 0 to 1", EMOTIONS, True), "expected one for grey pictures"),
            (None, "expected range and classes of its network, found none"),
        ],
    )
    def test_answers_that_do_not_fit(self, nothing_left, answers, message):
        staged = stage(others("grey64.tflite"))
        with pytest.raises(ModelError, match=message):
            staged.keep("grey", answers)
        staged.discard()
        assert nothing_left()

    def test_a_new_name_is_made_of_the_files(self, library):
        assert proposed_name("../my <model>.v2.h5") == "my -model-.v2"
        (library / "fer").mkdir(parents=True)
        assert proposed_name("fer.h5") == "fer-2"
        assert proposed_name("fer2013-vgg.zip") == "fer2013-vgg-2"
        assert proposed_name("..h5") == "imported"


def with_members(**members: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda found: found.update({name.replace("__", "/"): v for name, v in members.items()})


def without(name: str) -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.pop(f"{default_model_dir().name}/{name}") and None


def with_card(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        name = f"{default_model_dir().name}/card.json"
        members[name] = json.dumps(json.loads(members[name]) | changes).encode()

    return change


def escaping(name: str) -> bytes:
    return model_files.own_zip(lambda members: members.update({name: b"print('hello')"}))


PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
WHOLE = model_files.whole_h5()
KERAS = model_files.keras_archive()
OWN = model_files.own_zip()
ZEROS = model_files.own_zip(
    lambda members: members.update({"fer2013-vgg/model.keras": bytes(5_000_000)})
)

HOSTILE: dict[str, tuple[list[ModelFile], str]] = {
    # code
    "lambda in .h5": ([("a.h5", model_files.h5_with_layer(LAMBDA))], "a.h5 carries code .a Lambda"),
    "lambda in .keras": (
        [("a.keras", model_files.keras_with_layer(LAMBDA))],
        "a.keras carries code .a Lambda layer. and is refused",
    ),
    "a function to call": (
        [("a.keras", model_files.keras_with_layer(FETCH))],
        "needs the custom class keras.utils.get_file, which is no part of Keras",
    ),
    "a function by name": (
        [("a.keras", model_files.keras_with_layer(CALL))],
        "needs the custom class builtins.get_file",
    ),
    "a pickled layer": (
        [("a.keras", model_files.keras_with_layer(PICKLE))],
        "expected Keras' own layers that compute and nothing else, found 'TorchModuleWrapper'",
    ),
    "a saved model elsewhere": (
        [("a.keras", model_files.keras_with_layer(SAVED))],
        "found 'TFSMLayer'; ask for the model without it",
    ),
    "a layer that reads files": (
        [("a.h5", model_files.h5_with_layer(READS))],
        "found 'StringLookup'",
    ),
    "pickled Python": (
        [("a.h5", b"\x80\x04\x95pickle")],
        "a.h5: expected an HDF5 file, found some",
    ),
    # other files of this machine
    "link to another file": ([("a.h5", model_files.linked_h5())], "found a link to another place"),
    "array in another file": ([("a.h5", model_files.external_h5())], "found some in another file"),
    "zip slip": ([("a.zip", escaping("../../evil.py"))], r"a.zip: expected the files of one model"),
    "absolute path": ([("a.zip", escaping("/tmp/evil.py"))], "found /tmp/evil.py; a model of"),
    "slip under our name": (
        [("a.zip", escaping("../card.json"))],
        r"expected the files of one model of this app, .*found ../card.json",
    ),
    # bombs
    "zip bomb": ([("a.zip", ZEROS)], "MB packed into .* MB, which is no model but fills disks"),
    "claimed size": (
        [("a.keras", model_files.claiming(KERAS, "model.weights.h5", 4_000_000_000))],
        "expected weights under 1 GB, found more when unpacked",
    ),
    "terabytes of zeros": (
        [("a.h5", model_files.huge_h5())],
        "expected weights under 1 GB, found 4398.0 GB",
    ),
    "zeros as .tflite": ([("a.tflite", bytes(1_000_000))], "a.tflite: expected a LiteRT model"),
    # damaged
    "truncated .zip": ([("a.zip", OWN[: len(OWN) // 2])], "but it is damaged or locked"),
    "truncated .keras": ([("a.keras", KERAS[: len(KERAS) // 2])], "expected a .keras file"),
    "truncated .h5": ([("a.h5", WHOLE[: len(WHOLE) // 2])], "expected a model that can be read"),
    "truncated .tflite": (
        [("a.tflite", (OTHERS / "grey64.tflite").read_bytes()[:800])],
        "a.tflite: expected a LiteRT model|a.tflite: expected a model that can be read",
    ),
    "NaN in .h5": ([("a.h5", model_files.nan_h5())], "a.h5 has weights that are not numbers"),
    "NaN in .tflite": ([("a.tflite", model_files.nan_tflite())], "whose weights are numbers"),
    "no card": ([("a.zip", model_files.own_zip(without("card.json")))], "with card.json, found no"),
    "no network": ([("a.zip", model_files.own_zip(without("model.tflite")))], "cannot be read"),
    "another network": (
        [("a.zip", model_files.own_zip(with_members(**{"fer2013-vgg/model.tflite": b"nothing"})))],
        "is not the file its card describes",
    ),
    "a card full of nonsense": (
        [("a.zip", model_files.own_zip(with_card(metrics={"accuracy": "high", "n": [1]})))],
        "card.json is damaged",
    ),
    "a card with other shapes": (
        [
            (
                "a.zip",
                model_files.own_zip(
                    with_card(
                        interface={
                            "side": 64,
                            "color": "grey",
                            "returns": "logits",
                            "classes": EMOTIONS,
                        }
                    )
                ),
            )
        ],
        r"expected one input \[-1, 64, 64, 1\]",
    ),
    # not what it says
    "a picture as .keras": ([("a.keras", PNG)], "a.keras: expected a .keras file, which is a zip"),
    "a .keras file as .h5": ([("a.h5", KERAS)], "a.h5: expected an HDF5 file, found a zip archive"),
    "a .keras file as .zip": ([("a.zip", KERAS)], "imported as .keras, .h5 or .tflite, not zipped"),
    "an empty file": ([("a.tflite", b"")], "expected a LiteRT model, found an empty file"),
    "another program's": ([("a.pt", PNG)], "expected a model as .zip, .keras, .h5, .hdf5, .json"),
    "no file": ([], "found no file"),
    "too many files": ([others("grey64.tflite"), others("color32.tflite")], "found grey64.tflite,"),
    "half a pair": (model_files.pair()[:1], "fer.json holds an architecture without weights"),
    "the other half": (model_files.pair()[1:], "fer.h5 holds weights without an architecture"),
    "JSON of something else": (
        [("a.json", b'{"name": "left-pad"}'), model_files.pair()[1]],
        "a.json: expected the description of a Keras model",
    ),
    "JSON without end": ([("a.json", b"[" * 100_000), model_files.pair()[1]], "a.json: expected"),
    # wrong shapes
    "wide pictures": (
        [others("wide.tflite")],
        r"expected a network that takes square pictures, .* found \[-1, 48, 64, 1\] and \[-1, 7\]",
    ),
}


@pytest.mark.usefixtures("in_this_process")
class TestRefused:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_with_the_reason_and_nothing_is_left(self, name, nothing_left, tmp_path):
        files, message = HOSTILE[name]
        before = sorted(tmp_path.parent.glob("*"))
        with pytest.raises(ModelError, match=message) as error:
            stage(*files)
        assert "\n" not in str(error.value)
        assert "emotion-import-" not in str(error.value)
        assert nothing_left()
        assert sorted(tmp_path.parent.glob("*")) == before

    def test_weights_of_another_network(self, nothing_left):
        architecture = json.loads((KERAS_2 / "model_arch.json").read_text())
        architecture["config"]["layers"][1]["config"]["filters"] = 8
        files = [("a.json", json.dumps(architecture).encode()), model_files.pair()[1]]
        with pytest.raises(ModelError, match=r"a\.json is not a model that Keras can read"):
            stage(*files)
        assert nothing_left()

    def test_a_file_that_is_too_large_to_begin_with(self, nothing_left, monkeypatch):
        monkeypatch.setattr(model_import, "MAX_FILE_BYTES", 1000)
        with pytest.raises(ModelError, match=r"grey64\.tflite: expected a file under"):
            stage(others("grey64.tflite"))
        assert nothing_left()

    def test_a_missing_file(self, tmp_path, nothing_left):
        with pytest.raises(ModelError, match=r"expected a model file at .*none\.h5, but it cannot"):
            stage_paths([tmp_path / "none.h5"])
        assert nothing_left()

    def test_a_full_disk(self, nothing_left, monkeypatch):
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(model_import, "_copy", full)
        with pytest.raises(ModelError, match=r"cannot be read into .*No space left on device"):
            stage(others("grey64.tflite"))
        assert nothing_left()


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
        assert answers_to_greys(live, 7) == list(EMOTIONS)

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
            monkeypatch.setattr(model_import.sys, "executable", str(program))

        return use

    def test_a_crash(self, worker, nothing_left):
        worker("kill -SEGV $$")
        with pytest.raises(ModelError, match=r"grey64.tflite: expected .* crashed what read it"):
            stage(others("grey64.tflite"))
        assert nothing_left()

    def test_a_file_that_takes_for_ever(self, worker, nothing_left, monkeypatch):
        monkeypatch.setattr(model_import, "TIME_LIMIT", 0.2)
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


def test_nothing_is_kept_under_a_taken_name():
    staged = stage(others("grey64.tflite"))
    answers = guess_answers(staged.found)
    staged.keep("grey", answers)
    again = stage(others("grey64.tflite"))
    with pytest.raises(ModelError, match="'grey', which is taken"):
        again.keep("grey", answers)
    again.keep("grey 2", answers)
    assert [model.name for model in list_models().models[1:]] == ["grey", "grey 2"]


def test_a_model_that_nobody_kept_goes_with_its_owner(tmp_path):
    staged = stage(others("grey64.tflite"))
    assert staged.folder.exists()
    del staged
    assert not any((tmp_path / "temporary").iterdir())
