"""``streamlit`` that tells what lives in its process: `start_stop.py` starts it.

    COUNTS_SOCKET=PATH python benchmarks/counted_server.py run app.py [OPTION ...]

Whoever connects to the Unix socket at PATH and sends "collect" or "look" gets a JSON object: the
threads by name, and how many objects of the kinds that must not pile up there are; "collect" lets
Python's garbage collector run before.
"""

from __future__ import annotations

import collections
import gc
import json
import os
import re
import socket
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from streamlit.runtime.runtime import Runtime  # noqa: TID251 - the server is the subject
from streamlit.web.cli import main  # noqa: TID251

#: By the names of their classes: importing them would change how fast the app starts.
KINDS = (
    "AppSession",
    "WebRtcWorker",
    "RTCPeerConnection",
    "LiveSession",
    "LiveFaceReader",
    "EmotionClassifier",
    "SessionRecorder",
)


def counts(*, collect: bool) -> dict[str, dict[str, int]]:
    """Return what there is now."""
    gc.unfreeze()  # what the app has set aside is neither collected nor counted otherwise
    if collect:
        gc.collect()
    kinds = collections.Counter(type(thing).__name__ for thing in gc.get_objects())
    threads = collections.Counter(_group(thread.name) for thread in threading.enumerate())
    manager = Runtime.instance()._session_mgr
    return {
        "threads": dict(sorted(threads.items())),
        "objects": {kind: kinds[kind] for kind in KINDS},
        "sessions": {
            "connected": manager.num_active_sessions(),
            # Counting them the public way would drop those that are out of date.
            "kept for coming back": len(manager._session_storage._cache._data),
        },
    }


def _group(name: str) -> str:
    """Return a thread's name without what tells it from its like."""
    return re.sub(r"[_-][0-9a-f]{8}-[0-9a-f-]{27}|[-_ ]?\(?\d+\)?$|\d+(?= )", "", name)


def answer(listener: socket.socket) -> None:
    """Answer everybody who asks, one after the other."""
    while True:
        connection, _ = listener.accept()
        with connection:
            wish = connection.recv(16)
            connection.sendall(json.dumps(counts(collect=wish == b"collect")).encode())


if __name__ == "__main__":
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.environ["COUNTS_SOCKET"])
    listener.listen()
    threading.Thread(target=answer, args=(listener,), name="counts", daemon=True).start()
    main()
