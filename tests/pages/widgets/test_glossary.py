"""One place says what technical terms mean."""

import ast
import re
from pathlib import Path

import pytest

from pages.widgets import glossary

PAGES = Path(glossary.__file__).parents[1]


def _asked_for() -> dict[str, str]:
    """Return the terms that pages ask for, each with one file that does."""
    found: dict[str, str] = {}
    for file in sorted(PAGES.rglob("*.py")):
        if file == Path(glossary.__file__):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            if name not in ("meaning", "explain_terms"):
                continue
            for argument in node.args:
                place = f"{file.name}:{node.lineno}"
                assert isinstance(argument, ast.Constant), f"{place}: write the term out"
                found[argument.value] = place
    return found


def test_every_term_that_a_page_asks_for_is_explained() -> None:
    assert {term: at for term, at in _asked_for().items() if term not in glossary.TERMS} == {}


def test_every_term_that_is_explained_stands_on_a_page() -> None:
    assert set(glossary.TERMS) - set(_asked_for()) == set()


@pytest.mark.parametrize("term", glossary.TERMS)
def test_a_term_is_explained_in_one_plain_sentence(term: str) -> None:
    sentence = re.sub(r"\]\(http[^)]*\)", "]", glossary.TERMS[term])  # what one reads
    assert sentence.endswith(".")
    assert ". " not in sentence, "one sentence is enough"
    assert len(sentence) <= 170, "short enough for a tooltip"


def test_several_terms_are_named_and_an_unknown_one_is_a_mistake() -> None:
    assert glossary.meaning("recall") == glossary.TERMS["recall"]
    assert glossary.meaning("recall", "F1").startswith("**recall**: Of the images")
    with pytest.raises(KeyError):
        glossary.meaning("no such term")
