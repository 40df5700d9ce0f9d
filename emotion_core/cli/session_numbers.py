"""``sessions numbers``: shares, mean scores, episodes, averages and comparisons of sessions."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from emotion_core.errors import SessionError
from emotion_core.quantities import decimal, duration
from emotion_core.sessions.edits.folding import read_edited
from emotion_core.sessions.storage import Session, find_session, sessions_dir
from emotion_core.system.tables import csv_of_rows

if TYPE_CHECKING:
    from emotion_core.sessions.numbers.measures import PersonNumbers, RangeNumbers

_HEADER: Final = ("answer", "share (95%)", "score (95%)", "episodes", "mean s", "first after s")
_CURVE: Final = ("session", "label", "seconds", "expression", "mean", "low", "high", "marks")
_COMPARED: Final = ("mean_first", "mean_second", "difference", "effect_size", "p", "p_holm")


def add_parser(actions: Any) -> None:
    """Add the action to argparse's subparsers of ``sessions``."""
    parser = actions.add_parser(
        "numbers",
        help="shares, mean scores and episodes with intervals; averages around marks; comparisons",
        description="Prints, for each person of each session, for the whole session and each "
        "label that ranges were marked with: share of time and mean score of every expression with "
        "95%% intervals, episodes, and how soon they come.",
    )
    parser.add_argument("ids", metavar="ID", nargs="+", help="sessions")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON, transitions included")
    form.add_argument("--csv", action="store_true", help="print one line a person and answer")
    parser.add_argument(
        "--around", metavar="LABEL", help="print the average around the marks of this label"
    )
    parser.add_argument("--person", type=int, metavar="N", help="with --around: only this person")
    for name, seconds in (("--before", 2.0), ("--after", 5.0)):
        parser.add_argument(
            name, type=float, default=seconds, metavar="SECONDS",
            help=f"with --around (default {seconds:g})",
        )  # fmt: skip
    parser.add_argument(
        "--subtract", action="store_true",
        help="with --around: as a change since the time before each mark",
    )  # fmt: skip
    parser.add_argument("--against", metavar="ID", nargs="+", help="compare with these sessions")
    parser.add_argument(
        "--paired", action="store_true",
        help="with --against: the first of both belong together, and so on",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Print numbers of sessions.

    Raises:
        SessionError: there is no such session, it is damaged, or has nothing to compare.
    """
    sessions = [find_session(sessions_dir(), id_) for id_ in arguments.ids]
    if arguments.against:
        _print_comparison(arguments, sessions)
    elif arguments.around is not None:
        _print_around(arguments, sessions)
    else:
        _print_numbers(arguments, sessions)


def _numbers(session: Session) -> tuple[RangeNumbers, ...]:
    from emotion_core.sessions.numbers.marked import marked_ranges
    from emotion_core.sessions.numbers.measures import session_numbers

    edited = read_edited(session)
    return session_numbers(
        edited.frames,
        edited.faces,
        marked_ranges(edited.marks),
        left_out=edited.left_out,
        names=edited.names,
    )


def _print_numbers(arguments: argparse.Namespace, sessions: Sequence[Session]) -> None:
    from emotion_core.sessions.numbers.resampling import METHOD
    from emotion_core.sessions.numbers.rows import COLUMNS, to_json, to_rows

    found = [(session.id, _numbers(session)) for session in sessions]
    if arguments.json:
        content = [{"session": id_, "ranges": to_json(numbers)} for id_, numbers in found]
        print(json.dumps(content, indent=2))
        return
    if arguments.csv:
        rows = [row for id_, numbers in found for row in to_rows(numbers, id_)]
        sys.stdout.write(csv_of_rows(COLUMNS, rows))
        return
    for id_, numbers in found:
        for part in numbers:
            print(
                f"{id_}, {part.label}: {duration(part.seconds)}, {part.frames:,} frames, "
                f"{part.no_face_frames:,} of them without a face"
            )
            for person in part.persons:
                print("\n".join(_lines(person)))
            print()
    print(METHOD)


def _lines(person: PersonNumbers) -> list[str]:
    from emotion_core.sessions.numbers.rows import written

    rows = [_HEADER] + [
        (
            each.answer,
            written(each.share),
            "" if each.score is None else written(each.score),
            str(each.episodes) if each.episodes else "",
            "" if each.episode_seconds is None else decimal(each.episode_seconds),
            "" if each.latency is None else f"{decimal(each.latency)} (n = {each.latencies})",
        )
        for each in person.answers
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    title = (
        f"{person.name or f'person {person.person}'}: seen for {duration(person.seconds)}, "
        f"answered {written(person.answered)}, blocks of {person.block_seconds:g} s"
    )
    return [title, *(f"  {line}" for line in lines)]


def _print_around(arguments: argparse.Namespace, sessions: Sequence[Session]) -> None:
    content = [_around(arguments, session) for session in sessions]
    if arguments.json:
        print(json.dumps(content, indent=2))
        return
    rows = [
        {"session": each["session"], "label": each["label"], **row}
        for each in content
        for row in each["curve"]
    ]
    sys.stdout.write(csv_of_rows(_CURVE, rows))


def _around(arguments: argparse.Namespace, session: Session) -> dict[str, Any]:
    from emotion_core.sessions.numbers.around import mark_average
    from emotion_core.sessions.numbers.marked import onsets

    edited = read_edited(session)
    labels = onsets(edited.marks)
    if arguments.around not in labels:
        known = ", ".join(labels) or "none"
        raise SessionError(
            f"{session.id}: expected a label of its marks ({known}), found {arguments.around}"
        )
    average = mark_average(
        edited.frames,
        edited.faces,
        labels[arguments.around],
        person=arguments.person,
        before=arguments.before,
        after=arguments.after,
        subtract=arguments.subtract,
        left_out=edited.left_out,
    )
    return {
        "session": session.id,
        "label": arguments.around,
        "marks": len(labels[arguments.around]),
        "n": average.n,
        "subtracted": average.subtracted,
        "latencies": [vars(each) for each in average.latencies],
        "curve": average.rows(),
    }


def _print_comparison(arguments: argparse.Namespace, sessions: Sequence[Session]) -> None:
    from emotion_core.sessions.numbers.comparing import (
        COMPARISON_COLUMNS,
        compare_groups,
        session_values,
    )

    def values(group: Sequence[Session]) -> list[Any]:
        read = map(read_edited, group)
        return [session_values(each.frames, each.faces, each.left_out) for each in read]

    others = [find_session(sessions_dir(), id_) for id_ in arguments.against]
    comparison = compare_groups(
        (" ".join(arguments.ids), values(sessions)),
        (" ".join(arguments.against), values(others)),
        paired=arguments.paired,
    )
    if arguments.json:
        print(json.dumps(comparison.rows(), indent=2))
        return
    if arguments.csv:
        sys.stdout.write(csv_of_rows(COMPARISON_COLUMNS, comparison.rows()))
        return
    print(f"{comparison.counted}; {comparison.effect_name}; p of the {comparison.test}")
    print(" " * 20 + "".join(f"{name:>13}" for name in _COMPARED))
    for row in comparison.rows():
        print(f"{row['measure']:20}" + "".join(f"{_number(row[name]):>13}" for name in _COMPARED))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
