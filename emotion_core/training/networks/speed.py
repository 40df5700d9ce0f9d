"""Times models in Keras: run by ``speed.keras_speeds`` in a process of its own.

    python -m emotion_core.training.networks.speed FACES MODEL_DIR [MODEL_DIR ...]

The last line on stdout is JSON: for each model the milliseconds of every face.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from emotion_core.errors import ModelError
from emotion_core.judging.measures.timing import time_in_turn
from emotion_core.training.networks.loading import load_network


def main(arguments: Sequence[str]) -> int:
    """Time every model and return the exit code; what went wrong is one line on stderr."""
    faces, *folders = arguments
    try:
        runners = {folder: _runner(Path(folder)) for folder in folders}
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    times = time_in_turn(runners, int(faces))
    sys.stdout.write(json.dumps(list(times.values())) + "\n")
    return 0


def _runner(folder: Path) -> Callable[[], object]:
    """Return a function that runs a model's network on one face."""
    network = load_network(folder)
    shape = (1, *network.input_shape[1:])
    face = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)

    def run() -> object:
        return np.asarray(network(face, training=False))

    run()  # the first call traces the network
    return run


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
