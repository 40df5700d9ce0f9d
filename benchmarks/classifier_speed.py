"""How long one face takes in LiteRT on one thread, against an untrained mini XCEPTION.

    python benchmarks/classifier_speed.py models/fer2013-vgg [MODEL_DIR ...]

mini XCEPTION at 64 x 64 (Arriaga et al. 2017, "Real-time convolutional neural networks for emotion
and gender classification") is what most projects of this kind run; speed does not depend on
weights, so it is built here with random ones. Prints JSON: median milliseconds, the ratio to mini
XCEPTION in the same run, multiply-accumulates in millions, and the size of each ``model.tflite``.
The networks take turns, face by face, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from ai_edge_litert.interpreter import Interpreter

MINI_XCEPTION = "mini XCEPTION 64x64 (untrained)"


def main() -> None:
    """Time all networks in turn and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL_DIR")
    parser.add_argument("--faces", type=int, default=1000, help="faces to time (default: 1000)")
    options = parser.parse_args()
    files = {MINI_XCEPTION: mini_xception_file()}
    files |= {str(folder): (folder / "model.tflite").read_bytes() for folder in options.models}
    accumulates = {str(folder): count_accumulates(folder) for folder in options.models}
    medians = time_in_turn(files, options.faces)
    figures = {
        name: {
            "milliseconds": round(milliseconds, 3),
            "ratio": round(milliseconds / medians[MINI_XCEPTION], 2),
            "million_multiply_accumulates": accumulates.get(name),
            "megabytes": round(len(files[name]) / 1e6, 2),
        }
        for name, milliseconds in medians.items()
    }
    print(json.dumps(figures, indent=2))


def time_in_turn(files: dict[str, bytes], faces: int) -> dict[str, float]:
    """Return each network's median milliseconds for one face."""
    runners = {name: one_face_runner(content) for name, content in files.items()}
    times: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(faces):
        for name, run in runners.items():
            start = time.perf_counter()
            run()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(measured) for name, measured in times.items()}


def one_face_runner(content: bytes) -> Any:
    """Return a function that runs a LiteRT model on one face, on one thread."""
    interpreter = Interpreter(model_content=content, num_threads=1)
    (details,) = interpreter.get_input_details()
    shape = [1, *details["shape"][1:]]
    interpreter.resize_tensor_input(details["index"], shape)
    interpreter.allocate_tensors()
    face = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)

    def run() -> None:
        interpreter.set_tensor(details["index"], face)
        interpreter.invoke()

    run()  # the first inference packs the weights
    return run


def count_accumulates(folder: Path) -> float:
    """Return what one face costs a model, in millions of multiply-accumulates."""
    from emotion_core.training.networks.loading import load_network
    from emotion_core.training.networks.network import multiply_accumulates

    return round(multiply_accumulates(load_network(folder)) / 1e6, 1)


def mini_xception_file() -> bytes:
    """Return an untrained mini XCEPTION as a LiteRT model."""
    import keras
    from keras import layers

    def convolve(tensor: Any, filters: int, size: int, **settings: Any) -> Any:
        tensor = layers.Conv2D(filters, size, use_bias=False, **settings)(tensor)
        return layers.BatchNormalization()(tensor)

    def separable(tensor: Any, filters: int) -> Any:
        tensor = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(tensor)
        return layers.BatchNormalization()(tensor)

    pixels = keras.Input((64, 64, 1))
    tensor = pixels
    for _ in range(2):
        tensor = layers.ReLU()(convolve(tensor, 8, 3))
    for filters in (16, 32, 64, 128):
        shortcut = convolve(tensor, filters, 1, strides=2, padding="same")
        tensor = separable(layers.ReLU()(separable(tensor, filters)), filters)
        tensor = layers.MaxPooling2D(3, 2, padding="same")(tensor)
        tensor = layers.Add()([tensor, shortcut])
    tensor = layers.Conv2D(7, 3, padding="same")(tensor)
    scores = layers.Softmax()(layers.GlobalAveragePooling2D()(tensor))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mini_xception.tflite"
        keras.Model(pixels, scores).export(path, format="litert", verbose=False)
        return path.read_bytes()


if __name__ == "__main__":
    main()
