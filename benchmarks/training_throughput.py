"""Training images a second: augmentation inside the compiled step, against on the host.

    python benchmarks/training_throughput.py [--images 4096] [--batch-size 128] [--repeat 3]

The baseline is what most tutorials do: ``ImageDataGenerator`` turns, shifts, zooms and mirrors each
image with SciPy in Python, and ``model.fit`` trains the same network in float32 with Keras' own
batch norm. Between the two stand single steps of the way, so that each one's share can be read:
augmentation on the device, bfloat16, fused batch norm (which pays in bfloat16 only). All train the
presets' network on random images for one epoch, in turns, each in a process of its own. Timed are
the steps after the first three, alone: at the end of ``fit`` TensorFlow 2.21 at times waits for the
thread that tunes an array's pipeline. Prints JSON: best images a second and the ratio to the
baseline in the same run.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))

BASELINE = "host augmentation, float32"
VARIANTS = {
    BASELINE: {"host": True, "fused": False, "precision": "float32"},
    "augmentation in the step, float32": {"fused": False, "precision": "float32"},
    "and bfloat16": {"fused": False, "precision": "mixed_bfloat16"},
    "and fused batch norm": {"precision": "mixed_bfloat16"},
    "and light and camera augmentation": {"precision": "mixed_bfloat16", "preset": "best"},
}
WARM_UP_STEPS = 3


def main() -> None:
    """Measure every variant several times in turns and print the best of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=4096, help="default: 4096")
    parser.add_argument("--batch-size", type=int, default=128, help="default: 128")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each (default: 3)")
    parser.add_argument("--measure", choices=VARIANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        print(json.dumps(measure(options.images, options.batch_size, **VARIANTS[options.measure])))
        return
    runs: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(options.repeat):
        for name in VARIANTS:
            runs[name].append(run_apart(name, options.images, options.batch_size))
    best = {name: max(rates) for name, rates in runs.items()}
    figures = {
        name: {"images_per_second": round(rate), "ratio": round(rate / best[BASELINE], 2)}
        for name, rate in best.items()
    }
    settings = {"images": options.images, "batch_size": options.batch_size}
    print(json.dumps(settings | figures, indent=2))


def run_apart(name: str, images: int, batch_size: int) -> float:
    """Measure one variant in a process of its own."""
    command = [sys.executable, __file__, "--measure", name]
    command += ["--images", str(images), "--batch-size", str(batch_size)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))


def measure(
    images: int,
    batch_size: int,
    precision: str,
    host: bool = False,
    fused: bool = True,
    preset: str = "standard",
) -> float:
    """Return images a second over ``images`` of them, after a warm-up."""
    import keras
    import numpy as np

    from emotion_core.training.config import PRESETS
    from emotion_core.training.networks import network as networks

    if not fused:
        networks.FusedBatchNormalization = keras.layers.BatchNormalization  # type: ignore[misc]
    random = np.random.default_rng(0)
    steps = WARM_UP_STEPS + math.ceil(images / batch_size)
    faces = random.integers(0, 256, (steps * batch_size, 48, 48, 1), np.uint8)
    targets = np.eye(7, dtype=np.float32)[random.integers(0, 7, len(faces))]
    config = PRESETS[preset]
    shape = networks.NetworkShape(
        config.filters, config.depths, config.dropout, border=config.border
    )
    network = networks.build_network(config.architecture, shape, precision=precision)
    ends: list[float] = []
    stopwatch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda _batch, **_: ends.append(time.perf_counter())
    )
    fit = fit_from_host if host else fit_in_the_step
    fit(network, config, faces, targets, batch_size, stopwatch)
    return batch_size * (steps - WARM_UP_STEPS) / (ends[-1] - ends[WARM_UP_STEPS - 1])


def fit_from_host(
    network: Any, config: Any, faces: Any, targets: Any, batch_size: int, stopwatch: Any
) -> None:
    """Train as the tutorials do."""
    import keras
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    variation = config.augmentation
    generator = ImageDataGenerator(
        rotation_range=variation.rotation_degrees,
        width_shift_range=variation.shift,
        height_shift_range=variation.shift,
        zoom_range=variation.zoom,
        horizontal_flip=variation.flip,
    )
    network.compile(
        keras.optimizers.AdamW(1e-3),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    flow = generator.flow(faces, targets, batch_size=batch_size)
    network.fit(flow, steps_per_epoch=len(flow), callbacks=[stopwatch], verbose=0)


def fit_in_the_step(
    network: Any, config: Any, faces: Any, targets: Any, batch_size: int, stopwatch: Any
) -> None:
    """Train as this project does."""
    import keras

    from emotion_core.training.fitting.augmentation import FaceAugmentation
    from emotion_core.training.fitting.step import TrainingStep

    model = TrainingStep(network, FaceAugmentation(config.augmentation, seed=0), config)
    model.compile(keras.optimizers.AdamW(1e-3), jit_compile=False)
    inputs = {"faces": faces, "targets": targets}
    model.fit(inputs, batch_size=batch_size, callbacks=[stopwatch], verbose=0)


if __name__ == "__main__":
    main()
