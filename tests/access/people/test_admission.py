import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from emotion_core.access.people import known as people
from emotion_core.access.people.admission import PASSWORD_PROVIDER, Refused, account_in, admit
from emotion_core.access.people.known import (
    find_known,
    list_known,
    note_browser,
    note_seen,
    refuse,
)
from emotion_core.access.people.logins import end_login, has_ended, kept_secret, login_id
from emotion_core.access.people.passwords import (
    ISSUER,
    add_account,
    change_password,
    change_role,
    remove_account,
)
from emotion_core.access.people.person import Person, person_id
from emotion_core.access.people.rules import read_rules
from emotion_core.errors import AccessError

RULES = read_rules({"members": ["*@school.example"]})
ISS = "https://login.school.example"


def claims(**more):
    return {
        "is_logged_in": True,
        "provider": "default",
        "iss": ISS,
        "sub": "7",
        "name": "Ben",
        "email": "ben@school.example",
        "nonce": "n1",
        **more,
    }


def password_claims(account, **more):
    return claims(
        provider=PASSWORD_PROVIDER,
        iss=ISSUER,
        sub=account.name,
        name=account.name,
        email="",
        stamp=account.stamp,
        **more,
    )


def test_who_a_provider_names_is_let_in_by_the_lists():
    assert admit(claims(), RULES) == Person(person_id(ISS, "7"), "Ben", "member")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, Refused("not logged in")),
        ({**claims(), "is_logged_in": False}, Refused("not logged in")),
        ({**claims(), "is_logged_in": "yes"}, Refused("not logged in")),
        (claims(email="ben@elsewhere.example"), Refused("not let in", "Ben")),
        (claims(sub=""), Refused("not let in", "Ben")),
        (claims(sub=None), Refused("not let in", "Ben")),
        (claims(iss=None), Refused("not let in", "Ben")),
        (claims(iss=ISSUER), Refused("not let in", "Ben")),  # nobody's provider is called so
        (claims(provider=PASSWORD_PROVIDER, iss=ISSUER), Refused("login ended", "Ben")),
    ],
)
def test_who_is_refused_and_why(said, found):
    assert admit(said, RULES) == found


def test_a_login_that_somebody_ended_counts_no_more_whoever_has_its_cookie():
    assert not has_ended(claims())
    end_login({**claims(), "origin": "https://faces.example"})  # as the cookie has it
    assert admit({**claims(), "tokens": {}}, RULES) == Refused("login ended", "Ben")
    assert isinstance(admit(claims(nonce="n2"), RULES), Person)  # the next login


def test_notes_of_logins_that_are_too_old_by_themselves_go(data):
    end_login(claims())
    (note,) = (data / "accounts" / "ended").iterdir()
    os.utime(note, (0, 0))
    end_login(claims(nonce="n2"))
    assert [each.name for each in (data / "accounts" / "ended").iterdir()] == [
        login_id(claims(nonce="n2"))
    ]


def test_somebody_with_a_password_has_the_role_of_now():
    account = add_account("ana", "correct horse", "member")
    said = password_claims(account)
    assert admit(said, RULES) == account.person
    change_role("ana", "viewer")
    assert admit(said, RULES) == replace(account.person, role="viewer")
    remove_account("ana")
    assert admit(said, RULES) == Refused("login ended", "ana")


def test_another_password_ends_earlier_logins_and_so_does_coming_back():
    account = add_account("ana", "correct horse", "member")
    changed = change_password("ana", "battery staple")
    assert admit(password_claims(account), RULES) == Refused("login ended", "ana")
    assert isinstance(admit(password_claims(changed), RULES), Person)
    remove_account("ana")
    add_account("ana", "battery staple", "member")
    assert admit(password_claims(changed), RULES) == Refused("login ended", "ana")


def test_whom_an_admin_refuses_stays_out_until_let_in_again():
    found = admit(claims(), RULES)
    note_seen(found, claims(), ISS)
    refuse(found.id, refused=True)
    assert admit(claims(), RULES) == Refused("not let in", "Ben")
    note_seen(found, claims(), ISS)  # a run that was under way
    assert admit(claims(), RULES) == Refused("not let in", "Ben")
    refuse(found.id, refused=False)
    assert admit(claims(), RULES) == found


def test_who_was_here_is_known_and_when(data):
    ben = admit(claims(), RULES)
    note_seen(ben, claims(), ISS)
    first = find_known(ben.id)
    assert (first.name, first.email, first.role, first.issuer) == (
        "Ben",
        "ben@school.example",
        "member",
        ISS,
    )
    path = data / "accounts" / "known" / f"{ben.id}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.stat().st_mtime_ns
    note_seen(ben, claims(), ISS)
    assert path.stat().st_mtime_ns == before  # so soon nothing is written
    earlier = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
    people._write(replace(first, first_seen=earlier, last_seen=earlier))
    note_seen(replace(ben, role="admin"), claims(), ISS)
    again = find_known(ben.id)
    assert again.first_seen == earlier
    assert again.last_seen > earlier
    assert again.role == "admin"
    assert list_known() == ((again,), ())


def test_browsers_are_known_by_hashes_and_not_without_end():
    ben = admit(claims(), RULES)
    note_seen(ben, claims(), ISS)
    for index in range(12):
        note_browser(ben.id, f"hash {index}")
    note_browser(ben.id, "hash 11")
    assert find_known(ben.id).browsers == tuple(f"hash {index}" for index in range(2, 12))


def test_a_damaged_file_of_somebody_is_told_and_lets_them_in_no_more(data):
    ben = admit(claims(), RULES)
    note_seen(ben, claims(), ISS)
    path = data / "accounts" / "known" / f"{ben.id}.json"
    path.write_text("{")
    people_found, problems = list_known()
    assert people_found == ()
    (problem,) = problems
    assert problem.startswith(
        f"{path}: expected what is known of somebody, found a damaged file (Expecting property name"
    )
    assert problem.endswith(
        "; bring it back from a backup, or delete it, and it is written anew when they come"
    )
    with pytest.raises(AccessError):
        admit(claims(), RULES)


def test_ids_lead_to_no_other_file():
    with pytest.raises(AccessError) as raised:
        refuse("../passwords", refused=True)
    assert str(raised.value) == (
        "expected an id of 16 hexadecimal digits, found '../passwords'; see python -m emotion_core "
        "people list"
    )
    with pytest.raises(AccessError) as raised:
        refuse("0" * 16, refused=True)
    assert str(raised.value) == (
        "expected somebody who was here before, found no '0000000000000000'; see python -m "
        "emotion_core people list"
    )


def test_the_secret_of_cookies_is_made_once_and_nobody_else_reads_it(data):
    made = kept_secret()
    assert len(made) == 64
    assert kept_secret() == made
    path = data / "accounts" / "cookie_secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("short")
    with pytest.raises(AccessError) as raised:
        kept_secret()
    assert str(raised.value) == (
        f"{path}: expected a secret of 32 letters or more, found 5; delete it, and everybody logs "
        "in anew"
    )
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(AccessError, match="expected the secret that signs logins, found that it c"):
        kept_secret()


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"name": "A\nna\x1b[31m", "sub": "7"}, "Ana[31m"),
        ({"name": "  ", "email": "a@b.example", "sub": "7"}, "a@b.example"),
        ({"email": "a@b.example", "email_verified": False, "sub": "7"}, "7"),
        ({"preferred_username": "ana", "sub": "7"}, "ana"),
        ({"name": "x" * 500}, "x" * 100),
    ],
)
def test_what_somebody_is_called_can_be_shown(said, name):
    assert account_in(said) == name
