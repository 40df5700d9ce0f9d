from __future__ import annotations

import numpy as np
import pytest
import skimage.data


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    """A real face: uint8 [512, 512, 3], BGR."""
    return np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])
