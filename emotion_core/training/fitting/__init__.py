"""The training itself, in Keras: steps, epochs, checkpoints, the finished model."""
