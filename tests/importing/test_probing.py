"""Networks that are tried: what is found out, in how many passes, and what is refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from emotion_core.errors import ModelError
from emotion_core.importing import probing
from emotion_core.importing.answers import FoundNetwork
from emotion_core.importing.probing import Trial, check_shapes, probe
from emotion_core.models import layers, litert
from emotion_core.models.folder import LITERT_FILE, default_model_dir
from tests.model_files import OTHERS, nan_tflite

GREY64 = (OTHERS / "grey64.tflite").read_bytes()


class FakeNetwork:
    """A network of 48x48 grey pictures and seven classes that answers as a test says."""

    def __init__(self, run: Callable[[np.ndarray], np.ndarray], outputs: int = 1) -> None:
        self.input_shape = [-1, 48, 48, 1]
        self.output_shapes = [[-1, 7]] * outputs
        self.largest_bytes = 1 << 20
        self._run = run

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        return [self._run(batch)]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def use(run: Callable[[np.ndarray], np.ndarray], outputs: int = 1) -> None:
        monkeypatch.setattr(litert, "LiteRtNetwork", lambda _: FakeNetwork(run, outputs))

    return use


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("grey64", FoundNetwork(64, 1, 7, True, False, 14)),
        ("color32", FoundNetwork(32, 3, 8, False, False, 32)),
        ("one_by_one", FoundNetwork(64, 1, 7, True, True, 14)),
        ("quantized", FoundNetwork(48, 1, 7, True, False, 0)),
    ],
)
def test_what_is_found_out(name, expected):
    assert probe((OTHERS / f"{name}.tflite").read_bytes()).found == expected


def test_the_projects_own_network_is_known_by_its_first_layer():
    found = probe((default_model_dir() / LITERT_FILE).read_bytes()).found
    assert found.scales
    assert not found.probabilities


@pytest.mark.parametrize("name", ["grey64", "one_by_one"])
def test_the_file_is_parsed_once_and_the_network_built_once(name, monkeypatch):
    parsed, built = [], []
    parse, build = layers.schema.ModelT.InitFromPackedBuf, litert.Interpreter
    monkeypatch.setattr(
        layers.schema.ModelT,
        "InitFromPackedBuf",
        lambda *arguments: parsed.append(1) or parse(*arguments),
    )
    monkeypatch.setattr(
        litert, "Interpreter", lambda **settings: built.append(1) or build(**settings)
    )
    probe((OTHERS / f"{name}.tflite").read_bytes())
    assert (len(parsed), len(built)) == (1, 1)


@pytest.mark.parametrize("failure", [ValueError, RuntimeError])
def test_one_that_fails_on_several_pictures_takes_one_at_a_time(fake, failure):
    def alone(batch):
        if len(batch) > 1:
            raise failure("one by one, please")
        return np.zeros((1, 7), np.float32)

    fake(alone)
    assert probe(GREY64).found.one_by_one


def test_one_that_mixes_pictures_up_takes_one_at_a_time(fake):
    fake(lambda batch: np.full((len(batch), 7), batch.mean(), np.float32))
    assert probe(GREY64).found.one_by_one


def test_weights_that_are_not_numbers():
    with pytest.raises(
        ModelError,
        match=r"^expected a network whose weights are numbers, found some that are not \(NaN or "
        r"infinite\); its training has failed$",
    ):
        probe(nan_tflite())


def test_answers_that_are_not_numbers(fake):
    fake(lambda batch: np.full((len(batch), 7), np.nan, np.float32))
    with pytest.raises(
        ModelError, match=r"^expected answers that are numbers, found some that are not \(NaN\)$"
    ):
        probe(GREY64)


def test_two_outputs(fake):
    fake(lambda batch: np.zeros((len(batch), 7), np.float32), outputs=2)
    with pytest.raises(ModelError, match=r"^expected one output, found 2$"):
        probe(GREY64)


def test_it_is_tried_on_black_pictures_noise_and_drawn_faces(fake):
    seen: list[np.ndarray] = []
    fake(lambda batch: seen.extend(batch) or np.zeros((len(batch), 7), np.float32))
    probe(GREY64)
    assert not seen[0].any()
    brightest = [float(each.max()) for each in seen]
    assert {round(each) for each in brightest} > {0, 1, 255}
    assert max(brightest) <= 255
    # Of noise all pixels differ; of a drawn face many are alike, as of a photograph.
    alike = [picture for picture in seen[1:] if len(np.unique(picture)) < 0.5 * picture.size]
    assert len(alike) >= 2 * 7


@pytest.mark.parametrize(
    ("slow", "shown"),
    [
        (lambda batch: not batch.any(), "black pictures"),
        (lambda batch: len(np.unique(batch)) > 2000, "noise"),
        (lambda batch: 2 < len(np.unique(batch)) <= 2000, "drawn faces"),
    ],
)
def test_one_that_takes_for_ever_on_some_pictures(fake, monkeypatch, slow, shown):
    monkeypatch.setattr(probing, "MAX_SECONDS", 1.0)
    ended = threading.Event()

    def run(batch):
        if slow(batch):
            ended.wait(60)
        return np.zeros((len(batch), 7), np.float32)

    fake(run)
    with pytest.raises(ModelError) as caught:
        probe(GREY64)
    ended.set()
    assert str(caught.value) == (
        "expected a network that reads a picture within 1 s, found one that takes longer for "
        f"{shown}; it is too large for this machine or malicious, and is refused"
    )


def test_one_that_fails_on_any_picture_says_so(fake):
    def fail(_: np.ndarray) -> np.ndarray:
        raise RuntimeError("no")

    fake(fail)
    with pytest.raises(RuntimeError, match=r"^no$"):
        probe(GREY64)


def test_one_that_needs_much_memory(monkeypatch):
    monkeypatch.setattr(probing, "MAX_ARRAY_BYTES", 10_000)
    with pytest.raises(
        ModelError,
        match=r"^expected a network that needs at most 10 kB in one piece for a picture, found one "
        r"that needs \d+ kB; it is refused$",
    ):
        probe(GREY64)


def test_how_long_it_takes_for_a_picture_is_told(fake):
    fake(lambda batch: time.sleep(0.02) or np.zeros((len(batch), 7), np.float32))
    assert probe(GREY64).found.milliseconds >= 20


@pytest.mark.parametrize("found", [([-1, 48, 48, 1], [-1, 7]), ((None, 512, 512, 3), (None, 2))])
def test_shapes_that_fit(found):
    check_shapes(*found)


@pytest.mark.parametrize(
    "found",
    [
        ([], []),
        ([-1, 48, 48], [-1, 7]),
        ([-1, 48, 64, 1], [-1, 7]),
        ([-1, 8, 8, 1], [-1, 7]),
        ([-1, 1024, 1024, 1], [-1, 7]),
        ([-1, -1, -1, 1], [-1, 7]),
        ([-1, 48, 48, 2], [-1, 7]),
        ([-1, 48, 48, 1], [-1, 1]),
        ([-1, 48, 48, 1], [-1, 1000]),
        ([-1, 48, 48, 1], [-1, 7, 7]),
    ],
)
def test_shapes_that_do_not_fit(found):
    with pytest.raises(ModelError) as error:
        check_shapes(*found)
    assert str(error.value) == (
        "expected a network that takes square pictures, [N, side, side, 1 or 3] with a side of "
        "16 to 512, and returns a number for each of 2 to 64 classes, [N, classes], found "
        f"{found[0]} and {found[1]}"
    )


@pytest.fixture
def trial() -> Trial:
    return probe(GREY64)


def test_a_converted_network_that_agrees(trial):
    assert trial.pictures.shape == (3, 64, 64, 1)
    trial.check_agreement(lambda pictures: litert.LiteRtNetwork(GREY64).run(pictures)[0] + 1e-4)


def test_a_converted_network_that_answers_otherwise(trial):
    with pytest.raises(
        ModelError,
        match=r"^expected the answers of the original after conversion to LiteRT, found others "
        r"\(difference 0\.25\); it was not imported$",
    ):
        trial.check_agreement(lambda _: trial.answers + 0.25)
