"""Every bad input we could think of, as code: what is written, and what must come of it.

One file per group of cases; `CASES` has them all. `python -m benchmarks.reliability.bad_inputs`
tries each of them on the command line and in the app.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.reliability.bad_inputs import (
    encodings,
    files,
    frames,
    images,
    json_lines,
    labels,
    manifests,
    names,
    options,
    parquet_files,
    structure,
    values,
    wrong_kinds,
)
from benchmarks.reliability.bad_inputs.case import Case

GROUPS = {
    "encodings": encodings.CASES,
    "lines, quotes and fields": structure.CASES,
    "column names": names.CASES,
    "cells": values.CASES,
    "labels": labels.CASES,
    "JSON Lines": json_lines.CASES,
    "Parquet": parquet_files.CASES,
    "Arrow and Excel": frames.CASES,
    "other kinds of files": wrong_kinds.CASES,
    "paths": files.CASES,
    "options and validation files": options.CASES,
    "manifests": manifests.CASES,
    "images": images.CASES,
}
CASES: tuple[Case, ...] = tuple(
    replace(case, group=group) for group, cases in GROUPS.items() for case in cases
)

__all__ = ["CASES", "GROUPS", "Case"]
