"""How the code is laid out: names in each folder, import circles, imports up and between rooms.

    python benchmarks/layout.py

Reads the import graph that import-linter reads (``lint-imports`` holds its rules), imports within
functions included and those for annotations alone too. Prints JSON:

- ``names``: modules and folders in each folder, itself left out;
- ``circles``: groups of modules that import each other in a circle;
- ``up``: imports of a room from a layer above it, see the contract in ``pyproject.toml``;
- ``between_rooms``: pairs of a module and a room of another subject that it imports from, in the
  core and in the pages each.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
