"""How the code is laid out: names in each folder, circles, imports that run up, rooms that meet.

    python benchmarks/layout.py

Reads the imports that ``lint-imports`` judges, those within functions and for annotations alone
included. Prints JSON:

- ``names``: how many modules, folders and other files each folder holds, itself left out;
- ``circles``: groups of modules that import each other in a circle;
- ``upwards``: imports from a room that stands above, by the layers in ``pyproject.toml``;
- ``between_rooms``: pairs of rooms of which one imports something of the other. A room is what
  stands directly in ``emotion_core/``, module or folder; the pages together are one.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PACKAGES = ("emotion_core", "pages")

sys.path.insert(0, str(ROOT))  # where grimp looks for them


def main() -> None:
    """Measure and print."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    print(
        json.dumps(
            {
                "names": {str(path.relative_to(ROOT)): count for path, count in folders()},
                "circles": sorted(circles(imports)),
                "upwards": sorted(upwards(imports)),
                "between_rooms": len(between_rooms(imports)),
            },
            indent=2,
        )
    )


def folders() -> Iterator[tuple[Path, int]]:
    """Yield each folder of the code with how many names it holds."""
    for package in PACKAGES:
        for init in sorted((ROOT / package).rglob("__init__.py")):
            names = [each for each in init.parent.iterdir() if each.name != "__pycache__"]
            yield init.parent, len(names)


def circles(imports: dict[str, set[str]]) -> Iterator[list[str]]:
    """Yield the groups of modules from each of which every other one is reached."""
    reached = {name: reachable(name, imports) for name in imports}
    told: set[str] = set()
    for name in sorted(imports):
        group = sorted(each for each in reached[name] if name in reached[each])
        if group and name not in told:
            told.update(group)
            yield group


def reachable(start: str, imports: dict[str, set[str]]) -> set[str]:
    """Return what importing ``start`` imports; itself only where a circle leads back."""
    found: set[str] = set()
    waiting = [*imports[start]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imports[name]
    return found


def upwards(imports: dict[str, set[str]]) -> Iterator[list[str]]:
    """Yield importer and imported where the second one's layer is above the first one's."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    for contract in settings["contracts"]:
        if contract["type"] != "layers":
            continue
        (container,) = contract["containers"]
        layers = {
            f"{container}.{room}": height
            for height, layer in enumerate(reversed(contract["layers"]))
            for room in layer.replace("|", ":").replace(" ", "").split(":")
        }
        depth = container.count(".") + 2
        for name, others in imports.items():
            for other in others:
                rooms = (".".join(each.split(".")[:depth]) for each in (name, other))
                lower, upper = (layers.get(room) for room in rooms)
                if lower is not None and upper is not None and upper > lower:
                    yield [name, other]


def between_rooms(imports: dict[str, set[str]]) -> set[tuple[str, str]]:
    """Return the pairs of rooms of which the first one's modules import the second one's."""
    pairs = {
        (room_of(name), room_of(other)) for name, others in imports.items() for other in others
    }
    return {(first, second) for first, second in pairs if first != second}


def room_of(module: str) -> str:
    """Return the dotted name of the room that a module belongs to."""
    return "pages" if module.startswith("pages") else ".".join(module.split(".")[:2])


if __name__ == "__main__":
    main()
