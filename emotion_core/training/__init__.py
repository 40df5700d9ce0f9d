"""From a dataset and settings to a model; only two rooms of it import Keras."""
