"""What the three services promise together: who gets in, where to, and what the relay relays."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator

import pytest
from aioice import stun, turn

from emotion_core.live.connection.check import check_servers
from emotion_core.live.connection.servers import Credentials, IceSettings, read_ice_settings
from tests.coturn import host_for_tests
from tests.deploy.commands import Command, image_commands
from tests.deploy.serving import PASSWORD, USER, Served, running, served


def basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode()}


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served"), subpath="/faces") as found:
        yield found


@pytest.fixture(scope="module")
def relay(found) -> IceSettings:
    return read_ice_settings(found.folder / "made" / "secrets.toml")


class TestCaddy:
    @pytest.mark.parametrize("path", ["", "sessions", "_stcore/health", "_stcore/stream"])
    def test_nobody_gets_in_without_the_password(self, found, path):
        assert found.get(path)[0] == 401
        assert found.get(path, **basic("guessed"))[0] == 401

    def test_whoever_knows_it_gets_the_page_and_its_files(self, found):
        status, page = found.get("", **basic(PASSWORD))
        assert status == 200
        script = page.partition('src="./')[2].partition('"')[0]
        assert script.endswith(".js")
        assert found.get(script, **basic(PASSWORD))[0] == 200
        assert found.get("_stcore/health", **basic(PASSWORD)) == (200, "ok")

    def test_scripts_are_compressed(self, found):
        _, page = found.get("", **basic(PASSWORD))
        script = page.partition('src="./')[2].partition('"')[0]
        whole = found.get(script, **basic(PASSWORD))[1]
        packed = found.get(script, **{"Accept-Encoding": "gzip"}, **basic(PASSWORD))[1]
        assert packed.startswith("\x1f")
        assert len(packed) < len(whole) / 2

    def test_the_app_below_a_path_leaves_no_way_around_it(self, found):
        for path in ("/", "/faces", "/_stcore/health", "/api/v1/sessions", "/facesaside/"):
            assert found.get_at(path, **basic(PASSWORD)) == (302, ""), path

    def test_programs_need_a_token_and_no_password(self, found):
        status, told = found.get("api/v1/sessions", Authorization="Bearer guessed")
        assert status == 403
        assert "expected a token to have been made" in told  # the app says so


class TestRelay:
    def test_it_takes_what_the_app_gives_to_a_browser(self, relay):
        assert [(each.works, each.finding) for each in check_servers(relay)] == [
            (True, f"relays through {host_for_tests()}")
        ] * 2

    @pytest.mark.parametrize("late", [False, True])
    def test_it_refuses_what_is_over_and_what_was_guessed(self, relay, late):
        hours = 3600 * relay.turn_lifetime_seconds / 1800
        credentials = relay.credentials(time.time() - hours) if late else None
        other = credentials or Credentials(relay.credentials(time.time()).username, "guessed")
        with pytest.raises(stun.TransactionFailed) as raised:
            asyncio.run(ask_to_send(relay, other, (host_for_tests(), 9)))
        assert raised.value.response.attributes["ERROR-CODE"][0] == 401

    @pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1"])
    def test_it_leads_nowhere_but_to_the_app(self, relay, peer):
        granted = relay.credentials(time.time())
        with pytest.raises(stun.TransactionFailed) as raised:
            asyncio.run(ask_to_send(relay, granted, (peer, 80)))
        assert raised.value.response.attributes["ERROR-CODE"][0] == 403
        asyncio.run(ask_to_send(relay, granted, ("172.31.250.10", 80)))


async def ask_to_send(relay: IceSettings, credentials: Credentials, peer: tuple[str, int]) -> None:
    """Ask for a relay, and have it send something."""
    server = relay.servers[0]
    transport, _ = await turn.create_turn_endpoint(
        asyncio.DatagramProtocol,
        (server.host, server.port),
        credentials.username,
        credentials.password,
    )
    try:
        await transport._TurnTransport__inner_protocol.channel_bind(0x4000, peer)
    finally:
        transport.close()
        await asyncio.sleep(0.2)


class TestHealth:
    def test_an_app_that_is_not_there_is_not_well(self, tmp_path):
        variables = {"APP_LISTENS": "127.0.0.1:1"}
        command = Command(image_commands()[1], variables)
        with running(command, tmp_path / "log") as process:
            assert process.wait(20) == 1
