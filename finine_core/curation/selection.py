"""Which rows of a run are meant? By number, condition, saved group, rank, or rate of false alarms.

`SelectionOptions` are the keywords of everything that is done with some rows; `Selection` is one
such choice, which can be checked and put in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypedDict

from finine_core.errors import FinineError
from finine_core.keywords import no_such_keyword
from finine_core.told import require_kind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LISTED_ROWS = 20  # row numbers that the words name


class SelectionOptions(TypedDict, total=False):
    """Which training rows are meant; at least one of these has to be given.

    Attributes:
        rows: row numbers, the 0-based positions in the input; alone [default: None].
        where: a SQL condition over score columns, `decision` and the data's columns;
            `in_group('name')` holds for the rows of a saved group [default: None].
        group: the name of a saved group (`Run.groups`); with a condition, what meets both
            [default: None].
        top: the first so many by rank, of those that meet the condition [default: None].
        fdr: a false discovery rate above 0 and below 1; alone, for its promise is about all rows
            [default: None].
        target: whose ranks and scores, one of `Run.targets`; None for the first [default: None].
    """

    rows: Sequence[int] | None
    where: str | None
    group: str | None
    top: int | None
    fdr: float | None
    target: str | None


@dataclass(frozen=True)
class Selection:
    """One choice of rows; see `SelectionOptions`.

    Examples:
        >>> Selection(where="mu > 2", top=10).words([], "self")
        'where mu > 2, top 10 by self'
        >>> Selection().check()
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: No rows were chosen. Give rows, a condition, a saved \
group or a top number.
    """

    rows: Sequence[int] | None = None
    where: str | None = None
    group: str | None = None
    top: int | None = None
    fdr: float | None = None
    target: str | None = None

    @classmethod
    def of(cls, options: SelectionOptions) -> Selection:
        """The choice that these keywords make.

        Raises:
            FinineError: a keyword does not exist, or takes another kind of value.
        """
        known = {one.name for one in fields(cls)}
        for name, value in options.items():
            if name not in known:
                raise no_such_keyword(name, known)
            require_kind(name, value, cls.__annotations__[name])
        return cls(**options)

    def check(self) -> None:
        """Refuse what says nothing, or two things that do not go together.

        Raises:
            FinineError: which.
        """
        narrowed = not (self.where is None and self.group is None and self.top is None)
        if self.fdr is not None:
            if narrowed or self.rows is not None:
                raise FinineError(
                    "A false discovery rate holds for all rows, not for a part chosen otherwise.",
                    "Give it alone, or give rows, a condition or a top number without it.",
                )
        elif self.rows is None and not narrowed:
            raise FinineError(
                "No rows were chosen.", "Give rows, a condition, a saved group or a top number."
            )
        elif self.rows is not None and narrowed:
            raise FinineError("Rows were given both by list and by condition.", "Give one of them.")

    def words(self, chosen: Sequence[int] | NDArray[np.int64], target: str) -> str:
        """How the rows were chosen, for the log and beside saved groups.

        Args:
            chosen: the row numbers it came to.
            target: the name of the target that ranks and rates are of.
        """
        listed = ",".join(map(str, chosen[:LISTED_ROWS]))
        words = [
            f"rows {listed}" if self.rows is not None else "",
            f"where {self.where}" if self.where else "",
            f"group '{self.group}'" if self.group is not None else "",
            f"top {self.top} by {target}" if self.top is not None else "",
            f"fdr {self.fdr:g} on {target}" if self.fdr is not None else "",
        ]
        return ", ".join(word for word in words if word)
