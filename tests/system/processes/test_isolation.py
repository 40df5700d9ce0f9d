"""What a process that reads foreign files can no longer do: each tried in a process of its own."""

from __future__ import annotations

import os
import platform
import sys

import pytest

from emotion_core.system.processes import isolation
from emotion_core.system.processes.children import Child
from emotion_core.system.processes.isolation import (
    bare_environment,
    connect_only_to,
    cut_off,
    write_only_in,
)

linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="other systems have no such thing",
)
# What is tried by name; each is told as its error's class, or as done.
TRY = """
import mmap, pathlib, signal, socket, subprocess, threading
folder = pathlib.Path(request['folder'])
if request.get('writes'):
    from emotion_core.system.processes.isolation import write_only_in
    assert write_only_in([folder / 'own'])
outside, own = folder / 'outside.txt', folder / 'own'
def attempt(action):
    try:
        action()
    except OSError as error:
        return type(error).__name__
    return 'done'
actions = {
    'network': lambda: socket.socket(),
    'local sockets': lambda: socket.socket(socket.AF_UNIX),
    'listening': lambda: socket.create_server(('127.0.0.1', 0)),
    'programs': lambda: subprocess.run([sys.executable, '-c', '']),
    'signals': lambda: os.kill(os.getppid(), 0),
    'reading': lambda: outside.read_text(),
    'writing': lambda: outside.write_text('changed'),
    'deleting': lambda: outside.unlink(),
    'moving': lambda: outside.rename(own / 'moved'),
    'making': lambda: (folder / 'new').mkdir(),
    'writing in its own': lambda: (own / 'new').write_text('new'),
    'nothing': lambda: open(os.devnull, 'w').close(),
    'threads': lambda: threading.Thread(target=int).start(),
}
return {name: attempt(actions[name]) for name in request['tried']}
"""
CUT_OFF = ["network", "local sockets", "programs", "signals"]
FREE = ["reading", "writing in its own", "nothing", "threads"]
LIMITS = "limits=Limits(memory_bytes=2_000_000_000, processor_seconds=60, file_bytes=1_000_000)"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "outside.txt").write_text("kept")
    return tmp_path


@linux
def test_a_child_with_limits_has_neither_network_nor_programs(child, folder):
    tried = child(TRY, LIMITS).ask({"folder": str(folder), "tried": CUT_OFF + FREE})
    assert tried == dict.fromkeys(CUT_OFF, "PermissionError") | dict.fromkeys(FREE, "done")


def test_one_that_needs_the_network_keeps_it(child, folder):
    limits = LIMITS.replace(")", ", alone=False)")
    tried = child(TRY, limits).ask({"folder": str(folder), "tried": ["network", "programs"]})
    assert set(tried.values()) == {"done"}


@linux
def test_one_that_reads_a_camera_keeps_the_network_alone(child, folder):
    limits = LIMITS.replace(")", ", alone=False)")
    cut = (
        "from emotion_core.system.processes.isolation import cut_off\n"
        "assert cut_off(network=True)\n"
    )
    tried = child(cut + TRY, limits).ask({"folder": str(folder), "tried": [*CUT_OFF, "listening"]})
    assert tried == dict.fromkeys(["network", "local sockets"], "done") | dict.fromkeys(
        ["programs", "signals", "listening"], "PermissionError"
    )


@linux
def test_one_that_asks_a_relay_has_no_more_than_tcp(child, folder):
    body = (
        "import socket\n"
        "from emotion_core.system.processes.isolation import cut_off\n"
        "assert cut_off(network=True, streams_only=True)\n"
        "told = {}\n"
        "for family, kind in (('INET', 'STREAM'), ('INET', 'DGRAM'), ('INET6', 'STREAM'),\n"
        "                     ('UNIX', 'STREAM'), ('NETLINK', 'RAW')):\n"
        "    try:\n"
        "        socket.socket(getattr(socket, f'AF_{family}'), getattr(socket, f'SOCK_{kind}'))\n"
        "    except PermissionError:\n"
        "        told[f'{family} {kind}'] = 'refused'\n"
        "return told"
    )
    assert child(body).ask({}) == dict.fromkeys(
        ["INET DGRAM", "INET6 STREAM", "UNIX STREAM", "NETLINK RAW"], "refused"
    )
    limits = LIMITS.replace(")", ", alone=False)")
    cut = body.split("told = {}")[0]
    tried = child(cut + TRY, limits).ask({"folder": str(folder), "tried": CUT_OFF + FREE})
    assert tried == {
        **dict.fromkeys(CUT_OFF, "PermissionError"), **dict.fromkeys([*FREE, "network"], "done"),
    }  # fmt: skip


@linux
def test_it_changes_nothing_but_its_folder(child, folder):
    changes = ["writing", "deleting", "moving", "making"]
    request = {"folder": str(folder), "tried": changes + FREE, "writes": True}
    tried = child(TRY).ask(request)
    assert tried == dict.fromkeys(changes, "PermissionError") | dict.fromkeys(FREE, "done")
    assert (folder / "outside.txt").read_text() == "kept"


@linux
def test_threads_that_were_there_before_are_held_to_it_too(child):
    body = (
        "import socket, threading\n"
        "from emotion_core.system.processes.isolation import cut_off\n"
        "go, told = threading.Event(), []\n"
        "def work():\n"
        "    go.wait()\n"
        "    try:\n"
        "        socket.socket()\n"
        "    except PermissionError:\n"
        "        told.append('refused')\n"
        "thread = threading.Thread(target=work); thread.start()\n"
        "assert cut_off()\n"
        "go.set(); thread.join()\n"
        "return {'told': told}"
    )
    assert child(body).ask({}) == {"told": ["refused"]}


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_say_that_they_cannot(monkeypatch, tmp_path, system):
    monkeypatch.setattr(isolation.sys, "platform", system)
    assert not cut_off()
    assert not write_only_in([tmp_path])
    assert not connect_only_to(1)


def test_another_processor_says_that_it_cannot(monkeypatch):
    monkeypatch.setattr(isolation.platform, "machine", lambda: "riscv64")
    assert not cut_off()


def test_an_old_kernel_says_that_it_cannot(monkeypatch, tmp_path):
    class Old:
        @staticmethod
        def syscall(*_: object) -> int:
            return -1

        @staticmethod
        def prctl(*_: object) -> int:
            return -1

    monkeypatch.setattr(isolation.ctypes, "CDLL", lambda *_, **__: Old)
    assert not cut_off()
    assert not write_only_in([tmp_path])
    assert not connect_only_to(1)


def test_a_bare_child_is_told_no_secrets(tmp_path, monkeypatch):
    (tmp_path / "bare_task.py").write_text(
        "import os\nfrom emotion_core.system.processes.serving import serve\n"
        "serve(lambda request, progress: dict(os.environ))\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.getcwd()}")  # noqa: PTH109
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("EMOTION_DATA_DIR", "/private")
    with Child("bare_task", environment={"OWN": "1"}, bare=True) as child:
        told = child.ask({})
    assert told["OWN"] == "1"
    assert {"AWS_SECRET_ACCESS_KEY", "EMOTION_DATA_DIR", "HOME"}.isdisjoint(told)
    assert set(told) - {"OWN", "LC_CTYPE"} <= set(bare_environment())
