"""Asks a public database for known vulnerabilities of what is locked: run by ``make audit``.

Where the database cannot be asked it says so and fails nothing: silence is no safety.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

LOCK: Final = Path(__file__).parents[1] / "requirements.lock"


def audit(lock: Path = LOCK) -> int:
    """Print what is known of the packages in a lock file; return 1 for a vulnerability, else 0."""
    # Offline, and with the hashes: nothing is installed or resolved, the lock is taken at its word.
    command = ["-m", "pip_audit", "--requirement", str(lock), "--require-hashes", "--disable-pip"]
    done = subprocess.run(
        [sys.executable, *command, "--format", "json", "--progress-spinner", "off"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        print(f"AUDIT SKIPPED: the database cannot be asked ({reason})")
        return 0
    return judge(packages)


def judge(packages: list[dict]) -> int:
    """Print what pip-audit found; return 1 for a vulnerability, else 0.

    Args:
        packages: each with its ``name``, ``version`` and ``vulns``, or why it was passed over in
            ``skip_reason``.
    """
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    found = [
        f"{each['name']} {each['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for each in packages
        for vulnerability in each.get("vulns", ())
    ]
    asked = len(packages) - len(unknown)
    if not asked:
        print(f"AUDIT SKIPPED: the database answers for none of {len(packages)} packages")
        return 0
    print("\n".join([*found, f"{asked} packages audited, {len(found)} vulnerabilities known"]))
    if unknown:
        print(f"not audited, for the database does not know them: {', '.join(unknown)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(audit())
