"""What becomes of an .env: the files that Docker and systemd read, or one line of what is wrong."""

from __future__ import annotations

import os
import shutil
import stat
import tomllib
from pathlib import Path

import pytest

from emotion_core.access.people.rules import read_rules
from emotion_core.live.connection.servers import read_ice_settings
from tests.deploy.commands import DEPLOY, variables
from tests.deploy.serving import HASH, configure, written_env


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line and line[0] != "#"]


def test_for_docker(tmp_path):
    done = configure(written_env(tmp_path / ".env", SUBPATH="/faces"), tmp_path / "made")
    assert (done.returncode, done.stderr) == (0, "")
    assert "the app will be at https://faces.example.org/faces/" in done.stdout
    made = tmp_path / "made"
    assert variables(made / "caddy.env") == {
        "DOMAIN": "faces.example.org",
        "ALSO": "",
        "USER_NAME": "class",
        "PASSWORD_HASH": HASH,
        "ASKS": "true",
        "SUBPATH": "/faces",
        "TLS": "",
        "APP_ADDRESS": "app:8501",
    }
    assert variables(made / "app.env") == {
        "APP_LISTENS": "0.0.0.0:8501",
        "APP_NAMES": "faces.example.org",
        "EMOTION_LOG": "json",
        "FORWARDED_ALLOW_IPS": "172.31.250.0/24",
        "EMOTION_DATA_DIR": "/data",
        "EMOTION_CACHE_DIR": "/cache",
    }
    relay = lines(made / "turnserver.conf")
    assert {
        "realm=faces.example.org",
        "external-ip=203.0.113.9/10.0.0.5",
        "allowed-peer-ip=172.31.250.10",
        "min-port=49152",
        "max-port=49407",
        "total-quota=256",
    } <= set(relay)
    settings = read_ice_settings(made / "secrets.toml")
    assert settings.turn[0] == "turn:faces.example.org:3478?transport=udp"
    assert settings.relay_only
    assert f"static-auth-secret={settings.turn_shared_secret}" in relay
    assert tomllib.loads((made / "secrets.toml").read_text())["sources"] == {"of_the_server": False}


def test_with_accounts_caddy_asks_for_nothing_and_the_app_lets_nobody_in_without(tmp_path):
    env = written_env(
        tmp_path / ".env",
        LOGIN="accounts",
        PASSWORD_HASH="''",
        SUBPATH="/faces",
        OIDC_METADATA_URL="https://login.example.org/.well-known/openid-configuration",
        OIDC_CLIENT_ID="faces",
        OIDC_CLIENT_SECRET="'a$b'",
        ADMINS="ana@school.example",
        MEMBERS="'*@school.example,x@y.example'",
    )
    done = configure(env, tmp_path / "made")
    assert (done.returncode, done.stderr) == (0, "")
    assert variables(tmp_path / "made" / "caddy.env")["ASKS"] == "false"
    secrets = tomllib.loads((tmp_path / "made" / "secrets.toml").read_text())
    assert "sources" not in secrets  # the grants decide
    rules = read_rules(secrets["people"])
    assert rules.required
    assert rules.admins == ("ana@school.example",)
    assert rules.members == ("*@school.example", "x@y.example")
    assert secrets["auth"] == {
        "redirect_uri": "https://faces.example.org/faces/oauth2callback",
        "client_id": "faces",
        "client_secret": "a$b",
        "server_metadata_url": "https://login.example.org/.well-known/openid-configuration",
    }


def test_accounts_without_a_provider_are_required_from_the_start(tmp_path):
    env = written_env(tmp_path / ".env", LOGIN="accounts")
    assert configure(env, tmp_path / "made").returncode == 0
    secrets = tomllib.loads((tmp_path / "made" / "secrets.toml").read_text())
    assert secrets["people"]["required"] is True
    assert "auth" not in secrets


def test_half_a_provider(tmp_path):
    env = written_env(tmp_path / ".env", LOGIN="accounts", OIDC_CLIENT_ID="faces")
    done = configure(env, tmp_path / "made")
    assert (done.returncode, done.stderr) == (
        2,
        "configure: expected all three settings of a provider, or none, found no "
        "OIDC_METADATA_URL; change it in .env\n",
    )


@pytest.mark.parametrize(("days", "told"), [("90", "90"), ("", None)])
def test_how_long_recordings_are_kept(tmp_path, days, told):
    env = written_env(tmp_path / ".env", KEEP_DAYS=days)
    assert configure(env, tmp_path / "made").returncode == 0
    assert variables(tmp_path / "made" / "app.env").get("EMOTION_RETENTION_DAYS") == told


@pytest.mark.parametrize("days", ["0", "007", "ninety", "-3"])
def test_days_that_are_none(tmp_path, days):
    done = configure(written_env(tmp_path / ".env", KEEP_DAYS=days), tmp_path / "made")
    assert done.returncode == 2
    assert "KEEP_DAYS: expected nothing, or a number of days from 1, found" in done.stderr


def test_for_systemd(tmp_path):
    env = written_env(tmp_path / ".env", RELAY_ONLY="no", CERTIFICATE="internal")
    done = configure(env, tmp_path / "made", "--systemd")
    assert (done.returncode, done.stderr) == (0, "")
    made = tmp_path / "made"
    assert variables(made / "app.env")["APP_LISTENS"] == "127.0.0.1:8501"
    caddy = variables(made / "caddy.env")
    assert (caddy["APP_ADDRESS"], caddy["TLS"]) == ("127.0.0.1:8501", "tls internal")
    assert "allowed-peer-ip=10.0.0.5" in lines(made / "turnserver.conf")
    assert not any("172.31" in line for line in lines(made / "turnserver.conf"))
    assert not read_ice_settings(made / "secrets.toml").relay_only
    if os.geteuid() == 0 and shutil.which("turnserver"):  # coturn's own user reads it
        assert (made / "turnserver.conf").owner() == "turnserver"
        assert made.stat().st_mode & 0o001


@pytest.mark.parametrize(("options", "mode"), [((), 0o644), (("--systemd",), 0o600)])
def test_nobody_else_reads_the_secret_and_it_stays(tmp_path, options, mode):
    env, made = written_env(tmp_path / ".env"), tmp_path / "made"
    configure(env, made, *options)
    secret = (made / "turn_secret").read_text()
    assert len(secret) == 64
    written_env(env, SUBPATH="/other")
    configure(env, made, *options)
    assert (made / "turn_secret").read_text() == secret
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()}
    assert modes["turn_secret"] == 0o600
    assert modes["secrets.toml"] == modes["turnserver.conf"] == mode
    assert stat.S_IMODE(made.stat().st_mode) & 0o066 == 0


def test_an_address_that_is_not_translated_is_named_once(tmp_path):
    env = written_env(tmp_path / ".env", LOCAL_ADDRESS="203.0.113.9")
    configure(env, tmp_path / "made")
    assert "external-ip=203.0.113.9" in lines(tmp_path / "made" / "turnserver.conf")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DOMAIN", "", "DOMAIN: expected a name such as faces.example.org, found nothing; change"),
        ("DOMAIN", "https://x/", "DOMAIN: expected a name such as faces.example.org, found 'https"),
        ("PASSWORD_HASH", "''", "PASSWORD_HASH: expected what caddy hash-password prints, between"),
        ("PASSWORD_HASH", "secret", "single quotes, found something else; change it in .env"),
        ("SUBPATH", "faces/", "SUBPATH: expected nothing, or a path such as /faces without a"),
        ("CERTIFICATE", "own", "CERTIFICATE: expected nothing, or internal, found 'own'"),
        ("LOCAL_ADDRESS", "1.2.3", "LOCAL_ADDRESS: expected an IPv4 address, found '1.2.3'"),
        ("RELAY_PORTS", "50000-40000", "RELAY_PORTS: expected two ports from 1024 to 65535, the"),
        ("RELAY_ONLY", "true", "RELAY_ONLY: expected yes or no, found 'true'; change it in .env"),
        ("MOST_VIEWERS", "0", "MOST_VIEWERS: expected nothing, or a number of people from 1"),
        ("USER_NAME", "a b", "expected NAME=VALUE with one of DOMAIN, USER_NAME, PASSWORD_HASH"),
        ("COLOUR", "red", "line 5: expected NAME=VALUE with one of DOMAIN"),
        ("PASSWORD_HASH", "$2a$x # $$", "line 2: expected NAME=VALUE with one of DOMAIN"),
        (
            "PUBLIC_ADDRESS",
            "",
            "PUBLIC_ADDRESS: expected a name that leads to an address, found that nowhere.invalid "
            "does not yet; make its DNS entry, or set PUBLIC_ADDRESS in .env",
        ),
    ],
)
def test_what_is_wrong_is_told_on_one_line_and_nothing_is_written(tmp_path, name, value, told):
    settings = {"TURN_HOST": "nowhere.invalid"} if name == "PUBLIC_ADDRESS" else {}
    done = configure(written_env(tmp_path / ".env", **{name: value}, **settings), tmp_path / "made")
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.startswith("configure: ")
    assert done.stderr.count("\n") == 1
    assert "secret" not in done.stderr
    assert not (tmp_path / "made").exists()


def test_without_an_env_it_says_which_file_to_copy(tmp_path):
    done = configure(tmp_path / ".env", tmp_path / "made")
    assert done.returncode == 2
    assert "expected the settings, found none (No such file or directory); copy" in done.stderr
    assert "deploy/example.env there and fill it in" in done.stderr


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "made").touch()
    done = configure(written_env(tmp_path / ".env"), tmp_path / "made" / "below")
    assert done.returncode == 2
    assert "expected a folder to write to, found that it is not (Not a directory)" in done.stderr


def test_the_example_says_all_that_may_be_set(tmp_path):
    example = (DEPLOY / "example.env").read_text("utf-8").splitlines()
    named = {line.partition("=")[0] for line in example if line and line[0] != "#"}
    done = configure(written_env(tmp_path / ".env", COLOUR="red"), tmp_path / "made")
    listed = done.stderr.partition("one of ")[2].partition(", found")[0].split(", ")
    assert named == set(listed)


def test_a_limit_of_viewers_is_told_to_the_app(tmp_path):
    for number, told in (("", None), ("12", "12")):
        env = written_env(tmp_path / ".env", MOST_VIEWERS=number)
        assert configure(env, tmp_path / "made").returncode == 0
        assert variables(tmp_path / "made" / "app.env").get("EMOTION_MOST_VIEWERS") == told


class TestSeveralProcesses:
    @pytest.mark.parametrize(
        ("options", "addresses", "peers"),
        [
            (
                [],
                "app:8501 app-2:8501 app-3:8501",
                "allowed-peer-ip=172.31.250.10\nallowed-peer-ip=172.31.250.12-172.31.250.13\n",
            ),
            (
                ["--systemd"],
                "127.0.0.1:8501 127.0.0.1:8502 127.0.0.1:8503",
                "allowed-peer-ip=10.0.0.5\n",
            ),
        ],
    )
    def test_caddy_and_the_processes_know_all_of_them(self, tmp_path, options, addresses, peers):
        made = tmp_path / "made"
        env = written_env(tmp_path / ".env", PROCESSES="3")
        assert configure(env, made, *options).returncode == 0
        caddy, app = variables(made / "caddy.env"), variables(made / "app.env")
        assert caddy["APP_ADDRESS"] == app["APP_ADDRESSES"] == addresses
        numbered = [caddy[f"APP_{number}"] for number in (1, 2, 3)]
        assert numbered == addresses.split()
        assert peers in (made / "turnserver.conf").read_text()

    def test_one_is_told_of_no_others(self, tmp_path):
        made = tmp_path / "made"
        assert configure(written_env(tmp_path / ".env"), made).returncode == 0
        assert "APP_ADDRESSES" not in variables(made / "app.env")
        assert not any(name.startswith("APP_1") for name in variables(made / "caddy.env"))
