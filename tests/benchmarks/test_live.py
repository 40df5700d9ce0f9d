"""The benchmarks of live video still run; what they measure is nobody's business here."""

from __future__ import annotations

import json
import os
import shutil
import sys

import pytest

from tests.benchmarks.running import run

PEER = """
class FER:
    def __init__(self, mtcnn):
        assert not mtcnn
        print("for a person to read")

    def detect_emotions(self, image):
        assert image.shape == (480, 640, 3)
        return [{}, {}]
"""


def test_following_faces(tmp_path):
    file = tmp_path / "figures.json"
    figures = run("live_tracking.py", "--seconds", "0.2", "--repeat", "1", "--json", str(file))
    assert json.loads(file.read_text("utf-8")) == figures
    assert set(figures["films_without_faces"]["haar"].values()) == {0}
    assert figures["milliseconds_a_frame"]["640x480, one face"]["haar"]["faces_shown"] > 0.5


def test_persons_counted_against_persons_there(tmp_path):
    file = tmp_path / "figures.json"
    figures = run("persons.py", "--seconds", "2", "--casts", "1", "--json", str(file))
    assert json.loads(file.read_text("utf-8")) == figures
    assert figures["films"]["two cross"]["there"] == 2
    assert figures["films"]["two cross"]["numbers"] == {"Cleo": 1, "Dan": 1}
    assert figures["sums"]["films"]["splits"] == figures["sums"]["films"]["merges"] == 0
    assert figures["sums"]["other_casts"]["there"] >= 3
    assert figures["clips"] == {}


def test_the_lag_of_labels():
    figures = run("label_flicker.py")
    lag = figures["lag_seconds"]
    assert lag["0 s"]["sure"] == 0
    assert 0.3 < lag["0.5 s"]["sure"] < 0.6
    both = figures["lag_seconds_both_views"]
    assert both["0 s"] == lag["0 s"]
    assert both["0.5 s"]["sure"] == pytest.approx(lag["0.5 s"]["sure"], abs=0.05)


def test_the_callback():
    figures = run("live_callback.py", "--seconds", "0.2", "--rounds", "1")
    assert "--fer-python" in figures["fer"]
    for scene in ("640x480, one face", "640x480, three faces", "1280x720, one face"):
        assert figures[scene]["app"]["frames"] == 6
        assert figures[scene]["app"]["wall_ms_p50"] > 0
    assert figures["640x480, three faces"]["app"]["faces_a_frame"] > 2


def test_hostile_uploads_beside_a_viewer():
    figures = run("hostile_upload.py", "--seconds", "1", "--turns", "1")
    assert all(figures["pictures"].values())
    assert figures["hostile_of_quiet"] > 0
    assert figures["memory_mb"]["most"] < 1500


def test_a_slow_model():
    figures = run("slow_model.py", "--seconds", "2", "--milliseconds", "30")
    slow = figures["30 ms"]
    assert slow["chosen"] == "in a thread of its own"
    for way in ("in the frames' thread", "in a thread of its own"):
        assert slow[way]["frames_per_second"] > 0
        assert slow[way]["age_ms_p50"] > 0


def test_the_callback_against_a_peer_on_the_same_frames(tmp_path):
    """With a stand-in for fer, whose environment the tests do not have."""
    package = tmp_path / "fer"
    package.mkdir()
    (package / "fer.py").write_text(PEER, "utf-8")
    (tmp_path / "fer-1.dist-info").mkdir()
    (tmp_path / "fer-1.dist-info" / "METADATA").write_text("Name: fer\nVersion: 1\n", "utf-8")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n', "utf-8")
    python.chmod(0o755)
    figures = run(
        "live_callback.py", "--seconds", "0.2", "--rounds", "2", "--fer-python", str(python)
    )
    assert figures["fer"]["version"] == "1"
    assert figures["fer"]["memory_mb"]["rss"] > 0
    scene = figures["640x480, one face"]
    assert (scene["app"]["frames"], scene["fer"]["frames"]) == (12, 12)
    assert scene["fer"]["faces_a_frame"] == 2
    assert "cpu_ms_p95" in scene["times_as_fast"]
    assert "fer" not in figures["1280x720, one face"]


@pytest.mark.browser
def test_the_start():
    figures = run("app_start.py", "--repeat", "1", "--seconds", "0")
    assert figures["seconds_to_health"]["median"] > 0
    assert figures["seconds_to_annotated_frame"]["median"] > 0
    memory = figures["memory_mb"]
    assert memory["with_a_viewer"]["rss"] > memory["before_a_viewer"]["rss"]
    assert figures["tensorflow_loaded"] is False


@pytest.mark.browser
def test_what_starts_and_stops_leave_behind(tmp_path):
    file = tmp_path / "figures.json"
    figures = run(
        "start_stop.py", "--cycles", "3", "--settle", "0", "--json", str(file),
        "--stages", "permission", "answer", "killed playing",
    )  # fmt: skip
    assert figures["cycles"] == 3
    assert figures["start"]["objects: LiveSession"] > 0
    assert {"memory rss MB", "open files", "threads"} <= figures["grown"].keys()
    stages = [sample["stage"] for sample in json.loads(file.read_text("utf-8"))["samples"]]
    assert stages == ["permission", "answer", "killed playing"]


@pytest.mark.timeout(600)
def test_who_comes_and_goes(tmp_path):
    file = tmp_path / "figures.json"
    figures = run(
        "comings_and_goings.py", "--visits", "5", "--warm-up", "1", "--at-once", "2",
        "--settle", "5", "--browsers", "0", "--json", str(file),
    )  # fmt: skip
    assert figures["failures"] == []
    assert figures["ways"] == {"look": 2, "close": 1, "record": 1, "stop": 1, "kill": 1}
    assert figures["start"].keys() >= set(figures["grown"])
    recordings = figures["recordings"]
    assert (recordings["begun"], recordings["kept"], recordings["missing"]) == (1, 1, [])
    assert recordings["rows"] >= recordings["frames_that_came_back"] > 0


@pytest.mark.browser
def test_the_delay():
    callbacks = ("pass-through", "app")  # the library alone may cut a stream on a busy machine
    figures = run("glass_to_glass.py", "--seconds", "3", "--callbacks", *callbacks)
    for callback in callbacks:
        assert figures[callback]["samples"] > 0
        assert len(figures[callback]["slope_interval"]) == 2
        assert figures[callback]["cores"].keys() <= {"server", "browsers", "others"}
    assert "median_above_pass_through" in figures["app"]


@pytest.mark.fer2013
def test_the_crop_rule():
    if "FER2013_CSV" not in os.environ:
        pytest.skip("FER2013_CSV names no dataset")
    figures = run("crop_rule.py", "--data", os.environ["FER2013_CSV"], "--images", "6")
    assert figures["pictures"] == 6
    assert 0 < figures["photo preset"]["found"] <= 1


@pytest.mark.skipif(
    "EMOTION_TEST_MEDIA" not in os.environ, reason="EMOTION_TEST_MEDIA names no folder of videos"
)
def test_what_tells_people_apart():
    figures = run("looks.py", "--media", os.environ["EMOTION_TEST_MEDIA"])
    together = figures["hair, face and clothes"]
    assert together["same_light"] == together["other_light"] == 1.0


@pytest.mark.skipif(
    "EMOTION_TEST_MEDIA" not in os.environ, reason="EMOTION_TEST_MEDIA names no folder of videos"
)
def test_persons_on_the_clips():
    figures = run(
        "persons.py", "--media", os.environ["EMOTION_TEST_MEDIA"], "--seconds", "0.1",
        "--casts", "0",
    )  # fmt: skip
    assert len(figures["clips"]) == 8
    for film in figures["clips"].values():
        assert (film["persons"], film["splits"], film["merges"]) == (film["there"], 0, 0)


@pytest.mark.skipif(
    "EMOTION_TEST_MEDIA" not in os.environ, reason="EMOTION_TEST_MEDIA names no folder of videos"
)
def test_the_clips():
    figures = run(
        "live_tracking.py", "--media", os.environ["EMOTION_TEST_MEDIA"], "--seconds", "0.1",
        "--repeat", "1",
    )  # fmt: skip
    turning = figures["clips"]["two-people-turning-heads"]["haar"]
    walking = figures["clips"]["people-walking-and-pausing"]["haar"]
    assert turning["coverage"] >= 0.9
    assert walking["coverage"] >= 0.95
    for clip in (turning, walking):
        assert set(clip["numbers"].values()) == {1}
        assert (clip["shared_numbers"], clip["false_boxes"]) == (0, 0)


def test_the_first_page():
    figures = run("first_page.py", "--repeat", "1")
    for server in ("cold_server", "warm_server"):
        found = figures[server]
        assert 0 < found["first_contentful_paint_seconds"] <= found["title_seconds"]
        assert found["title_seconds"] <= found["ready_seconds"]
        assert found["requests"] > 10
    assert figures["changed_model_seconds"] > 0


def test_files_and_network_cameras():
    figures = run("video_sources.py", "--seconds", "1")
    for source in ("file", "camera"):
        assert figures[source]["frames_per_second"] > 1
        assert figures[source]["decoder_memory_mb"] > 0


def test_recorded_video(tmp_path):
    file = tmp_path / "figures.json"
    figures = run("recorded.py", "--seconds", "2", "--workers", "1", "--json", str(file))
    assert json.loads(file.read_text("utf-8")) == figures
    assert figures["640x480, one face"]["frames"] == 60
    assert figures["640x480, one face"]["workers_1"]["faces_a_frame"] == 1


@pytest.mark.parametrize("what", ["nodes", "workers", "memory", "driver"])
def test_how_recorded_video_scales(what):
    if what in ("nodes", "driver"):
        pytest.importorskip("ray", reason="pip install -r requirements-cluster.txt")
    tiny = ("--films", "2", "--seconds", "2", "--minutes", "1", "--videos", "5", "--actors", "2")
    figures = run("cluster.py", what, *tiny)
    told = {
        "nodes": "ratio",
        "workers": "as_they_come_ratio",
        "memory": "highest",
        "driver": "parts",
    }
    assert figures[told[what]]


def test_faces_filmed_in_hdr():
    figures = run("hdr.py", "--seconds", "0.5")["portrait"]
    assert set(figures) == {"faces", "PQ", "PQ as stored", "HLG"}
    assert figures["PQ"]["found"] == 1


def test_programs_that_follow_a_stream():
    figures = run("live_readers.py", "--seconds", "1", "--rounds", "1", "--dead", "10")
    assert figures["events"] > 0
    assert figures["callback_ms_p50"]["nobody reads"] > 0
    left = figures["come_and_go"]
    assert left["after"]["open_files"] == left["before"]["open_files"]


def test_a_start_through_the_relay():
    if shutil.which("caddy") is None or shutil.which("turnserver") is None:
        pytest.skip("needs caddy and coturn")
    assert run("relayed_start.py", "--tries", "1")["tries"] == 1


def test_a_network_that_loses_packets():
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("needs Linux and root, to make a network")
    figures = run("lossy_network.py", "--seconds", "2", "--after", "4")
    assert figures["by"] in ("netem", "tun")
    (first,) = figures["rounds"]
    assert set(first) == {"before", "loss 5 %", "loss 20 %", "jitter 200 ms"}
    assert all(first[kind]["new_of_ten"] > 0 for kind in first if kind != "before")
