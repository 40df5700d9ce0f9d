"""``sessions``: list, show, export, stop and delete recorded sessions."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emotion_core.cli import session_clip, session_numbers
from emotion_core.errors import SessionError
from emotion_core.quantities import byte_size, counted, moment, percent
from emotion_core.sessions.edits.log import drop_corrections
from emotion_core.sessions.edits.mark_lists import read_mark_list
from emotion_core.sessions.edits.marks import add_marks
from emotion_core.sessions.exports.kinds import export_session
from emotion_core.sessions.exports.tables import write_marks
from emotion_core.sessions.photos.summary import PhotoSummary, summarize_photos
from emotion_core.sessions.storage import (
    Session,
    delete_session,
    earlier_sessions,
    find_session,
    list_sessions,
    sessions_dir,
    stop_session,
)
from emotion_core.sessions.summary import (
    Event,
    PersonSummary,
    SessionSummary,
    summarize_session,
)


def add_parser(commands: Any) -> None:
    """Add the command and its own commands to argparse's subparsers."""
    parser = commands.add_parser(
        "sessions",
        help="list, show, export, stop and delete recorded sessions",
        description="Sessions are recorded on the page Live camera, and made of videos and photos "
        "on the page Video. They are stored in your data folder, or in the one that the "
        "environment variable EMOTION_SESSIONS_DIR names.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list all sessions, the newest first")
    listing.set_defaults(run=run_list)
    show = actions.add_parser("show", help="summarise one session")
    show.add_argument("id", metavar="ID")
    show.set_defaults(run=run_show)
    export = actions.add_parser("export", help="write a session to a file")
    export.add_argument("id", metavar="ID")
    export.add_argument(
        "--to",
        required=True,
        type=Path,
        metavar="FILE",
        help=".csv or .parquet: a line for each face of each frame; .zip: everything; _events.tsv: "
        "events for BIDS, with a .json beside it; .eaf: ELAN; .vtt: subtitles; .html: a report",
    )
    export.add_argument(
        "--raw",
        action="store_true",
        help="as it was recorded: without corrections, names and marks",
    )
    export.set_defaults(run=run_export)
    _add_marks(actions)
    session_clip.add_parser(actions)
    session_numbers.add_parser(actions)
    drop = actions.add_parser(
        "drop-corrections",
        help="let persons, answers and ranges be as they were recorded; marks stay",
    )
    drop.add_argument("id", metavar="ID")
    drop.set_defaults(run=run_drop)
    stop = actions.add_parser("stop", help="end a running recording and keep it")
    stop.add_argument("id", metavar="ID")
    stop.set_defaults(run=run_stop)
    delete = actions.add_parser("delete", help="permanently delete a session and all its files")
    delete.add_argument("id", metavar="ID")
    delete.set_defaults(run=run_delete)


def _add_marks(actions: Any) -> None:
    marks = actions.add_parser("marks", help="list a session's marks, or import some")
    of_marks = marks.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = of_marks.add_parser("list", help="print the marks as CSV")
    listing.add_argument("id", metavar="ID")
    listing.set_defaults(run=run_marks_list)
    importing = of_marks.add_parser(
        "import",
        help="add the marks in a CSV file",
        description="Columns: time, label and, if need be, duration. Times are seconds since the "
        "start of the session, or of the clock in ISO 8601.",
    )
    importing.add_argument("id", metavar="ID")
    importing.add_argument("file", type=Path, metavar="FILE")
    importing.add_argument(
        "--skip-bad-rows", action="store_true", help="skip bad rows and say which they are"
    )
    importing.set_defaults(run=run_marks_import)


def run_list(_: argparse.Namespace) -> None:
    """Print one line a session; what is no session gets a line on stderr.

    Raises:
        SessionError: the folder of all sessions cannot be read.
    """
    found = list_sessions(sessions_dir())
    for problem in found.problems:
        print(f"emotion_core: {problem}", file=sys.stderr)
    if not found.sessions:
        print(f"No sessions in {sessions_dir()}.")
        if (earlier := earlier_sessions()) is not None:
            print(f"An earlier version left some in {earlier}; move them there.")
        return
    header = ("id", "started", "length", "persons", "size", "state", "name")
    rows = [header, *(_cells(session) for session in found.sessions)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def run_show(arguments: argparse.Namespace) -> None:
    """Print what one session comes to.

    Raises:
        SessionError: there is no such session, or it is damaged.
    """
    session = find_session(sessions_dir(), arguments.id)
    if session.header.kind == "photos":
        print(photos_text(session, summarize_photos(session)))
    else:
        print(session_text(session, summarize_session(session)))


def run_export(arguments: argparse.Namespace) -> None:
    """Write one session to a file.

    Raises:
        SessionError: there is no such session, it is damaged, or the file's kind is unknown.
    """
    export_session(find_session(sessions_dir(), arguments.id), arguments.to, raw=arguments.raw)
    print(f"Wrote {arguments.to}")


def run_marks_list(arguments: argparse.Namespace) -> None:
    """Print the marks of one session as CSV.

    Raises:
        SessionError: there is no such session, or it is damaged.
    """
    content = io.BytesIO()
    write_marks(find_session(sessions_dir(), arguments.id), content)
    print(content.getvalue().decode(), end="")


def run_marks_import(arguments: argparse.Namespace) -> None:
    """Add the marks in a file to one session, all of them or, where a row is bad, none.

    Raises:
        SessionError: there is no such session; or the file cannot be read, is no list of marks, or
            has a bad row, and those are not to be skipped.
    """
    session = find_session(sessions_dir(), arguments.id)
    found = read_mark_list(arguments.file, session.header.began, session.seconds)
    if found.problems and not arguments.skip_bad_rows:
        raise SessionError(
            f"{arguments.file}: {found.problems[0]}; {counted(len(found.problems), 'bad row')} in "
            "all, so nothing was imported; mend them, or add --skip-bad-rows"
        )
    for problem in found.problems:
        print(f"emotion_core: {arguments.file}: {problem}", file=sys.stderr)
    marks = add_marks(session, found.marks, source="import")
    print(f"Imported {counted(len(marks), 'mark')}")


def run_drop(arguments: argparse.Namespace) -> None:
    """Drop the corrections of one session.

    Raises:
        SessionError: there is no such session, or it cannot be written.
    """
    session = find_session(sessions_dir(), arguments.id)
    drop_corrections(session.folder)
    print(f"{session.id} is as it was recorded; its marks are kept")


def run_stop(arguments: argparse.Namespace) -> None:
    """End the recording of one session.

    Raises:
        SessionError: there is no such session, or its recording does not end.
    """
    session = stop_session(sessions_dir(), arguments.id)
    print(f"{session.id} is {session.state}: {session.length}, {counted(session.frames, 'frame')}")


def run_delete(arguments: argparse.Namespace) -> None:
    """Delete one session.

    Raises:
        SessionError: there is no such session, or it cannot be deleted.
    """
    delete_session(sessions_dir(), arguments.id)
    print(f"Deleted {arguments.id}")


def session_text(session: Session, summary: SessionSummary) -> str:
    """Return a session's facts and summary as lines of text."""
    header = session.header
    lines = [
        _title(session),
        f"started      {moment(header.started)}",
        f"length       {session.length}, {counted(session.frames, 'frame')}, "
        f"{header.dropped} dropped",
        f"model        {header.description.model_name}",
        f"no face      {summary.no_face_seconds:.1f} of {summary.seconds:.1f} s",
    ]
    if summary.passing:
        faces = "1 face" if summary.passing == 1 else f"{summary.passing} faces"
        lines.append(f"left out     {faces} seen for less than half a second")
    if session.video is not None:
        lines.append(f"video        {session.video}")
    if header.description.purpose:
        lines.append(f"purpose      {header.description.purpose}")
    if header.problem is not None:
        lines.append(f"problem      {header.problem}")
    lines += [f"notes        {header.notes}"] if header.notes else []
    for person in summary.persons:
        lines += ["", *_person_lines(person)]
    if summary.events:
        lines += ["", "events", *map(_event_line, summary.events)]
    return "\n".join(lines)


def photos_text(session: Session, summary: PhotoSummary) -> str:
    """Return a set of photos as lines of text."""
    header = session.header
    faces = counted(summary.faces, "face")
    lines = [
        _title(session),
        f"read         {moment(header.started)}",
        f"photos       {len(summary.photos):,}, {summary.without_face:,} without a face, "
        f"{summary.unread:,} could not be read",
        f"model        {header.description.model_name}",
    ]
    lines += [f"notes        {header.notes}"] if header.notes else []
    answers = sorted(summary.answers.items(), key=lambda item: -item[1])
    lines += ["", faces]
    lines += [
        f"  {answer:10}{percent(summary.shares[answer], 1):>7}{count:9,}"
        for answer, count in answers
        if count
    ]
    problems = [each.photo for each in summary.photos if each.photo.problem]
    lines += ["", "could not be read"] if problems else []
    lines += [f"  {photo.file}: {photo.problem}" for photo in problems]
    return "\n".join(lines)


def _title(session: Session) -> str:
    name = session.header.name
    return f"{session.id}: {name} ({session.state})" if name else f"{session.id} ({session.state})"


def _person_lines(person: PersonSummary) -> Sequence[str]:
    longest = person.longest
    changes = f"{person.changes_per_minute:.1f} changes a minute"
    if longest is not None:
        changes += f", longest {longest.emotion} for {longest.seconds:.1f} s"
    answers = sorted(person.answer_seconds.items(), key=lambda item: -item[1])
    return [
        f"{_called(person)}: seen for {person.seconds:.1f} s, {changes}",
        *(
            f"  {answer:10}{person.shares[answer]:7.1%}{seconds:9.1f} s"
            for answer, seconds in answers
            if seconds
        ),
    ]


def _called(person: PersonSummary) -> str:
    number = f"person {person.person}"
    return number if person.name in ("", number) else f"{number}, {person.name}"


def _event_line(event: Event) -> str:
    person = "" if event.person is None else f", person {event.person}"
    score = "" if event.score is None else f", score {event.score:.1%}"
    return f"{event.seconds:8.1f} s  {event.rule}{person}{score}"


def _cells(session: Session) -> tuple[str, ...]:
    return (
        session.id,
        moment(session.header.started),
        session.length,
        "" if session.header.kind == "photos" else str(session.persons),
        byte_size(session.size),
        session.state,
        session.header.name,
    )
