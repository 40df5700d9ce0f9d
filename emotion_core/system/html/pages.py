"""Pages with figures: one file each, Plotly's script within, every name in them escaped.

A page's own template lies in the folder of who writes it. It fills the block of ``base.html`` by
``{% extends "base.html" %}``, and has what pages share by ``{% from "parts.html" import … %}``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_core.quantities import moment

if TYPE_CHECKING:
    from jinja2 import Template
    from plotly.graph_objects import Figure


@cache
def page_template(folder: Path, name: str = "page.html") -> Template:
    """Return a template of a folder, which may use the filters below.

    Args:
        folder: where it lies.
        name: of the file.
    """
    # Only here: a report is seldom written.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "counted": "{:,}".format,
        "percent": "{:.1%}".format,
        "bounds": lambda estimate: f"95%: {100 * estimate.low:.1f} to {100 * estimate.high:.1f}",
        "moment": lambda time: moment(time, UTC),
        "plot": plot,
    }
    environment.filters |= filters
    return environment.get_template(name)


def plotly_script() -> str:
    """Return Plotly's script, which a page needs once, as markup."""
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs())


def plot(figure: Figure, height: int) -> str:
    """Return a figure of so many pixels of height as HTML; the page has Plotly's script once."""
    from markupsafe import Markup

    figure.update_layout(height=height, template="plotly_white")
    config = {"displaylogo": False, "displayModeBar": False, "responsive": True}
    return Markup(figure.to_html(full_html=False, include_plotlyjs=False, config=config))
