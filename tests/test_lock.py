"""What is locked is what is required, and the audit tells what it could not ask."""

from __future__ import annotations

import re

import pytest

from emotion_core.system.storage.folders import PROJECT
from tests.audit import audit, judge

PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)
STALE = "requirements.lock is not what requirements.txt asks for: run `make lock`"


def pins(name: str) -> dict[str, str]:
    """Return version by name, names as package indexes compare them."""
    text = (PROJECT / name).read_text("utf-8")
    return {re.sub(r"[-_.]+", "-", found[1]).lower(): found[2] for found in PIN.finditer(text)}


def test_the_lock_holds_every_requirement_in_its_version():
    locked, required = pins("requirements.lock"), pins("requirements.txt")
    assert len(required) > 10
    assert required.items() <= locked.items(), STALE
    listed = (PROJECT / "requirements.lock").read_text("utf-8")
    direct = len(re.findall(r"# +(?:via )?-r requirements\.txt$", listed, re.MULTILINE))
    assert direct == len(required), STALE


def test_every_locked_package_has_hashes():
    entries = re.split(r"\n(?=\S)", (PROJECT / "requirements.lock").read_text("utf-8"))
    packages = [entry for entry in entries if PIN.match(entry)]
    assert len(packages) > 50
    assert [entry.splitlines()[0] for entry in packages if "--hash=sha256:" not in entry] == []


def test_the_audit_names_what_it_found_and_what_it_could_not_ask(capsys):
    known = {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
    fine = {"name": "b", "version": "1", "vulns": []}
    unknown = {"name": "c", "skip_reason": "not found"}
    assert judge([known, fine, unknown]) == 1
    assert capsys.readouterr().out == (
        "a 1: CVE-1, mended in 2\n2 packages audited, 1 vulnerabilities known\n"
        "not audited, for the database does not know them: c\n"
    )
    assert judge([fine]) == 0
    assert capsys.readouterr().out == "1 packages audited, 0 vulnerabilities known\n"
    assert judge([unknown, unknown]) == 0
    assert capsys.readouterr().out == (
        "AUDIT SKIPPED: the database answers for none of 2 packages\n"
    )


def test_an_audit_that_cannot_be_made_is_skipped_aloud(tmp_path, capsys):
    pytest.importorskip("pip_audit")
    assert audit(tmp_path / "none.lock") == 0
    assert capsys.readouterr().out.startswith("AUDIT SKIPPED: the database cannot be asked (")
