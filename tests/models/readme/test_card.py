import shutil
from dataclasses import replace

import numpy as np

from emotion_core.judging.card_figures import measured
from emotion_core.models.folder import load_card, read_model_file
from emotion_core.models.readme.card import write_card
from emotion_core.models.readme.text import FER2013_TRAINING, readme_text


def test_measured_finds_leaks_on_both_sides(demo, tiny_model):
    card = load_card(tiny_model)
    card = replace(card, data=card.data | {"training_fingerprint": FER2013_TRAINING})
    training, selection = demo.split("Training"), demo.split("PublicTest")
    images = training.images.copy()
    images[:3] = selection.images[0]
    leaking = type(training)(
        name="leaking",
        images=images,
        labels=training.labels,
        splits=training.splits,
        rows=training.rows,
    )

    class Always:
        def predict_logits(self, crops):
            return np.tile(np.eye(7, dtype=np.float32)[3], (len(crops), 1))

    logits = Always().predict_logits(selection.images)
    found = measured(card, Always(), leaking, selection, logits)
    assert found.data["training_images_also_selecting"] == 3
    assert found.metrics["clean"]["n"] == len(selection) - 1
    assert found.data["selection_images"] == len(selection)
    assert found.data["name"] == card.data["name"]
    assert found.metrics["shifted_boxes"]["points_lost"] == 0
    assert "FER2013" not in readme_text(found)


def test_written_readme_is_checked_like_every_other_file(tiny_model, tmp_path):
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    changed = replace(load_card(folder), architecture="another")
    written = write_card(folder, changed)
    assert load_card(folder) == written
    readme = read_model_file(folder, written, "README.md")
    assert b"(another, " in readme
    assert b"\r" not in readme
    assert {**changed.files, "README.md": written.files["README.md"]} == written.files
