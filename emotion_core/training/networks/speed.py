"""Times models in Keras: run by ``speed.keras_speeds`` in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from emotion_core.judging.measures.timing import time_in_turn
from emotion_core.system.native import start_keras
from emotion_core.system.processes.serving import serve
from emotion_core.system.progress import ShareProgress


def time_models(request: dict[str, Any], _: ShareProgress) -> dict[str, Any]:
    """Time models on single faces.

    Args:
        request: how many ``faces``, and the models' ``folders``.

    Returns:
        ``milliseconds``: for each model those of every face.

    Raises:
        ModelError: a model cannot be read.
    """
    start_keras()
    # Numbered: the same folder may be named twice.
    runners = {
        str(number): _runner(Path(folder)) for number, folder in enumerate(request["folders"])
    }
    return {"milliseconds": list(time_in_turn(runners, request["faces"]).values())}


def _runner(folder: Path) -> Callable[[], object]:
    """Return a function that runs a model's network on one face."""
    from emotion_core.training.networks.loading import load_network

    network = load_network(folder)
    shape = (1, *network.input_shape[1:])
    face = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)

    def run() -> object:
        return np.asarray(network(face, training=False))

    run()  # the first call traces the network
    return run


if __name__ == "__main__":
    serve(time_models)
