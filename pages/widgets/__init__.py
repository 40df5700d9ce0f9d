"""What several pages show alike."""

from pathlib import Path
from typing import Final

#: Draws the cells of every grid of faces; a grid's own script stands after it.
FACE_CELLS: Final = Path(__file__).parent / "face_cells.js"
