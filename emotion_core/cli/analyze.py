"""``analyze``: read the expressions in photos and videos."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emotion_core.cli.analyze_photos import analyze_photos
from emotion_core.cli.analyze_videos import add_video_options, analyze_videos, video_settings
from emotion_core.cli.options import (
    add_detector_option,
    add_model_option,
    chosen_model,
    is_video,
    pictures_among,
)
from emotion_core.errors import EmotionCoreError, SourceError
from emotion_core.recorded.addresses import files_below, is_address, name_of
from emotion_core.sessions.header import HEADER_FILE, VIDEO_FILE


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "analyze",
        help="read the expressions in photos and videos",
        description="Find the faces in photos and videos and read their expressions. Write an "
        "annotated copy of each photo, and faces.csv with one line for each face. For each video, "
        "write a recording, a folder like those of the Live camera page, and a table with one line "
        "for each face of each frame. Ctrl-C keeps what is done: run the same command to continue.",
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=_path_or_address,
        metavar="FILE",
        help="photos, videos, folders (searched with their subfolders), or patterns such as *.jpg; "
        "videos also at addresses such as s3://bucket/folder",
    )
    parser.add_argument(
        "--out",
        required=True,
        type=_path_or_address,
        metavar="DIR",
        help="folder for the results, of videos an address as well",
    )
    add_model_option(parser)
    add_detector_option(parser)
    parser.add_argument(
        "--json",
        action="store_true",
        help="also write faces.json for photos and videos.json for videos",
    )
    parser.add_argument(
        "--careful",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="read each face of a photo and its mirror image and average the scores, in twice the "
        "network's time (default); --no-careful reads each face once",
    )
    add_video_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Read every photo and video, write what was found, and say so.

    Raises:
        EmotionCoreError: the model cannot be used, or a photo or video cannot be read; the results
            of the good ones are written all the same.
    """
    out: Path | str = arguments.out
    if isinstance(out, Path) and out.exists() and not out.is_dir():
        raise EmotionCoreError(f"--out {out}: expected a folder, found a file; name another")
    settings = video_settings(arguments)  # a mistake in these is told before anything is read
    model = chosen_model(arguments.model)
    paths = [each for each in arguments.files if isinstance(each, Path)]
    found, problems = pictures_among(paths, videos=True)
    videos: list[Path | str] = [
        file for file in found if is_video(file.name) and not _is_recording(file, out)
    ]
    videos += _videos_at([each for each in arguments.files if isinstance(each, str)], out)
    photos = [file for file in found if not is_video(file.name)]
    failures: list[EmotionCoreError] = [*problems]
    if photos and isinstance(out, str):
        raise EmotionCoreError(
            f"--out {out}: expected videos alone, whose results can go to an address, found photos "
            "as well; name a folder for these, in a command of their own"
        )
    if photos or not videos:
        failures += analyze_photos(photos, model, arguments)
    if videos:
        failures += analyze_videos(videos, settings, model, arguments)
    _report(failures)


def _videos_at(given: Sequence[str], out: Path | str) -> list[str]:
    """Return the addresses of the videos that addresses name: of files, and of all below folders.

    Raises:
        SourceError: nobody answers there, or there is no video.
    """
    videos = []
    own = f"{str(out).rstrip('/')}/"
    for address in given:
        if is_video(name_of(address)):
            videos.append(address)
            continue
        below = [
            each
            for each in files_below(address)
            if is_video(each) and not (name_of(each) == VIDEO_FILE and each.startswith(own))
        ]
        if not below:
            raise SourceError(f"{address}: expected videos below it, found none; name another")
        videos += below
    return videos


def _path_or_address(text: str) -> Path | str:
    return text if is_address(text) else Path(text)


def _is_recording(file: Path, out: Path | str) -> bool:
    """Tell the videos that an earlier call wrote from those of a folder."""
    return (
        isinstance(out, Path)
        and file.name == VIDEO_FILE
        and (file.parent / HEADER_FILE).is_file()
        and (out.resolve() in file.resolve().parents)
    )


def _report(failures: Sequence[EmotionCoreError]) -> None:
    """Raise the last failure, after a line on stderr for each of those before it."""
    if failures:
        *others, last = failures
        for failure in others:
            print(f"emotion_core: {failure}", file=sys.stderr)
        raise last
