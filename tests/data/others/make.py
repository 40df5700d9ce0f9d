"""Write the networks beside this script, as other projects might have them; run once.

Each answers by the brightness of the picture alone: class k where it is nearest to ``k / (K - 1)``
of the way from black to white. So a wrong range or order shows in its answers.
"""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

HERE = Path(__file__).parent
SHARPNESS = 400.0


def brightness_reader(
    side: int, channels: int, classes: int, low: float, high: float
) -> keras.Model:
    """Return a network of logits whose pictures have values from ``low`` to ``high``."""
    pixels = keras.Input((side, side, channels))
    logits = keras.layers.Dense(classes)(keras.layers.GlobalAveragePooling2D()(pixels))
    network = keras.Model(pixels, logits)
    levels = np.linspace(low, high, classes) * np.ones((channels, 1)) / channels
    scale = SHARPNESS / (high - low) ** 2
    # The nearest level c of a brightness m has the largest 2 c m - c**2.
    bias = -(np.linspace(low, high, classes) ** 2)
    network.layers[-1].set_weights([2 * levels * scale, bias * scale])
    return network


def with_softmax(network: keras.Model) -> keras.Model:
    return keras.Model(network.input, keras.layers.Softmax()(network.output))


def main() -> None:
    grey64 = with_softmax(brightness_reader(64, 1, 7, -1, 1))
    grey64.save(HERE / "grey64.keras")
    grey64.export(HERE / "grey64.tflite", format="litert", verbose=False)
    color32 = brightness_reader(32, 3, 8, 0, 1)
    color32.export(HERE / "color32.tflite", format="litert", verbose=False)

    wide = keras.Input((48, 64, 1))
    answers = keras.layers.Dense(7)(keras.layers.GlobalAveragePooling2D()(wide))
    keras.Model(wide, answers).export(HERE / "wide.tflite", format="litert", verbose=False)

    kernel, bias = (tf.constant(values) for values in grey64.get_layer("dense").get_weights())

    @tf.function(input_signature=[tf.TensorSpec((1, 64, 64, 1))])
    def function(pixels: tf.Tensor) -> tf.Tensor:
        # A shape that more than one picture does not fit.
        brightness = tf.reduce_mean(tf.reshape(pixels, (1, 64 * 64, 1)), axis=1)
        return tf.nn.softmax(tf.reshape(brightness, (1, 1)) @ kernel + bias)

    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    (HERE / "one_by_one.tflite").write_bytes(converter.convert())

    grey48 = with_softmax(brightness_reader(48, 1, 7, 0, 255))
    converter = tf.lite.TFLiteConverter.from_keras_model(grey48)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [np.full((1, 48, 48, 1), level, np.float32)] for level in range(0, 256, 5)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    (HERE / "quantized.tflite").write_bytes(converter.convert())

    for name, function in (("endless", endless), ("swelling", swelling)):
        converter = tf.lite.TFLiteConverter.from_concrete_functions(
            [function.get_concrete_function()]
        )
        (HERE / f"{name}.tflite").write_bytes(converter.convert())


@tf.function(input_signature=[tf.TensorSpec((1, 48, 48, 1))])
def endless(pixels: tf.Tensor) -> tf.Tensor:
    """Answer noise, whose mean is 0.5, at once, and black pictures after a billion rounds."""
    brightness = tf.reduce_mean(pixels)
    rounds = tf.cast(4e9 * tf.maximum(0.0, 0.25 - brightness), tf.int32)
    _, answers = tf.while_loop(
        lambda number, _: number < rounds,
        lambda number, values: (number + 1, tf.sin(values) + 0.1),
        (tf.constant(0), brightness * tf.ones((1, 7))),
    )
    return tf.nn.softmax(answers)


@tf.function(input_signature=[tf.TensorSpec((1, 48, 48, 1))])
def swelling(pixels: tf.Tensor) -> tf.Tensor:
    """Need nothing for noise, and gigabytes for black pictures."""
    brightness = tf.reduce_mean(pixels)
    rows = tf.cast(4e8 * tf.maximum(0.0, 0.25 - brightness), tf.int32) + 1
    tiled = tf.tile(tf.reshape(brightness, (1, 1)), tf.stack([rows, tf.constant(7)]))
    return tf.nn.softmax(tf.reduce_mean(tiled, axis=0, keepdims=True))


if __name__ == "__main__":
    main()
