import pytest

from emotion_core.access.people.person import Person, person_id
from emotion_core.access.people.rules import (
    accounts_are_required,
    checked_role,
    providers_in,
    read_rules,
    verified_email,
)
from emotion_core.errors import AccessError

TABLE = {
    "admins": ["ana@school.example"],
    "members": ["*@school.example", "0451"],
    "claim": "realm_access.roles",
    "values": {"teacher": "admin", "pupil": "viewer"},
    "grants": {"server": [], "addresses": ["member", "admin"]},
}


def email(address, **more):
    return {"sub": "7", "email": address, **more}


def in_claim(*roles, **more):
    return {"sub": "7", "realm_access": {"roles": list(roles)}, **more}


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        (email("ana@school.example"), "admin"),
        (email("Ana@School.Example"), "admin"),
        (email("ben@school.example"), "member"),
        (email("ben@school.example", email_verified=True), "member"),
        (email("ana@school.example", email_verified=False), None),
        (email("ana@school.example", email_verified="false"), None),
        (email("ana@school.example.evil"), None),
        ({"sub": "0451"}, "member"),
        ({"sub": "0451", "email": 5}, "member"),
        ({"sub": "7", "name": "ana@school.example"}, None),
        ({"sub": "7", "preferred_username": "ana@school.example"}, None),
        (in_claim("pupil"), "viewer"),
        (in_claim("pupil", "teacher"), "admin"),
        (in_claim("pupil", email="ben@school.example"), "member"),
        (in_claim("janitor"), None),
        ({"sub": "7", "realm_access.roles": "teacher"}, "admin"),
        ({"sub": "7", "realm_access": {"roles": {"teacher": True}}}, None),
        ({"sub": "7", "realm_access": "teacher"}, None),
        ({"sub": "7", "realm_access": {"roles": [["teacher"], None]}}, None),
        ({}, None),
    ],
)
def test_the_lists_and_the_claim_say_who_has_which_role(claims, role):
    assert read_rules(TABLE).role_of(claims) == role


@pytest.mark.parametrize(
    "said",
    [
        email("ana@school.example", picture="x"),
        email("ana@school.example", email_verified=False),
        {"sub": "0451", "email": 5},
        in_claim("pupil", "teacher", "janitor"),
        {"sub": "7", "realm_access": {"roles": {"teacher": True}}},
        {},
    ],
)
def test_what_is_kept_of_the_claims_means_the_same_and_is_no_more(said):
    rules = read_rules(TABLE)
    kept = rules.judged_of(said)
    assert rules.role_of(kept) == rules.role_of(said)
    assert set(kept) <= {"sub", "email", "realm_access.roles"}


def test_everybody_else_is_refused_unless_somebody_says_otherwise():
    assert read_rules(None).role_of(email("x@y.example")) is None
    assert read_rules({"others": "viewer"}).role_of({"sub": "7"}) == "viewer"


def test_an_unverified_address_does_not_count_by_another_name_either():
    rules = read_rules({"admins": ["ana@school.example"], "names": "email"})
    assert rules.role_of(email("ana@school.example", email_verified=False)) is None
    assert rules.role_of(email("ana@school.example")) == "admin"


def test_another_claim_may_name_people():
    rules = read_rules({"members": ["ben"], "names": "preferred_username"})
    assert rules.role_of({"sub": "7", "preferred_username": "ben"}) == "member"
    assert rules.role_of({"sub": "ben"}) is None


def test_grants():
    usual, changed = read_rules(None), read_rules(TABLE)
    assert [usual.grants_to(role, "keep") for role in ("viewer", "member", "admin")] == [
        False,
        True,
        True,
    ]
    assert usual.grants_to("admin", "server")
    assert not usual.grants_to("member", "server")
    assert not changed.grants_to("admin", "server")
    assert changed.grants_to("member", "addresses")
    assert not changed.grants_to("viewer", "addresses")
    assert changed.grants_to("admin", "people")
    assert not changed.grants_to("member", "people")


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ({"admin": ["ana"]}, "found 'admin'"),
        ({"admins": "ana"}, "admins: expected a list, found text"),
        ({"others": "member"}, "Invalid enum value 'member' - at `$.others`"),
        ({"grants": {"people": ["viewer"]}}, "found 'people'"),
        ({"values": {"x": "boss"}}, "Invalid enum value 'boss'"),
        ("everybody", "expected names with values, found text"),
    ],
)
def test_a_table_that_means_nothing_is_refused(table, found):
    with pytest.raises(AccessError) as raised:
        read_rules(table)
    message = str(raised.value)
    assert message.startswith("[people] of .streamlit/secrets.toml: ")
    assert found in message
    assert message.endswith(
        "; roles are viewer, member, admin, and the grants keep, server, addresses; see "
        "docs/deployment.md, “Who may come in”"
    )


def test_an_id_is_of_the_issuer_and_the_subject_and_names_a_folder():
    ids = {
        person_id(*each)
        for each in [("https://a", "1"), ("https://b", "1"), ("https://a", "2"), ("https://a1", "")]
    }
    assert len(ids) == 4
    assert person_id("https://a", "1") == person_id("https://a", "1")
    assert len(person_id("x", "../../etc")) == 16
    with pytest.raises(ValueError, match="16 hexadecimal digits"):
        Person("../../etc", "x", "viewer")


def test_roles_by_name():
    assert checked_role("admin") == "admin"
    with pytest.raises(
        AccessError,
        match=r"^expected one of the roles viewer, member, admin, found 'boss'; name one$",
    ):
        checked_role("boss")


def test_an_email_that_nobody_says_anything_about_counts():
    assert verified_email({"email": "a@b.example"}) == "a@b.example"


@pytest.mark.parametrize(
    ("auth", "people", "required"),
    [
        (None, None, False),
        ({"cookie_secret": "x"}, {}, False),
        ({"server_metadata_url": "https://a"}, None, True),
        ({"google": {"server_metadata_url": "https://a", "title": "Google"}}, None, True),
        ({"google": {"client_id": "x"}}, None, False),
        (None, {"required": True}, True),
        (None, {"required": False}, False),
        (None, {"required": "no"}, True),  # whatever is meant by it: nobody comes in by mistake
        ("x", "y", False),
    ],
)
def test_when_everybody_has_to_log_in(auth, people, required):
    assert accounts_are_required(auth, people) is required


def test_providers_and_what_to_call_them():
    auth = {
        "server_metadata_url": "https://a",
        "title": "School",
        "redirect_uri": "https://b",
        "google": {"server_metadata_url": "https://c"},
    }
    assert providers_in(auth) == {"default": "School", "google": "google"}
