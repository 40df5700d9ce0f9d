"""The whole app is killed at once while three record, one trains and one has a video read."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import httpx
import pytest

from emotion_core.access.tokens import add_token
from emotion_core.datasets import SPLITS, FaceDataset
from emotion_core.datasets.source import DataSource
from emotion_core.emotions import EMOTIONS
from emotion_core.recorded.tasks import queue as videos
from emotion_core.recorded.tasks.control import resume_task
from emotion_core.recorded.tasks.storage import list_tasks, tasks_dir
from emotion_core.recorded.tasks.task import QueuedTask
from emotion_core.recorded.tasks.task import read_status as read_task_status
from emotion_core.sessions.header import FRAMES_FILE
from emotion_core.sessions.storage import list_sessions
from emotion_core.training.runs import queue as trainings
from emotion_core.training.runs.control import resume_run, stop_run
from emotion_core.training.runs.plan import RunPlan
from emotion_core.training.runs.run import Run, open_run
from emotion_core.training.runs.run import read_status as read_run_status
from emotion_core.training.runs.storage import create_run, runs_dir
from tests.browser.support import on_wall, portrait, running_server
from tests.conftest import TINY_CONFIG
from tests.recorded.films import write_face_film
from tests.visitor import Camera, visiting

RATE = 10
VIEWERS = 3
#: Seconds that come from a frame's way to the recorder and from its last write to the disk.
MOST_LOST = 1.0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATA", "SESSIONS", "RUNS", "VIDEOS", "CACHE"):
        folder = tmp_path if name == "DATA" else tmp_path / name.lower()
        monkeypatch.setenv(f"EMOTION_{name}_DIR", str(folder))
    return tmp_path


@pytest.mark.timeout(900)
def test_all_five_are_shown_as_interrupted_and_go_on(home: Path, demo: FaceDataset) -> None:
    run = _begin_training(home, demo)
    try:
        seen = asyncio.run(_until_killed(home, run))
        asyncio.run(_after_the_next_start(home, run, seen))
    finally:
        _end(run)


def _begin_training(home: Path, demo: FaceDataset) -> Run:
    for index, face in enumerate(demo.images):
        folder = home / "faces" / SPLITS[demo.splits[index]] / EMOTIONS[demo.labels[index]]
        folder.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(folder / f"{index:04d}.png"), face)
    plan = RunPlan(
        name="tiny run",
        config=replace(TINY_CONFIG, epochs=1000),
        data=DataSource(str(home / "faces")),
        created="2026-11-23T01:00:00+00:00",
        library=str(home / "models"),
    )
    run = create_run(runs_dir(), plan)
    trainings.start_worker(runs_dir())
    return run


async def _until_killed(home: Path, run: Run) -> dict[str, list[float]]:
    """Return when each viewer's frames came back that must have been recorded."""
    film = write_face_film(home / "film.mp4", 240)
    secret = add_token("test", ["analyze"]).secret
    with running_server(home / "app.log") as server:
        answer = await asyncio.to_thread(
            httpx.post,
            f"{server.url}/api/v1/videos?name=film.mp4",
            content=film.read_bytes(),
            headers={"Authorization": f"Bearer {secret}"},
            timeout=60,
        )
        assert answer.status_code == 201, answer.text
        await _until(lambda: len(run.epochs) > 0)
        await _until(lambda: (status := read_task_status(_task().folder)) and status.share > 0)
        async with AsyncExitStack() as stack:
            viewers = {
                f"viewer {number}": await stack.enter_async_context(
                    visiting(f"{server.url}/", "live_camera")
                )
                for number in range(VIEWERS)
            }
            began: dict[str, float] = {}
            for purpose, viewer in viewers.items():
                await viewer.start(_camera())
                await viewer.record(purpose=purpose)
                began[purpose] = time.monotonic()
            await asyncio.sleep(2)
            killed = time.monotonic()
            server.process.kill()
            server.process.wait()
        # What trains and what reads are nobody's children: both have gone on so far.
        assert (open_run(run.folder).state, _task().state) == ("running", "running")
        # As when the machine loses its power, or systemd ends the rest.
        for status in (read_run_status(run.folder), read_task_status(_task().folder)):
            assert status is not None
            _kill_with_worker(status.pid)
        return {
            purpose: [
                each for each in viewer.came_back if began[purpose] < each < killed - MOST_LOST
            ]
            for purpose, viewer in viewers.items()
        }


async def _after_the_next_start(home: Path, run: Run, seen: dict[str, list[float]]) -> None:
    with running_server(home / "app again.log") as server:
        url = f"{server.url}/"
        sessions = {
            each.header.description.purpose: each
            for each in list_sessions(home / "sessions").sessions
        }
        assert sorted(sessions) == sorted(seen)
        for purpose, frames in seen.items():
            session = sessions[purpose]
            assert session.state == "interrupted"
            rows = len((session.folder / FRAMES_FILE).read_text().splitlines()) - 1
            print(f"{purpose}: {rows} rows, {len(frames)} frames must be among them")
            assert rows >= len(frames) > 0
            async with visiting(url, f"sessions?session={session.id}") as visitor:
                await visitor.until(lambda: visitor.says("This recording was interrupted"))

        assert (open_run(run.folder).state, _task().state) == ("interrupted", "interrupted")
        async with visiting(url, "video") as visitor:
            await visitor.until(lambda: visitor.says("Interrupted"))
        async with visiting(url, "train?training=Runs") as visitor:
            await visitor.until(lambda: visitor.says("Training was interrupted."))

        epochs = len(open_run(run.folder).epochs)
        resume_run(open_run(run.folder))
        trainings.start_worker(runs_dir())
        resume_task(_task())
        videos.start_worker(tasks_dir())
        await _until(lambda: len(open_run(run.folder).epochs) > epochs)
        await _until(lambda: _task().state == "done")


def _camera() -> Camera:
    pictures = [cv2.resize(on_wall(portrait(360), shift=each), (320, 240)) for each in (0, 6)]
    return Camera(pictures, RATE)


def _task() -> QueuedTask:
    (task,) = list_tasks(tasks_dir()).tasks
    return task


def _kill_with_worker(pid: int) -> None:
    """Kill who does a task, and before that who would begin the next one."""
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    assert "queue" in Path(f"/proc/{parent}/cmdline").read_text()
    os.kill(parent, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)


async def _until(true: Callable[[], Any], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


def _end(run: Run) -> None:
    """Leave nothing running behind."""
    with suppress(Exception):
        stop_run(open_run(run.folder))
    for read, folder in ((read_run_status, run.folder), (read_task_status, None)):
        with suppress(Exception):
            status = read(folder or _task().folder)
            if status is not None:
                _kill_with_worker(status.pid)
