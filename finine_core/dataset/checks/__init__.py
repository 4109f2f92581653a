"""What should a person know about a dataset before they train on it?

`check_dataset` takes a loaded dataset and gives a `Report` of findings, the most severe first.
Nothing is changed, and nothing keeps a run from starting. Adding a check is one new file with a
`Check`, plus one entry in `CHECKS`.
"""

from __future__ import annotations

from dataclasses import dataclass

from finine_core.dataset.checks import (
    class_balance,
    constant_columns,
    duplicates,
    far_numbers,
    id_columns,
    label_variants,
    leakage,
    missing_labels,
    texts,
)
from finine_core.dataset.checks.base import Check, Finding, Severity, subject_of
from finine_core.dataset.dataset import Dataset

# What can spoil a result most comes first; findings of one severity keep this order.
CHECKS: tuple[Check, ...] = (
    leakage.CHECK,
    label_variants.CHECK,
    missing_labels.CHECK,
    duplicates.CHECK,
    id_columns.CHECK,
    class_balance.CHECK,
    far_numbers.CHECK,
    texts.CHECK,
    constant_columns.CHECK,
)

__all__ = ["CHECKS", "Check", "Finding", "Report", "Severity", "check_dataset"]


@dataclass(frozen=True)
class Report:
    """What the checks came to.

    Attributes:
        rows: how many rows were checked, held-out ones included.
        findings: warnings first, then notes.
        looked_for: what was looked for, in words; where only a sample was looked at, it says so.
        file_notes: what a person should know about how the file was read.
    """

    rows: int
    findings: tuple[Finding, ...]
    looked_for: tuple[str, ...]
    file_notes: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that may spoil what is learned."""
        return tuple(one for one in self.findings if one.severity is Severity.WARNING)

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The findings that are good to know."""
        return tuple(one for one in self.findings if one.severity is Severity.NOTE)


def check_dataset(dataset: Dataset) -> Report:
    """Look for everything in `CHECKS`.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from finine_core.dataset import load_dataset
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> rows = [f"{i * 37 % 101},{('Yes', 'no', 'no', 'yes')[i % 4]}" for i in range(80)]
        >>> _ = path.write_text("x,y\\n" + "\\n".join(rows))
        >>> report = check_dataset(load_dataset(path, label="y"))
        >>> report.warnings[0].problem
        "1 label is written in several ways: 'Yes' (20 rows) / 'yes' (20 rows)."
    """
    subject = subject_of(dataset)
    findings = [finding for check in CHECKS for finding in check.find(subject)]
    looked_for = []
    for check in CHECKS:
        rows = check.sampled(subject)
        sample = f" (in {rows:,} rows drawn at random)" if rows < len(subject) else ""
        looked_for.append(check.words + sample)
    return Report(
        rows=len(subject),
        findings=tuple(sorted(findings, key=lambda one: one.severity is Severity.NOTE)),
        looked_for=tuple(looked_for),
        file_notes=dataset.notes,
    )
