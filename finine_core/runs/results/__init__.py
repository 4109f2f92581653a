"""What a run found, read back from its folder; and the list of all runs."""

from finine_core.runs.results.stored import Results

__all__ = ["Results"]
