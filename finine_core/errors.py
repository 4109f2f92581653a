"""The one error a user may meet.

Everything a person can cause (a missing column, a ragged row, an unknown run) is raised as
`FinineError`: it says what is wrong, where, and what to do. The CLI prints it as one line and
exits with 1; the app shows it as a message. Any other exception is a bug of ours.
"""

from __future__ import annotations


class FinineError(Exception):
    """A problem its reader can mend.

    Args:
        problem: what is wrong and where (file, row, column, value), as a sentence.
        mend: what to do about it, as a sentence; may be empty when the problem says it.

    Examples:
        >>> str(FinineError("There is no column 'lable'.", "Columns: text, label."))
        "There is no column 'lable'. Columns: text, label."
    """

    def __init__(self, problem: str, mend: str = "") -> None:
        super().__init__(f"{problem} {mend}".strip())
        self.problem = problem
        self.mend = mend


class Cancelled(Exception):  # noqa: N818  it is no error
    """Raised inside a run when the person asked to cancel it; not a failure."""
