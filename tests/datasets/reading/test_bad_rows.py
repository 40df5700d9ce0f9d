from emotion_core.datasets.reading.bad_rows import (
    BadRow,
    BadRows,
    bad_rows_error,
    no_rows_left_error,
)


def bad_rows(count):
    rows = BadRows()
    for line in reversed(range(2, 2 + count)):
        rows.add(line, BadRow(str(line), f"expected this, found {line}"))
    return rows


def test_places_are_named_up_to_five():
    assert str(bad_rows_error("a.csv", bad_rows(1), "line", "fix it")) == (
        "a.csv: 1 bad line (2): expected this, found 2; fix it"
    )
    assert str(bad_rows_error("a.csv", bad_rows(5), "line", "fix it")) == (
        "a.csv: 5 bad lines (2, 3, 4, 5, 6): expected this, found 2 in line 2; fix it"
    )
    assert str(bad_rows_error("a.csv", bad_rows(7), "line", "fix it")) == (
        "a.csv: 7 bad lines (2, 3, 4, 5, 6, …): expected this, found 2 in line 2; fix it"
    )


def test_nothing_left():
    assert str(no_rows_left_error("a.csv", bad_rows(0), "line")) == (
        "a.csv: expected at least one line with a face, found none"
    )
    assert str(no_rows_left_error("a", bad_rows(2), "picture")) == (
        "a: expected at least one good picture, found 2 bad ones; picture 2: expected this, found 2"
    )
