from __future__ import annotations

import dataclasses
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading, PersonReading
from emotion_core.live.reader import LiveFace
from emotion_core.live.rules import ExpressionRule, FaceRule
from emotion_core.live.session import LiveSession
from emotion_core.live.settings import LiveSettings
from emotion_core.live.snapshot import LiveSnapshot
from emotion_core.live.timing import WINDOW_SECONDS
from emotion_core.sessions.events import TriggerEvent

HAPPY = (0.05, 0.01, 0.04, 0.72, 0.05, 0.03, 0.10)


class FakeReader:
    """Answers with what it was told; an exception is raised."""

    def __init__(self, *answers: list[FaceReading] | Exception) -> None:
        self.answers = answers
        self.shapes: list[tuple[int, ...]] = []
        self.asked: list[tuple[float, float]] = []
        self.resets = self.forgotten = 0
        self.after: Callable[[], None] = lambda: None

    def read(
        self,
        image: np.ndarray,
        _: float,
        smoothing: float,
        smallest_face: float,
        coloured: np.ndarray | None = None,
    ) -> list[LiveFace]:
        assert coloured is not None
        assert coloured.shape == (*image.shape, 3)
        answer = self.answers[min(len(self.shapes), len(self.answers) - 1)]
        self.shapes.append(image.shape)
        self.asked.append((smoothing, smallest_face))
        self.after()
        if isinstance(answer, Exception):
            raise answer
        return [LiveFace(n, face, face, person=n) for n, face in enumerate(answer, start=1)]

    def hidden_places(self) -> list[Box]:
        return [Box(100, 60, 30, 30)]

    def reset(self) -> None:
        self.resets += 1

    def forget_persons(self) -> None:
        self.forgotten += 1


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def face(x: int = 10, y: int = 30) -> FaceReading:
    return FaceReading(Box(x, y, 40, 40), HAPPY)


def frame(
    width: int = 160, height: int = 120, pts: int = 0, kind: str = "yuv420p"
) -> av.VideoFrame:
    gray = np.full((height, width, 3), 128, np.uint8)
    result = av.VideoFrame.from_ndarray(gray, format="bgr24").reformat(format=kind)
    result.pts, result.time_base = pts, Fraction(1, 90000)
    return result


def colorful_pixels(result: av.VideoFrame) -> int:
    """Count the pixels that are not grey: all of them were drawn."""
    image = result.to_ndarray(format="bgr24").astype(int)
    return int((np.ptp(image, axis=2) > 60).sum())


def test_faces_are_drawn_and_the_time_stamp_passes_on():
    session = LiveSession(FakeReader([face()]))

    result = session.on_frame(frame(pts=4500))

    assert colorful_pixels(result) > 200
    assert (result.pts, result.time_base) == (4500, Fraction(1, 90000))
    assert session.snapshot.faces == (face(),)
    assert (session.snapshot.width, session.snapshot.height) == (160, 120)


def test_a_frame_without_a_face_comes_back_as_it_was():
    session = LiveSession(FakeReader([]))
    result = session.on_frame(frame())
    assert colorful_pixels(result) == 0
    assert session.snapshot.faces == ()
    assert session.snapshot.frames == 1


def test_a_frame_without_time_is_read_too():
    session = LiveSession(FakeReader([face()]))
    bare = av.VideoFrame.from_ndarray(np.full((120, 160, 3), 128, np.uint8), format="bgr24")
    assert colorful_pixels(session.on_frame(bare)) > 200


def test_faces_are_reported_from_left_to_right():
    session = LiveSession(FakeReader([face(90), face(10), face(50)]))
    session.on_frame(frame())
    assert [reading.box.x for reading in session.snapshot.faces] == [10, 50, 90]


@pytest.mark.parametrize("kind", ["yuv420p", "yuvj420p", "nv12", "gray", "rgb24"])
def test_every_pixel_format_is_read(kind):
    reader = FakeReader([face()])
    result = LiveSession(reader).on_frame(frame(kind=kind))
    assert reader.shapes == [(120, 160)]
    assert colorful_pixels(result) > 200


def test_the_size_may_change_in_mid_stream():
    reader = FakeReader([])
    session = LiveSession(reader)
    sizes = [(640, 480), (320, 240), (321, 241), (16, 16), (1280, 720)]
    for width, height in sizes:
        result = session.on_frame(frame(width, height))
        assert (result.width, result.height) == (width, height)
        assert (session.snapshot.width, session.snapshot.height) == (width, height)
    assert session.snapshot.errors == 0
    assert reader.shapes == [(height, width) for width, height in sizes]


def test_a_session_streams_while_frames_come():
    clock = FakeClock()
    session = LiveSession(FakeReader([]), clock=clock)
    assert not session.streaming
    session.on_frame(frame())
    assert session.streaming
    clock.wait(5)
    assert not session.streaming
    session.on_frame(frame())
    session.on_ended()
    assert not session.streaming


def test_an_exception_gives_back_the_frame_and_is_counted():
    session = LiveSession(FakeReader([face()], ValueError("no\n  luck"), [face()]))
    first, second, third = (frame(pts=pts) for pts in (1, 2, 3))

    session.on_frame(first)
    assert session.on_frame(second) is second
    assert session.snapshot.faces == ()
    assert session.snapshot.errors == 1
    assert session.snapshot.last_error == "ValueError: no luck"

    assert colorful_pixels(session.on_frame(third)) > 200
    assert session.snapshot.faces == (face(),)
    assert (session.snapshot.errors, session.snapshot.frames) == (1, 3)


def test_only_the_first_error_of_a_kind_is_logged(caplog):
    errors = [ValueError("a"), ValueError("b"), KeyError("c"), ValueError("d")]
    session = LiveSession(FakeReader(*errors))
    with caplog.at_level(logging.ERROR):
        for _ in errors:
            session.on_frame(frame())
    assert [str(record.exc_info[1]) for record in caplog.records] == ["a", "'c'"]
    assert session.snapshot.errors == 4


def test_a_long_error_is_cut():
    session = LiveSession(FakeReader(ValueError("x" * 1000)))
    session.on_frame(frame())
    assert session.snapshot.last_error.endswith("x…")
    assert len(session.snapshot.last_error) == 300


def test_rate_and_times_are_measured_in_the_callback():
    clock, reader = FakeClock(), FakeReader([])
    session = LiveSession(reader, clock=clock)
    taken = iter([0.01] * 18 + [0.02, 0.03])
    reader.after = lambda: clock.wait(next(taken))
    for number in range(20):
        clock.now = 1000 + number * 0.1  # ten frames a second
        session.on_frame(frame())

    snapshot = session.snapshot
    assert snapshot.frames == 20
    # 19 intervals; the last frame finished 20 ms later in its interval than the first.
    assert snapshot.stream.frames_per_second == pytest.approx(19 / 1.92)
    assert snapshot.stream.processing_ms_p50 == pytest.approx(10)
    assert snapshot.stream.processing_ms_p95 == pytest.approx(20)
    assert snapshot.last_frame_time == pytest.approx(1000 + 1.9 + 0.03)


def test_only_the_last_seconds_count():
    clock, reader = FakeClock(), FakeReader([])
    session = LiveSession(reader, clock=clock)
    reader.after = lambda: clock.wait(1.0)
    for _ in range(3):
        session.on_frame(frame())
    assert session.snapshot.stream.processing_ms_p50 == pytest.approx(1000)

    reader.after = lambda: clock.wait(0.001)
    clock.wait(WINDOW_SECONDS + 1)
    for _ in range(11):
        session.on_frame(frame())
        clock.wait(0.049)
    assert session.snapshot.stream.processing_ms_p95 == pytest.approx(1)
    assert session.snapshot.stream.frames_per_second == pytest.approx(20)


def test_one_frame_has_no_rate():
    session = LiveSession(FakeReader([]), clock=FakeClock())
    session.on_frame(frame())
    assert session.snapshot.stream.frames_per_second == 0.0


def test_the_end_may_come_twice_and_before_any_frame():
    session = LiveSession(FakeReader([face()], ValueError("late")))
    session.on_ended()
    assert session.snapshot == LiveSnapshot()

    session.on_frame(frame())
    session.on_frame(frame())
    for _ in range(2):
        session.on_ended()
        snapshot = session.snapshot
        assert (snapshot.faces, snapshot.stream.frames_per_second) == ((), 0.0)
        assert snapshot.last_frame_time is None
        assert (snapshot.frames, snapshot.errors) == (2, 1)


def test_a_session_starts_again_after_its_end():
    clock = FakeClock()
    session = LiveSession(FakeReader([face()]), clock=clock)
    session.on_frame(frame())
    session.on_ended()
    clock.wait(0.5)
    session.on_frame(frame())
    clock.wait(0.5)
    session.on_frame(frame())
    assert session.snapshot.stream.frames_per_second == pytest.approx(2)  # the pause does not count
    assert session.snapshot.frames == 3


def test_a_snapshot_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        LiveSnapshot().frames = 1


def test_snapshots_read_from_another_thread_are_consistent():
    session = LiveSession(FakeReader([face()], []))  # a face in the first frame alone
    seen: list[LiveSnapshot] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(session.snapshot)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(100):
        session.on_frame(frame(32, 32))
    done.set()
    reader.join()
    assert all((len(snapshot.faces) == 1) == (snapshot.frames == 1) for snapshot in seen)
    counts = [snapshot.frames for snapshot in seen]
    assert counts == sorted(counts)


def test_tracks_come_with_the_faces_in_the_same_order():
    session = LiveSession(FakeReader([face(90), face(10)]))
    session.on_frame(frame())
    snapshot = session.snapshot
    assert [(track.id, track.box.x) for track in snapshot.tracks] == [(2, 10), (1, 90)]
    assert snapshot.faces == tuple(track.smoothed for track in snapshot.tracks)


def test_settings_reach_the_reader_with_the_next_frame():
    reader = FakeReader([])
    session = LiveSession(reader, LiveSettings(smoothing_seconds=0.0))
    session.on_frame(frame())
    session.settings = LiveSettings(smoothing_seconds=2.0, smallest_face=0.3)
    session.on_frame(frame())
    assert reader.asked == [(0.0, LiveSettings().smallest_face), (2.0, 0.3)]


@pytest.mark.parametrize(
    "values",
    [
        {"smoothing_seconds": -0.1},
        {"smoothing_seconds": 11.0},
        {"smoothing_seconds": float("nan")},
        {"smallest_face": 0.0},
        {"smallest_face": 1.1},
    ],
)
def test_settings_out_of_range_are_refused(values):
    with pytest.raises(ValueError, match=f"{next(iter(values))}: expected .* to .*, found"):
        LiveSettings(**values)


def test_without_detection_nothing_is_read_and_what_was_known_is_forgotten():
    reader = FakeReader([face()])
    session = LiveSession(reader, LiveSettings(detect=False))
    assert colorful_pixels(session.on_frame(frame())) == 0
    assert session.snapshot.faces == ()
    assert (reader.shapes, reader.resets) == ([], 1)


def test_mirrored_video_has_its_boxes_where_it_shows_them():
    session = LiveSession(FakeReader([face(10), face(90)]), LiveSettings(mirror=True))
    image = np.full((120, 160, 3), 128, np.uint8)
    image[:, :20] = 0
    result = session.on_frame(av.VideoFrame.from_ndarray(image, format="bgr24"))
    assert result.to_ndarray(format="bgr24")[110, 150].max() == 0
    assert [track.id for track in session.snapshot.tracks] == [2, 1]
    assert [track.box.x for track in session.snapshot.tracks] == [160 - 90 - 40, 160 - 10 - 40]
    assert [track.raw.box for track in session.snapshot.tracks] == [
        track.box for track in session.snapshot.tracks
    ]


@pytest.mark.parametrize("drawn", ["draw_boxes", "draw_labels", "draw_bars"])
def test_each_part_of_the_drawing_can_be_had_alone(drawn):
    nothing = {"draw_boxes": False, "draw_labels": False, "draw_bars": False}
    plain = LiveSession(FakeReader([face()]), LiveSettings(**nothing)).on_frame(frame())
    part = LiveSession(FakeReader([face()]), LiveSettings(**nothing | {drawn: True}))
    everything = LiveSession(FakeReader([face()]), LiveSettings(draw_bars=True))
    assert colorful_pixels(plain) == 0
    assert (
        20 < colorful_pixels(part.on_frame(frame())) < colorful_pixels(everything.on_frame(frame()))
    )


def noise(width: int = 160, height: int = 120) -> av.VideoFrame:
    # Grey: video keeps colours at half the resolution.
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 1), np.uint8)
    pixels = np.repeat(pixels, 3, axis=2)
    return av.VideoFrame.from_ndarray(pixels, format="bgr24")


def changed(result: av.VideoFrame, source: av.VideoFrame) -> np.ndarray:
    """Return which pixels differ much, bool [height, width]."""
    images = (each.to_ndarray(format="bgr24").astype(int) for each in (result, source))
    return np.abs(next(images) - next(images)).max(axis=2) > 20


def test_faces_are_hidden_where_they_are_or_may_be():
    session = LiveSession(FakeReader([]), LiveSettings(blur_faces=True))
    hidden = changed(session.on_frame(noise()), noise())
    assert hidden[60:90, 100:130].mean() > 0.8
    assert not hidden[:, :80].any()


def test_without_detection_or_after_an_error_the_whole_picture_is_hidden():
    for reader, settings in (
        (FakeReader([]), LiveSettings(blur_faces=True, detect=False)),
        (FakeReader(ValueError("no luck")), LiveSettings(blur_faces=True)),
    ):
        result = LiveSession(reader, settings).on_frame(noise())
        assert changed(result, noise()).mean() > 0.8
        assert (result.width, result.height) == (160, 120)


def test_a_new_stream_and_an_error_start_anew():
    reader = FakeReader([face()], ValueError("no luck"), [face()])
    session = LiveSession(reader)
    session.on_frame(frame())
    assert reader.resets == 0
    session.on_frame(frame())
    session.on_frame(frame())
    assert reader.resets == 1
    session.on_ended()
    session.on_frame(frame())
    session.on_frame(frame())
    assert reader.resets == 2


def test_the_live_path_needs_no_heavy_library():
    heavy = "{'tensorflow', 'keras', 'pandas', 'plotly', 'streamlit', 'matplotlib'}"
    script = f"import sys, emotion_core.live.session; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


class FakeRecorder:
    with_video = False

    def __init__(self) -> None:
        self.recorded: list[tuple[float, tuple[int, ...], tuple[int, ...]]] = []
        self.events: list[TriggerEvent] = []
        self.stops = 0

    def record(self, frame_time, readings, image) -> None:
        tracks = tuple(face.track for face in readings)
        self.recorded.append((frame_time, tracks, image.shape))

    def record_event(self, event: TriggerEvent) -> None:
        self.events.append(event)

    def request_stop(self) -> None:
        self.stops += 1


def test_a_recorder_gets_every_frame_while_it_is_set():
    clock = FakeClock()
    session = LiveSession(FakeReader([face()], []), clock=clock)
    session.on_frame(frame())
    session.recorder = recorder = FakeRecorder()
    session.on_frame(frame())
    session.recorder = None
    session.on_frame(frame())
    assert recorder.recorded == [(clock.now, (), (120, 160, 3))]


def test_a_video_is_recorded_as_it_is_shown_but_with_nothing_drawn_on_it():
    class Filming(FakeRecorder):
        with_video = True

        def record(self, frame_time, readings, image) -> None:
            super().record(frame_time, readings, image)
            self.image = image

    for settings in (LiveSettings(), LiveSettings(blur_faces=True)):
        session = LiveSession(FakeReader([face()]), settings)
        session.recorder = recorder = Filming()
        shown = session.on_frame(noise())
        assert colorful_pixels(shown) > 20
        kept = av.VideoFrame.from_ndarray(recorder.image, format="bgr24")
        assert colorful_pixels(kept) == 0
        hidden = changed(kept, noise())[60:90, 100:130].mean()
        assert (hidden > 0.8) == settings.blur_faces


def test_the_end_of_the_stream_ends_the_recording():
    session = LiveSession(FakeReader([face()]))
    session.recorder = recorder = FakeRecorder()
    session.on_frame(frame())
    session.on_ended()
    assert recorder.stops == 1


def test_the_last_minute_is_kept_and_forgotten_with_the_stream():
    clock = FakeClock()
    session = LiveSession(FakeReader([face()]), clock=clock)
    session.on_frame(frame())
    (timeline,) = session.history.timelines(clock.now, most=4)
    assert timeline.answers == ("happy",)
    session.on_ended()
    assert session.history.timelines(clock.now, most=4) == []


SMILE = ExpressionRule("happy", 0.7, 1.0)
NOBODY = FaceRule(present=False, seconds=1.0)


class FakeSender:
    def __init__(self) -> None:
        self.sent: list[TriggerEvent] = []

    def send(self, event: TriggerEvent) -> None:
        self.sent.append(event)


def run_for(session: LiveSession, clock: FakeClock, seconds: float) -> None:
    """Pass ten frames a second through the session."""
    for _ in range(round(seconds * 10)):
        session.on_frame(frame(32, 32))
        clock.wait(0.1)


def test_without_rules_nothing_happens():
    clock = FakeClock()
    session = LiveSession(FakeReader([face()]), clock=clock)
    session.event_sender = sender = FakeSender()
    run_for(session, clock, 3)
    assert session.snapshot.events == ()
    assert sender.sent == []


def test_an_event_goes_to_the_page_the_recording_and_the_sender():
    clock = FakeClock()
    session = LiveSession(FakeReader([face()]), clock=clock)
    session.rules = (SMILE, NOBODY)
    session.recorder, session.event_sender = recorder, sender = FakeRecorder(), FakeSender()
    run_for(session, clock, 3)
    (event,) = session.snapshot.events
    assert (event.rule, event.person, event.score) == ("happy above 70% for 1 s", 1, 0.72)
    assert event.time == pytest.approx(1001.0, abs=0.11)
    assert event.wall_clock > 1e9
    assert recorder.events == sender.sent == [event]
    assert event.time in [time for time, _, _ in recorder.recorded]


def test_faces_that_are_not_looked_for_are_not_missing():
    clock = FakeClock()
    session = LiveSession(FakeReader([]), LiveSettings(detect=False), clock=clock)
    session.rules = (NOBODY,)
    run_for(session, clock, 3)
    assert session.snapshot.events == ()
    session.settings = LiveSettings()
    run_for(session, clock, 3)
    (event,) = session.snapshot.events
    assert event.time == pytest.approx(1004.0, abs=0.11)


def test_frames_that_fail_say_nothing_about_faces():
    clock = FakeClock()
    session = LiveSession(FakeReader(ValueError("no luck")), clock=clock)
    session.rules = (NOBODY,)
    run_for(session, clock, 3)
    assert session.snapshot.events == ()


def test_another_stream_begins_without_events():
    clock = FakeClock()
    session = LiveSession(FakeReader([]), clock=clock)
    session.rules = (NOBODY,)
    run_for(session, clock, 2)
    session.on_ended()
    assert session.snapshot.events == ()
    run_for(session, clock, 0.9)
    assert session.snapshot.events == ()
    run_for(session, clock, 0.4)
    assert len(session.snapshot.events) == 1


def test_the_events_kept_are_bounded():
    clock = FakeClock()
    reader = FakeReader(*[[face()] if second % 2 else [] for second in range(90) for _ in range(3)])
    session = LiveSession(reader, clock=clock)
    session.rules = (NOBODY, FaceRule(present=True, seconds=1.0))
    for _ in range(270):
        session.on_frame(frame(32, 32))
        clock.wait(0.6)
    events = session.snapshot.events
    assert len(events) == 20
    assert events[-1].time > clock.now - 3


class DeafRecorder(FakeRecorder):
    def record_event(self, _: TriggerEvent) -> None:
        raise OSError("no luck")


@pytest.mark.parametrize("part", ["recorder", "event_sender", "rules"])
def test_what_goes_wrong_with_an_event_costs_no_frame(part, caplog):
    clock, reader = FakeClock(), FakeReader([face()])
    session = LiveSession(reader, clock=clock)
    session.rules = (SMILE,)
    broken = {"recorder": DeafRecorder(), "event_sender": object(), "rules": (object(),)}
    setattr(session, part, broken[part])
    run_for(session, clock, 3)
    assert session.snapshot.errors == 0
    assert session.snapshot.faces == (face(),)
    assert reader.resets == 0
    assert [record.message for record in caplog.records] == [
        "Rules could not be applied to a frame; the video goes on."
    ]


def test_a_face_that_is_nobodys_yet_has_no_number_on_the_video(monkeypatch):
    class Reader(FakeReader):
        def read(self, *arguments: Any) -> list[LiveFace]:
            first, second = super().read(*arguments)
            return [first, dataclasses.replace(second, person=None)]

    drawn: list[Sequence[int | None] | None] = []
    monkeypatch.setattr(
        "emotion_core.live.session.draw_faces_on",
        lambda *_, numbers, **__: drawn.append(numbers),
    )
    session = LiveSession(Reader([face(10), face(90)]))
    recorded: list[PersonReading] = []
    session.recorder = recorder = FakeRecorder()
    recorder.record = lambda _, readings, __: recorded.extend(readings)  # type: ignore[method-assign]
    session.on_frame(frame())
    assert drawn == [[1, None]]
    assert [(each.track, each.person) for each in recorded] == [(1, 1), (2, None)]


def test_an_event_has_the_time_of_its_frame_however_long_that_took(monkeypatch):
    clock = FakeClock()
    reader = FakeReader([])
    reader.after = lambda: clock.wait(0.4)
    monkeypatch.setattr("time.time", lambda: 1e9 + clock.now)
    session = LiveSession(reader, clock=clock)
    session.rules = (NOBODY,)
    run_for(session, clock, 4)
    (event,) = session.snapshot.events
    assert event.wall_clock - 1e9 == pytest.approx(event.time)


def test_what_people_look_like_is_forgotten_as_soon_as_the_stream_ends():
    """Not when the next one begins: that may be never."""
    reader = FakeReader([face()])
    session = LiveSession(reader)
    session.on_frame(frame())
    assert reader.forgotten == 0
    session.on_ended()
    assert (reader.forgotten, reader.resets) == (1, 0)


class TestLate:
    """A processor that cannot keep up."""

    @pytest.fixture
    def reader(self) -> FakeReader:
        return FakeReader([face()])

    @pytest.fixture
    def session(self, reader, monkeypatch) -> LiveSession:
        made = LiveSession(reader)
        reads = iter([True, False, False, True])
        monkeypatch.setattr(made._pace, "reads", lambda *_: next(reads))
        made.on_frame(frame())  # the first of a size is read
        return made

    def test_a_frame_that_is_not_read_shows_the_faces_of_the_last_one(self, session, reader):
        results = [session.on_frame(frame(pts=3000 * n)) for n in range(1, 4)]
        assert len(reader.shapes) == 2
        assert all(colorful_pixels(result) > 200 for result in results)
        assert session.snapshot.faces == (face(),)
        assert session.snapshot.frames == 4

    def test_faces_that_are_not_read_again_are_mirrored_once(self, session):
        session.settings = LiveSettings(mirror=True)
        for n in range(1, 4):
            session.on_frame(frame(pts=3000 * n))
            assert session.snapshot.faces[0].box.x == 160 - 10 - 40

    def test_what_is_recorded_is_read(self, session, reader):
        session.recorder = FakeRecorder()
        for n in range(1, 4):
            session.on_frame(frame(pts=3000 * n))
        assert len(reader.shapes) == 4

    def test_what_hides_faces_is_read(self, session, reader):
        session.settings = LiveSettings(blur_faces=True)
        for n in range(1, 4):
            session.on_frame(frame(pts=3000 * n))
        assert len(reader.shapes) == 4

    def test_a_frame_of_another_size_is_read(self, session, reader):
        session.on_frame(frame(320, 240, pts=3000))
        session.on_frame(frame(pts=6000))
        assert len(reader.shapes) == 3


def test_how_many_frames_and_when_the_newest_was_there():
    clock = FakeClock()
    session = LiveSession(FakeReader([face()]), clock=clock)
    assert (session.frames, session.last_frame_time) == (0, None)
    session.on_frame(frame())
    assert (session.frames, session.last_frame_time) == (1, clock.now)
    session.on_ended()
    assert (session.frames, session.last_frame_time) == (1, None)
