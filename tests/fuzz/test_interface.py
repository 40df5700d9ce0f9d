"""A short run of what ``python -m tests.fuzz api`` does for long."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.interface import PERSONAL, Malformed, app_with_token, by_description, problems_in


def test_no_request_is_a_fault_and_none_is_logged(tmp_path: Path) -> None:
    with app_with_token(tmp_path) as (server, token):
        made, found = by_description(server, token, 15, tmp_path, seed=1)
        assert found == ""
        assert made > 20
        malformed = Malformed(server, token, seed=1)
        for _ in range(600):
            malformed.send()
        assert malformed.answers[500] == 0
        # The test sends what it says: good ones, refused ones and such as are no HTTP.
        for status in (200, 400, 401, 403, 404, 405, 413, 415, 422):
            assert malformed.answers[status] > 0, malformed.answers
        assert problems_in(server, token) == []
        # And it sees what it looks for.
        log = server.log
        log.write_text(f"{log.read_text()}GET /sessions/{PERSONAL}\nTraceback (most recent call)\n")
        assert len(problems_in(server, token)) == 2
