"""Which role somebody has, and what it may do, as `.streamlit/secrets.toml` says under [people]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, get_args

from emotion_core.access.people.person import GRANTS, ROLES, USUAL_GRANTS, Grant, Role
from emotion_core.access.reach.rules import Reach
from emotion_core.errors import AccessError, ReachError
from emotion_core.quantities import bytes_of
from emotion_core.system.storage.json_reading import checked

#: The table in `.streamlit/secrets.toml`.
SECTION: Final = "people"
#: The table of providers, which is Streamlit's.
AUTH: Final = "auth"
#: What Streamlit calls the provider that stands in [auth] itself.
DEFAULT_PROVIDER: Final = "default"
_OF_A_PROVIDER: Final = "server_metadata_url"


#: Of ``quotas``: no limit.
UNLIMITED: Final = "none"
USUAL_QUOTAS: Final[dict[str, str]] = {"viewer": "1 GB", "member": "5 GB", "admin": UNLIMITED}


@dataclass(frozen=True)
class Grants:
    """The roles that are granted each thing; ``people`` is the admins' alone."""

    keep: tuple[Role, ...] = USUAL_GRANTS["keep"]
    server: tuple[Role, ...] = USUAL_GRANTS["server"]
    addresses: tuple[Role, ...] = USUAL_GRANTS["addresses"]


@dataclass(frozen=True)
class Reached:
    """What may be reached besides the Internet by whoever is granted ``addresses``.

    Attributes:
        allow: names, and networks such as ``10.3.0.0/16``.
    """

    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _ = self.rule

    @property
    def rule(self) -> Reach:
        """What judges an address."""
        try:
            return Reach.allowing(self.allow)
        except ReachError as error:
            raise ValueError(str(error)) from error


@dataclass(frozen=True)
class Rules:
    """What [people] says; the table's own names.

    Attributes:
        required: whether nobody comes in without an account, even before there is any.
        admins: addresses of e-mail, or values of the claim that ``names`` names; ``*`` stands for
            anything. Upper and lower case are the same.
        members: such of members.
        others: what everybody else is: ``viewer``, or ``nobody``, who is refused.
        claim: the claim with somebody's roles or groups, dots between its parts such as
            ``realm_access.roles``; empty: none counts.
        values: what the values of that claim mean.
        names: the claim that ``admins`` and ``members`` name people by, besides ``email``.
        grants: see ``Grants``.
        reach: see ``Reached``.
        quotas: sizes such as ``5 GB`` that somebody's things may have together, by their role; or
            by their id or address of e-mail, which come first. ``none``: any size.
    """

    required: bool = False
    admins: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    others: Literal["viewer", "nobody"] = "nobody"
    claim: str = ""
    values: dict[str, Role] = field(default_factory=dict)
    names: str = "sub"
    grants: Grants = field(default_factory=Grants)
    reach: Reached = field(default_factory=Reached)
    quotas: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for size in self.quotas.values():
            _quota(size)

    def quota_of(self, role: Role, *names: str) -> int | None:
        """Return the bytes that somebody's things may have together; None: any number.

        Args:
            role: theirs.
            names: their id, and addresses of e-mail.
        """
        if not self.grants_to(role, "keep"):
            return 0
        quotas = {**USUAL_QUOTAS, **self.quotas}
        return _quota(next(quotas[each] for each in (*names, role) if each in quotas))

    def role_of(self, claims: Mapping[str, Any]) -> Role | None:
        """Return the role of whom a provider says this about; None for whom nobody let in.

        The highest counts, of the lists and of the claim.
        """
        found: list[Role] = [self.values[each] for each in self._in_claim(claims)]
        names: list[Any] = [verified_email(claims)]
        if self.names != "email":  # which may not be theirs
            names.append(claims.get(self.names))
        if _any_matches(names, self.admins):
            found.append("admin")
        if _any_matches(names, self.members):
            found.append("member")
        if self.others == "viewer":
            found.append("viewer")
        return max(found, key=ROLES.index, default=None)

    def judged_of(self, claims: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
        """Return of what a provider says the part that ``role_of`` looks at, to judge it again."""
        found: dict[str, str | tuple[str, ...]] = {}
        if (email := verified_email(claims)) is not None:
            found["email"] = email
        name = claims.get(self.names)
        if isinstance(name, str) and self.names != "email":
            found[self.names] = name
        if values := self._in_claim(claims):
            found[self.claim] = tuple(values)
        return found

    def grants_to(self, role: Role, grant: Grant) -> bool:
        """Tell whether a role is granted something."""
        return role in getattr(self.grants, grant, USUAL_GRANTS[grant])

    def _in_claim(self, claims: Mapping[str, Any]) -> list[str]:
        """Return the values of the claim that mean a role."""
        content: Any = claims if self.claim else ()
        # Of some providers a claim's name is an address with dots in it.
        path = [self.claim] if self.claim in claims else self.claim.split(".")
        for part in path:
            content = content.get(part) if isinstance(content, Mapping) else None
        values = [content] if isinstance(content, str) else content
        if not isinstance(values, list | tuple):
            return []
        return [each for each in values if isinstance(each, str) and each in self.values]


def _quota(size: str) -> int | None:
    try:
        return None if size == UNLIMITED else bytes_of(size)
    except ValueError:
        raise ValueError(
            f"expected quotas such as '5 GB' or '{UNLIMITED}', found {size[:40]!r}"
        ) from None


def providers_in(auth: Any) -> dict[str, str]:
    """Return the providers that the table [auth] names: by Streamlit's names, what to call each.

    Args:
        auth: the table; None without one.
    """
    if not isinstance(auth, Mapping):
        return {}
    found = {
        name: str(each.get("title", name))
        for name, each in auth.items()
        if isinstance(each, Mapping) and _OF_A_PROVIDER in each
    }
    if _OF_A_PROVIDER in auth:
        return {DEFAULT_PROVIDER: str(auth.get("title", "")), **found}
    return found


def accounts_are_required(auth: Any, people: Any) -> bool:
    """Tell whether the tables [auth] and [people] have everybody log in.

    Not by ``read_rules``: where they say anything else that is wrong, nobody comes in either.
    """
    said = people.get("required", False) if isinstance(people, Mapping) else False
    return bool(providers_in(auth)) or said is not False


def read_rules(table: Any) -> Rules:
    """Return what the table [people] says; the usual rules where there is none.

    Raises:
        AccessError: it says something that means nothing.
    """
    try:
        return checked({} if table is None else table, Rules)
    except (ValueError, KeyError) as error:
        raise AccessError(
            f"[{SECTION}] of .streamlit/secrets.toml: {error}; roles are {', '.join(ROLES)}, and "
            f"the grants {', '.join(each for each in GRANTS if each != 'people')}; see "
            "docs/deployment.md, “Who may come in”"
        ) from None


def verified_email(claims: Mapping[str, Any]) -> str | None:
    """Return somebody's address of e-mail; None where the provider says that it is not checked."""
    email, verified = claims.get("email"), claims.get("email_verified")
    # Some send it as text.
    if not isinstance(email, str) or verified is False or str(verified).lower() == "false":
        return None
    return email


def checked_role(text: str) -> Role:
    """Return a role by its name.

    Raises:
        AccessError: there is no such role.
    """
    for role in get_args(Role):
        if text == role:
            return role  # type: ignore[no-any-return]
    raise AccessError(f"expected one of the roles {', '.join(ROLES)}, found {text!r:.40}; name one")


def _any_matches(names: list[Any], patterns: tuple[str, ...]) -> bool:
    return any(
        fnmatchcase(name.casefold(), pattern.casefold())
        for name in names
        if isinstance(name, str)
        for pattern in patterns
    )
