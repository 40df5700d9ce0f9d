"""Processes that answer, seen from their parent; `python -m` runs what each test writes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from emotion_core.system.processes import children
from emotion_core.system.processes.children import (
    Child,
    ChildEndedError,
    ChildTooSlowError,
    leave_running,
    packed,
    run_with_log,
    unpacked,
)
from emotion_core.system.storage.folders import PROJECT
from tests.system.alive import is_alive, wait_until_gone

MODULES = sorted(
    {
        name
        for path in (PROJECT / "emotion_core").rglob("*.py")
        if path.name != "__init__.py"  # imports by name, too
        for name in re.findall(r'"(emotion_core(?:\.\w+)+)"', path.read_text("utf-8"))
    }
)


@pytest.mark.parametrize("module", MODULES)
def test_every_child_starts_and_ends_with_its_parent(module, tmp_path):
    """Its name is right, and what it imports is there.

    A name in a command is a string: no import fails where it is written.
    """
    path = PROJECT / f"{module.replace('.', '/')}.py"
    assert '__name__ == "__main__"' in path.read_text("utf-8")
    (tmp_path / "run").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", module, str(tmp_path / "run")],
        cwd=PROJECT,
        env=os.environ | {"EMOTION_RUNS_DIR": str(tmp_path), "EMOTION_VIDEOS_DIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_all_children_are_found_and_nothing_else_starts_a_process():
    assert len(MODULES) == 14
    starting = r"^ *(?:import|from) (?:subprocess|multiprocessing)\b"
    files = [*(PROJECT / "emotion_core").rglob("*.py"), *(PROJECT / "pages").rglob("*.py")]
    assert [path for path in files if re.search(starting, path.read_text("utf-8"), re.M)] == [
        PROJECT / "emotion_core/system/processes/children.py"
    ]


def test_it_answers_again_and_again_and_gets_its_environment(child):
    asked = child("return {'double': 2 * request['number'], 'said': os.environ['WORD']}", WORD="hi")
    assert asked.ask({"number": 2}) == {"double": 4, "said": "hi"}
    assert asked.ask({"number": 3}) == {"double": 6, "said": "hi"}
    assert asked.running


def test_content_goes_there_and_back_as_it_is(child):
    asked = child("return {'half': 1, 'content': request.get('content', b'')[::-1]}")
    content = bytes(range(256)) * 5000 + b'{"answer": {}}\n'
    answer = asked.ask({}, content=content)
    assert answer == {"half": 1, "content": content[::-1]}
    assert asked.ask({}) == {"half": 1}


def test_a_child_that_ends_within_its_content_has_not_answered(child):
    asked = child(
        'os.write(output, b\'{"answer": {}, "bytes": 9}\\nhalf\')\nos._exit(3)',
        prelude="output = os.dup(1)\n",
    )
    with pytest.raises(ChildEndedError):
        asked.ask({})


@pytest.mark.parametrize(
    "told",
    [
        'b"x" * 3000',
        'b\'{"answer": {"a": "\' + b"x" * 3000',
        'b\'{"answer": {}, "bytes": 5000}\\n\'',
        'b\'{"answer": {}, "bytes": -1}\\n\'',
    ],
)
def test_one_that_tells_without_end_is_ended(child, monkeypatch, told):
    monkeypatch.setattr(children, "MOST_TOLD", 2000)
    monkeypatch.setattr(children, "MOST_CONTENT", 4000)
    asked = child(f"os.write(output, {told})\ntime.sleep(600)", prelude="output = os.dup(1)\n")
    with pytest.raises(ChildEndedError) as caught:
        asked.ask({})
    assert caught.value.reason == "it sent more than it may"
    assert not asked.running


def test_shares_that_nobody_takes_are_left_out(child, monkeypatch):
    """A child that reports faster than its parent listens would fill the parent's memory."""
    waiting = []

    def listen(told, *_):
        asked._process.wait()
        asked._conversation.join()
        waiting.append(told.qsize())
        return {"answer": {}}

    monkeypatch.setattr(children, "_last_told", listen)
    asked = child("for _ in range(5000): progress(0.5)\nos._exit(0)")
    asked.ask({})
    assert 0 < waiting[0] < 200


def test_progress_is_told_from_nothing_to_all(child):
    shares = []
    asked = child("progress(0.5)\ntime.sleep(0.2)\nprogress(1.0)\nreturn {}")
    asked.ask({}, progress=shares.append)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert shares.count(0.5) > 1  # so that whoever waits can cancel while nothing is told


def test_a_large_array_there_and_back(child):
    array = np.arange(3_000_000, dtype=np.float32).reshape(3, 1000, 1000)[:, ::2]
    answer = child("return request").ask({"array": packed(array)})
    returned = unpacked(answer["array"])
    assert returned.dtype == array.dtype
    np.testing.assert_array_equal(returned, array)


def test_one_that_crashes_tells_its_last_words(child):
    asked = child("sys.stderr.write('first\\nlast\\n')\nsys.stderr.flush()\nos._exit(3)")
    with pytest.raises(ChildEndedError, match=r"^last$") as caught:
        asked.ask({})
    assert caught.value.code == 3
    assert not asked.running


def test_one_that_is_killed(child):
    asked = child("return {}")
    asked.ask({})
    os.kill(asked.pid, signal.SIGKILL)
    with pytest.raises(ChildEndedError, match="ended from outside, perhaps because memory ran out"):
        asked.ask({})


def test_one_whose_module_is_not_there():
    with Child("emotion_core.nobody") as asked, pytest.raises(ChildEndedError) as caught:
        asked.ask({"large": "x" * 1_000_000})  # which nobody takes
    assert "No module named emotion_core.nobody" in caught.value.reason
    assert caught.value.code == 1


def test_one_that_takes_too_long_is_ended(child):
    asked = child("time.sleep(60)")
    with pytest.raises(ChildTooSlowError):
        asked.ask({}, time_limit=0.2)
    assert not is_alive(asked.pid)


def test_what_progress_raises_ends_it(child):
    def cancel(_share):
        raise KeyboardInterrupt

    asked = child("time.sleep(60)")
    with pytest.raises(KeyboardInterrupt):
        asked.ask({}, progress=cancel)
    assert not is_alive(asked.pid)


def test_ctrl_c_while_the_conversation_starts_ends_it(child, monkeypatch):
    """The thread is there, but does not count as started yet."""
    asked = child("time.sleep(60)")
    begin = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        monkeypatch.setattr(threading.Thread, "start", begin)
        threading.Timer(0.2, begin, [thread]).start()
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt), asked:
        asked.ask({})
    assert not is_alive(asked.pid)


def test_ctrl_c_while_the_first_is_started_lets_the_parent_end():
    """A thread that nobody knew of waited for work, and Python for the thread, for ever."""
    parent = """
import threading
from emotion_core.system.processes.children import Child

begin = threading.Thread.start

def interrupted(thread):
    begin(thread)
    if thread.name.startswith("children"):
        raise KeyboardInterrupt

threading.Thread.start = interrupted
Child("this")
"""
    done = subprocess.run(
        [sys.executable, "-c", parent], cwd=PROJECT, capture_output=True, text=True, timeout=100
    )
    assert done.stderr.endswith("KeyboardInterrupt\n")


def test_a_module_with_a_log(tmp_path):
    with (tmp_path / "log").open("ab") as log:
        assert run_with_log("this", log=log) == 0
        assert run_with_log("emotion_core", "nothing-like-it", log=log) == 2
    text = (tmp_path / "log").read_text()
    assert text.startswith("The Zen of Python")
    assert "nothing-like-it" in text


def test_a_module_that_is_left_running(tmp_path, monkeypatch):
    (tmp_path / "task.py").write_text(
        "import os, time\n"
        "print(os.getpid(), os.getsid(0), os.environ['WORD'], flush=True)\n"
        "time.sleep(0.5)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    leave_running("task", log=tmp_path / "log", environment={"WORD": "hi"})
    deadline = time.monotonic() + 30
    while not (told := (tmp_path / "log").read_text()).endswith("hi\n"):
        assert time.monotonic() < deadline, told
        time.sleep(0.02)
    pid, session, word = told.split()
    assert (session, word) == (pid, "hi")
    wait_until_gone(int(pid))  # nothing is left in the system's table of processes


def test_one_that_cannot_be_started_leaves_nothing_open(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    with pytest.raises(FileNotFoundError):
        Child("task")
