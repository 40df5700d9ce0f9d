from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.hostile.host import Host


@pytest.fixture(scope="module")
def host(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    """Reads the ``CASES`` of a file of tests, each under its own limits."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such limits")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOTION_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        started = Host(request.module.__name__, request.module.CASES)
        yield started
        started.close()
