"""The interface for other programs: random and malformed requests to the running app.

Schemathesis makes requests from the OpenAPI document, good and bad ones; `Malformed` sends what no
client would. No answer may be a fault of the app, and its log may say nothing of what was sent.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from emotion_core.access.tokens import RIGHTS, add_token
from emotion_core.api.addresses import PREFIX
from emotion_core.system.storage.folders import PROJECT
from tests.browser.support import Server, running_server

#: Stands for what is personal: in names, labels, addresses and headers of what is sent.
PERSONAL: Final = "anna-schmidt-1979"

#: What the document does not promise: that every text is a picture, or the name of a model,
#: and that a number with a space before it is none.
_LEFT_OUT: Final = "positive_data_acceptance,negative_data_rejection"
#: Sessions that can be asked for, and deleted.
_SESSIONS: Final = 50
_A_SESSION: Final = PROJECT / "tests" / "data" / "earlier" / "sessions" / "20261127-224507"
_COUNT: Final = re.compile(r"([\d,]+) generated")

# What the app's own line says of an error, what Python says, and what uvicorn says.
_FAULT: Final = re.compile(r"a request ended in |Traceback|Exception in ASGI")

_METHODS: Final = (
    *["GET", "POST"] * 8,
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "HEAD",
    "TRACE",
    "get",
    "X",
)
_PATHS: Final = (
    *["/analyze"] * 5,
    "/analyze", "/models", "/models/in-use", "/live", "/live/clock", f"/live/{PERSONAL}/events",
    f"/live/{PERSONAL}/marks", "/live/0/recording", "/sessions", f"/sessions/{PERSONAL}",
    f"/sessions/{PERSONAL}/files/csv", "/sessions/..%2f..%2fetc%2fpasswd", "/videos",
    f"/videos?name={PERSONAL}", f"/videos/{PERSONAL}", "/health", "/ready", "/metrics", "/docs",
    "/openapi.json", "", "/", "//", "/%00", "/\u00e9", "/../../_stcore/health",
)  # fmt: skip
_KINDS: Final = (
    "application/json", "multipart/form-data; boundary=a", "multipart/form-data",
    "application/octet-stream", "text/plain", "", "application/json; charset=utf-7", ";",
)  # fmt: skip
_BODIES: Final = (
    b"", b"{}", b"[]", b"null", b'{"name": "' + PERSONAL.encode() + b'"}', b"[" * 2_000,
    b'{"pictures": [{"content": "AAAA", "name": "' + PERSONAL.encode() + b'"}]}',
    b'{"label": 1e999}', b'{"label": "\\ud800"}', b"\xff\xfe\x00", b"--a\r\n\r\n--a--\r\n",
    b'--a\r\nContent-Disposition: form-data; name="pictures"; filename="'
    + PERSONAL.encode() + b'"\r\n\r\nGIF89a\r\n--a--\r\n',
)  # fmt: skip
_HOSTS: Final = ("localhost", "127.0.0.1", "[::1]", "evil.example", "", "localhost:x", "a b")


@contextmanager
def app_with_token(folder: Path) -> Iterator[tuple[Server, str]]:
    """Run the app with data in ``folder``, and yield it with a token that may do everything."""
    data = folder / "data"
    environment = {"EMOTION_DATA_DIR": str(data), "EMOTION_VIDEOS_DIR": str(data / "videos")}
    before = os.environ.get("EMOTION_DATA_DIR")
    os.environ["EMOTION_DATA_DIR"] = str(data)
    try:
        secret = add_token("fuzz", RIGHTS, requests_a_second=10_000).secret
    finally:
        os.environ.pop("EMOTION_DATA_DIR")
        if before is not None:
            os.environ["EMOTION_DATA_DIR"] = before
    log = folder / "log.txt"
    for number in range(_SESSIONS):  # where `running_server` has sessions
        shutil.copytree(_A_SESSION, log.with_name("sessions") / f"20261127-2245{number:02}")
    with running_server(log, environment=environment) as server:
        yield server, secret


def by_description(
    server: Server, token: str, seconds: float, folder: Path, *, seed: int | None = None
) -> tuple[int, str]:
    """Let Schemathesis make requests, and return how many, and what it found; empty: nothing.

    Args:
        server: to ask.
        token: may do everything.
        seconds: how long; at least one.
        folder: for what it writes.
        seed: of its random numbers.
    """
    command = [
        Path(sys.executable).with_name("schemathesis"), "run",
        f"{server.url}{PREFIX}/openapi.json", "--header", f"Authorization: Bearer {token}",
        "--header", f"User-Agent: {PERSONAL}", "--max-time", str(max(1, round(seconds))),
        "--continue-on-failure", "--warnings", "off", "--checks", "all",
        "--exclude-checks", _LEFT_OUT, "--request-timeout", "60",
    ]  # fmt: skip
    if seed is not None:
        command += ["--seed", str(seed)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = _COUNT.search(done.stdout)
    count = int(found[1].replace(",", "")) if found else 0
    return count, "" if done.returncode == 0 else done.stdout + done.stderr


class Malformed:
    """Sends requests that no client would.

    Args:
        server: to ask.
        token: may do everything.
        seed: of the random numbers.

    Attributes:
        answers: how many there were of each status; 0: the connection was closed.
    """

    def __init__(self, server: Server, token: str, seed: int) -> None:
        self._address = urlsplit(server.url)
        self._token = token
        self._random = random.Random(seed)
        self.answers: Counter[int] = Counter()

    def send(self) -> None:
        """Send one, and count its answer."""
        request = self._request()
        if self._random.random() < 0.1:
            request = self._damaged(request)
        self.answers[self._ask(request)] += 1

    def _request(self) -> bytes:
        choose = self._random.choice
        body = choose(_BODIES)
        headers = {
            "Host": choose(_HOSTS) if self._random.random() < 0.2 else "localhost",
            "Authorization": choose(
                [f"Bearer {self._token}"] * 6 + ["", f"Bearer {PERSONAL}", "Basic e", "Bearer"]
            ),
            "Content-Type": choose(_KINDS),
            "Content-Length": choose([str(len(body))] * 12 + ["-1", "99999999999", "x"]),
        }
        if self._random.random() < 0.1:
            headers["Origin"] = choose(("https://evil.example", "null", "http://localhost"))
        if self._random.random() < 0.1:
            headers["Range"] = choose(("bytes=0-", "bytes=9-1", "bytes=-", "x"))
        lines = [f"{choose(_METHODS)} {PREFIX}{choose(_PATHS)} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("utf-8") + body

    def _damaged(self, request: bytes) -> bytes:
        damaged = bytearray(request)
        for _ in range(self._random.randint(1, 4)):
            place = self._random.randrange(len(damaged))
            if self._random.random() < 0.5:
                damaged[place] = self._random.randrange(256)
            else:
                del damaged[place : place + self._random.randrange(8)]
        return bytes(damaged)

    def _ask(self, request: bytes) -> int:
        host, port = self._address.hostname or "localhost", self._address.port or 80
        try:
            with socket.create_connection((host, port), timeout=0.5) as connection:
                connection.sendall(request)
                # What says that more comes is waited for by the server; nobody waits for it here.
                return int(connection.recv(64).split(b" ", 2)[1])
        except (OSError, ValueError, IndexError):
            return 0


def problems_in(server: Server, token: str) -> list[str]:
    """Return what is wrong with the app after all that was sent to it."""
    problems = []
    answer = httpx.get(f"{server.url}{PREFIX}/health", trust_env=False, timeout=60)
    if answer.status_code != 200:
        problems.append(f"/health answers {answer.status_code}")
    log = server.log.read_text("utf-8", "replace")
    if fault := _FAULT.search(log):
        problems.append(f"the log tells of a fault: {log[fault.start() : fault.start() + 2_000]}")
    problems += [
        f"the log holds what is personal: {line[:200]}"
        for line in log.splitlines()
        if PERSONAL in line or token in line
    ]
    return problems


def fuzz_interface(minutes: float, folder: Path) -> list[str]:
    """Send requests for some minutes, print how many, and return what is wrong."""
    with app_with_token(folder) as (server, token):
        seconds = 60 * minutes
        made, found = by_description(server, token, 0.7 * seconds, folder)
        malformed = Malformed(server, token, time.time_ns())
        deadline = time.monotonic() + 0.3 * seconds
        while time.monotonic() < deadline:
            malformed.send()
        problems = [found] if found else []
        problems += problems_in(server, token)
        faults = sum(count for status, count in malformed.answers.items() if status == 500)
        if faults:
            problems.append(f"{faults} malformed requests were answered with status 500")
    statuses = dict(sorted(malformed.answers.items()))
    print(
        f"api: {made:,} requests by its description and {malformed.answers.total():,} malformed "
        f"ones in {minutes:g} minutes, {len(problems)} problems; answers to the latter: {statuses}",
        flush=True,
    )
    return problems
