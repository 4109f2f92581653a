"""The words by which files and folders name their parts: rows to train on, rows held out."""

TRAINING_WORDS = frozenset({"train", "training"})
VALIDATION_WORDS = frozenset({"validation", "val", "valid", "dev", "test"})
