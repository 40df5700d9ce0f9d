"""Two processes of the app behind Caddy: who is where, and what the end of one means for whom."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from emotion_core.access.tokens import RIGHTS, add_token
from emotion_core.sessions.header import FRAMES_FILE
from emotion_core.sessions.storage import Session, list_sessions
from tests.browser.support import on_wall, portrait
from tests.deploy.serving import PASSWORD, USER
from tests.deploy.several import Several, several
from tests.visitor import Camera, Visitor, visiting

RATE = 10
HEADERS = {"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
#: New viewers until both processes have one; each goes to either by chance.
MOST_TRIES = 16


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Several]:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    with several(tmp_path) as found:
        yield found


def camera() -> Camera:
    pictures = [cv2.resize(on_wall(portrait(360), shift=each), (320, 240)) for each in (0, 6)]
    return Camera(pictures, RATE)


class Programs:
    """Another program, which asks through Caddy by a token."""

    def __init__(self, found: Several) -> None:
        self._found = found
        self._secret = add_token("test", RIGHTS, requests_a_second=10_000).secret

    async def get(self, path: str) -> tuple[int, str]:
        return await asyncio.to_thread(
            self._found.served.get, f"api/v1{path}", Authorization=f"Bearer {self._secret}"
        )

    async def streams(self) -> list[str]:
        """Return the ids of all streams."""
        for _ in range(10):
            status, text = await self.get("/live")
            assert status == 200
            if not json.loads(text)["missing"]:  # a busy machine may take long for one
                return [each["id"] for each in json.loads(text)["streams"]]
        raise AssertionError(text)


class Streaming:
    """Viewers whose video runs, each with the id of their stream."""

    def __init__(self, found: Several, programs: Programs) -> None:
        self.url, self._programs = found.served.url, programs

    async def start(self, visitor: Visitor) -> str:
        before = set(await self._programs.streams())
        await visitor.start(camera())
        deadline = time.monotonic() + 30
        while not (new := set(await self._programs.streams()) - before):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        (id_,) = new
        return id_


def recorded(folder: Path, purpose: str) -> Session:
    (found,) = [
        each
        for each in list_sessions(folder / "data" / "sessions").sessions
        if each.header.description.purpose == purpose
    ]
    return found


def test_one_process_is_killed_while_viewers_of_both_record(two: Several) -> None:
    asyncio.run(_one_is_killed(two))


async def _one_is_killed(two: Several) -> None:
    programs = Programs(two)
    streaming = Streaming(two, programs)
    url, folder = two.served.url, two.served.folder
    viewers: dict[str, tuple[Visitor, str]] = {}
    visits = []
    try:
        # Viewers spread: both processes get some.
        for _ in range(MOST_TRIES):
            visit = visiting(url, "live_camera", headers=HEADERS)
            visits.append(visit)
            visitor = await visit.__aenter__()
            id_ = await streaming.start(visitor)
            if id_[0] in viewers:
                await visitor.leave()
            else:
                viewers[id_[0]] = visitor, id_
            if len(viewers) == 2:
                break
        assert sorted(viewers) == ["1", "2"]

        # Each stays where they are, also when the page is loaded again.
        again, _ = viewers["1"]
        for _ in range(2):
            await again.leave()
            visit = visiting(url, "live_camera", headers=HEADERS, cookies=again.cookies)
            visits.append(visit)
            again = await visit.__aenter__()
            id_ = await streaming.start(again)
            assert id_[0] == "1"
            viewers["1"] = again, id_

        # A program finds both streams, whichever process it asks, and reaches each.
        ids = {id_ for _, id_ in viewers.values()}
        assert ids <= set(await programs.streams())
        for id_ in ids:
            status, text = await programs.get(f"/live/{id_}")
            assert (status, json.loads(text)["id"]) == (200, id_)

        (lost, lost_id), (kept, kept_id) = viewers["2"], viewers["1"]
        await lost.record(purpose="lost")
        await kept.record(purpose="kept")
        began = len(lost.came_back)
        kept_began = len(kept.came_back)
        await asyncio.sleep(3)
        killed = time.monotonic()
        two.kill(2)

        # The other's viewers notice nothing: their page goes on, and their video.
        reloaded = time.monotonic()
        visit = visiting(url, "live_camera", headers=HEADERS, cookies=dict(lost.cookies))
        visits.append(visit)
        back = await visit.__aenter__()
        new_id = await streaming.start(back)
        print(f"served by the other after {time.monotonic() - reloaded:.1f} s")
        assert new_id[0] == "1"
        assert lost.is_over
        assert not kept.is_over
        since = len([each for each in kept.came_back if each > killed])
        await kept.until(lambda: len([e for e in kept.came_back if e > killed]) > since + RATE)
        runs = kept.runs
        await kept.until(lambda: kept.runs > runs + 1)
        assert kept.errors == []

        # The recording of the one that was killed: all but its last second.
        session = recorded(folder, "lost")
        assert session.state == "interrupted"
        rows = len((session.folder / FRAMES_FILE).read_text().splitlines()) - 1
        certain = [each for each in lost.came_back[began:] if each < killed - 1]
        assert rows >= len(certain) > 0

        # A program is told that the stream has gone, and that of the other goes on.
        status, text = await programs.get(f"/live/{lost_id}")
        assert status == 404
        assert json.loads(text)["detail"] == (
            "expected the id of a live stream that runs, found one whose process has ended; "
            "ask for the list of streams"
        )
        assert {kept_id, new_id} <= set(await programs.streams())
        assert lost_id not in await programs.streams()

        # One that starts beside it tidies up, and takes nothing away that it writes.
        assert (await programs.get("/metrics?process=2"))[0] == 503
        await asyncio.to_thread(two.start, 2)
        async with visiting(f"http://{two.addresses[2]}/", "sessions") as beside:
            await beside.until(lambda: beside.find("Search"))
        status, text = await programs.get("/metrics?process=2")
        assert (status, "emotion_viewers 0.0" in text) == (200, True)
        assert (await programs.get("/metrics?process=3"))[0] == 404
        since = len(kept.came_back)
        await kept.until(lambda: len(kept.came_back) > since + RATE)

        came = len(kept.came_back) - kept_began
        await kept.press("Stop recording")
        await kept.until(lambda: kept.says("The session just recorded") or kept.find("Record"))
        session = recorded(folder, "kept")
        assert session.state == "complete"
        assert session.frames >= came
    finally:
        for visit in visits:
            await visit.__aexit__(None, None, None)
