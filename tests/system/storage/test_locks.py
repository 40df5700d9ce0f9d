import fcntl
import os
import signal
import subprocess
import sys

from emotion_core.system.storage.locks import FileLock, is_held

HOLDER = """
import sys, time
from pathlib import Path
from emotion_core.system.storage.locks import FileLock
lock = FileLock(Path(sys.argv[1]))
assert lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_one_holder_at_a_time(tmp_path):
    path = tmp_path / "lock"
    assert not is_held(path)
    with FileLock(path) as first, FileLock(path) as second:
        assert first.acquire()
        assert not second.acquire()
        assert not second.acquire(patience=0.05)
        assert is_held(path)
        first.release()
        assert second.acquire(patience=1)
    assert not is_held(path)
    assert path.exists()


def test_a_killed_holder_holds_nothing(tmp_path):
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        assert is_held(path)
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    assert not is_held(path)
    with FileLock(path) as lock:
        assert lock.acquire()


def test_whoever_looks_holds_nothing(tmp_path):
    """Two pages that look at the same moment must not take each other for a training process."""
    path = tmp_path / "lock"
    path.touch()
    with path.open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)  # as `is_held` does for a moment
        assert not is_held(path)


def test_looking_makes_nothing(tmp_path):
    assert not is_held(tmp_path / "deleted" / "lock")
    assert list(tmp_path.iterdir()) == []
