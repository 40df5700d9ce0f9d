from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from aiortc.rtcicetransport import parse_stun_turn_uri

from emotion_core.errors import ConnectionSettingsError
from emotion_core.live.connection.servers import (
    IceServer,
    IceSettings,
    ice_settings_from,
    read_ice_settings,
)

TURN = "turn:turn.example.org:3478?transport=udp"
SHARED = {"turn": [TURN], "turn_shared_secret": "hush"}
FIXED = {"turn": [TURN], "turn_username": "me", "turn_password": "hush"}


@pytest.mark.parametrize(
    ("url", "host", "port", "transport"),
    [
        ("stun:stun.example.org", "stun.example.org", 3478, "udp"),
        ("stun:192.0.2.7:19302", "192.0.2.7", 19302, "udp"),
        ("turn:turn.example.org", "turn.example.org", 3478, "udp"),
        ("turn:turn_server:80?transport=tcp", "turn_server", 80, "tcp"),
        ("turns:turn.example.org", "turn.example.org", 5349, "tcp"),
        ("turns:turn.example.org:443?transport=tcp", "turn.example.org", 443, "tcp"),
    ],
)
def test_addresses(url, host, port, transport):
    server = IceServer.parse(url)
    assert server == IceServer(url, url.split(":")[0], host, port, transport)
    theirs = parse_stun_turn_uri(url)  # what the app's own side makes of it
    assert (theirs["host"], theirs["port"]) == (host, port)
    assert theirs.get("transport", "udp") == transport


@pytest.mark.parametrize(
    "url",
    [
        "",
        "turn.example.org",
        "turn://turn.example.org",
        "stun:",
        "stun:a.example.org:0",
        "stun:a.example.org:65536",
        "stun:a.example.org?transport=udp",
        "stuns:a.example.org",
        "turn:[2001:db8::1]:3478",
        "turn:a.example.org?transport=sctp",
        "turns:a.example.org?transport=udp",
        "turn:a.example.org ",
        "turn:me:hush@a.example.org",
        "https://a.example.org",
    ],
)
def test_what_is_no_address(url):
    assert IceServer.parse(url) is None


def test_no_settings_mean_no_outside_servers():
    settings = IceSettings.from_mapping({})
    assert settings == IceSettings()
    assert settings.servers == ()
    assert settings.rtc_configuration(0) == {"iceServers": []}


def test_everything_set():
    stun = "stun:stun.example.org"
    settings = ice_settings_from(
        {"stun": [stun], **SHARED, "turn_lifetime_seconds": 600, "relay_only": True}
    )
    assert [server.url for server in settings.servers] == [stun, TURN]
    configuration = settings.rtc_configuration(1_000_000_000)
    assert configuration["iceTransportPolicy"] == "relay"
    asked, relay = configuration["iceServers"]
    assert asked == {"urls": [stun]}
    assert relay["urls"] == [TURN]
    # As turnserver(1) describes it, for use-auth-secret: a time, a name, and their HMAC.
    expires, name = relay["username"].split(":")
    assert 1_000_000_300 <= int(expires) <= 1_000_000_600
    assert name
    digest = hmac.new(b"hush", relay["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(relay["credential"]) == digest


@pytest.mark.parametrize("lifetime", [60, 61, 3600])
def test_credentials_last_half_their_lifetime_and_are_few(lifetime):
    settings = IceSettings.from_mapping({**SHARED, "turn_lifetime_seconds": lifetime})
    made = set()
    for now in range(10 * lifetime):
        username = settings.credentials(now).username
        assert lifetime // 2 <= int(username.split(":")[0]) - now <= lifetime
        made.add(username)
    assert len(made) <= 21


def test_a_known_credential():
    """So that nothing in how it is made can change unseen; coturn itself is in test_ice_check."""
    made = IceSettings.from_mapping(SHARED).credentials(0)
    assert (made.username, made.password) == ("3600:emotion", "h4+0MnON3pn15U6rTBoSyUwHGwM=")


def test_fixed_credentials_are_handed_on():
    (relay,) = IceSettings.from_mapping(FIXED).rtc_configuration(0)["iceServers"]
    assert relay == {"urls": [TURN], "username": "me", "credential": "hush"}


def test_secrets_are_not_shown():
    for table in (SHARED, FIXED):
        settings = IceSettings.from_mapping(table)
        assert "hush" not in repr(settings)
        assert settings.credentials(0).password not in repr(settings.credentials(0))


A_TURN_ADDRESS = (
    'addresses such as "turn:turn.example.org:3478?transport=udp" or "turns:turn.example.org:443"'
)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"turns": []},
            "turns: expected one of stun, turn, turn_shared_secret, turn_lifetime_seconds, "
            "turn_username, turn_password, relay_only, found this name; fix or remove it",
        ),
        (
            {"stun": "stun:a.example.org"},
            'stun: expected a list of addresses such as "stun:stun.example.org:3478", '
            "found a text; put the addresses between [ and ]",
        ),
        (
            {"stun": [7]},
            'stun: expected addresses such as "stun:stun.example.org:3478", found a number; '
            "put quotes around it",
        ),
        (
            {"stun": [TURN]},
            'stun: expected addresses such as "stun:stun.example.org:3478", '
            f"found {TURN!r}; fix or remove it",
        ),
        (
            {**SHARED, "turn": ["turn.example.org"]},
            f"turn: expected {A_TURN_ADDRESS}, found 'turn.example.org'; fix or remove it",
        ),
        (
            {**SHARED, "turn": ["turn:me:hush@turn.example.org"]},
            f"turn: expected {A_TURN_ADDRESS}, found one with an @; fix or remove it",
        ),
        (
            {"turn": [TURN]},
            "turn: expected turn_shared_secret, or turn_username and turn_password, beside it, "
            "found neither; set what the TURN server asks for",
        ),
        (
            {"turn_shared_secret": "hush"},
            f"turn: expected {A_TURN_ADDRESS}, as other settings need one, found none; "
            "name the TURN server",
        ),
        (
            {"relay_only": True},
            f"turn: expected {A_TURN_ADDRESS}, as other settings need one, found none; "
            "name the TURN server",
        ),
        (
            {**SHARED, "turn_username": "me"},
            "turn_password: expected a text, as the other one is set, found none; "
            "set both or neither",
        ),
        (
            {**FIXED, "turn_shared_secret": "hush"},
            "turn_shared_secret: expected this alone, found turn_username as well; "
            "remove one of them",
        ),
        (
            {**SHARED, "turn_shared_secret": ""},
            "turn_shared_secret: expected a text between quotes, found an empty text; "
            "set or remove it",
        ),
        (
            {**SHARED, "turn_shared_secret": 12345},
            "turn_shared_secret: expected a text between quotes, found a number; set or remove it",
        ),
        (
            {**SHARED, "turn_lifetime_seconds": "1 hour"},
            "turn_lifetime_seconds: expected a whole number of seconds, found a text; "
            "3600 is usual",
        ),
        (
            {**SHARED, "turn_lifetime_seconds": 5},
            "turn_lifetime_seconds: expected 60 to 604800, found 5; 3600 is usual",
        ),
        (
            {**SHARED, "relay_only": "yes"},
            "relay_only: expected true or false, found a text; write it without quotes",
        ),
    ],
)
def test_wrong_settings(table, message):
    with pytest.raises(ConnectionSettingsError) as error:
        IceSettings.from_mapping(table)
    assert str(error.value) == f"[webrtc] {message}"
    assert "hush" not in str(error.value)


def test_a_settings_file(tmp_path):
    path = tmp_path / "secrets.toml"
    path.write_text(f'[webrtc]\nturn = ["{TURN}"]\nturn_shared_secret = "hush"\n')
    assert read_ice_settings(path) == IceSettings.from_mapping(SHARED)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "expected a TOML file, found none (No such file or directory); "),
        (b"[webrtc", "expected a TOML file, found none (Expected ']' at the end of a table"),
        (b"\xff", "expected a TOML file, found none ('utf-8' codec"),
        (b"", "expected a table [webrtc], found none; .streamlit/secrets.example.toml shows one"),
    ],
)
def test_wrong_settings_files(tmp_path, content, message):
    path = tmp_path / "secrets.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConnectionSettingsError) as error:
        read_ice_settings(path)
    assert str(error.value).startswith(f"{path}: {message}")
    assert "\n" not in str(error.value)


def test_a_table_that_is_none(tmp_path):
    path = tmp_path / "secrets.toml"
    path.write_text("webrtc = true\n")
    with pytest.raises(ConnectionSettingsError, match=r"\[webrtc\]: expected a table of settings"):
        read_ice_settings(path)
