import pytest

from emotion_core.errors import DatasetError, ModelError
from emotion_core.system.names import checked_name, fitted, is_plain


@pytest.mark.parametrize("name", ["a", "7", "Zoë 2.1_b-c", "a-", "a_", "x" * 60, " trimmed "])
def test_names_that_do(name):
    assert checked_name(name, DatasetError) == name.strip()
    assert is_plain(name)


@pytest.mark.parametrize(
    "name", ["", " ", ".", "..", ".a", "_a", "-a", "a.", "a/b", "a\\b", "a\nb", "a:b", "x" * 61]
)
def test_names_that_do_not(name):
    with pytest.raises(ModelError) as caught:
        checked_name(name, ModelError)
    assert str(caught.value) == (
        "expected a name of 1 to 60 letters, digits, spaces, dots, - and _, that begins with a "
        f"letter or digit and does not end with a dot, found {name.strip()!r}"
    )


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../other", "/etc"])
def test_names_that_lead_elsewhere(name):
    assert not is_plain(name)


def test_a_name_is_cut_where_a_file_system_would_refuse_it():
    assert fitted("holiday", "-annotated.png") == "holiday-annotated.png"
    assert fitted("y" * 255, "-annotated.png") == "y" * 241 + "-annotated.png"
    assert fitted("好" * 85, "-copy") == "好" * 83 + "-copy"
    assert fitted("好" * 85, longest=7) == "好" * 2
    assert fitted("caf\udce9" * 100, longest=10) == "caf\udce9caf"
