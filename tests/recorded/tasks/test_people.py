"""The queue of several people: one worker for all, each task for whose it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.recorded.tasks import queue
from emotion_core.recorded.tasks.adding import add_task
from emotion_core.recorded.tasks.control import resume_task
from emotion_core.recorded.tasks.queue import start_worker, tasks_before, work
from emotion_core.recorded.tasks.storage import tasks_dir
from emotion_core.recorded.tasks.task import QueuedTask, open_task, write_outcome
from emotion_core.system.processes.queueing import QUEUED_FILE
from emotion_core.system.storage.persons import at_home
from emotion_core.video.sources import VideoFile
from tests.access.accounts import ANN, BEN, have_accounts


@pytest.fixture(autouse=True)
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    have_accounts(tmp_path, monkeypatch, "[people.grants]\nserver = ['member']\n")
    monkeypatch.setattr(os, "nice", lambda _: None)  # the tests keep their priority


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Let every task be done at once; return the names, and for whom each process ran."""
    order = []

    def do_apart(
        _: str, folder: Path, __: str, ___: object, environment: Mapping[str, str]
    ) -> None:
        order.append((open_task(folder).name, environment["EMOTION_PERSON"]))
        (folder / QUEUED_FILE).unlink()
        write_outcome(folder, "done")

    monkeypatch.setattr(queue.queueing, "do_apart", do_apart)
    return order


def add(person: str, name: str, content: Path | bytes = b"x") -> QueuedTask:
    with at_home(person):
        film = VideoFile(name, content)
        settings, uploaded = RecordedSettings(), isinstance(content, bytes)
        return add_task(tasks_dir(), film, default_model_dir(), settings, uploaded=uploaded)


def test_one_worker_does_the_tasks_of_all_fairly(done: list[tuple[str, str]]) -> None:
    for number in range(3):
        add(ANN.id, f"ann {number}.mp4")
    last = add(BEN.id, "ben.mp4")
    with at_home(BEN.id):
        assert tasks_before(tasks_dir())[last.folder] == 1
    work(tasks_dir())  # by the server itself, as a worker runs
    names = [name for name, _ in done]
    assert names == ["ann 0.mp4", "ben.mp4", "ann 1.mp4", "ann 2.mp4"]
    assert [person for _, person in done] == [ANN.id, BEN.id, ANN.id, ANN.id]


def test_whoever_starts_the_worker_starts_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setattr(
        queue.queueing, "leave_running", lambda _, **options: started.append(options)
    )
    add(ANN.id, "ann.mp4")
    with at_home(ANN.id):
        start_worker(tasks_dir())
    (options,) = started
    assert options["environment"] == {"EMOTION_PERSON": ""}
    assert options["log"].parent == tasks_dir()


def test_a_folder_that_cannot_be_read_keeps_nobody_else_waiting(
    done: list[tuple[str, str]], capfd: pytest.CaptureFixture[str]
) -> None:
    add(BEN.id, "ben.mp4")
    with at_home(ANN.id):
        tasks_dir().parent.mkdir(parents=True, exist_ok=True)
        tasks_dir().write_bytes(b"no folder")
    work(tasks_dir())
    assert done == [("ben.mp4", BEN.id)]
    assert "cannot be read" in capfd.readouterr().out


def test_what_somebody_may_name_no_more_is_not_read(
    done: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = tmp_path / "server.mp4"
    film.write_bytes(b"x")
    own, of_server = add(ANN.id, "own.mp4"), add(ANN.id, "server.mp4", film)
    have_accounts(tmp_path, monkeypatch)  # without that grant
    work(tasks_dir())
    assert done == [("own.mp4", ANN.id)]
    refused = open_task(of_server.folder)
    assert refused.state == "failed"
    assert refused.outcome is not None
    assert refused.outcome.message == (
        "expected a video that its owner may name, found server.mp4, a file of the server that "
        "they may name no more; upload it"
    )
    have_accounts(tmp_path, monkeypatch, "[people.grants]\nserver = ['member']\n")
    resume_task(refused)
    work(tasks_dir())
    assert [name for name, _ in done] == ["own.mp4", "server.mp4"]
    assert open_task(own.folder).state == "done"
