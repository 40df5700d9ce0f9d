"""BlazeFace, a small neural network that finds faces, beside the Haar cascades."""
