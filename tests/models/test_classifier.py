import subprocess
import sys

import numpy as np
import pytest

from emotion_core.errors import ModelError
from emotion_core.models.classifier import MAX_BATCH, EmotionClassifier
from emotion_core.models.folder import load_card


@pytest.fixture(scope="module")
def classifier(tiny_model):
    return EmotionClassifier.load(tiny_model)


@pytest.mark.parametrize("count", [0, 5, 1, 2, MAX_BATCH, MAX_BATCH + 3])
def test_any_number_of_faces_in_one_go(classifier, demo, count):
    crops = demo.images[np.arange(count) % len(demo)]
    scores = classifier.predict_scores(crops)
    assert scores.shape == (count, 7)
    assert scores.dtype == np.float32
    assert scores.sum(axis=1) == pytest.approx(np.ones(count))


def test_a_face_is_judged_alike_alone_and_in_a_batch(classifier, demo):
    together = classifier.predict_logits(demo.images[:9])
    alone = np.concatenate([classifier.predict_logits(face[None]) for face in demo.images[:9]])
    assert together == pytest.approx(alone, abs=1e-4)


def test_scores_use_the_temperature_of_the_card(classifier, demo):
    logits = classifier.predict_logits(demo.images[:4]) / classifier.card.temperature
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert classifier.predict_scores(demo.images[:4]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("content", [b"", b"not a model", b"TFL3" * 100])
def test_what_is_no_model_is_refused(tiny_model, content):
    with pytest.raises(ModelError, match="tiny: expected a LiteRT model, found one that LiteRT"):
        EmotionClassifier(content, load_card(tiny_model))


def test_other_shapes_are_refused(tiny_model, tmp_path):
    import keras

    network = keras.Sequential(
        [keras.Input((48, 48, 3)), keras.layers.Flatten(), keras.layers.Dense(5)]
    )
    network.export(tmp_path / "other.tflite", format="litert", verbose=False)
    with pytest.raises(ModelError, match=r"expected one input \[-1, 48, 48, 1\] and one output"):
        EmotionClassifier((tmp_path / "other.tflite").read_bytes(), load_card(tiny_model))


def test_the_live_path_never_imports_tensorflow(tiny_model):
    program = (
        "import sys; from pathlib import Path\n"
        "from emotion_core.models.classifier import EmotionClassifier\n"
        f"EmotionClassifier.load(Path({str(tiny_model)!r}))\n"
        "assert not {'tensorflow', 'keras', 'pandas', 'plotly'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
