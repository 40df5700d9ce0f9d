"""Videos in a bucket, and results that go to one, as a server that speaks S3 keeps them.

The server runs apart, for moto's own needs clash with what is locked here:

    python -m venv /tmp/moto && /tmp/moto/bin/pip install 'moto[server]==5.1.15'
    /tmp/moto/bin/moto_server -H 127.0.0.1 -p 25123
    EMOTION_TEST_S3=http://127.0.0.1:25123 python -m pytest tests/recorded/test_buckets.py
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from pyarrow.fs import FileSelector, S3FileSystem

from emotion_core.cli import EXIT_BAD_INPUT, main
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.pool.carrying import AddressedJob
from emotion_core.recorded.pool.pool import VideoPool
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.sessions.header import FACES_FILE
from tests.recorded.portraits import write_portrait_film
from tests.recorded.ray_nodes import ENVIRONMENT, Nodes
from tests.recorded.test_cluster import LIMIT, started, with_ray

SERVER = os.environ.get("EMOTION_TEST_S3")
pytestmark = pytest.mark.skipif(SERVER is None, reason="EMOTION_TEST_S3 names no server")
NAMES = ("a b", "ü+1")
TIME = "wall_clock"  # of a film without one: when it was changed, here or there


@dataclass(frozen=True)
class Bucket:
    """A new bucket with two films in it, and what was read of the same films here."""

    system: S3FileSystem
    name: str
    here: Path

    def address(self, below: str) -> str:
        return f"s3://{self.name}/{below}"

    def names(self, below: str) -> list[str]:
        found = self.system.get_file_info(
            FileSelector(f"{self.name}/{below}", allow_not_found=True, recursive=True)
        )
        begin = len(f"{self.name}/{below}/")
        return sorted(info.path[begin:] for info in found if info.is_file)

    def check(self, below: str) -> None:
        """See that there is what was read here, and nothing else."""
        files = (path for path in self.here.rglob("*") if path.is_file())
        assert self.names(below) == sorted(f"{path.relative_to(self.here)}" for path in files)
        for name in NAMES:
            with self.system.open_input_stream(f"{self.name}/{below}/{name}/{FACES_FILE}") as file:
                found = pd.read_csv(file)
            expected = pd.read_csv(self.here / name / FACES_FILE)
            pd.testing.assert_frame_equal(found.drop(columns=TIME), expected.drop(columns=TIME))


@pytest.fixture
def bucket(monkeypatch, tmp_path) -> Bucket:
    assert SERVER is not None
    for name, value in {
        "AWS_ENDPOINT_URL": SERVER,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setitem(ENVIRONMENT, name, value)  # Ray's nodes, and who has them read
    films = tmp_path / "in"
    (films / "below").mkdir(parents=True)
    write_portrait_film(films / f"{NAMES[0]}.mp4", 2.0)
    write_portrait_film(films / "below" / f"{NAMES[1]}.mp4", 1.0)
    found = Bucket(
        S3FileSystem(allow_bucket_creation=True, endpoint_override=SERVER),
        f"films-{secrets.token_hex(4)}",
        tmp_path / "here",
    )
    found.system.create_dir(found.name)
    for path in films.rglob("*.mp4"):
        place = f"{found.name}/{path.relative_to(tmp_path).as_posix()}"
        with found.system.open_output_stream(place) as file:
            file.write(path.read_bytes())
    assert main(["analyze", str(films), "--out", str(found.here)]) == 0
    return found


def test_a_bucket_is_read_and_written(bucket, capsys):
    command = ["analyze", bucket.address("in"), "--out", bucket.address("out")]
    assert main(command) == 0
    bucket.check("out")
    capsys.readouterr()
    assert main(command) == 0
    assert capsys.readouterr().out.count("analyzed before (--again") == 2


def test_who_is_interrupted_goes_on_in_the_bucket(bucket):
    film = f"{NAMES[0]}.mp4"
    there = AddressedJob(
        bucket.address(f"in/{film}"),
        bucket.address(f"out/{NAMES[0]}"),
        default_model_dir(),
        RecordedSettings(),
    )

    def enough(_: VideoPool) -> None:
        if any("segment-" in name for name in bucket.names("out")):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        VideoPool([there], segment_seconds=0.5).run(enough)
    pool = VideoPool([there], segment_seconds=0.5)
    pool.run()
    (video,) = pool.videos
    assert (video.phase, video.frames, video.problem) == ("finished", 40, "")
    assert video.kept_seconds >= 0.5
    assert [name for name in bucket.names("out") if "reading" in name] == []


def test_a_bucket_that_is_not_there_is_told(bucket, capsys):
    command = ["analyze", bucket.address("in")[:-4] + "x/in", "--out", bucket.address("out")]
    assert main(command) == EXIT_BAD_INPUT
    assert "expected videos below it, found none" in capsys.readouterr().err


@with_ray
def test_a_cluster_reads_and_writes_a_bucket(bucket):
    nodes = Nodes()
    try:
        process = started(
            *("emotion_core", "analyze", bucket.address("in"), "--out", bucket.address("out")),
            *("--engine", "ray", "--address", nodes.address),
        )
        _, errors = process.communicate(timeout=LIMIT)
    finally:
        nodes.close()
    assert process.returncode == 0, errors
    bucket.check("out")
