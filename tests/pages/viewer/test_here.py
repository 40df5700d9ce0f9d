import pytest

from pages.viewer.here import on_this_machine

LOCAL = {"Host": "localhost:8501"}


@pytest.mark.parametrize(
    ("address", "headers", "here"),
    [
        ("localhost", LOCAL, True),
        ("127.0.0.1", {"Host": "127.0.0.1"}, True),
        ("::1", {"Host": "[::1]:8501"}, True),
        ("0.0.0.0", LOCAL, False),
        (None, LOCAL, False),
        ("localhost", {}, False),
        ("localhost", {"Host": "faces.example.org"}, False),
        ("localhost", {**LOCAL, "X-Forwarded-For": "203.0.113.7"}, False),
        ("localhost", {**LOCAL, "Via": "1.1 proxy"}, False),
    ],
)
def test_who_is_on_this_machine(address, headers, here):
    assert on_this_machine(address, headers) is here
