"""Every CSV file that people get, with nothing in it that a spreadsheet would run.

Spreadsheets take a cell that begins with one of ``=+-@`` for a formula, and a formula can send the
rest of the table elsewhere or, on an old machine, start a program (CWE-1236, "CSV injection").
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar, overload

if TYPE_CHECKING:
    import pandas as pd

Value = TypeVar("Value")

# At the begin of a cell, or behind what another program may take for the end of one. Letters of
# Chinese and Japanese keyboards count too. After apostrophes as well: no two texts become one.
_BEGIN: Final = r"(^|[;\t\r\n])"
_SIGN: Final = r"('*[^\S\t\r\n]*[=+\-@\uff1d\uff0b\uff0d\uff20]\s*\S)"
_FORMULA: Final = re.compile(_BEGIN + _SIGN)
_HARMLESS: Final = re.compile(f"{_BEGIN}'{_SIGN}")


@overload
def harmless(value: str) -> str: ...
@overload
def harmless(value: Value) -> Value: ...
def harmless(value: Any) -> Any:
    """Return what to write in a cell: text that looks like a formula gets an apostrophe before it.

    Spreadsheets show such a cell as text. Numbers, also written ones such as "-0.5", stay.
    """
    if not isinstance(value, str) or _is_number(value):
        return value
    return _FORMULA.sub(r"\1'\2", value)


def as_it_was(cell: str) -> str:
    """Return the text of which `harmless` made ``cell``."""
    return _HARMLESS.sub(r"\1\2", cell)


def csv_of(table: pd.DataFrame) -> str:
    """Return a table as CSV, without its index."""
    return str(_harmless_table(table).to_csv(index=False))


def write_csv(table: pd.DataFrame, file: IO[bytes]) -> None:
    """Write a table as CSV in UTF-8, without its index, to an open file."""
    _harmless_table(table).to_csv(file, index=False)


def csv_of_rows(
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    *,
    line_end: str = "\n",
    separator: str = ",",
) -> str:
    """Return rows as CSV.

    Args:
        columns: their names, in order.
        rows: a value for each column.
        line_end: of each line.
        separator: between two cells.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator=line_end, delimiter=separator)
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _harmless_table(table: pd.DataFrame) -> pd.DataFrame:
    texts = table.select_dtypes(exclude=["number", "bool", "datetime", "datetimetz"]).columns
    safe = table.assign(**{name: table[name].astype(object).map(harmless) for name in texts})
    return safe.rename(columns=harmless)
