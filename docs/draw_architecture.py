"""Draws what docs/architecture.md shows of the imports: ``python docs/draw_architecture.py``.

The folders of ``emotion_core`` and ``pages`` are nodes; an arrow says that something in one imports
something in the other. An arrow is left out where a longer way leads to the same folder, so that
what is left shows the layers. The table tells which folders import a large library themselves.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import grimp

sys.path.insert(0, str(Path(__file__).parents[1]))

from emotion_core.system.storage.folders import PROJECT

PAGE: Final = PROJECT / "docs" / "architecture.md"

#: Large libraries, under the names that Python imports them by.
LIBRARIES: Final = (
    "streamlit", "streamlit_webrtc", "aiortc", "av", "ai_edge_litert", "keras", "tensorflow",
    "openTSNE", "pandas", "plotly", "ray",
)  # fmt: skip

Arrows = Mapping[str, set[str]]


def main() -> None:
    """Write the page with pictures as the imports are now."""
    PAGE.write_text(drawn_anew(PAGE.read_text("utf-8")), "utf-8")


def drawn_anew(page: str) -> str:
    """Return the page with its pictures drawn from the imports, its text unchanged."""
    graph = grimp.build_graph("emotion_core", "pages", include_external_packages=True)
    drawings = {
        "folders": _flowchart(_without_shortcuts(_arrows(graph))),
        "libraries": _table(graph),
    }
    for name, drawing in drawings.items():
        page = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)",
            lambda found, drawing=drawing: f"{found[1]}{drawing}\n{found[2]}",
            page,
            flags=re.DOTALL,
        )
    return page


def _folder(module: str) -> str | None:
    """Return ``faces`` for ``emotion_core.faces.boxes``; None for what is in no folder."""
    package, *rest = module.split(".")
    if not rest or package not in ("emotion_core", "pages"):
        return None
    path = PROJECT / package / rest[0]
    if package == "pages":
        return f"pages/{rest[0]}" if path.is_dir() else None
    return rest[0] if not rest[0].startswith("__") else None


def _arrows(graph: grimp.ImportGraph) -> Arrows:
    arrows: dict[str, set[str]] = defaultdict(set)
    for module in sorted(graph.modules):
        for imported in graph.find_modules_directly_imported_by(module):
            start, end = _folder(module), _folder(imported)
            if start and end and start != end:
                arrows[start].add(end)
    return arrows


def _reached(arrows: Arrows, start: str) -> set[str]:
    """Return every folder that imports of ``start`` lead to, over others or not."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = arrows.get(waiting.pop(), set()) - reached
        reached |= new
        waiting += new
    return reached


def _without_shortcuts(arrows: Arrows) -> Arrows:
    return {
        start: {
            end for end in ends if not any(end in _reached(arrows, other) for other in ends - {end})
        }
        for start, ends in arrows.items()
    }


def _flowchart(arrows: Arrows) -> str:
    lines = [f"    {start} --> {end}" for start, ends in arrows.items() for end in ends]
    return "\n".join(["```mermaid", "flowchart TD", *sorted(lines), "```"])


def _table(graph: grimp.ImportGraph) -> str:
    lines = ["| library | imported in |", "|---|---|"]
    for library in LIBRARIES:
        modules = graph.find_modules_that_directly_import(library)
        places = sorted({_place(module) for module in modules})
        lines.append(f"| {library} | {', '.join(f'`{place}`' for place in places)} |")
    return "\n".join(lines)


def _place(module: str) -> str:
    """Return ``training/fitting`` for a module of that folder, ``cli`` for one of ``cli``."""
    package, *folders, _ = module.split(".")
    if package == "pages":
        return "pages/mending" if folders == ["mending"] else "pages"
    return "/".join(folders)


if __name__ == "__main__":
    main()
