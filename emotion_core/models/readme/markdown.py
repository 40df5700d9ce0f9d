"""Sections, paragraphs and tables as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence


def section(title: str, sentences: Iterable[str], rest: str = "") -> str:
    """Return a section: its title, its sentences as one wrapped paragraph, and what follows.

    A section with nothing in it is left out.
    """
    text = wrapped(" ".join(sentences))
    if not text:
        return ""
    return "\n\n".join(part for part in (f"## {title}", text, rest.rstrip("\n")) if part) + "\n"


def wrapped(text: str) -> str:
    """Return a paragraph in lines of 100 characters; no word is broken."""
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table: first column to the left, figures to the right."""
    alignment = ["---", *["---:"] * (len(header) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, alignment, *rows))
