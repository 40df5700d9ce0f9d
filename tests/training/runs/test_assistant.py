import os
import signal

import numpy as np
import pytest

from emotion_core.errors import TrainingError
from emotion_core.training.config import AugmentationConfig
from emotion_core.training.runs.assistant import Assistant

STILL = AugmentationConfig(0, 0, 0, flip=False, erase_probability=0)


def test_the_child_previews_again_after_it_was_ended(demo):
    assistant = Assistant()
    try:
        still = assistant.preview(demo.images[:3], STILL, seed=1, rows=2)
        assert still.shape == (2, 3, 48, 48)
        np.testing.assert_array_equal(still[1], demo.images[:3])
        varied = assistant.preview(demo.images[:3], AugmentationConfig(), seed=1, rows=2)
        assert np.abs(varied[0].astype(int) - varied[1]).max() > 20
        os.kill(assistant._child.pid, signal.SIGKILL)
        again = assistant.preview(demo.images[:3], AugmentationConfig(), seed=1, rows=2)
        np.testing.assert_array_equal(varied, again)
        with pytest.raises(TrainingError, match="KeyError: 'filters'"):
            assistant._ask({"task": "measure", "config": {}, "images": 1, "validation_images": 1})
    finally:
        assistant.close()
    assistant.close()
