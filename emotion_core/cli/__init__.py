"""The command line: ``python -m emotion_core COMMAND``, one module for each command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from emotion_core.belongings.migrations import prepare
from emotion_core.cli import (
    analyze,
    architectures,
    audit,
    backup,
    card,
    connection,
    dataset,
    evaluate,
    mistakes,
    models,
    own,
    people,
    predictions,
    retention,
    runs,
    sessions,
    tokens,
    train,
)
from emotion_core.errors import EmotionCoreError
from emotion_core.models.folder import models_dirs
from emotion_core.system.names import print_any_name
from emotion_core.system.storage.housekeeping import keep_house

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 is success, 1 a machine that failed (a full disk, say), 2 bad input, 130 an interrupt. What
    went wrong is one line on stderr.
    """
    print_any_name()
    parser = argparse.ArgumentParser(
        prog="python -m emotion_core",
        description="Read facial expressions, and train and evaluate the networks that do it.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (
        train,
        runs,
        architectures,
        evaluate,
        analyze,
        dataset,
        own,
        predictions,
        mistakes,
        models,
        card,
        connection,
        sessions,
        tokens,
        people,
        backup,
        audit,
        retention,
    ):
        command.add_parser(commands)
    options = parser.parse_args(arguments)
    try:
        prepare()
        keep_house(*models_dirs())
        options.run(options)
        sys.stdout.flush()  # so that a closed pipe is met here and not at Python's exit
    except EmotionCoreError as error:
        print(f"emotion_core: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except BrokenPipeError:
        # Whoever read our output, `head` say, has seen enough; Python would complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except OSError as error:
        print(f"emotion_core: {error}; nothing was left half-written", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("emotion_core: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0
