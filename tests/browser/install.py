"""Bring a browser for the tests where the machine has none; `make test` calls this.

Debian's `chromium` where apt-get works, else the one that Playwright downloads.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

MISSING = (
    "The browser tests need Chromium and none could be installed. Install Chromium or Chrome, or "
    "name one: CHROMIUM=/path/to/chromium make test"
)


def installed_browser(playwright: Playwright) -> str | None:
    """Return the path of the Chromium to test with, or None where there is none.

    The environment variable ``CHROMIUM`` decides, then the search path, then Playwright's own.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install() -> None:
    """Install a browser the way this machine allows."""
    commands: list[list[str]] = []
    if shutil.which("apt-get"):
        sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        commands.append([*sudo, "apt-get", "update", "-q"])
        commands.append([*sudo, "apt-get", "install", "-y", "-q", "chromium"])
    for command in commands:
        try:
            done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        except FileNotFoundError:  # no sudo here
            break
        if done.returncode:
            break
    else:
        if commands:
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Return 0 when there is a browser, 1 when none could be had."""
    with sync_playwright() as playwright:
        if installed_browser(playwright) is None and "CHROMIUM" not in os.environ:
            install()
        found = installed_browser(playwright)
    print(f"Browser for the tests: {found}" if found else MISSING)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
