"""What pages promise is what the server takes."""

from __future__ import annotations

import ast
import tomllib

from emotion_core.system.storage.folders import PROJECT
from pages.viewer import uploads

CONFIG = tomllib.loads((PROJECT / ".streamlit/config.toml").read_text("utf-8"))


def test_the_server_takes_what_pages_promise():
    assert CONFIG["server"]["maxUploadSize"] == uploads.LARGEST
    assert uploads.LARGEST * 1024 * 1024 > 302_000_000  # fer2013.csv


def test_every_place_for_uploads_says_its_own_limit():
    """Without one it promises what the server takes."""
    silent = []
    for path in (PROJECT / "pages").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "st.file_uploader":
                options = {word.arg: ast.unparse(word.value) for word in call.keywords}
                shared = options.get(None) in ("ONE_PICTURE", "MANY_PICTURES")
                if not shared and not options.get("max_upload_size", "").startswith("LARGEST_"):
                    silent.append(str(path))
    assert silent == []
