"""Where a viewer's jobs are kept."""

from __future__ import annotations

import threading

import pytest
from streamlit.testing.v1 import AppTest

from emotion_core.system.storage.locks import Turns
from pages.widgets import jobs as module
from pages.widgets.jobs import Job, JobPlace

#: Each run is ended by a newer request right where the job was begun.
APP = """
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from pages.widgets.jobs import job_place

def work(_):
    begun.append("begun")
    return 7

begun = st.session_state.setdefault("begun", [])
place = job_place("reading")
job = place.begin("fer2013.csv", work)
if len(st.session_state["runs"]) < 3:
    st.session_state["runs"].append(1)
    st.rerun()
st.markdown(str(job.result()))
"""


def test_a_run_that_is_ended_finds_its_job_again():
    app = AppTest.from_string(APP, default_timeout=60)
    app.session_state["runs"] = []
    app.run()
    assert not app.exception
    assert app.session_state["begun"] == ["begun"]
    assert [each.value for each in app.markdown] == ["7"]


def test_two_runs_at_once_begin_one_job():
    place: JobPlace[int] = JobPlace()
    together, begun, jobs = threading.Barrier(4), [], []

    def run() -> None:
        together.wait(30)
        jobs.append(place.begin("the same", lambda _: begun.append(1)))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({id(job) for job in jobs}) == 1
    jobs[0].result()
    assert begun == [1]


@pytest.mark.parametrize("of", ["another", None])
def test_another_one_takes_its_place(of):
    place: JobPlace[str] = JobPlace()
    first = place.begin("one", lambda _: "first")
    assert place.is_of("one")
    assert place.job is first
    second = place.begin(of, lambda _: "second")
    assert (first.result(), second.result()) == ("first", "second")
    assert not place.is_of("one")
    assert place.forget() is second
    assert place.job is None
    assert place.forget() is None


def test_a_long_step_does_not_make_the_time_left_grow(monkeypatch):
    """Import said 90 s where it took 24: TensorFlow was imported at a share of 10% for 15 s."""
    clock = iter([0.0, 1.6])
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock, now[0]))
    reported, ended = threading.Event(), threading.Event()

    def work(progress):
        progress(0.06)
        reported.set()
        ended.wait(30)

    job = Job(work)
    assert reported.wait(30)
    try:
        for now[0], expected in ((1.6, 25), (11.6, 15), (26.0, 0.7)):
            assert job.seconds_left == pytest.approx(expected, abs=0.1)
        now[0] = 30.0
        assert job.seconds_left is None  # it takes longer than expected: how long is not known
    finally:
        ended.set()
        job.result()


def test_a_job_that_waits_for_its_turn_says_so_and_can_be_cancelled():
    turns, told, go_on = Turns(1), threading.Event(), threading.Event()

    def work(progress):
        with turns.take(progress):
            told.set()
            assert go_on.wait(30)
            progress(0.5)
            return 7

    first = Job(work)
    assert told.wait(30)
    second, third = Job(work), Job(work)
    while not (second.waiting and third.waiting):
        assert second.running
        threading.Event().wait(0.01)
    assert not first.waiting
    assert second.share == 0.0
    third.cancel()
    assert third.wait(30)
    app = AppTest.from_function(show_waiting, kwargs={"job": second}, default_timeout=60).run()
    assert app.get("progress")[0].proto.text == (
        "Waiting until others have finished. Then: Reading fer2013.csv …"
    )
    go_on.set()
    assert first.result() == second.result() == 7
    assert not second.waiting


def show_waiting(job):
    from pages.widgets.jobs import show_job

    show_job(job, "Reading fer2013.csv", "reading")
