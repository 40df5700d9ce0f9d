"""The queue: one run at a time, whoever asks; and a run that is killed and resumed."""

import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from emotion_core.system.processes.queueing import QUEUED_FILE, WORKER_LOCK, enqueue
from emotion_core.system.storage.locks import FileLock, is_held
from emotion_core.training.runs import queue
from emotion_core.training.runs.control import resume_run
from emotion_core.training.runs.queue import is_training, queued_runs, start_worker, work
from emotion_core.training.runs.run import open_run, read_log, read_status, write_outcome
from emotion_core.training.runs.storage import create_run, delete_run


def weights(model):
    found = {}
    with h5py.File(model / "model_weights.h5") as file:
        file.visititems(
            lambda name, item: found.update({name: item[()]}) if hasattr(item, "shape") else None
        )
    return found


def wait_for(condition, seconds=400):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.timeout(1200)  # who trains gives way to everybody: on a busy machine it takes minutes
def test_a_killed_run_ends_with_the_weights_of_an_undisturbed_one(runs, plan):
    """Both are trained by real workers, one after the other; the first is killed on its way."""
    killed, whole = create_run(runs, plan), create_run(runs, plan)
    start_worker(runs)
    wait_for(lambda: len(killed.epochs) == 1)
    running = open_run(killed.folder)
    assert running.state == "running"
    assert is_training(runs)
    os.kill(read_status(killed.folder).pid, signal.SIGKILL)
    wait_for(lambda: open_run(killed.folder).state == "interrupted")
    assert open_run(killed.folder).has_checkpoint
    # The worker went on with the other one; the first waits for its second turn.
    resume_run(killed)
    wait_for(lambda: open_run(killed.folder).state == "done")
    done = open_run(whole.folder)
    assert done.state == "done"
    assert "Resumed after epoch" in read_log(killed.folder, lines=100)
    first, second = weights(done.model), weights(open_run(killed.folder).model)
    assert first.keys() == second.keys()
    assert len(first) > 4
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])
    wait_for(lambda: not is_held(runs / WORKER_LOCK))


@pytest.fixture
def trained(monkeypatch):
    """Let every run be done at once, and note in which order."""
    order = []

    def train(run, *_):
        order.append(run.id)
        (run.folder / QUEUED_FILE).unlink()
        write_outcome(run.folder, "done")

    monkeypatch.setattr(queue, "_train", train)
    monkeypatch.setattr(os, "nice", lambda _: None)  # the tests keep their priority
    return order


def test_runs_are_trained_in_the_order_in_which_they_were_queued(runs, plan, trained):
    first, second, third = (create_run(runs, plan) for _ in range(3))
    enqueue(first.folder)  # it was resumed, and waits behind the others
    assert [run.id for run in queued_runs(runs)] == [second.id, third.id, first.id]
    work(runs)
    assert trained == [second.id, third.id, first.id]
    assert queued_runs(runs) == []


def test_there_is_one_worker(runs, plan, trained, monkeypatch):
    create_run(runs, plan)
    started = []
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **_: started.append(args))
    with FileLock(runs / WORKER_LOCK) as lock:
        assert lock.acquire()
        start_worker(runs)
        work(runs)
    assert started == trained == []


def test_nothing_to_do_is_no_work(runs):
    start_worker(runs)
    work(runs)
    assert not runs.exists()


def test_a_run_that_is_deleted_before_its_turn_does_not_end_the_worker(runs, plan, monkeypatch):
    deleted, _ = create_run(runs, plan), create_run(runs, plan)
    waiting = iter([queued_runs(runs), queued_runs(runs), [], []])
    monkeypatch.setattr(queue, "queued_runs", lambda _: next(waiting))
    monkeypatch.setattr(os, "nice", lambda _: None)
    delete_run(deleted)
    work(runs)
    assert not deleted.folder.exists()


def test_a_run_whose_process_does_not_begin_is_not_tried_for_ever(runs, plan, monkeypatch):
    run = create_run(runs, plan)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    monkeypatch.setattr(os, "nice", lambda _: None)
    work(runs)
    failed = open_run(run.folder)
    assert failed.state == "failed"
    assert "the training process ended before it began (exit code 1)" in failed.outcome.message
