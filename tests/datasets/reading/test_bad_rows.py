from emotion_core.datasets.reading.bad_rows import BadRow, bad_rows_error, no_rows_left_error

ROWS = [BadRow(str(line), f"expected this, found {line}") for line in range(2, 9)]


def test_places_are_named_up_to_five():
    assert str(bad_rows_error("a.csv", ROWS[:1], "line", "mend it")) == (
        "a.csv: 1 bad line (2): expected this, found 2; mend it"
    )
    assert str(bad_rows_error("a.csv", ROWS[:5], "line", "mend it")) == (
        "a.csv: 5 bad lines (2, 3, 4, 5, 6): expected this, found 2 in line 2; mend it"
    )
    assert str(bad_rows_error("a.csv", ROWS, "line", "mend it")) == (
        "a.csv: 7 bad lines (2, 3, 4, 5, 6, …): expected this, found 2 in line 2; mend it"
    )


def test_nothing_left():
    assert str(no_rows_left_error("a.csv", [], "line")) == (
        "a.csv: expected at least one line with a face, found none"
    )
    assert str(no_rows_left_error("a", ROWS[:2], "picture")) == (
        "a: expected at least one good picture, found 2 bad ones; picture 2: expected this, found 2"
    )
