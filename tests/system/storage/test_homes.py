"""Whose things are where: homes of people, and what an app without accounts has always had."""

import contextvars
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from emotion_core.datasets.checks.exclusions import exclusions_dir
from emotion_core.datasets.own.storage import own_data_dir
from emotion_core.errors import NoHomeError
from emotion_core.models.folder import MODELS_FOLDER, models_dirs
from emotion_core.sessions.storage import earlier_sessions, sessions_dir
from emotion_core.system.storage import folders
from emotion_core.system.storage.folders import base_dir, data_dir, home_of, is_personal, keeper
from emotion_core.system.storage.homes import Home, all_homes, open_home, take_over
from emotion_core.system.storage.persons import (
    at_home,
    environment_of,
    find_person_with,
    is_person,
    whose,
)
from emotion_core.training.runs.storage import runs_dir

ANN = "a" * 16
BEN = "b" * 16


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    for name in (*folders.PERSONAL_VARIABLES, "EMOTION_MODELS_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "data"


def nobody() -> str | None:
    raise NoHomeError("expected somebody who has logged in, found nobody; log in")


@pytest.fixture
def accounts() -> Iterator[None]:
    end = find_person_with(nobody)
    yield
    end()


def test_without_accounts_everything_lies_where_it_always_has(base: Path) -> None:
    assert (whose(), data_dir(), base_dir()) == (None, base, base)
    assert sessions_dir() == base / "sessions"
    assert all_homes() == (Home(None, base),)


def test_each_person_has_a_home_for_all_kinds(base: Path) -> None:
    kinds = (sessions_dir, own_data_dir, runs_dir, exclusions_dir)
    with at_home(ANN):
        of_ann = {find() for find in kinds}
    with at_home(BEN):
        of_ben = {find() for find in kinds}
    assert all(path.is_relative_to(base / "people" / ANN) for path in of_ann)
    assert all(path.is_relative_to(base / "people" / BEN) for path in of_ben)


@pytest.mark.usefixtures("accounts")
def test_with_accounts_and_nobody_known_nothing_is_found() -> None:
    with pytest.raises(NoHomeError, match="log in"):
        sessions_dir()
    with at_home(None):  # the server itself
        assert sessions_dir() == base_dir() / "sessions"


@pytest.mark.usefixtures("accounts")
def test_a_thread_runs_for_nobody_unless_it_is_told() -> None:
    found: list[str | None] = []

    def look() -> None:
        try:
            found.append(whose())
        except NoHomeError:
            found.append("refused")

    with at_home(ANN):
        context = contextvars.copy_context()
        for target in (look, lambda: context.run(look)):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
    assert found == ["refused", ANN]


def test_what_a_variable_names_has_hidden_homes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "elsewhere"))
    assert sessions_dir() == tmp_path / "elsewhere"
    with at_home(ANN):
        assert sessions_dir() == tmp_path / "elsewhere" / ".people" / ANN
        assert is_personal(sessions_dir() / "frames.csv")


def test_the_first_admin_has_what_was_there_before(base: Path) -> None:
    (base / "sessions" / "20260101T000000Z").mkdir(parents=True)
    assert take_over(ANN)
    assert keeper() == ANN
    with at_home(ANN):
        assert sessions_dir() == base / "sessions"
    with at_home(BEN):
        assert sessions_dir() == base / "people" / BEN / "sessions"
    assert all_homes() == (Home(ANN, base),)


def test_only_the_first_takes_over() -> None:
    assert take_over(ANN)
    assert take_over(ANN)
    assert not take_over(BEN)
    assert keeper() == ANN


def test_whoever_has_made_things_elsewhere_takes_nothing_over() -> None:
    open_home(ANN)
    assert not take_over(ANN)
    assert keeper() is None


def test_of_two_who_log_in_at_once_one_takes_over() -> None:
    took: dict[str, bool] = {}
    start = threading.Barrier(8)

    def try_it(person: str) -> None:
        start.wait()
        took[person] = take_over(person)

    threads = [threading.Thread(target=try_it, args=(f"{n:016x}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [person for person, yes in took.items() if yes] == [keeper()]


def test_a_damaged_keeper_is_nobody(base: Path) -> None:
    base.mkdir()
    (base / "keeper").write_text("../../etc", encoding="ascii")
    with pytest.raises(NoHomeError, match=r"keeper: expected the id .* found '../../etc'; write"):
        home_of(ANN)


@pytest.mark.parametrize(
    "id_", ["..", "a" * 15, "A" * 16, f"{'a' * 15}/", "a" * 17, "a" * 16 + "\n"]
)
def test_nobody_is_called_that(id_: str) -> None:
    assert not is_person(id_)
    with pytest.raises(NoHomeError, match="16 hexadecimal digits"), at_home(id_):
        pass


def test_a_process_is_told_for_whom_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(ANN).items():
        monkeypatch.setenv(name, value)
    assert whose() == ANN
    for name, value in environment_of(None).items():
        monkeypatch.setenv(name, value)
    assert whose() is None


def test_people_reach_the_servers_models_and_their_own(base: Path) -> None:
    with at_home(ANN):
        assert models_dirs() == (base / "people" / ANN / "models", MODELS_FOLDER)


def test_nobody_is_told_what_an_earlier_version_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders.platformdirs, "user_data_dir", lambda _: str(tmp_path / "home"))
    (tmp_path / "home" / "sessions" / "one").mkdir(parents=True)
    assert earlier_sessions() == tmp_path / "home" / "sessions"
    with at_home(ANN):
        assert earlier_sessions() is None


def test_homes_that_are_none_are_passed_over(base: Path) -> None:
    with at_home(ANN):
        open_home(ANN)
    (base / "people" / "notes").mkdir()
    (base / "people" / BEN).symlink_to(base / "people" / ANN)
    assert all_homes() == (Home(None, base), Home(ANN, base / "people" / ANN))
