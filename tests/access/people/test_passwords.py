import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from emotion_core.access.people import passwords
from emotion_core.access.people.passwords import (
    KnownAccounts,
    account_of,
    add_account,
    change_password,
    change_role,
    list_accounts,
    passwords_are_kept,
    remove_account,
)
from emotion_core.errors import AccessError

GOOD = "correct horse"


def test_from_let_in_to_removed(data):
    assert not passwords_are_kept()
    made = add_account("Ana", GOOD, "admin")
    assert passwords_are_kept()
    assert account_of("Ana", GOOD) == made
    assert account_of("Ana", "correct horsf") is None
    assert account_of("Ben", GOOD) is None
    path = data / "accounts" / "passwords.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert GOOD not in path.read_text()
    assert "$argon2id$v=19$m=65536,t=3,p=4$" in path.read_text()
    remove_account("ana")
    assert list_accounts() == ()
    assert account_of("Ana", GOOD) is None
    assert passwords_are_kept()  # whoever removes the last one has not opened the door


def test_a_name_is_one_whoever_spells_it():
    made = add_account(" Zoë ", GOOD, "viewer")
    assert made.name == "Zoë"
    for spelling in ("zoë", "ZOË", "zoe\u0308", " Zoë"):
        assert account_of(spelling, GOOD) == made
        with pytest.raises(AccessError, match=r"^expected a name that nobody has, found 'Zoë'|'"):
            add_account(spelling, GOOD, "viewer")
    assert account_of("zoe", GOOD) is None


def test_a_password_is_one_whatever_keyboard_types_it():
    add_account("ana", "cafe\u0301 au lait", "viewer")
    assert account_of("ana", "café au lait") is not None


def test_the_same_person_after_another_role_and_password_but_another_login():
    made = add_account("ana", GOOD, "member")
    promoted = change_role("ANA", "admin")
    assert (promoted.person.id, promoted.role, promoted.stamp) == (
        made.person.id,
        "admin",
        made.stamp,
    )
    changed = change_password("ana", "battery staple")
    assert changed.stamp != made.stamp
    assert changed.person.id == made.person.id
    assert account_of("ana", GOOD) is None
    assert account_of("ana", "battery staple") == changed


def test_hashes_of_one_password_differ():
    assert add_account("a", GOOD, "viewer").hash != add_account("b", GOOD, "viewer").hash


def test_two_who_add_one_name_at_once():
    def add(_):
        try:
            return add_account("ana", GOOD, "member")
        except AccessError:
            return None

    with ThreadPoolExecutor(4) as pool:
        made = [each for each in pool.map(add, range(4)) if each]
    assert len(made) == 1
    assert list_accounts() == tuple(made)


def test_nobody_is_compared_with_a_hash_as_slow(monkeypatch):
    add_account("ana", GOOD, "member")
    compared = []

    class Counting:
        def verify(self, hashed, password):
            compared.append(hashed)
            return passwords.PasswordHasher().verify(hashed, password)

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    assert account_of("ana", "wrong one") is None
    assert account_of("ben", "wrong one") is None
    parameters = {each.rpartition("$")[0].rpartition("$")[0] for each in compared}
    assert len(compared) == 2
    assert parameters == {"$argon2id$v=19$m=65536,t=3,p=4"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: add_account("ana", "short", "member"),
            "expected a password of 8 to 1,000 letters, found 5; choose another",
        ),
        (
            lambda: add_account("ana", "x" * 1001, "member"),
            "expected a password of 8 to 1,000 letters, found 1,001; choose another",
        ),
        (
            lambda: add_account("ana.maria", "Ana.Maria", "member"),
            "expected a password, found the name; choose another",
        ),
        (
            lambda: add_account("  ", GOOD, "member"),
            "expected a name of 1 to 100 printable letters, found ''; choose another",
        ),
        (
            lambda: add_account("a\nb", GOOD, "member"),
            r"expected a name of 1 to 100 printable letters, found 'a\nb'; choose another",
        ),
        (
            lambda: add_account("ana", GOOD, "boss"),
            "expected one of the roles viewer, member, admin, found 'boss'; name one",
        ),
        (
            lambda: remove_account("ana"),
            "expected somebody with a password here, found no 'ana'; see python -m emotion_core "
            "people list",
        ),
    ],
)
def test_what_is_refused_is_said(call, message):
    with pytest.raises(AccessError) as raised:
        call()
    assert str(raised.value) == message


def test_a_taken_name_and_too_many_people(monkeypatch):
    add_account("ana", GOOD, "member")
    with pytest.raises(AccessError) as raised:
        add_account("ana", GOOD, "member")
    assert str(raised.value) == (
        "expected a name that nobody has, found 'ana'; choose another, or change the password by "
        "python -m emotion_core people password"
    )
    monkeypatch.setattr(passwords, "MOST_PEOPLE", 1)
    with pytest.raises(AccessError) as raised:
        add_account("ben", GOOD, "member")
    assert str(raised.value) == (
        "expected fewer than 1 people with a password, found as many; remove one first"
    )


def test_a_damaged_file_lets_nobody_in_and_stays(data):
    add_account("ana", GOOD, "member")
    path = data / "accounts" / "passwords.json"
    path.write_text('{"people": [{"name": "ana"}]}')
    for call in (list_accounts, lambda: account_of("ana", GOOD), lambda: remove_account("ana")):
        with pytest.raises(AccessError) as raised:
            call()
        assert str(raised.value) == (
            f"{path}: expected people and their passwords, found a damaged file ('role'); bring it "
            "back from a backup, or delete it and let people in anew by python -m emotion_core "
            "people add"
        )
    assert path.read_text() == '{"people": [{"name": "ana"}]}'


def test_a_server_knows_each_change_at_once():
    known = KnownAccounts()
    assert known.find("ana") is None
    made = add_account("ana", GOOD, "member")
    assert known.find("Ana") == made
    assert known.find("Ana") is known.find("ana")  # not read again
    changed = change_role("ana", "viewer")
    assert known.find("ana") == changed
    remove_account("ana")
    assert known.find("ana") is None
