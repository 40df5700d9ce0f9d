"""How work is handed out, by an engine that reads nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emotion_core.recorded.job import VideoJob
from emotion_core.recorded.plan import Plan
from emotion_core.recorded.pool.engine import Told
from emotion_core.recorded.pool.pool import VideoPool
from emotion_core.recorded.pool.state import VideoState
from emotion_core.video.sources import FileFacts
from tests.recorded.films import job

FOUND = {"frames": 40, "seconds": 2.0, "persons": 1, "problem": ""}


class Scripted:
    """Answers at once, as a script says.

    Args:
        answer: returns what comes of a request; None when the hand is lost with it.
    """

    tries = 3

    def __init__(self, hands: int, answer: Callable[[dict[str, Any]], dict[str, Any] | None]):
        self._hands, self._answer = hands, answer
        self._told: dict[int, Told] = {}
        self.requests: deque[tuple[int, dict[str, Any]]] = deque()
        self.closed = False

    def free(self) -> list[int]:
        return [hand for hand in range(self._hands) if hand not in self._told]

    def give(self, hand: int, request: dict[str, Any]) -> None:
        self.requests.append((hand, request))
        answer = self._answer(request)
        told = Told(hand, lost="no power") if answer is None else Told(hand, answer=answer)
        self._told[hand] = told

    def told(self, _: float) -> list[Told]:
        told = [*self._told.values()]
        self._told.clear()
        return told

    def about(self) -> str:
        return ""

    def close(self) -> None:
        self.closed = True


def segments(count: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what answers as if each video had so many segments."""
    plan = Plan(Path("none"), 2.0 * count, count, 2.0, FileFacts()).to_json()
    answers = {
        "look": {},
        "begin": {"plan": plan, "key": "key", "missing": [*range(count)]},
        "read": {"plan": plan},
        "finish": FOUND,
    }
    return lambda request: answers[request["do"]]


def done(engine: Scripted, what: str) -> list[tuple[int, str, int | None]]:
    """Return who did this: hand, video and segment."""
    return [
        (hand, request["job"]["name"], request.get("index"))
        for hand, request in engine.requests
        if request["do"] == what
    ]


def test_a_million_videos_need_no_million_of_anything():
    taken, over, most = 0, [0], 0

    def jobs() -> Iterator[VideoJob]:
        nonlocal taken
        for number in range(5000):
            taken += 1
            yield job(Path(f"film-{number}.mp4"), Path(f"out-{number}"))

    def count(_: VideoState) -> None:
        nonlocal most
        over[0] += 1
        most = max(most, taken - over[0])

    engine = Scripted(8, lambda _: FOUND)
    pool = VideoPool(jobs(), engine=engine, count=5000, size=5000)
    pool.run(over=count)
    assert pool.over == {"kept": 5000}
    assert most <= 8
    assert pool.videos == ()
    assert engine.closed


def test_hands_stay_with_their_video_and_help_at_the_end(tmp_path):
    engine = Scripted(2, segments(4))
    jobs = [job(tmp_path / name, tmp_path / "out" / name) for name in ("a", "b", "c")]
    pool = VideoPool(jobs, engine=engine)
    pool.run()
    assert [video.phase for video in pool.videos] == ["finished"] * 3
    read = done(engine, "read")
    assert sorted(read, key=lambda part: part[1:]) == [
        *((0, "a", index) for index in range(4)),
        *((1, "b", index) for index in range(4)),
        *((index % 2, "c", index) for index in range(4)),
    ]


def test_what_a_lost_hand_was_at_is_done_again(tmp_path):
    lost: list[tuple[str, int | None]] = []
    answer = segments(3)

    def losing_each_once(request: dict[str, Any]) -> dict[str, Any] | None:
        part = request["do"], request.get("index")
        if part not in lost:
            lost.append(part)
            return None
        return answer(request)

    engine = Scripted(1, losing_each_once)
    pool = VideoPool([job(tmp_path / "film", tmp_path / "out" / "film")], engine=engine, again=True)
    pool.run()
    (video,) = pool.videos
    assert (video.phase, video.frames) == ("finished", 40)
    assert lost == [("look", None), ("begin", None), *(("read", n) for n in range(3)),
                    ("finish", None)]  # fmt: skip
    # It is looked whether the recording was written before the hand was lost.
    assert [request["again"] for _, request in engine.requests if request["do"] == "look"] == [
        *(True, True, False)
    ]


@pytest.mark.parametrize("what", ["look", "begin", "read"])
def test_a_video_that_takes_every_hand_along_fails(tmp_path, what):
    answer = segments(2)
    engine = Scripted(2, lambda request: None if request["do"] == what else answer(request))
    pool = VideoPool([job(tmp_path / "film", tmp_path / "out" / "film")], engine=engine)
    pool.run()
    (video,) = pool.videos
    assert video.phase == "failed"
    assert video.problem == "the process that read it ended 3 times (no power); try it alone"
