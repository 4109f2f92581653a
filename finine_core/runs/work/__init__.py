"""What a worker does: read and check the input, encode, train with the recorder on, score."""
