"""The live page behind a real TURN server, with a browser that may send nothing any other way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.live_view import annotated_picture, labels, press, start, streamer
from tests.browser.support import Server, camera_flags, running_server
from tests.coturn import SECRET, Coturn, running_coturn

NOTE_PEERS = """
window.peers = [];
const Peer = RTCPeerConnection;
RTCPeerConnection = class extends Peer {
    constructor(...options) { super(...options); window.peers.push(this); }
};
"""

KIND_OF_PATH = """async () => {
    const stats = [...(await window.peers.at(-1).getStats()).values()];
    const transport = stats.find(one => one.type === "transport");
    const pair = stats.find(one => one.id === transport.selectedCandidatePairId);
    return stats.find(one => one.id === pair.localCandidateId).candidateType;
}"""


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    options = ("--use-auth-secret", f"--static-auth-secret={SECRET}")
    with running_coturn(tmp_path_factory.mktemp("coturn"), *options) as server:
        yield server


def note_what_arrives(page: Page) -> list[bytes]:
    """Return a list that grows by everything the app sends to the page."""
    arrived: list[bytes] = []

    def note(payload: str | bytes) -> None:
        arrived.append(payload.encode() if isinstance(payload, str) else payload)

    page.on("websocket", lambda socket: socket.on("framereceived", note))
    return arrived


def app_with(secrets: Path) -> dict[str, str]:
    return {"STREAMLIT_SECRETS_FILES": str(secrets)}


def test_the_video_comes_through_the_relay(coturn, open_browser, one_face_clip, tmp_path):
    secrets = coturn.secrets(tmp_path / "secrets.toml", more="relay_only = true")
    log = tmp_path / "log.txt"
    with running_server(log, environment=app_with(secrets)) as server:
        page = open_browser(*camera_flags(one_face_clip)).new_page()
        page.add_init_script(NOTE_PEERS)
        arrived = note_what_arrives(page)
        page.goto(server.url)
        start(page)
        expect(labels(page)).to_have_count(1)
        annotated_picture(page)
        assert streamer(page).locator("body").evaluate(KIND_OF_PATH) == "relay"
    assert any(b":emotion" in part for part in arrived)  # the name of time-limited credentials
    assert not any(SECRET.encode() in part for part in arrived)
    assert SECRET not in log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_wrong_secret_is_explained(coturn, open_browser, one_face_clip, tmp_path, keep_picture):
    secrets = coturn.secrets(
        tmp_path / "secrets.toml", secret="from-last-year", more="relay_only = true"
    )
    log = tmp_path / "log.txt"
    with running_server(log, environment=app_with(secrets)) as server:
        page = open_browser(*camera_flags(one_face_clip)).new_page()
        page.goto(server.url)
        press(page, "Start")
        expect(page.get_by_text("Connecting")).to_be_visible()
        explanation = page.get_by_test_id("stAlert").filter(has_text="The video cannot connect.")
        expect(explanation).to_contain_text(f"turn:{coturn.address} refused (401")
        expect(explanation).to_contain_text("turn_shared_secret must be the static-auth-secret")
        expect(page.get_by_role("link", name="Use a photo instead")).to_be_visible()
        keep_picture(page, "refused")
        assert "from-last-year" not in page.content()
    assert "Traceback" not in log.read_text()


def test_wrong_settings_are_named_and_the_video_still_connects_here(
    open_browser, one_face_clip, tmp_path, keep_picture
):
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('[webrtc]\nturn = ["turn.example.org"]\nturn_shared_secret = "hush"\n')

    def opened(server: Server) -> Page:
        page = open_browser(*camera_flags(one_face_clip)).new_page()
        page.goto(server.url)
        return page

    log = tmp_path / "log.txt"
    with running_server(log, environment=app_with(secrets)) as server:
        page = opened(server)
        expect(page.get_by_text("The connection settings are not used:")).to_be_visible()
        expect(page.get_by_text("[webrtc] turn: expected addresses such as")).to_be_visible()
        keep_picture(page, "wrong-settings")
        start(page)
        expect(labels(page)).to_have_count(1)
        page.close()

        secrets.write_text("[webrtc\n")
        page = opened(server)
        # It may say who may come in, and that cannot be read any more.
        expect(page.get_by_role("heading", name="Closed")).to_be_visible()
    told = log.read_text()
    assert "secrets.toml: expected settings in TOML, found what cannot be read" in told
    assert "Traceback" not in told
