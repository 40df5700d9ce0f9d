"""Benchmarks still run; what they measure is nobody's business on a busy machine."""

import json
import os

import pytest

from tests.benchmarks.running import output_of, run


def test_the_layout():
    figures = run("layout.py")
    assert (figures["circles"], figures["upwards"]) == ([], [])
    assert figures["names"]["emotion_core"] > figures["names"]["emotion_core/system"] > 0


def test_photos_sent_to_the_interface():
    figures = run("api_analyze.py", "--turns", "1", "--seconds", "0.5", "--clients", "1")
    assert figures["faces_found"] == {"quick": 1, "thorough": 1}
    assert figures["quick"]["requests_per_second"] > 0


def test_the_encoder():
    figures = run("encoder.py", "--frames", "12", "--repeat", "1")
    assert len(figures) == 4
    assert all(each["milliseconds"] > 0 and each["psnr"] > 20 for each in figures.values())


def test_reading_the_data_set():
    figures = run("dataset_read.py", "--rows", "30", "--repeat", "1")
    assert figures["equal_pixels"] is True


def test_intervals_and_rest():
    figures = run("interval_coverage.py", "--series", "3")
    assert set(figures["0.8, 200"]) == {"held", "held_frame_by_frame", "called_different"}
    assert run("baseline.py", "--finders", "haar")["haar"] == {"all": {}, "films": {}}


def test_speed_of_one_face(tiny_model):
    figures = run("classifier_speed.py", tiny_model, "--faces", "3")
    assert len(figures) == 2
    assert figures[str(tiny_model)]["million_multiply_accumulates"] > 0


def test_a_face_and_its_mirror_image(tiny_model):
    figures = run("mirrored_views.py", "--data", "demo", "--model", tiny_model)
    assert figures["single"]["log_loss_lower_by"] == 0
    assert figures["mean of logits"]["log_loss"] > 0
    assert figures["live"]["temperature"] == figures["mean of logits"]["temperature"]


def test_training_throughput():
    small = ["--images", "8", "--batch-size", "4", "--repeat", "1"]
    figures = run("training_throughput.py", *small)
    assert figures["host augmentation, float32"]["ratio"] == 1
    assert len(figures) == 7


def test_ablation_resumes_and_compares(tmp_path):
    small = ["--set", "filters=4,8", "--set", "depths=1,1", "--epochs", "1", "--only", "no flip"]
    for _ in range(2):  # the second time nothing is left to train
        done = output_of("ablation.py", "--data", "demo", "--out", tmp_path, *small)
    assert "no flip, seed 0" not in done.stderr
    figures = json.loads(done.stdout)
    assert figures["baseline"]["points_above_baseline"] == 0
    assert figures["baseline"]["clear"] is False
    assert {"baseline-0", "no-flip-0"} == {path.name for path in tmp_path.iterdir()}


def test_applying_edits_to_a_long_session():
    figures = run("session_edits.py", "--minutes", "1", "--repeat", "1")
    assert (figures["rows"], figures["edits"]) == (5996, 107)
    assert figures["fold_seconds"] >= 0


def test_looking_at_a_long_session():
    figures = run("session_player.py", "--minutes", "1", "--repeat", "1", "--seconds", "1")
    assert figures["rows"] > 5000
    assert figures["open_seconds"].keys() == {"first", "again", "chosen"}
    assert figures["charts_seconds"].keys() == {"first", "again"}
    assert figures["scrub"]["longest_task_ms"] > 0


@pytest.mark.fer2013
def test_turning_tilted_faces_upright():
    if "FER2013_CSV" not in os.environ:
        pytest.skip("FER2013_CSV names no dataset")
    angles = run("tilt.py", "--data", os.environ["FER2013_CSV"], "--images", "60")["angles"]
    assert angles["0"]["as it is"] == angles["0"]["turned upright"]
    assert angles["45"]["as it is"] < angles["45"]["turned upright"]


@pytest.mark.fer2013
def test_blazeface():
    if "FER2013_CSV" not in os.environ:
        pytest.skip("FER2013_CSV names no dataset")
    data = "--data", os.environ["FER2013_CSV"]
    figures = run("blazeface_frame.py", *data, "--images", "20")
    assert figures["points"]["face_detection_back.tflite"]["nose"][0] == pytest.approx(0.5, abs=0.1)
    finders = run("photo_faces.py", *data, "--collages", "2")["finders"]
    assert finders["blazeface"]["found"] > finders["haar"]["found"]


def test_adding_videos():
    assert run("video_queue.py", "--videos", "3")["videos"] == 3
