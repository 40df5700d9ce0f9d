"""Write the Keras 2 files beside this script: an untrained network in the classic pair of files.

Run once with ``pip install tf_keras`` (Keras 2 under its present name); the project does not need
it. ``scores.npy`` holds what Keras 2 itself answers for the faces of ``faces()``.
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def faces() -> np.ndarray:
    """Return four uint8 faces ``[4, 48, 48]`` of noise."""
    return np.random.default_rng(0).integers(0, 256, (4, 48, 48, 1)).astype(np.uint8)[..., 0]


def main() -> None:
    import tf_keras
    from tf_keras import layers

    tf_keras.utils.set_random_seed(3)
    network = tf_keras.Sequential(
        [
            layers.Conv2D(4, (3, 3), activation="relu", input_shape=(48, 48, 1)),
            layers.BatchNormalization(),
            layers.MaxPooling2D((4, 4)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(4),
            layers.Flatten(),
            layers.Dropout(0.25),
            layers.Dense(7, activation="softmax"),
        ]
    )
    (HERE / "model_arch.json").write_text(network.to_json())
    network.save_weights(HERE / "model_weights.h5")
    np.save(HERE / "scores.npy", network.predict(faces()[..., None].astype("float32")))


if __name__ == "__main__":
    main()
