"""What people let each other see, and nobody else."""

from pathlib import Path

import pytest

from emotion_core.access.audit import entries
from emotion_core.access.people import known
from emotion_core.access.people.person import Person
from emotion_core.access.sharing import (
    in_words,
    people_called,
    share,
    share_of,
    shared_with_me,
    stop_sharing,
)
from emotion_core.datasets.own.storage import (
    create_own_dataset,
    delete_own_dataset,
    own_data_dir,
    rename_own_dataset,
    shared_own_datasets,
)
from emotion_core.errors import AccessError, ModelError
from emotion_core.models.changes import add_model, delete_model, rename_model
from emotion_core.models.folder import default_model_dir, load_card
from emotion_core.models.library import list_models
from emotion_core.sessions.shared import shared_sessions
from emotion_core.sessions.storage import (
    Session,
    delete_session,
    list_sessions,
    sessions_dir,
    set_session_aside,
)
from emotion_core.system.storage.persons import at_home
from tests.sessions.recordings import record

ANN, BEN, CAT = ("a" * 16, "b" * 16, "c" * 16)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))
    for name in ("EMOTION_SESSIONS_DIR", "EMOTION_MODELS_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def session(data: Path) -> Session:  # noqa: ARG001
    with at_home(ANN):
        return record(sessions_dir(), [(0.0, {1: "happy"}), (0.1, {1: "sad"})])


class TestWhoSees:
    def test_nobody_sees_what_is_not_shared(self, session: Session) -> None:
        with at_home(BEN):
            assert (shared_sessions(), list_sessions(sessions_dir()).sessions) == ((), ())
        with at_home(ANN):
            assert share_of("session", session.folder) is None

    def test_everybody_sees_what_is_shared_with_everybody(self, session: Session) -> None:
        with at_home(ANN):
            share("session", session.folder)
        for person in (BEN, CAT):
            with at_home(person):
                (found,) = shared_sessions()
                assert (found.session, found.owner) == (session, ANN)
                assert found.key == f"{session.id}@{ANN}"
        with at_home(ANN):
            assert shared_sessions() == ()  # it is their own

    def test_only_those_who_are_named_see_the_rest(self, session: Session) -> None:
        with at_home(ANN):
            assert in_words(share("session", session.folder, [BEN, BEN])) == "1 person"
        with at_home(BEN):
            assert len(shared_sessions()) == 1
        with at_home(CAT):
            assert shared_sessions() == ()

    def test_it_ends_when_its_owner_says_so(self, session: Session) -> None:
        with at_home(ANN):
            share("session", session.folder)
            stop_sharing("session", session.id)
            stop_sharing("session", session.id)  # no harm
        with at_home(BEN):
            assert shared_sessions() == ()

    def test_nobody_shares_what_is_anothers(self, session: Session) -> None:
        with at_home(BEN), pytest.raises(AccessError, match="cannot be written"):
            share("session", sessions_dir() / session.id)
        with at_home(CAT):
            assert shared_sessions() == ()

    def test_nobody_ends_what_another_shares(self, session: Session) -> None:
        with at_home(ANN):
            share("session", session.folder)
        with at_home(BEN):
            stop_sharing("session", session.id)
            assert len(shared_sessions()) == 1

    def test_without_accounts_there_is_nobody_to_share_with(self, session: Session) -> None:
        with pytest.raises(AccessError, match="found that there are no accounts"):
            share("session", session.folder)
        assert shared_sessions() == ()


class TestEnds:
    @pytest.mark.parametrize("delete", [delete_session, set_session_aside])
    def test_another_session_of_its_name_is_not_shared(self, session: Session, delete) -> None:
        with at_home(ANN):
            share("session", session.folder)
            kept = delete(sessions_dir(), session.id)
            session.folder.mkdir()
            assert share_of("session", session.folder) is None
        del kept
        with at_home(BEN):
            assert shared_with_me("session") == ()

    def test_another_folder_in_its_place_is_not_shared(self, session: Session) -> None:
        with at_home(ANN):
            share("session", session.folder)
            session.folder.rename(session.folder.with_name("away"))
            session.folder.mkdir()
        with at_home(BEN):
            assert shared_sessions() == ()

    def test_a_dataset_that_gets_another_name_is_not_shared_any_more(self) -> None:
        with at_home(ANN):
            dataset = create_own_dataset(own_data_dir(), "me", "agreed")
            share("dataset", dataset.folder)
            renamed = rename_own_dataset(dataset, "us")
            create_own_dataset(own_data_dir(), "me", "agreed")
        with at_home(BEN):
            assert shared_own_datasets() == ()
        with at_home(ANN):
            share("dataset", renamed.folder)
            delete_own_dataset(own_data_dir(), "us")
        with at_home(BEN):
            assert shared_with_me("dataset") == ()


class TestModels:
    @pytest.fixture(autouse=True)
    def model(self, data: Path) -> None:  # noqa: ARG002
        with at_home(ANN):
            made = add_model(default_model_dir(), "mine", load_card(default_model_dir()))
            share("model", made.folder)

    def test_others_can_use_it(self) -> None:
        with at_home(BEN):
            found = list_models().find("mine")
            assert (found.origin, found.stays) == ("shared", True)
        with at_home(ANN):
            assert (list_models().find("mine").origin, list_models().find("mine").stays) == (
                "trained here", False,
            )  # fmt: skip

    def test_others_can_neither_rename_nor_delete_it(self) -> None:
        with at_home(BEN):
            with pytest.raises(ModelError, match="mine is not yours and keeps its name"):
                rename_model("mine", "theirs")
            with pytest.raises(ModelError, match="mine is not yours and stays"):
                delete_model("mine")
        with at_home(ANN):
            assert list_models().find("mine")

    def test_ones_own_of_that_name_comes_first(self) -> None:
        with at_home(BEN):
            own = add_model(default_model_dir(), "mine", load_card(default_model_dir()))
            assert list_models().find("mine").folder == own.folder
            delete_model("mine")
            assert list_models().find("mine").origin == "shared"

    def test_a_damaged_one_is_its_owners_to_know(self, data: Path) -> None:
        (card,) = data.rglob("mine/card.json")
        card.write_text("{")
        with at_home(ANN):
            assert [each.name for each in list_models().damaged] == ["mine"]
        with at_home(BEN):
            assert list_models().damaged == ()


class TestNames:
    @pytest.fixture(autouse=True)
    def people(self, data: Path) -> None:  # noqa: ARG002
        for id_, name, email in ((ANN, "Ann", "ann@a.example"), (BEN, "Ben", "ben@a.example")):
            claims = {"email": email, "email_verified": True}
            known.note_seen(Person(id_, name, "member"), claims, "https://a.example")
        known.note_seen(Person(CAT, "Ben", "member"), {}, "password")

    def test_people_are_found_by_name_and_address(self) -> None:
        assert people_called("ann, BEN@a.example ,") == (ANN, BEN)

    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ("dan", "found 'dan', which is nobody's; ask them"),
            ("ben", "found 'ben', which is 2's"),
            (" , ", "expected names or e-mail addresses, found none"),
        ],
    )
    def test_who_is_not_known_is_not_guessed(self, typed: str, told: str) -> None:
        with pytest.raises(AccessError, match=told):
            people_called(typed)


def test_damaged_and_forged_shares_show_nothing(data: Path, session: Session) -> None:
    with at_home(ANN):
        share("session", session.folder)
    (file,) = (data / "shared").rglob("*.json")
    text = file.read_text("utf-8")
    for forged in ("", "[]", text.replace(ANN, CAT), text.replace(session.id, "../../x")):
        file.write_text(forged, encoding="utf-8")
        with at_home(BEN):
            assert shared_sessions() == ()
    file.write_text(text, encoding="utf-8")
    with at_home(BEN):
        assert len(shared_sessions()) == 1


def test_sharing_is_noted(session: Session) -> None:
    with at_home(ANN):
        share("session", session.folder)
        stop_sharing("session", session.id)
    noted = [(each.action, each.name, each.who) for each in entries().entries]
    assert noted[:2] == [("unshared", session.id, ANN), ("shared", session.id, ANN)]
