"""The networks in Keras: built, loaded, deepened, timed."""
