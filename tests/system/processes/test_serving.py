"""What a child does by itself; its parent's part: test_children.py."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest

from emotion_core.system.processes.children import ChildError
from emotion_core.system.storage.folders import PROJECT
from tests.system.alive import wait_until_gone


def test_what_it_prints_is_no_answer(child):
    asked = child("print('{\"answer\": 1}', flush=True)\nos.system('echo hello')\nreturn {}")
    assert asked.ask({}) == {}


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        ("ModelError('expected this, found that')", "expected this, found that"),
        ("KeyError('faces')", "KeyError: 'faces'"),
        ("ValueError('one\\ntwo')", "ValueError: one two"),
    ],
)
def test_a_problem_is_one_line_and_it_can_be_asked_again(child, raised, reason):
    asked = child(f"if request: raise {raised}\nreturn {{}}")
    with pytest.raises(ChildError) as caught:
        asked.ask({"bad": True})
    assert str(caught.value) == caught.value.reason == reason
    assert asked.ask({}) == {}


def test_one_that_is_asked_nothing_ends(child):
    asked = child("return {'pid': os.getpid()}", "idle_seconds=0.1")
    assert asked.ask({}) == {"pid": asked.pid}
    deadline = time.monotonic() + 30
    while asked.running:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_ends_with_its_parent_however_that_ends(child):
    child("time.sleep(60)")  # writes the module
    program = (
        "import os, signal\n"
        "from emotion_core.system.processes.children import Child\n"
        "child = Child('task')\n"
        "print(child.pid, flush=True)\n"
        "def killed(_): os.kill(os.getpid(), signal.SIGKILL)\n"
        "child.ask({}, progress=killed)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE)
    assert done.returncode == -signal.SIGKILL
    wait_until_gone(int(done.stdout))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends once it looks again")
def test_it_ends_with_its_parent_in_the_middle_of_what_python_waits_for(child):
    """A conversion may keep Python from running any other thread for minutes."""
    child("import ctypes\nprogress(0.5)\nctypes.PyDLL(None).sleep(60)\nreturn {}")
    program = (
        "import os, signal, time\n"
        "from emotion_core.system.processes.children import Child\n"
        "child = Child('task')\n"
        "print(child.pid, flush=True)\n"
        "def killed(share):\n"
        "    if share: time.sleep(1); os.kill(os.getpid(), signal.SIGKILL)\n"
        "child.ask({}, progress=killed)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE)
    assert done.returncode == -signal.SIGKILL
    wait_until_gone(int(done.stdout))


def test_it_outlives_the_thread_that_started_it(child):
    started = []

    def start():
        started.append(child("return {}"))
        assert started[0].ask({}) == {}

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    time.sleep(0.2)
    assert started[0].ask({}) == {}


def test_it_is_held_to_its_limits(child):
    limits = "Limits(memory_bytes=500_000_000, processor_seconds=30, file_bytes=1000)"
    asked = child("return {'size': len(bytearray(request['size']))}", f"limits={limits}")
    assert asked.ask({"size": 1000}) == {"size": 1000}
    with pytest.raises(ChildError, match=r"^MemoryError"):
        asked.ask({"size": 1_000_000_000})
