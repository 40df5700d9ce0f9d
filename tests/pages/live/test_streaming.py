from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace

import pytest
import streamlit_webrtc.relay
from aiortc import VideoStreamTrack
from aiortc.contrib.media import MediaRelay
from streamlit_webrtc import component

from emotion_core.live.connection.servers import IceSettings
from emotion_core.live.session import LiveSession
from pages.live import streaming
from pages.live.connection import Connection
from pages.live.streaming import CONNECT_SECONDS, ConnectionWatch, explain_camera_problem
from pages.mending import newest_frames
from pages.mending.streamer import tell_whether_viewer_left

OFF, ASKING, ON = (
    {"playing": False, "signalling": False},
    {"playing": False, "signalling": True},
    {"playing": True, "signalling": False},
)


@pytest.mark.parametrize(
    ("steps", "phases"),
    [
        ([(0, OFF)], ["idle"]),
        ([(0, ASKING), (1, ON), (9, OFF)], ["connecting", "playing", "idle"]),
        ([(0, ASKING), (14.9, ASKING), (15, ASKING)], ["connecting", "connecting", "slow"]),
        # It connects after all.
        ([(0, ASKING), (20, ASKING), (21, ON)], ["connecting", "slow", "playing"]),
        # The browser gave up: the explanation stays until the next try.
        (
            [(0, ASKING), (13, ASKING), (14, OFF), (60, OFF), (61, ASKING), (62, ON), (63, OFF)],
            ["connecting", "connecting", "failed", "failed", "connecting", "playing", "idle"],
        ),
        # The viewer pressed Stop while it was connecting.
        ([(0, ASKING), (3, OFF)], ["connecting", "idle"]),
        # The viewer went to another page while it was connecting, and came back.
        ([(0, ASKING), (1, ASKING), (100, OFF)], ["connecting", "connecting", "idle"]),
        # A second try has its own 15 s.
        (
            [(0, ASKING), (3, OFF), (14, ASKING), (16, ASKING), (29, ASKING)],
            ["connecting", "idle", "connecting", "connecting", "slow"],
        ),
    ],
)
def test_phases(steps, phases):
    watch = ConnectionWatch()
    assert [watch.observe(now=now, **state) for now, state in steps] == phases


def test_a_failure_of_this_side_stays_until_the_next_try():
    watch = ConnectionWatch()
    watch.observe(now=0, **ASKING)
    watch.fail()
    failed = watch.attempts
    assert watch.observe(now=1, **OFF) == "failed"
    assert watch.attempts == failed
    assert watch.observe(now=2, **ASKING) == "connecting"
    assert watch.attempts != failed
    assert watch.observe(now=2 + CONNECT_SECONDS, **ASKING) == "slow"


#: All that getUserMedia may throw (W3C Media Capture and Streams, 10.2.1), what older browsers and
#: the library throw, as browsers word it, and what helps.
PROBLEMS = {
    "NotAllowedError: Permission denied": "Allow it with the camera icon",
    "NotAllowedError: Permission denied by system": "system's privacy settings",
    "NotAllowedError: Permission dismissed": "choose Allow",
    "NotAllowedError: The request is not allowed by the user agent or the platform in the current "
    "context, possibly because the user denied permission.": "Allow it with the camera icon",
    "PermissionDeniedError: ": "Allow it with the camera icon",
    "SecurityError: The operation is insecure.": "Allow it with the camera icon",
    "NotFoundError: Requested device not found": "No camera was found",
    "DevicesNotFoundError: ": "No camera was found",
    "NotReadableError: Could not start video source": "another program",
    "TrackStartError: ": "another program",
    "AbortError: Starting videoinput failed": "another program",
    "Error: No video track acquired": "another program",
    "OverconstrainedError: ": "Choose another camera",
    "ConstraintNotSatisfiedError: ": "Choose another camera",
    "InvalidStateError: Document is not fully active": "Return to it",
    "Error: navigator.mediaDevices is undefined. It seems ...": "localhost",
    "TypeError: undefined is not an object": "localhost",
    "Error: getUserMedia is not implemented in this browser": "cannot use a camera",
}


@pytest.mark.parametrize(("problem", "advice"), PROBLEMS.items())
def test_every_problem_gets_advice_in_words_of_ours(problem, advice):
    explanation = explain_camera_problem(problem)
    assert advice in explanation
    assert "Error" not in explanation
    assert "The browser says" not in explanation


def test_a_problem_that_nobody_knows_is_quoted_as_it_is():
    explanation = explain_camera_problem("OddError: *what*")
    assert "Reload the page" in explanation
    assert r"The browser says: OddError\: \*what\*" in explanation


TURN = IceSettings(turn=("turn:turn.example.org",), turn_shared_secret="hush")


class Page:
    """Stands in for what the page's camera needs of Streamlit and of streamlit-webrtc."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, settings: IceSettings) -> None:
        self.now, self.reruns, self.shown = 1_000_000_000.0, 0, {}
        self.playing = False
        self.timers: list[tuple[float, object, tuple]] = []
        state = component.WebRtcStreamerState(False, signalling=False)
        self.context = SimpleNamespace(_last_rendered_run_count=5, state=state)
        monkeypatch.setattr(streaming, "came_from_another_page", lambda: False)
        monkeypatch.setattr(streaming, "webrtc_streamer", self.streamer)
        monkeypatch.setattr(streaming, "read_connection", lambda: Connection(settings))
        monkeypatch.setattr(streaming.time, "time", lambda: self.now)
        monkeypatch.setattr(streaming.st, "session_state", {"live_camera": self.context})
        monkeypatch.setattr(streaming.st, "fragment", self.fragment)
        monkeypatch.setattr(streaming.st, "rerun", self.rerun)

    def streamer(self, **options: object) -> SimpleNamespace:
        self.shown = options["rtc_configuration"]
        self.in_the_loop = not options["async_processing"]
        self.context.state = component.WebRtcStreamerState(self.playing, signalling=False)
        return self.context

    def fragment(self, function, run_every):
        return lambda *arguments: self.timers.append((run_every, function, arguments))

    def rerun(self) -> None:
        self.reruns += 1

    def wait(self, seconds: float) -> None:
        """Let time pass, and the timers with it."""
        for every, function, arguments in self.timers:
            for _ in range(int(seconds // every)):
                self.now += every
                function(*arguments)


@pytest.fixture(autouse=True)
def _warnings_are_new():
    newest_frames.warn_once.cache_clear()


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelno == logging.WARNING]


@pytest.fixture
def relay(monkeypatch) -> MediaRelay:
    relay = MediaRelay()
    monkeypatch.setattr(streamlit_webrtc.relay, "get_global_relay", lambda: relay)
    return relay


@pytest.mark.usefixtures("relay")
def test_no_outside_servers_unless_set(monkeypatch, caplog):
    page = Page(monkeypatch, IceSettings())
    streaming.camera_stream(LiveSession(reader=None))
    assert page.shown == {"iceServers": []}
    assert page.timers == []
    assert page.context._last_rendered_run_count is None
    assert warnings_of(caplog) == []


@pytest.mark.usefixtures("relay")
def test_credentials_are_renewed_while_the_page_waits_for_start(monkeypatch):
    page = Page(monkeypatch, TURN)
    streaming.camera_stream(LiveSession(reader=None))
    assert page.shown == TURN.rtc_configuration(page.now)
    expires = float(page.shown["iceServers"][0]["username"].split(":")[0])
    while not page.reruns:
        page.wait(TURN.turn_lifetime_seconds / 4)
        assert page.now < expires - 60  # whoever presses Start now still has a minute to connect
    assert TURN.rtc_configuration(page.now) != page.shown


@pytest.mark.usefixtures("relay")
def test_the_page_is_not_run_again_while_the_video_plays(monkeypatch):
    page = Page(monkeypatch, TURN)
    page.playing = True
    streaming.camera_stream(LiveSession(reader=None))
    assert page.timers == []


def subscribe(relay: MediaRelay) -> None:
    async def once() -> None:
        relay.subscribe(VideoStreamTrack()).stop()

    asyncio.run(once())


def test_a_library_as_it_should_be_causes_no_warning(monkeypatch, caplog, relay):
    page = Page(monkeypatch, IceSettings())
    streaming.camera_stream(LiveSession(reader=None))
    subscribe(relay)
    page.playing = True
    streaming.camera_stream(LiveSession(reader=None))
    assert page.in_the_loop  # as far as the library knows
    assert warnings_of(caplog) == []


def test_a_library_without_a_global_relay(monkeypatch, caplog):
    """The page works all the same, and the log says once what is worse."""
    monkeypatch.delattr(streamlit_webrtc.relay, "get_global_relay")
    page = Page(monkeypatch, IceSettings())
    page.playing = True
    for _ in range(3):
        assert streaming.camera_stream(LiveSession(reader=None)).state.playing
    (warning,) = warnings_of(caplog)
    assert "the video may lag on a busy machine" in warning
    assert not page.in_the_loop


@pytest.mark.usefixtures("relay")
def test_a_library_that_goes_past_its_relay(monkeypatch, caplog):
    page = Page(monkeypatch, IceSettings())
    streaming.camera_stream(LiveSession(reader=None))
    assert warnings_of(caplog) == []
    page.playing = True
    for _ in range(3):
        streaming.camera_stream(LiveSession(reader=None))
    (warning,) = warnings_of(caplog)
    assert "its queue of frames cannot be switched off" in warning


def test_a_library_that_counts_no_runs(caplog):
    context = SimpleNamespace()
    for _ in range(3):
        tell_whether_viewer_left(context, left=False)
    assert vars(context) == {}
    (warning,) = warnings_of(caplog)
    assert "the video may stop on a busy machine" in warning


@pytest.mark.usefixtures("relay")
def test_a_camera_is_asked_for_the_same_as_long_as_it_plays(monkeypatch):
    page = Page(monkeypatch, IceSettings())
    asked = []
    monkeypatch.setattr(streaming, "camera_rate", lambda _: 15)
    asked.append(streaming._camera(LiveSession(reader=None))["video"]["frameRate"]["ideal"])
    monkeypatch.setattr(streaming, "camera_rate", lambda _: 30)
    page.context.state = component.WebRtcStreamerState(True, signalling=False)
    asked.append(streaming._camera(LiveSession(reader=None))["video"]["frameRate"]["ideal"])
    page.context.state = component.WebRtcStreamerState(False, signalling=False)
    asked.append(streaming._camera(LiveSession(reader=None))["video"]["frameRate"]["ideal"])
    assert asked == [15, 15, 30]
    assert streaming.CAMERA["video"]["frameRate"] == {"ideal": 30, "max": 30}
