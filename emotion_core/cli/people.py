"""``people``: who may come in by a password kept here, and who was ever here."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from emotion_core.access.audit import note
from emotion_core.access.people.known import Known, list_known, refuse
from emotion_core.access.people.passwords import (
    ISSUER,
    LONGEST,
    SHORTEST,
    add_account,
    change_password,
    change_role,
    checked_name,
    find_person_id,
    key_of,
    list_accounts,
    remove_account,
)
from emotion_core.access.people.person import ROLES
from emotion_core.errors import AccessError
from emotion_core.quantities import moment
from emotion_core.system.storage.persons import is_person


def add_parser(commands: Any) -> None:
    """Add the command and its own commands to argparse's subparsers."""
    parser = commands.add_parser(
        "people",
        help="let people in by a password, and see who was here",
        description="With the first person added here, the app asks everybody to log in. People "
        "of a provider (OIDC) need nothing here: .streamlit/secrets.toml says who may come in; see "
        "docs/deployment.md. The app knows each change at once. A viewer looks and keeps nothing, "
        "a member keeps things, an admin also sees who there is.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    asks = f"asks for a password of {SHORTEST} letters or more, or reads a line from stdin"
    add = actions.add_parser("add", help="let somebody in", description=f"Lets somebody in; {asks}")
    add.add_argument("name", metavar="NAME", help="what they type to log in")
    add.add_argument("--role", choices=ROLES, default="member", help="(default: member)")
    add.set_defaults(run=run_add)
    actions.add_parser("list", help="list who may come in, and who was here").set_defaults(
        run=run_list
    )
    role = actions.add_parser("role", help="give somebody with a password another role")
    role.add_argument("name", metavar="NAME")
    role.add_argument("role", metavar="ROLE", choices=ROLES, help=", ".join(ROLES))
    role.set_defaults(run=run_role)
    password = actions.add_parser(
        "password",
        help="give somebody another password, which ends where they are logged in",
        description=f"Gives somebody another password; {asks}",
    )
    password.add_argument("name", metavar="NAME")
    password.set_defaults(run=run_password)
    remove = actions.add_parser(
        "remove",
        help="let somebody in no more; what they made stays",
        description="Lets somebody in no more, from the next thing that they do on a page; what "
        "they made stays, and is theirs again once they are let in under the same name.",
    )
    remove.add_argument(
        "name", metavar="NAME", help="of somebody with a password, or the id of somebody listed"
    )
    remove.set_defaults(run=run_remove)
    back = actions.add_parser("allow", help="let in again whom remove refused, of a provider")
    back.add_argument("id", metavar="ID", help="as list prints it")
    back.set_defaults(run=run_allow)


def run_add(arguments: argparse.Namespace) -> None:
    """Let somebody in.

    Raises:
        AccessError: see ``add_account``.
    """
    made = add_account(checked_name(arguments.name), asked_password(), arguments.role)
    note("added", "person", made.name, detail=made.role)
    print(f"{made.name} may come in as {made.role}")


def run_list(_: argparse.Namespace) -> None:
    """Print one line for each who may come in by a password or was here; problems on stderr.

    Raises:
        AccessError: the passwords cannot be read.
    """
    people, problems = list_known()
    for problem in problems:
        print(f"emotion_core: {problem}", file=sys.stderr)
    seen = {each.id: each for each in people}
    accounts = list_accounts()
    for account in accounts:
        known = seen.pop(account.person.id, None)
        when = f"last seen {moment(known.last_seen)}" if known else "never seen"
        print(f"{account.person.id}  {account.name}: {account.role}, by a password, {when}")
    for known in seen.values():
        print(f"{known.id}  {in_words(known)}")
    if not accounts and not people:
        print("nobody: the app asks nobody to log in, unless .streamlit/secrets.toml says so")


def run_role(arguments: argparse.Namespace) -> None:
    """Give somebody another role.

    Raises:
        AccessError: see ``change_role``.
    """
    changed = change_role(arguments.name, arguments.role)
    note("changed", "person", changed.name, detail=f"role {changed.role}")
    print(f"{changed.name} is {changed.role} from now on")


def run_password(arguments: argparse.Namespace) -> None:
    """Give somebody another password.

    Raises:
        AccessError: see ``change_password``.
    """
    changed = change_password(arguments.name, asked_password())
    note("changed", "person", changed.name, detail="password")
    print(f"{changed.name} has another password, and is logged out wherever the old one was used")


def run_remove(arguments: argparse.Namespace) -> None:
    """Let somebody in no more.

    Raises:
        AccessError: nobody has this name or id, or nothing can be written.
    """
    name = arguments.name
    has_password = any(key_of(each.name) == key_of(name) for each in list_accounts())
    if is_person(name) and not has_password:
        refuse(name, refused=True)
        note("changed", "person", name, detail="refused")
        print(f"{name} is refused from now on; people allow {name} lets them in again")
        return
    removed = remove_account(name)
    note("deleted", "person", removed.name)
    print(
        f"{removed.name} is refused from now on; what they made stays, as "
        f"{find_person_id(removed.name)}"
    )


def run_allow(arguments: argparse.Namespace) -> None:
    """Let somebody in again.

    Raises:
        AccessError: nobody has this id, or nothing can be written.
    """
    refuse(arguments.id, refused=False)
    note("changed", "person", arguments.id, detail="let in again")
    print(f"{arguments.id} may come in again, where .streamlit/secrets.toml lets them")


def asked_password() -> str:
    """Return a password: typed twice at a terminal, else a line of stdin.

    Raises:
        AccessError: there is none, or the second is another.
    """
    if not sys.stdin.isatty():
        line = sys.stdin.readline(LONGEST * 4)
        if not line:
            raise AccessError("expected a password on stdin, found none; send it as a line")
        return line.rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != first:
        raise AccessError("expected the same password twice, found two; try again")
    return first


def in_words(known: Known) -> str:
    """Return what is known of somebody, on one line."""
    email = f" ({known.email})" if known.email and known.email != known.name else ""
    by = "had a password here" if known.issuer == ISSUER else f"by {known.issuer}"
    refused = "refused; " if known.is_refused else ""
    return f"{known.name}{email}: {refused}{known.role}, {by}, last seen {moment(known.last_seen)}"
