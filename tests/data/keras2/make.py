"""Write the Keras 2 files beside this script: untrained networks.

``model_arch.json`` and its weights are the classic pair of files. ``nested.*`` is a network of
networks, in part frozen; ``layers.h5`` has layers with settings that Keras 3 no longer knows.

Run once with ``pip install tf_keras`` (Keras 2 under its present name); the project does not need
it. The ``.npy`` files hold what Keras 2 itself answers for the faces of ``faces()``.
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def faces() -> np.ndarray:
    """Return four uint8 faces ``[4, 48, 48]`` of noise."""
    return np.random.default_rng(0).integers(0, 256, (4, 48, 48, 1)).astype(np.uint8)[..., 0]


def bright_and_dark() -> np.ndarray:
    """Return these faces as float32 ``[4, 48, 48, 1]``, at most 0.25, 0.5, 0.75 and 1."""
    shares = np.linspace(0.25, 1, 4, dtype=np.float32).reshape(4, 1, 1, 1)
    return faces()[..., None] / np.float32(255) * shares


def nested():
    """Return models of each kind within models of each kind, one of them called twice."""
    import tf_keras
    from tf_keras import layers

    def features(side, name):
        picture = tf_keras.Input((side, side, 1))
        found = layers.Conv2D(4, 3, strides=3, use_bias=False)(picture)
        found = layers.BatchNormalization()(found)
        return tf_keras.Model(picture, layers.Conv2D(4, 3, activation="relu")(found), name=name)

    frozen = features(48, "frozen")
    frozen.trainable = False
    picture = tf_keras.Input((48, 48, 1))
    both = [frozen(picture, training=False), frozen(layers.Rescaling(0.5)(picture))]
    joined = layers.Concatenate()(both)
    scaled = tf_keras.Sequential([layers.BatchNormalization(input_shape=(14, 14, 8))])
    inner = tf_keras.Model(picture, scaled(joined), name="inner")
    return tf_keras.Sequential(
        [inner, layers.GlobalAveragePooling2D(), layers.Dense(7, activation="softmax")]
    )


def settings():
    """Return a network of layers with settings that Keras 3 no longer knows."""
    import tf_keras
    from tf_keras import layers

    picture = tf_keras.Input((48, 48, 1))
    found = picture
    for layer in (
        layers.RandomFlip("horizontal"),
        layers.RandomRotation(0.1),
        layers.RandomZoom(0.1),
        layers.RandomContrast(0.1),
        layers.RandomTranslation(0.1, 0.1),
        layers.DepthwiseConv2D(3, strides=4),
        layers.Conv2DTranspose(4, 3),
        layers.SpatialDropout2D(0.1),
        layers.SeparableConv2D(4, 3, strides=2),
        layers.Reshape((36, 4)),
        layers.Conv1DTranspose(4, 3),
        layers.SpatialDropout1D(0.1),
        layers.DepthwiseConv1D(3),
        layers.SeparableConv1D(4, 3),
    ):
        found = layer(found)
    found = layers.Add()([found, layers.MultiHeadAttention(2, 2)(found, value=found)])
    for layer in (
        layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        layers.TimeDistributed(layers.Dense(3)),
        layers.GRU(3),
        layers.Dense(7, activation="softmax"),
    ):
        found = layer(found)
    return tf_keras.Model(picture, found)


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

    chance = np.random.default_rng(3)
    for make, name, endings in ((nested, "nested", ("h5", "keras")), (settings, "layers", ("h5",))):
        network = make()
        for weight in network.weights:
            low = 0.1 if "variance" in weight.name else -0.5
            weight.assign(chance.uniform(low, 1, weight.shape))
        for ending in endings:
            network.save(HERE / f"{name}.{ending}")
        np.save(HERE / f"{name}.npy", network.predict(bright_and_dark()))


if __name__ == "__main__":
    main()
