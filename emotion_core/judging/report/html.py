"""Parts of a report as an HTML page that opens without the network; text in them is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.thumbnails import png_address

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


STYLE: Final = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1c1b2b; background: #fff; margin: 0 auto;
       max-width: 70rem; padding: 1rem 1.25rem 4rem; }
h1 { margin: 0; } h2 { margin: 2.5rem 0 0.5rem; border-bottom: 1px solid #dedde8; }
.sub { color: #55546a; margin: 0.25rem 0 1rem; }
.notice { background: #f3f3f8; border-left: 4px solid #8a8f98; padding: 0.5rem 0.75rem;
          margin: 0.5rem 0; }
.notice.warning { border-color: #e69f00; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; }
.numbers b { display: block; font-size: 1.375rem; font-variant-numeric: tabular-nums; }
.numbers span { color: #55546a; font-size: 0.9375rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
td, th { padding: 0.25rem 0.75rem; text-align: right; border-bottom: 1px solid #dedde8;
         white-space: nowrap; }
td:first-child, th:first-child { text-align: left; }
/* Fixed columns: a figure measures its place before its neighbours are there. */
.two, .four { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
@media (min-width: 48rem) {
  .two { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .four { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 0.5rem; }
}
.two > *, .four > * { min-width: 0; }
.faces { display: grid; grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr));
         gap: 0.75rem; }
.faces figure { margin: 0; font-size: 0.8125rem; line-height: 1.3; text-align: center; }
.faces img { width: 100%; image-rendering: pixelated; border-radius: 0.25rem; display: block; }
@media print { h2 { break-after: avoid; } .plot, figure { break-inside: avoid; } }
"""


def section(title: str, content: str) -> str:
    """Return HTML under a heading."""
    return f"<h2>{escape(title)}</h2>{content}"


def numbers(values: dict[str, str]) -> str:
    """Return figures in large print: what each tells, and how it is written."""
    cells = "".join(
        f"<div><b>{escape(value)}</b><span>{escape(what)}</span></div>"
        for what, value in values.items()
    )
    return f'<div class="numbers">{cells}</div>'


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table that can be scrolled sideways where it is too wide."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def plot(figure: Figure, height: int) -> str:
    """Return a figure of so many pixels of height; the page has Plotly's script once."""
    figure.update_layout(height=height, template="plotly_white")
    html: str = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        config={"displaylogo": False, "displayModeBar": False, "responsive": True},
    )
    return f'<div class="plot">{html}</div>'


def face_grid(faces: NDArray[np.uint8], captions: Sequence[str]) -> str:
    """Return faces, uint8 ``[N, 48, 48]``, side by side, each with its caption below."""
    figures = "".join(
        f'<figure><img src="{png_address(face)}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for face, caption in zip(faces, captions, strict=True)
    )
    return f'<div class="faces">{figures}</div>'
