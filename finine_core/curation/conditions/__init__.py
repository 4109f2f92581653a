"""Conditions that people write: which are answered here, which by a process with hard limits."""
