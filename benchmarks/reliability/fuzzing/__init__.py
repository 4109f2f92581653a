"""Fuzzing of the readers: what must hold for any bytes, and how bytes are damaged."""
