from dataclasses import replace

import pytest

from emotion_core.errors import TrainingError
from emotion_core.system.processes.queueing import LOCK_FILE, QUEUED_FILE, STOP_FILE
from emotion_core.system.storage.locks import FileLock
from emotion_core.training.progress import CHECKPOINT_FILE
from emotion_core.training.runs import control
from emotion_core.training.runs.control import cancel_run, cancel_sweep, resume_run, stop_run
from emotion_core.training.runs.run import open_run, write_outcome
from emotion_core.training.runs.storage import create_run


@pytest.fixture
def run(runs, plan):
    return create_run(runs, plan)


@pytest.fixture
def interrupted(run):
    (run.folder / QUEUED_FILE).unlink()
    (run.folder / CHECKPOINT_FILE).touch()
    return open_run(run.folder)


@pytest.fixture
def running(interrupted):
    with FileLock(interrupted.folder / LOCK_FILE) as lock:
        assert lock.acquire()
        yield open_run(interrupted.folder)


def test_a_running_one_is_asked(running):
    assert stop_run(running).asked == "stop"
    assert cancel_run(running).asked == "cancel"
    assert running.has_checkpoint  # the process that trains removes it
    with pytest.raises(TrainingError, match=r"is running; only a run that is interrupted, stopped"):
        resume_run(running)


def test_an_interrupted_one_goes_to_the_queue_to_keep_its_best(interrupted):
    stopped = stop_run(interrupted)
    assert stopped.state == "queued"
    assert (stopped.folder / STOP_FILE).exists()


def test_what_has_no_epoch_cannot_be_stopped(run):
    with pytest.raises(TrainingError, match="is queued and has nothing to keep; only a run with a"):
        stop_run(run)


def test_cancelling_keeps_the_row_only(interrupted):
    cancelled = cancel_run(interrupted)
    assert cancelled.state == "cancelled"
    assert not cancelled.has_checkpoint
    with pytest.raises(TrainingError, match="is cancelled already; delete it instead"):
        cancel_run(cancelled)
    with pytest.raises(TrainingError, match="tiny run is cancelled; only a run that is"):
        resume_run(cancelled)


def test_a_queued_one_is_cancelled(run):
    assert cancel_run(run).state == "cancelled"
    assert not (run.folder / QUEUED_FILE).exists()


@pytest.mark.parametrize("outcome", [None, "stopped", "failed"])
def test_what_did_not_reach_its_end_is_resumed(interrupted, outcome):
    (interrupted.folder / STOP_FILE).touch()
    if outcome:
        write_outcome(interrupted.folder, outcome, "why")
    resumed = resume_run(interrupted)
    assert (resumed.state, resumed.outcome) == ("queued", None)
    assert not (resumed.folder / STOP_FILE).exists()
    assert resumed.has_checkpoint


def test_what_is_done_is_done(interrupted):
    write_outcome(interrupted.folder, "done")
    for act in (stop_run, cancel_run, resume_run):
        with pytest.raises(TrainingError, match="tiny run is done"):
            act(interrupted)


def test_what_somebody_else_has_just_begun_is_not_resumed(interrupted, monkeypatch):
    monkeypatch.setattr(control, "PATIENCE", 0.0)
    monkeypatch.setattr(control, "open_run", lambda _: interrupted)  # as it was a moment ago
    with FileLock(interrupted.folder / LOCK_FILE) as lock:
        assert lock.acquire()
        with pytest.raises(TrainingError, match="tiny run has just been begun by somebody else"):
            resume_run(interrupted)


def test_a_sweep_is_cancelled_and_what_has_finished_kept(runs, plan):
    done, waiting, going, other = (
        create_run(runs, replace(plan, name=name, sweep=sweep))
        for name, sweep in (("a", "mine"), ("b", "mine"), ("c", "mine"), ("d", "other"))
    )
    for run in (done, going):
        (run.folder / QUEUED_FILE).unlink()
    write_outcome(done.folder, "done")
    with FileLock(going.folder / LOCK_FILE) as lock:
        assert lock.acquire()
        assert cancel_sweep(runs, "mine") == 2
        assert open_run(going.folder).asked == "cancel"
    assert [open_run(each.folder).state for each in (done, waiting, other)] == [
        "done",
        "cancelled",
        "queued",
    ]
    assert cancel_sweep(runs, "mine") == 0
