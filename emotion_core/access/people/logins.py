"""Logins: what a signed cookie says, which of them have ended, and the secret that signs them."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from emotion_core.access.people.place import accounts_dir, alone
from emotion_core.errors import AccessError
from emotion_core.system.storage.files import make_folder, owner_only, replace_file
from emotion_core.system.storage.shelf import writing

#: Streamlit's own, in seconds: 30 days, and one more within which it still takes a cookie.
LONGEST_LOGIN: Final = 31 * 24 * 3600

_SECRET: Final = "cookie_secret"
_ENDED: Final = "ended"
# What Streamlit adds to a login's claims, or takes out of them, on their way to a page.
_NOT_OF_THE_LOGIN: Final = ("origin", "is_logged_in", "tokens")


def login_id(claims: Mapping[str, Any]) -> str:
    """Return what tells one login from every other, also from the same person's next one.

    A provider gives each a number of its own (``nonce``), and so do passwords.
    """
    content = {name: claims[name] for name in claims if name not in _NOT_OF_THE_LOGIN}
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def end_login(claims: Mapping[str, Any]) -> None:
    """Refuse a login from now on, whoever has its cookie.

    Raises:
        AccessError: it cannot be noted.
    """
    with alone() as folder, writing(folder, AccessError):
        ended = folder / _ENDED
        make_folder(ended)
        _forget_old(ended)
        os.close(owner_only(str(ended / login_id(claims)), os.O_CREAT | os.O_WRONLY))


def has_ended(claims: Mapping[str, Any]) -> bool:
    """Tell whether somebody has logged out of this login.

    Raises:
        NoHomeError: there is no folder to keep things in.
    """
    return (accounts_dir() / _ENDED / login_id(claims)).exists()


def kept_secret() -> str:
    """Return the secret that signs cookies, 64 hexadecimal digits; made once, and kept.

    Raises:
        AccessError: it cannot be read or written.
    """
    path = accounts_dir() / _SECRET
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    with alone(), writing(path, AccessError):
        if not path.exists():
            with replace_file(path) as temporary:
                temporary.write_text(secrets.token_hex(32), encoding="ascii")
        return _read(path)


def _read(path: Path) -> str:
    try:
        found = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise AccessError(
            f"{path}: expected the secret that signs logins, found that it cannot be read "
            f"({error}); allow reading it, or delete it, and everybody logs in anew"
        ) from error
    if len(found) < 32:
        raise AccessError(
            f"{path}: expected a secret of 32 letters or more, found {len(found)}; delete it, and "
            "everybody logs in anew"
        )
    return found


def _forget_old(ended: Path) -> None:
    """Remove notes of logins whose cookies are too old by themselves."""
    for entry in ended.iterdir():
        if time.time() - entry.stat().st_mtime > LONGEST_LOGIN:
            entry.unlink(missing_ok=True)
