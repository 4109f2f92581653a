"""What a run found: scores, curves, signals, groups of rows, and which rows stand out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Unpack

from finine_core.api.opened import Opened
from finine_core.curation.selection import Selection, SelectionOptions
from finine_core.errors import FinineError
from finine_core.keywords import spelled_out
from finine_core.runs.columns import BY_SUSPICION
from finine_core.runs.map import NEIGHBOURS
from finine_core.told import told_everywhere

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from finine_core.curation.review import ReviewTable
    from finine_core.curation.saved_groups import SavedGroups
    from finine_core.influence import Discoveries, GroupCurve, GroupInfluence, RowCurve, Slice
    from finine_core.runs.cautions import Caution

chosen_by = spelled_out(SelectionOptions)


@told_everywhere
class Looking(Opened):
    """The reading part of `Run`."""

    # --- images ---

    @property
    def has_images(self) -> bool:
        """Whether it learned from images."""
        return self.folder.thumbnails.exists()

    def thumbnails(self, rows: Sequence[int]) -> dict[int, bytes]:
        """Small copies of the images of some rows, PNG or WebP; rows without one are left out.

        Raises:
            FinineError: the file with them is damaged.
        """
        from finine_core.runs.results.thumbnails import read_thumbnails

        return read_thumbnails(self.folder, rows)

    def image(self, row: int) -> bytes | None:
        """The image of a row within 640 × 640 pixels, PNG or WebP, read from the input.

        None where there is none, and where the input is gone or its image is another now.

        Raises:
            FinineError: the file with the small copies is damaged, or the run is unfinished.
        """
        from finine_core.runs.results.thumbnails import read_image_itself

        self._results.record()
        return read_image_itself(self.folder, row)

    # --- scores and curves ---

    def review(self, estimator: str | None = None, *, in_memory: bool = False) -> ReviewTable:
        """The ranked table, for filtered, sorted pages of any size.

        With `in_memory` a table that is not too large is read once, for many questions.
        """
        from finine_core.curation.review import ReviewTable
        from finine_core.runs.results.rescore import scores_by

        self._results.record()
        return ReviewTable(
            self.folder.path,
            self.home,
            self.run_id,
            scores=scores_by(self.folder, estimator),
            in_memory=in_memory,
        )

    def scores(
        self,
        target: str | None = None,
        *,
        estimator: str | None = None,
        where: str | None = None,
        group: str | None = None,
        top: int | None = None,
        by: Literal["suspicion", "mu"] | None = None,
    ) -> pd.DataFrame:
        """One line per row, rank 1 first: by μ of the training rows, or by suspicion of all rows.

        Args:
            target: one of `targets`; the first when None.
            estimator: how μ is had from the signals; None for the one the run was scored with.
            where, group, top, by: which rows, as in `SelectionOptions`; all when None.

        Raises:
            FinineError: unknown target or estimator, a condition that is wrong, an unfinished run.
        """
        return (
            self.review(estimator)
            .query(
                target=self._results.ranking(target, by),
                where=self._within(where, group),
                limit=top,
            )
            .to_pandas()
        )

    @property
    def rankings(self) -> tuple[str, ...]:
        """The lists that rows can be ranked in: suspicion first, if labels were judged."""
        judged = (BY_SUSPICION,) if self._results.has_suspicion() else ()
        return (*judged, *self.targets)

    def advice(self) -> dict[str, Any] | None:
        """How many labels are wrong, and how many among the first of the list by suspicion.

        `total` and each of `shares` hold `rows`, and how many of these are `wrong`, from `low` to
        `high` (90 %); `hit_rate` is the share of suggested labels that are right, and `doubted` of
        `held_out` rows count less. None where no classes were learned.
        """
        found = self._results.record()["results"].get("advice")
        return found if isinstance(found, dict) else None

    def cautions(self) -> list[Caution]:
        """What to know before its advice is followed, the gravest first; often nothing.

        Each has `name`, `words`, `remedy`, and the `options` of a run that mends it.
        """
        from finine_core.runs.cautions import cautions_of

        return cautions_of(self._results.record())

    def curve(
        self, row: int, target: str | None = None, *, estimator: str | None = None
    ) -> RowCurve:
        """The trade-off curve of one row for the whole run, empirical and Gaussian.

        Args:
            row: row number, the 0-based position in the input.

        Raises:
            FinineError: the row is not a training row of this run.
        """
        return self._results.curve(int(row), target, estimator)

    def signals(self, row: int, target: str | None = None) -> pd.DataFrame:
        """What was recorded on one row: a line per recorded epoch.

        Columns: epoch, from 1 on (of runs of an earlier finine: step), signal s_it, deviation σ_it,
        loss; with SGD also carried_signal and carried_deviation, what is left of both at the end of
        the run (docs/method.md). With folds: in the first training of `learned_in`.
        """
        return self._results.signals(int(row), target)

    def learned_in(self, row: int) -> tuple[int, ...]:
        """The trainings that learned from a row, 1, 2, …; of a run without folds (1,) or none."""
        return self._results.learned_in(int(row))

    def prediction(self, row: int) -> pd.DataFrame:
        """What the trained model makes of a row: class and probability, likeliest first.

        At most five classes are kept of each row. With folds the model is that of the first
        training, which has not seen the rows with fold = 1.

        Raises:
            FinineError: the row is not a training row, or the run was made before these were kept.
        """
        return self._results.prediction(int(row))

    def same_rows(self, row: int, table: ReviewTable | None = None) -> NDArray[np.int64]:
        """The other rows that say exactly the same in every column the model saw.

        Args:
            row: row number.
            table: of this run's `review()`, if it is open already.
        """
        import numpy as np

        from finine_core.curation.comparing import same_rows

        table, target = table or self.review(), self.rankings[0]
        self._results.check_rows(np.array([row]), held_out=True)
        roles = self.record()["dataset"]["roles"]
        columns = [table.name_of(name) for name in (*roles["text"], *roles["features"])]
        line = table.lines([row], target=target, with_data=True).to_pylist()[0]
        return same_rows(table, line, columns, target)

    def neighbours(self, row: int, k: int = NEIGHBOURS) -> pd.DataFrame:
        """The k training rows that the trained model puts next to a training row.

        Columns: row_number, distance (Euclidean, in the stored embedding); the nearest first.

        Raises:
            FinineError: the row is not a training row, k is below 1, or the run was made by a
                finine that kept no embedding.
        """
        import numpy as np

        from finine_core.runs.map.embedding import neighbours

        self._results.record()
        found = neighbours(self.folder, int(row), k)
        if found is None:
            # says whether it is held out or does not exist
            self._results.check_rows(np.array([int(row)]))
            raise FinineError(f"Row {row} is not on the map of run {self.run_id}.")
        return found

    # --- groups ---

    @property
    def groups(self) -> SavedGroups:
        """Groups of rows that somebody saved under a name."""
        from finine_core.curation.saved_groups import SavedGroups

        return SavedGroups(self.home, self.run_id)

    @chosen_by
    def group(
        self, *, refill: bool = True, **selection: Unpack[SelectionOptions]
    ) -> GroupInfluence:
        """Influence of rows taken out together, from the stored signals.

        Args:
            refill: whether the other rows fill the members' places in the batches, so that the
                group is held against a random one; else the sum of the members' own μ.
            selection: which rows, see `SelectionOptions`; the target is validation, no other has
                groups.

        Raises:
            FinineError: the target has no groups, or the group is empty or everything.
        """
        chosen, name = self._members(selection)
        return self._results.group(chosen, name, refill=refill)

    @chosen_by
    def group_curve(
        self, *, refill: bool = True, **selection: Unpack[SelectionOptions]
    ) -> GroupCurve:
        """The trade-off curve of a group, empirical and Gaussian; arguments as in `group`."""
        chosen, name = self._members(selection)
        return self._results.group_curve(chosen, self._results.group(chosen, name, refill=refill))

    @chosen_by
    def group_signals(self, **selection: Unpack[SelectionOptions]) -> pd.DataFrame:
        """What was recorded on a group's rows: a line per recorded epoch.

        Columns: epoch, as in `signals`; signal, the mean of its rows less that of all other rows,
        which is what its μ is made of; deviation; loss, the mean of its rows.
        """
        return self._results.group_signals(*self._members(selection))

    def _members(self, selection: SelectionOptions) -> tuple[NDArray[np.int64], str]:
        """Row numbers of a group, and the target it is judged by."""
        asked = Selection.of(selection)
        name = self._results.group_target(asked.target)
        return self._rows_of(replace(asked, target=name)), name

    def slices(self, target: str | None = None) -> list[Slice]:
        """Influence of every value of every column with few values, the most harmful first."""
        return self._results.slices(target)

    def condition_of(self, one: Slice) -> str:
        """The SQL condition that names the rows of a slice, for `group`, `mark` and filters."""
        return self.review().condition(one.column, one.value)

    def discoveries(self, q: float, target: str | None = None) -> Discoveries:
        """The rows that stand out at a false discovery rate of q, and what that promises."""
        return self._results.discoveries(q, target)[0]

    @chosen_by
    def select(self, **selection: Unpack[SelectionOptions]) -> NDArray[np.int64]:
        """Row numbers, by list, condition, saved group, rank or any of these together; or by rate.

        Args:
            selection: which rows, see `SelectionOptions`.

        Raises:
            FinineError: nothing was asked for, or a row is not a training row of this run.
        """
        return self._rows_of(Selection.of(selection))

    def _rows_of(self, asked: Selection) -> NDArray[np.int64]:
        import numpy as np

        asked.check()
        if asked.fdr is not None:
            return self._results.discoveries(asked.fdr, asked.target)[1]
        rows = asked.rows
        if rows is None:
            return self.review().row_numbers(
                target=self._results.ranking(asked.target, asked.by),
                where=self._within(asked.where, asked.group),
                top=asked.top,
            )
        try:
            wanted = np.unique(np.asarray(list(rows), dtype=np.int64))
        except OverflowError:
            raise FinineError(
                f"There is no row {max(rows)}.", "Row numbers are positions in the input, from 0."
            ) from None
        self._results.check_rows(wanted, held_out=True)
        return wanted

    def _within(self, where: str | None, group: str | None) -> str | None:
        """A condition, and that the row is in the saved group of that name."""
        from finine_core.curation.group_filter import in_group

        if group is None:
            return where
        inside = in_group(self.groups.named(group).name)  # says which there are, if it is none
        # the line breaks end a comment in the condition
        return f"(\n{where}\n) AND {inside}" if where and where.strip() else inside
