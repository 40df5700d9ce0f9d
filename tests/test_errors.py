from __future__ import annotations

import pickle

import pytest

from emotion_core.errors import DatasetError, EmotionCoreError, NumberedClassesError

ESCAPE = "\x1b[2J\x1b]0;you are owned\x07"


class TestMessages:
    @pytest.mark.parametrize(
        ("message", "told"),
        [
            ("a\u00a0b\u202fPM.png: zdjęcie 你好", "a\u00a0b\u202fPM.png: zdjęcie 你好"),
            (f"{ESCAPE}.png", r"\x1b[2J\x1b]0;you are owned\x07.png"),
            ("one\n- two\r\nthree\u2028four", "one - two three four"),
            ("\u202egnp.exe", r"\u202egnp.exe"),  # turns what follows round
            ("\udce9.png", r"\udce9.png"),
            ("", ""),
        ],
    )
    def test_are_one_line_that_a_terminal_may_print(self, message, told):
        assert str(DatasetError(message)) == told

    def test_name_no_more_than_anybody_reads(self):
        told = str(DatasetError(f"expected a face, found {'x' * 60_000}; go elsewhere"))
        assert len(told) < 2_010
        assert told.startswith("expected a face, found x")
        assert told.endswith("x; go elsewhere")

    def test_of_every_kind(self):
        error = NumberedClassesError(f"{ESCAPE}: 1", source="a", numbers=("1",), data_id="a")
        assert str(error).startswith(r"\x1b")

    def test_survive_a_copy(self):
        copied = pickle.loads(pickle.dumps(EmotionCoreError("a\nb")))
        assert str(copied) == "a b"
