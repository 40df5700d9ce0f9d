"""Which packages the image gets, and what is left out of them."""

from __future__ import annotations

import re
import sys

from emotion_core.system.storage.folders import PROJECT
from tests.deploy.commands import DEPLOY

sys.path.insert(0, str(DEPLOY))
import packages

LOCK = (PROJECT / "requirements.lock").read_text("utf-8")
SMALLER = (DEPLOY / "tensorflow-cpu.txt").read_text("utf-8")


def test_the_smaller_tensorflow_is_of_the_same_version():
    (version,) = re.findall(r"^tensorflow==(\S+)", LOCK, re.MULTILINE)
    assert re.search(rf"^tensorflow-cpu=={version} --hash=sha256:\w{{64}}$", SMALLER, re.MULTILINE)


def test_it_takes_the_place_of_the_other_and_all_else_stays():
    chosen = packages.chosen(LOCK, SMALLER)
    before = set(re.findall(r"^([\w.-]+)==", LOCK, re.MULTILINE))
    after = set(re.findall(r"^([\w.-]+)==", chosen, re.MULTILINE))
    assert after == before - {"tensorflow"} | {"tensorflow-cpu"}
    hashes = re.findall(r"--hash=\S+", chosen)
    of_tensorflow = re.search(r"^tensorflow==.*?(?=^\S)", LOCK, re.MULTILINE | re.DOTALL)[0]
    gone = re.findall(r"--hash=\S+", of_tensorflow)
    assert gone
    assert not set(gone) & set(hashes)
    assert len(hashes) == len(re.findall(r"--hash=\S+", LOCK)) - len(gone) + 1


def test_what_is_for_compilers_and_tests_goes_and_what_is_imported_stays(tmp_path):
    gone = (
        "tensorflow/include/eigen/core.h",
        "pandas/tests/test_frame.py",
        "scipy/stats/tests/test_stats.py",
        "pyarrow/libarrow_flight.so.2600",
        "numpy/random/lib/libnpyrandom.a",
        "pip/__main__.py",
    )
    stay = (
        "tensorflow/python/training/checkpoint.py",
        "numpy/_core/tests/_natype.py",  # numpy.testing imports it
        "pyarrow/libarrow.so.2600",
        "pandas/testing.py",
        "tensorflow_cpu-2.21.0.dist-info/METADATA",
    )
    for name in (*gone, *stay):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    packages.slim(tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(stay)


def test_each_thing_that_is_left_out_is_named_once_and_in_order():
    assert list(packages.UNUSED) == sorted(set(packages.UNUSED))
