"""The choice of sources on the live page, with a streamer that only notes what it is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit_webrtc import WebRtcMode
from streamlit_webrtc.component import WebRtcStreamerState

from emotion_core.access.people.person import Grant, Person
from emotion_core.access.people.rules import Reached
from emotion_core.access.reach.rules import Reach
from emotion_core.system.storage.folders import PROJECT
from emotion_core.video.reader import SourceState
from emotion_core.video.sources import NetworkCamera, PluggedCamera, VideoFile
from pages.live import source_stream, sources, streaming
from pages.live.source_stream import SourceStream
from pages.live.sources import MY_CAMERA, NETWORK_CAMERA, SERVER_CAMERA, VIDEO_FILE
from pages.viewer import access, person

PAGE = PROJECT / "pages/live_camera.py"
LOCAL = {"Host": "localhost:8501"}


class Streamer:
    """Stands in for `webrtc_streamer`."""

    def __init__(self) -> None:
        self.state = WebRtcStreamerState(playing=False, signalling=False)
        self.keys: list[str] = []
        self.played: list[object] = []

    def __call__(self, *, key: str, mode: WebRtcMode, player_factory, **_: object):
        assert mode == WebRtcMode.RECVONLY
        self.keys.append(key)
        if self.state.playing:
            player_factory()
        return SimpleNamespace(state=self.state)

    def play(self) -> None:
        self.state = WebRtcStreamerState(playing=True, signalling=False)


@pytest.fixture
def streamer(monkeypatch) -> Streamer:
    streamer = Streamer()
    monkeypatch.setattr(source_stream, "webrtc_streamer", streamer)
    monkeypatch.setattr(source_stream, "came_from_another_page", lambda: False)
    monkeypatch.setattr(
        source_stream,
        "SourcePlayer",
        lambda source, *, loop: (
            streamer.played.append((source, loop))
            or SimpleNamespace(reader=SimpleNamespace(state=SourceState(), loop=loop))
        ),
    )
    idle = SimpleNamespace(state=WebRtcStreamerState(playing=False, signalling=False))
    monkeypatch.setattr(streaming, "camera_stream", lambda _: idle)
    monkeypatch.setattr(streaming, "camera_problem", lambda _: "")
    monkeypatch.setattr(source_stream, "library_relay", lambda: None)
    return streamer


@pytest.fixture
def open_page(streamer, monkeypatch) -> Callable[..., AppTest]:  # noqa: ARG001 - it stands in
    """Open the page for a viewer on this machine, or as `secrets.toml` says."""

    def run(offered: bool | None = True, **state: object) -> AppTest:
        monkeypatch.setattr(st, "page_link", lambda *_, label, **__: st.markdown(label))
        page = AppTest.from_file(str(PAGE), default_timeout=60)
        if offered is not None:
            page.secrets["sources"] = {"of_the_server": offered}
        for key, value in state.items():
            page.session_state[key] = value
        page.run()
        assert not page.exception
        return page

    return run


@pytest.fixture
def in_state(monkeypatch) -> Callable[[SourceState], None]:
    """Let every stream be in the given state."""
    return lambda state: monkeypatch.setattr(SourceStream, "state", state)


def messages(page: AppTest) -> str:
    elements = [*page.info, *page.warning, *page.error]
    return "\n".join(element.value.replace("\\", "") for element in elements)


class TestWhatIsOffered:
    @pytest.mark.parametrize(
        ("offered", "kinds"),
        [
            (True, [MY_CAMERA, VIDEO_FILE, NETWORK_CAMERA, SERVER_CAMERA]),
            (False, [MY_CAMERA, VIDEO_FILE]),
            (None, [MY_CAMERA, VIDEO_FILE]),  # this viewer's request says nothing of where it is
        ],
    )
    def test_kinds(self, open_page, offered, kinds):
        page = open_page(offered)
        assert page.pills(key="live_source").options == kinds
        assert page.pills(key="live_source").value == MY_CAMERA

    def test_a_path_on_the_server_only_where_it_is_allowed(self, open_page):
        for offered in (True, False):
            page = open_page(offered, live_source=VIDEO_FILE)
            keys = [each.key for each in page.text_input]
            assert ("live_source_path" in keys) is offered

    def test_a_choice_that_is_not_offered_any_more(self, open_page):
        page = open_page(offered=False, live_source=NETWORK_CAMERA)
        assert page.pills(key="live_source").value == MY_CAMERA
        assert "allow the camera" in messages(page)


class TestWithAccounts:
    @pytest.fixture
    def somebody(self, monkeypatch) -> Callable[..., None]:
        """Let somebody look at the page, of a role that is granted these."""

        def look(*grants: Grant) -> None:
            rules = SimpleNamespace(
                grants_to=lambda _, grant: grant in grants, reach=Reached(("10.3.0.0/16",))
            )
            for module in (person, access):
                monkeypatch.setattr(module, "rules", lambda: rules)
            monkeypatch.setattr(person, "standing", lambda: Person("a" * 16, "Ann", "member"))

        return look

    @pytest.mark.parametrize(
        ("grants", "more"),
        [
            (("keep",), []),
            (("keep", "addresses"), [NETWORK_CAMERA]),
            (("keep", "server"), [SERVER_CAMERA]),
        ],
    )
    def test_each_grant_is_its_own(self, open_page, somebody, grants, more):
        somebody(*grants)
        page = open_page(None)
        assert page.pills(key="live_source").options == [MY_CAMERA, VIDEO_FILE, *more]

    @pytest.mark.parametrize(
        "state",
        [
            {"live_source": NETWORK_CAMERA, "live_source_address": "http://10.3.0.1/video"},
            {"live_source": NETWORK_CAMERA, "live_source_whole_address": "http://a:b@10.3.0.1/"},
            {"live_source": SERVER_CAMERA},
            {"live_source": VIDEO_FILE, "live_source_path": "/etc/passwd"},
        ],
    )
    def test_who_makes_up_what_was_chosen_gets_nothing(self, open_page, somebody, streamer, state):
        somebody("keep")
        streamer.play()
        open_page(None, **state)
        assert streamer.played == []

    def test_an_address_is_judged_with_accounts_alone(self, open_page, somebody, streamer):
        chosen = {"live_source": NETWORK_CAMERA, "live_source_address": "http://10.3.0.1/video"}
        streamer.play()
        open_page(**chosen)
        somebody("addresses")
        open_page(None, **chosen)
        (free, _), (judged, _) = streamer.played
        assert free.rule is None
        assert judged.rule == Reach.allowing(["10.3.0.0/16"])


class TestFiles:
    def test_an_upload_is_played(self, open_page, streamer):
        page = open_page(live_source=VIDEO_FILE)
        assert "Choose a video file" in messages(page)
        assert streamer.keys == []
        film = ("film.mp4", b"content", "video/mp4")
        page.file_uploader(key="live_source_upload").set_value(film).run()
        assert "Press **Start** to play **film.mp4**" in messages(page)
        page.toggle(key="live_source_loop").set_value(v=True)
        streamer.play()
        page.run()
        assert streamer.played == [(VideoFile("film.mp4", b"content"), True)]
        assert set(streamer.keys) == {"source_stream_1"}

    def test_a_file_of_the_server(self, open_page, streamer):
        streamer.play()
        open_page(live_source=VIDEO_FILE, live_source_path=" /films/talk.mp4 ")
        assert streamer.played == [(VideoFile("talk.mp4", Path("/films/talk.mp4")), False)]

    def test_another_file_gets_another_stream(self, open_page, streamer):
        page = open_page(live_source=VIDEO_FILE, live_source_path="/a.mp4")
        page.text_input(key="live_source_path").set_value("/b.mp4").run()
        assert list(dict.fromkeys(streamer.keys)) == ["source_stream_1", "source_stream_2"]
        page.pills(key="live_source").set_value(MY_CAMERA).run()
        assert "source_stream" not in page.session_state

    @pytest.mark.parametrize(
        ("outcome", "message"),
        [
            (SourceState("ended"), "**a_b.mp4 has ended.** Press Start to play it again."),
            (SourceState("ended", "it broke off"), "**a_b.mp4 has ended:** it broke off."),
            (SourceState("failed", "no video"), "**a_b.mp4 cannot be played:** no video."),
        ],
    )
    def test_how_it_ended(self, open_page, streamer, outcome, message):
        page = open_page(live_source=VIDEO_FILE, live_source_path="/films/a_b.mp4")
        streamer.play()
        page.run()
        page.session_state["source_stream"]._player.reader.state = outcome
        streamer.state = WebRtcStreamerState(playing=False, signalling=False)
        page.run()
        assert message in messages(page)
        assert streamer.keys[-1] == "source_stream_2"
        page.run()
        assert message in messages(page)
        assert streamer.keys[-1] == "source_stream_2"


class TestCameras:
    def test_nothing_typed_yet(self, open_page):
        assert "Enter the address of a camera" in messages(open_page(live_source=NETWORK_CAMERA))

    def test_a_wrong_address(self, open_page, streamer):
        page = open_page(live_source=NETWORK_CAMERA, live_source_address="me:secret@camera")
        assert "This address cannot be used: expected an address such as" in messages(page)
        assert "secret" not in messages(page)
        assert streamer.keys == []

    def test_secrets_in_the_address_are_used_and_not_shown(self, open_page, streamer):
        page = open_page(live_source=NETWORK_CAMERA)
        whole = "rtsp://me:secret@10.0.0.5/1?token=secret"
        page.text_input(key="live_source_address").set_value(whole).run()
        assert page.text_input(key="live_source_address").value == "rtsp://10.0.0.5/1"
        assert any("used, but not shown" in each.value for each in page.caption)
        streamer.play()
        page.run()
        assert streamer.played == [(NetworkCamera(whole), False)]

    def test_secrets_go_to_no_other_camera(self, open_page, streamer):
        page = open_page(live_source=NETWORK_CAMERA)
        address = page.text_input(key="live_source_address")
        address.set_value("rtsp://me:secret@10.0.0.5/1").run()
        address = page.text_input(key="live_source_address")
        address.set_value("rtsp://10.0.0.6/1").run()
        streamer.play()
        page.run()
        assert streamer.played == [(NetworkCamera("rtsp://10.0.0.6/1"), False)]

    def test_a_plugged_camera(self, open_page, streamer):
        streamer.play()
        open_page(live_source=SERVER_CAMERA, live_source_camera=2)
        assert streamer.played == [(PluggedCamera(2), False)]

    @pytest.mark.parametrize(
        ("state", "message"),
        [
            (SourceState("opening"), "Opening camera 0 of this machine …"),
            (SourceState("lost", "unplugged", 0.0), "unplugged.\n\nTrying again …"),
            (SourceState("lost", "unplugged", 7.5), "unplugged.\n\nNext try in 8 s."),
            (SourceState("playing"), "Connected; waiting for the camera's picture."),
        ],
    )
    def test_while_it_plays(self, open_page, streamer, in_state, monkeypatch, state, message):
        monkeypatch.setattr(sources, "time", SimpleNamespace(monotonic=lambda: 0.0))
        in_state(state)
        streamer.play()
        assert message in messages(open_page(live_source=SERVER_CAMERA))
