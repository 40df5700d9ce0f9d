"""Views that are kept are the views that were made."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip(
    "torch", reason="the recipe runs on PyTorch, which the app does not need"
)


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_a_kept_view_is_that_of_its_number(kind):
    from recipes.window.views import Variation, Views

    images = torch.from_numpy(
        np.random.default_rng(0).integers(0, 256, (4, 48, 48)).astype(np.uint8)
    )
    # Noise is drawn anew each time, so none here.
    variation = Variation(camera_probability=0)
    kept, fresh = Views(images, 2, variation, kept=3), Views(images, 2, variation)
    buffer, expected = (torch.zeros(images.shape, dtype=getattr(torch, kind)) for _ in range(2))
    for number in (0, 1, 2, 3, 0, 2, 1, 3):
        kept.write(number, buffer)
        fresh.write(number, expected)
        assert torch.allclose(buffer.float(), expected.float(), atol=0.1)
