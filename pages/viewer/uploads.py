"""How large the files are that viewers may upload, and how they are let go of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

#: MB; fer2013.csv has 302.
LARGEST_DATASET: Final = 400
#: MB; minutes of video.
LARGEST_VIDEO: Final = 200
#: MB; an hour of video in HD, or three of less.
LARGEST_RECORDED: Final = 2_000
#: MB; photos of 200 megapixels have up to 80.
LARGEST_PICTURE: Final = 100
#: MB; a network that reads faces has a few.
LARGEST_MODEL: Final = 400
#: MB; what .streamlit/config.toml has to allow, for no page can promise more than the server takes.
LARGEST: Final = max(
    LARGEST_DATASET, LARGEST_VIDEO, LARGEST_RECORDED, LARGEST_PICTURE, LARGEST_MODEL
)


def let_go_of(files: Iterable[UploadedFile]) -> None:
    """Free what was uploaded: Streamlit keeps it until the viewer is gone."""
    if context := get_script_run_ctx():
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
