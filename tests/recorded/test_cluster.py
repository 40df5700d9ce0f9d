"""Videos read on a Ray cluster: two nodes on this machine, with one core each."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emotion_core.cli import EXIT_BAD_INPUT, main
from emotion_core.recorded.pool.pool import VideoPool
from emotion_core.sessions.header import FACES_FILE, FRAMES_FILE
from emotion_core.system.storage.folders import PROJECT
from tests.recorded.films import job
from tests.recorded.portraits import write_portrait_film
from tests.recorded.ray_nodes import ENVIRONMENT, Nodes

with_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None or sys.platform != "linux",
    reason="needs Linux and Ray: pip install -r requirements-cluster.txt",
)
LIMIT = 240.0


def rows(folder: Path) -> tuple[bytes, bytes]:
    return (folder / FRAMES_FILE).read_bytes(), (folder / FACES_FILE).read_bytes()


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    write_portrait_film(folder / "long.mp4", 6.0)
    write_portrait_film(folder / "short.mp4", 1.0)
    return folder


@pytest.fixture(scope="module")
def expected(films, tmp_path_factory) -> tuple[bytes, bytes]:
    """The rows of the long film, in segments of a second, as one process of this machine reads."""
    wanted = job(films / "long.mp4", tmp_path_factory.mktemp("expected") / "long")
    VideoPool([wanted], segment_seconds=1.0).run()
    return rows(wanted.target)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    nodes = Nodes(dashboard=True)
    try:
        nodes.add()
        yield nodes
    finally:
        nodes.close()


def started(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", *(str(argument) for argument in arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=PROJECT, env=ENVIRONMENT, stdout=pipe, stderr=pipe, text=True
    )


def outcome(printed: str) -> list[str]:
    """Return what the driver has printed of its film; Ray prints when a node dies."""
    (told,) = (line for line in printed.splitlines() if line.startswith("outcome "))
    return told.split()[1:]


def wait_for_segments(process: subprocess.Popen[str], folder: Path, count: int) -> None:
    """Wait until so many segments have been read."""
    deadline = time.monotonic() + LIMIT
    while len([*folder.glob(".long-reading/*/segment-*.npz")]) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, f"not {count} segments within {LIMIT:g} s"
        time.sleep(0.05)


@with_ray
def test_the_command_reads_as_without_a_cluster(films, nodes, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    assert main(["analyze", str(films), "--out", str(here)]) == 0
    options = ("--engine", "ray", "--address", nodes.address)
    process = started("emotion_core", "analyze", films, "--out", there, *options)
    out, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, errors
    assert f"long.mp4: 1 person in 120 frames, recorded in {there / 'long'}" in out
    names = sorted(path.name for path in here.iterdir())
    assert names == ["long", "long-faces.csv", "short", "short-faces.csv"]
    assert sorted(path.name for path in there.iterdir()) == names
    for name in ("long", "short"):
        assert rows(there / name) == rows(here / name)
        table = f"{name}-faces.csv"
        assert (there / table).read_bytes() == (here / table).read_bytes()


@with_ray
def test_a_driver_that_dies_goes_on(films, nodes, expected, tmp_path):
    arguments = ("tests.recorded.clustered", films / "long.mp4", tmp_path / "long", nodes.address)
    process = started(*arguments)
    wait_for_segments(process, tmp_path, 3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    process = started(*arguments)
    out, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, errors
    phase, frames, kept, lost, read, counted_by_ray = outcome(out)
    assert (phase, frames, lost) == ("finished", "120", "0")
    assert float(kept) >= 3.0
    assert int(read) + float(kept) == 6.0
    assert counted_by_ray == read
    assert rows(tmp_path / "long") == expected
    assert [path.name for path in tmp_path.iterdir()] == ["long"]


@with_ray
def test_a_node_that_dies_costs_what_it_was_at(films, nodes, expected, tmp_path):
    process = started(
        "tests.recorded.clustered", films / "long.mp4", tmp_path / "long", nodes.address
    )
    wait_for_segments(process, tmp_path, 3)  # both nodes are at work
    nodes.kill(1)
    out, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, errors
    phase, frames, _, lost, *_ = outcome(out)
    assert (phase, frames, lost) == ("finished", "120", "1")
    assert rows(tmp_path / "long") == expected


def test_without_ray_it_says_what_to_install(films, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    out = tmp_path / "out"
    assert main(["analyze", str(films), "--out", str(out), "--engine", "ray"]) == EXIT_BAD_INPUT
    assert "run pip install -r requirements-cluster.txt here and on each node" in (
        capsys.readouterr().err
    )
    assert not out.exists()
    assert main(["analyze", str(films), "--out", str(out), "--address", "x:1"]) == EXIT_BAD_INPUT
    assert "--address: expected --engine ray beside it" in capsys.readouterr().err
