import pytest

from pages.shared.text import plain


@pytest.mark.parametrize("text", ["*.csv", "a_b_c", "<b>", "$x$", ":red[x]", "&lt;", "me@home.org"])
def test_no_name_becomes_markdown(text):
    escaped = plain(text)
    assert escaped != text
    assert escaped.replace("\\", "") == text
