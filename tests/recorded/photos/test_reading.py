from __future__ import annotations

import pytest

from emotion_core.faces.pictures.apart import read_photo_apart
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.photos.reading import PhotoReader, PhotoReadings, PhotoSettings
from tests.recorded.photos.sets import photo, use_finder


@pytest.mark.parametrize(
    ("written", "offset", "taken"),
    [
        ("2024:05:01 12:34:56", "-03:30", "2024-05-01T12:34:56-03:30"),
        ("2024:05:01 12:34:56", "", "2024-05-01T12:34:56"),
        ("2024:05:01 12:34:56", "soon", "2024-05-01T12:34:56"),
        ("0000:00:00 00:00:00", "", ""),
        ("", "", ""),
    ],
)
def test_when_a_photo_was_taken(written, offset, taken):
    image, found = read_photo_apart(photo(60, written, offset))
    assert (image.shape, found) == ((90, 60, 3), taken)


def test_readings_are_the_same_after_a_file(monkeypatch):
    use_finder(monkeypatch)
    _, readings = PhotoReader(default_model_dir(), PhotoSettings()).read(photo(200))
    assert len(readings.faces) == 2
    assert (readings.view, readings.threshold) == ("mirrored", 0.5)
    assert PhotoReadings.from_json(readings.to_json()).faces == readings.faces
    with pytest.raises(ValueError, match="expected 7 values"):
        PhotoReadings.from_json(readings.to_json() | {"scores": [[1.0]] * 2})


def test_the_key_is_that_of_content_model_and_settings(tmp_path):
    files = [tmp_path / name for name in ("a.jpg", "b.jpg", "c.jpg")]
    for file, width in zip(files, (60, 60, 61), strict=True):
        file.write_bytes(photo(width))
    reader = PhotoReader(default_model_dir(), PhotoSettings())
    keys = [reader.key(file) for file in files]
    assert keys[0] == keys[1] != keys[2]
    for settings in (PhotoSettings("haar"), PhotoSettings(careful=False)):
        assert PhotoReader(default_model_dir(), settings).key(files[0]) != keys[0]
    with pytest.raises(FileNotFoundError):
        reader.key(tmp_path / "gone.jpg")
