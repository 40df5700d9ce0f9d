"""What somebody may do now who is not there: by a token, or by a task that waits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from emotion_core.access.gate import Caller, Gate
from emotion_core.access.names import Names
from emotion_core.access.people import known, passwords
from emotion_core.access.people.person import Person
from emotion_core.access.refusals import Refusal
from emotion_core.access.sharing import share
from emotion_core.access.standing import (
    current_rules,
    may_now,
    quota_now,
    refused_now,
    role_now,
)
from emotion_core.access.tokens import add_token
from emotion_core.datasets.own.storage import create_own_dataset, own_data_dir
from emotion_core.errors import AccessError
from emotion_core.system.storage.homes import open_home
from emotion_core.system.storage.persons import at_home

ANN = Person("a" * 16, "Ann", "member")
ISSUER = "https://login.example"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    path = tmp_path / "secrets.toml"
    monkeypatch.setenv("STREAMLIT_SECRETS_FILES", str(path))
    return path


def write(path: Path, people: str = "", auth: str = "[auth]\nserver_metadata_url = 'x'\n") -> None:
    path.write_text(f"{auth}{people}", encoding="utf-8")


def seen(person: Person) -> None:
    known.note_seen(person, {"email": f"{person.name}@school.example".lower()}, ISSUER)


class TestGrants:
    def test_without_accounts_everybody_may_everything(self, settings):
        assert may_now(ANN.id, "server")
        write(settings, auth="")
        assert may_now(ANN.id, "server")

    def test_who_runs_the_app_may_everything(self, settings):
        write(settings)
        assert may_now(None, "server")

    def test_the_role_when_last_seen_counts(self, settings):
        write(settings)
        assert not may_now(ANN.id, "keep")  # nobody has seen her
        seen(ANN)
        assert may_now(ANN.id, "keep")
        assert not may_now(ANN.id, "server")
        seen(replace(ANN, role="viewer"))
        assert not may_now(ANN.id, "keep")

    def test_the_settings_as_they_are_now_count(self, settings):
        write(settings, "[people.grants]\nserver = ['member']\n")
        seen(ANN)
        assert may_now(ANN.id, "server")
        write(settings, "[people.grants]\nserver = ['admin']\n# another size\n")
        assert not may_now(ANN.id, "server")

    def test_who_is_taken_off_the_lists_may_nothing_though_nobody_sees_them(self, settings):
        people = "[people]\nmembers = ['*@school.example']\n"
        write(settings, people)
        claims = {"sub": "7", "email": "ann@school.example"}
        known.note_seen(ANN, claims, ISSUER, current_rules())
        assert may_now(ANN.id, "keep")
        write(settings, "[people]\nadmins = ['ann@school.example']\n")
        assert role_now(ANN.id) == "admin"
        write(settings, "[people]\nmembers = ['ben@school.example']\n")
        assert role_now(ANN.id) is None
        assert not may_now(ANN.id, "keep")

    def test_who_is_let_in_no_more_may_nothing(self, settings):
        write(settings)
        seen(ANN)
        known.refuse(ANN.id, refused=True)
        assert role_now(ANN.id) is None
        assert not may_now(ANN.id, "keep")

    @pytest.mark.usefixtures("settings")
    def test_a_password_that_was_taken_away_ends_all(self):
        passwords.add_account("Ben", "a long enough password", "member")
        (ben,) = [each.person for each in passwords.list_accounts()]
        known.note_seen(ben, {}, passwords.ISSUER)
        assert may_now(ben.id, "keep")
        passwords.remove_account("Ben")
        assert not may_now(ben.id, "keep")

    def test_settings_that_cannot_be_read_allow_nothing(self, settings):
        settings.write_text("[people", encoding="utf-8")
        with pytest.raises(AccessError, match="expected settings in TOML, found what cannot be re"):
            may_now(ANN.id, "keep")


class TestTokens:
    def test_one_goes_when_its_owner_loses_the_grant(self, settings):
        write(settings)
        seen(ANN)
        open_home(ANN.id)
        with at_home(ANN.id):
            made = add_token("camera", ["live"])
        gate = Gate(Names)
        asked = {"host": "localhost", "authorization": f"Bearer {made.secret}"}
        found = gate.admit(asked, is_open=False)
        assert isinstance(found, Caller)
        assert found.stays()
        seen(replace(ANN, role="viewer"))
        assert not found.stays()
        refused = gate.admit(asked, is_open=False)
        assert isinstance(refused, Refusal)
        assert (refused.status, refused.detail) == (
            403,
            "expected a token of somebody who may have programs of their own, found one of "
            "somebody who may not any more; ask whoever runs the app",
        )


class TestPaths:
    @pytest.fixture
    def files(self, settings: Path, tmp_path: Path) -> dict[str, Path]:
        write(settings)
        cat = Person("c" * 16, "Cat", "admin")
        for each in (ANN, cat):
            seen(each)
            open_home(each.id)
        data = tmp_path / "data"
        return {
            "of the server": tmp_path / "clip.mp4",
            "ann's": data / "people" / ANN.id / "videos" / "clip.mp4",
            "cat's": data / "people" / cat.id / "videos" / "clip.mp4",
            "before there were accounts": data / "sessions" / "one" / "video.mp4",
            "around all": tmp_path,
            "passwords": data / "accounts" / "passwords.json",
            "by a way out": data / "people" / cat.id / ".." / ANN.id / "videos",
        }

    def test_an_admin_names_the_servers_files_and_nobodys_things(self, files):
        allowed = {name for name, path in files.items() if refused_now("c" * 16, [path]) is None}
        assert allowed == {"of the server", "cat's"}

    def test_a_member_names_their_own_things_alone(self, files):
        allowed = {name for name, path in files.items() if refused_now(ANN.id, [path]) is None}
        assert allowed == {"ann's", "by a way out"}

    def test_a_link_is_where_it_leads(self, files, tmp_path):
        files["ann's"].parent.mkdir(parents=True)
        files["ann's"].touch()
        (tmp_path / "link.mp4").symlink_to(files["ann's"])
        assert refused_now("c" * 16, [tmp_path / "link.mp4"]) == tmp_path / "link.mp4"

    @pytest.mark.usefixtures("files")
    def test_what_is_shared_may_be_named(self):
        with at_home(ANN.id):
            dataset = create_own_dataset(own_data_dir(), "smiles", "agreed")
            assert refused_now("c" * 16, [dataset.folder]) == dataset.folder
            share("dataset", dataset.folder)
        assert refused_now("c" * 16, [dataset.folder]) is None

    def test_whoever_runs_the_app_names_everything(self, files):
        assert refused_now(None, files.values()) is None


class TestQuotas:
    def test_they_go_by_role_and_by_person(self, settings):
        write(settings, "[people.quotas]\nmember = '2 GB'\n'ben@school.example' = '7 GB'\n")
        ben, cat = Person("b" * 16, "Ben", "member"), Person("c" * 16, "Cat", "admin")
        for each in (ANN, ben, cat):
            seen(each)
        found = [quota_now(each.id) for each in (ANN, ben, cat)]
        assert found == [2_000_000_000, 7_000_000_000, None]
        assert quota_now("d" * 16) == 0  # a viewer's, who keeps nothing
        assert quota_now(None) is None

    @pytest.mark.parametrize(
        ("people", "found"),
        [
            ("[people.quotas]\nmember = 'much'\n", "expected quotas such as '5 GB' or 'none'"),
            ("[people.reach]\nallow = ['http://x']\n", "expected names such as camera1.school.ex"),
        ],
    )
    def test_what_means_nothing_is_told(self, settings, people, found):
        write(settings, people)
        with pytest.raises(AccessError, match=found):
            current_rules()
