"""From a data set and settings to a model; only two rooms of it import Keras."""
