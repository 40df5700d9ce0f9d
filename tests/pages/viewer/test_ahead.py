"""What the server imports before its first viewer comes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from emotion_core.system.storage.folders import PROJECT
from pages.viewer import ahead
from pages.viewer.ahead import FIRST_PAGE, import_first_page

# streamlit_webrtc makes its component known to Streamlit when it is imported, and Streamlit takes
# it from a viewer's run only: imported ahead, the page would wait for the video for ever.
LATER = ("streamlit_webrtc", "tensorflow", "keras", "pandas", "pages.live")


def test_it_imports_what_the_first_page_needs_and_nothing_that_has_to_wait():
    code = f"""if True:
        import sys, pages.viewer.ahead
        pages.viewer.ahead.import_first_page()
        print([name for name in {FIRST_PAGE} if name not in sys.modules])
        print([name for name in {LATER} if name in sys.modules])"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["[]", "[]"]


def test_what_cannot_be_imported_is_told_by_the_page(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ahead, "FIRST_PAGE", ("no_such_library",))
    import_first_page()
