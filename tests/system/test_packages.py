from __future__ import annotations

from importlib import metadata

import pytest

from emotion_core.system import packages
from emotion_core.system.packages import UNKNOWN, installed, required_packages


def test_what_the_project_asks_for_is_installed_and_named_with_its_licence():
    found = {package.name: package for package in required_packages()}
    assert found["streamlit"].version == metadata.version("streamlit")
    assert found["streamlit"].licence == "Apache-2.0"
    assert found["segno"].licence == "BSD License"  # from its classifiers: it has no more
    assert all(package.licence != UNKNOWN for package in found.values())
    assert len(found) > 20


def test_what_is_not_installed_is_left_out(tmp_path, monkeypatch):
    assert installed("no-such-package") is None
    monkeypatch.setattr(packages, "PROJECT", tmp_path)
    assert required_packages() == ()
    (tmp_path / "requirements.txt").write_text("# numpy==1\nno-such-package==1\nnumpy==2.4\n")
    assert [package.name for package in required_packages()] == ["numpy"]


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ("License-Expression: MIT\nLicense: BSD\n", "MIT"),
        ("License: BSD\n", "BSD"),
        (
            "License: all of\n  its text\nClassifier: License :: OSI Approved :: MIT License\n",
            "MIT License",
        ),
        ("", UNKNOWN),
    ],
)
def test_a_licence_is_what_the_package_says(tmp_path, monkeypatch, fields, licence):
    folder = tmp_path / "made_up-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: made-up\nVersion: 1\n{fields}")
    monkeypatch.syspath_prepend(str(tmp_path))
    package = installed("made-up")
    assert package is not None
    assert (package.licence, package.version) == (licence, "1")
