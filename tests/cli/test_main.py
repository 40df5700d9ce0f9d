import io
import os
import subprocess
import sys

import pytest

from emotion_core.cli import main

PROGRAM = [sys.executable, "-m", "emotion_core"]


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    for command in (
        *("train", "architectures", "evaluate", "analyze"),
        *("dataset", "own", "card", "connection", "sessions"),
    ):
        assert f"\n    {command}" in printed


def test_a_command_is_needed(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    assert "the following arguments are required: COMMAND" in capsys.readouterr().err


def test_bad_input_is_one_line_for_a_user_too(tmp_path):
    """With everything that libraries print at their start, as in a shell."""
    picture = tmp_path / "not-a-picture.jpg"
    picture.write_text("hello")
    command = [*PROGRAM, "analyze", picture, "--out", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("emotion_core: ")
    assert "expected a picture" in line


def test_a_reader_who_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m emotion_core dataset demo | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("folder", "encoding", "errors", "printed"),
    [
        ("zdjęcie 你好", "cp1252", "strict", rb"zdj\u0119cie \u4f60\u597d"),
        ("zdjęcie 你好", "cp1252", "replace", b"zdj?cie ??"),
        ("zdjęcie 你好", "utf-8", "strict", "zdjęcie 你好".encode()),
        ("caf\udce9", "utf-8", "strict", rb"caf\udce9"),
        ("zdjęcie", "ascii", "surrogateescape", rb"zdj\u0119cie"),
        ("\x1b[2J\x07a\r\x9b", "utf-8", "strict", rb"\x1b[2J\x07a\r\x9b"),
        ("gnp.\u202exe", "utf-8", "replace", rb"gnp.\u202exe"),
    ],
)
def test_a_name_is_printed_whatever_the_terminal_knows(
    tmp_path, monkeypatch, folder, encoding, errors, printed
):
    """A byte of Latin-1 in a name is the half of a surrogate pair to Python."""
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / folder))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding, errors))
    assert main(["own", "list"]) == 0
    assert sys.stdout.buffer.getvalue() == b"No datasets in %s%s%s%sown_data.%s" % (
        *(os.fsencode(tmp_path), os.fsencode(os.sep), printed, os.fsencode(os.sep)),
        os.fsencode(os.linesep),
    )
