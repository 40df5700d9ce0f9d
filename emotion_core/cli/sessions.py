"""``sessions``: list, show, export, stop and delete recorded sessions."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emotion_core.quantities import byte_size, counted, duration, moment
from emotion_core.sessions.export import export_session
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
        description="Sessions are recorded on the page Live camera. They are stored in the "
        "user's data folder, or in the one that the environment variable EMOTION_SESSIONS_DIR "
        "names.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list all sessions, the newest first")
    listing.set_defaults(run=run_list)
    show = actions.add_parser("show", help="summarise one session")
    show.add_argument("id", metavar="ID")
    show.set_defaults(run=run_show)
    export = actions.add_parser("export", help="write one session to a file")
    export.add_argument("id", metavar="ID")
    export.add_argument(
        "--to",
        required=True,
        type=Path,
        metavar="FILE",
        help=".csv or .parquet: a line for each face of each frame; .zip: everything",
    )
    export.set_defaults(run=run_export)
    stop = actions.add_parser("stop", help="end a running recording and keep it")
    stop.add_argument("id", metavar="ID")
    stop.set_defaults(run=run_stop)
    delete = actions.add_parser("delete", help="delete one session and all its files")
    delete.add_argument("id", metavar="ID")
    delete.set_defaults(run=run_delete)


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
    print(session_text(session, summarize_session(session)))


def run_export(arguments: argparse.Namespace) -> None:
    """Write one session to a file.

    Raises:
        SessionError: there is no such session, it is damaged, or the file's kind is unknown.
    """
    export_session(find_session(sessions_dir(), arguments.id), arguments.to)
    print(f"Wrote {arguments.to}")


def run_stop(arguments: argparse.Namespace) -> None:
    """End the recording of one session.

    Raises:
        SessionError: there is no such session, or its recording does not end.
    """
    session = stop_session(sessions_dir(), arguments.id)
    length, frames = duration(session.seconds), counted(session.frames, "frame")
    print(f"{session.id} is {session.state}: {length}, {frames}")


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
    title = f"{session.id}: {header.name}" if header.name else session.id
    lines = [
        f"{title} ({session.state})",
        f"started      {moment(header.started)}",
        f"length       {duration(session.seconds)}, {counted(session.frames, 'frame')}, "
        f"{header.dropped} dropped",
        f"model        {header.description.model_name}",
        f"no face      {summary.no_face_seconds:.1f} of {summary.seconds:.1f} s",
    ]
    if summary.passing:
        faces = "1 face" if summary.passing == 1 else f"{summary.passing} faces"
        lines.append(f"left out     {faces} seen for less than half a second")
    if session.video is not None:
        lines.append(f"video        {session.video}")
    if header.problem is not None:
        lines.append(f"problem      {header.problem}")
    lines += [f"notes        {header.notes}"] if header.notes else []
    for person in summary.persons:
        lines += ["", *_person_lines(person)]
    if summary.events:
        lines += ["", "events", *map(_event_line, summary.events)]
    return "\n".join(lines)


def _person_lines(person: PersonSummary) -> Sequence[str]:
    longest = person.longest
    changes = f"{person.changes_per_minute:.1f} changes a minute"
    if longest is not None:
        changes += f", longest {longest.emotion} for {longest.seconds:.1f} s"
    answers = sorted(person.answer_seconds.items(), key=lambda item: -item[1])
    return [
        f"person {person.person}: seen for {person.seconds:.1f} s, {changes}",
        *(
            f"  {answer:10}{person.shares[answer]:7.1%}{seconds:9.1f} s"
            for answer, seconds in answers
            if seconds
        ),
    ]


def _event_line(event: Event) -> str:
    person = "" if event.person is None else f", person {event.person}"
    score = "" if event.score is None else f", score {event.score:.1%}"
    return f"{event.seconds:8.1f} s  {event.rule}{person}{score}"


def _cells(session: Session) -> tuple[str, ...]:
    return (
        session.id,
        moment(session.header.started),
        duration(session.seconds),
        str(session.persons),
        byte_size(session.size),
        session.state,
        session.header.name,
    )
