"""Pictures that viewers upload: which are taken, on every page alike."""

from __future__ import annotations

from typing import Any, Final

from emotion_core.faces.images import HEIC_ADVICE, PICTURE_SUFFIXES

#: Options of ``st.file_uploader``.
MANY_PICTURES: Final[dict[str, Any]] = {
    "type": PICTURE_SUFFIXES,
    "help": f"HEIC is not read here; {HEIC_ADVICE}.",
    "accept_multiple_files": True,
}
#: ... in megabytes: photos of 200 megapixels have up to 80.
ONE_PICTURE: Final = MANY_PICTURES | {"accept_multiple_files": False, "max_upload_size": 100}
