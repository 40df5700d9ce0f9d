import io
import logging
import shutil

import numpy as np
import pytest

from emotion_core.models.folder import SEEN_FILE, load_card
from emotion_core.models.readme.card import write_card
from emotion_core.models.seen_images import (
    SeenImages,
    image_hashes,
    load_seen_images,
    with_seen_images,
)


@pytest.fixture
def seen(demo):
    return SeenImages.of(demo.images[demo.splits == 0], demo.images[demo.splits == 1])


def test_a_hash_is_the_beginning_of_sha_256():
    black = np.zeros((2, 48, 48), np.uint8)
    assert [f"{each:016x}" for each in image_hashes(black).byteswap()] == ["cfc335996cfae29f"] * 2
    assert image_hashes(black[:0]).shape == (0,)


def test_written_and_read_in_a_few_bytes_an_image(seen, tmp_path):
    seen.write(tmp_path / SEEN_FILE)
    content = (tmp_path / SEEN_FILE).read_bytes()
    count = len(np.union1d(seen.trained, seen.selecting))
    assert len(content) == 192 + 10 * count
    again = SeenImages.from_bytes(content)
    np.testing.assert_array_equal(again.trained, seen.trained)
    np.testing.assert_array_equal(again.selecting, seen.selecting)


def test_a_model_that_was_trained_here_knows_what_it_has_seen(tiny_model, demo, seen):
    found = load_seen_images(tiny_model, load_card(tiny_model))
    np.testing.assert_array_equal(found.trained, seen.trained)
    np.testing.assert_array_equal(found.selecting, seen.selecting)
    hashes = image_hashes(demo.images)
    assert found.trained_on(hashes)[demo.splits == 0].all()
    assert found.selected_on(hashes)[demo.splits == 1].all()


def test_what_the_model_that_a_run_began_with_has_seen_counts(seen, demo):
    fine_tuned = SeenImages.of(demo.images[demo.splits == 2][:1], demo.images[:0])
    both = fine_tuned.with_earlier(seen)
    for part in (seen.trained, seen.selecting, fine_tuned.trained):
        assert both.trained_on(part).all()
    assert len(both.selecting) == 0


def test_a_model_without_any(tiny_model):
    card = load_card(tiny_model)
    del card.files[SEEN_FILE]
    assert load_seen_images(tiny_model, card) is None


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def claiming(count: int) -> bytes:
    dtype = "[('hash', '<u8'), ('trained', '|b1'), ('selecting', '|b1')]"
    header = (
        f"{{'descr': {dtype}, 'fortran_order': False, 'shape': ({count},), }}".ljust(245) + "\n"
    )
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing like it",
        npy(np.arange(3)),
        npy(np.array([print])),
        claiming(10**15),
        claiming(1),
        claiming(1) + bytes(8) + b"\x02\x00",
        claiming(1) + bytes(9),
    ],
)
def test_what_is_damaged_says_nothing(tiny_model, tmp_path, caplog, content):
    with pytest.raises((ValueError, TypeError)):
        SeenImages.from_bytes(content)
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    (folder / SEEN_FILE).write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert load_seen_images(folder, load_card(folder)) is None
    assert "What tiny has seen cannot be told" in caplog.text


def test_an_empty_one_is_sound():
    assert len(SeenImages.from_bytes(claiming(0)).trained) == 0


def test_a_folder_that_is_there_gets_them(tiny_model, tmp_path, seen):
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    card = load_card(folder)
    (folder / SEEN_FILE).unlink()
    del card.files[SEEN_FILE], card.sizes[SEEN_FILE]
    write_card(folder, card)
    assert load_seen_images(folder, load_card(folder)) is None
    write_card(folder, with_seen_images(folder, load_card(folder), seen))
    again = load_card(folder)
    assert again.sizes[SEEN_FILE] == (folder / SEEN_FILE).stat().st_size
    np.testing.assert_array_equal(load_seen_images(folder, again).trained, seen.trained)
