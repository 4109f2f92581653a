"""What would an export of the decisions in force change?

Takes a finished run and its decisions; gives the rows to be removed, the labels to be corrected
and the classes before and after. Nothing is written: the Export page shows the plan, and
`export_run` carries it out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.curation.decisions import RELABEL, DecisionLog
from finine_core.curation.review import DECISION, ROW_NUMBER
from finine_core.dataset.tasks.bands import numeric_target
from finine_core.errors import FinineError
from finine_core.formats import CopiedCells
from finine_core.formats.values import as_text
from finine_core.runs.checksums import read_result, result_facts, sound
from finine_core.runs.columns import ERROR

CORRECTED_SCHEMA = pa.schema(
    [
        (ROW_NUMBER, pa.int64()),
        ("row_id", pa.string()),
        ("old_label", pa.string()),
        ("new_label", pa.string()),
        ("reason", pa.string()),
        ("reviewer", pa.string()),
        ("at", pa.string()),
        ("mu", pa.float64()),
    ]
)
SHOWN_CLASSES = 20  # in an error message


@dataclass(frozen=True, eq=False)
class ExportPlan:
    """What an export would do.

    Attributes:
        rows: of the input file.
        decided: the decisions in force, as `DecisionLog.current` gives them.
        corrected: a line of `CORRECTED_SCHEMA` for each row whose label changes, in row order; μ
            is the one on the target, missing for rows that were held out.
        right_already: rows with a corrected label that is the one they have; they stay as they are.
        label_column: the column of the input that holds the labels.
        label_rows: for each new label, a row of the input that has it; its cell is copied.
        balance: rows of each label before and after, counted over the rows that have a score
            for the target (the training rows), most frequent label first.
    """

    rows: int
    decided: pa.Table
    corrected: pa.Table
    right_already: int
    label_column: str
    label_rows: dict[str, int]
    balance: dict[str, tuple[int, int]]

    @property
    def deleted(self) -> pa.Table:
        """The decisions on the rows to be removed."""
        return self.decided.filter(pc.equal(self.decided.column(DECISION), "delete"))

    @property
    def removed_rows(self) -> npt.NDArray[np.int64]:
        """Row numbers of the rows to be removed, ascending."""
        found: npt.NDArray[np.int64] = self.deleted.column(ROW_NUMBER).to_numpy()
        return found

    @property
    def keep(self) -> npt.NDArray[np.bool_]:
        """True for each row that stays, shape (rows,)."""
        keep = np.ones(self.rows, dtype=np.bool_)
        keep[self.removed_rows] = False
        return keep

    @property
    def copied(self) -> CopiedCells | None:
        """The corrected labels, for the writer of the file's format; None when there are none."""
        if self.corrected.num_rows == 0:
            return None
        rows = self.corrected.column(ROW_NUMBER).to_pylist()
        labels = self.corrected.column("new_label").to_pylist()
        pairs = zip(rows, labels, strict=True)
        return CopiedCells(self.label_column, {row: self.label_rows[new] for row, new in pairs})


def plan_export(
    *,
    run_folder: Path,
    home: Path,
    run_id: str,
    label_column: str,
    target: str,
    anew: bool = False,
) -> ExportPlan:
    """What an export of the decisions in force would change.

    Args:
        label_column: the column of the input that holds the labels.
        target: whose scored rows are counted, and whose μ stands beside corrected labels.
        anew: read the results whole to see that they are as they were written.

    Raises:
        FinineError: the run is unfinished, a decision is on a row that the input does not have,
            no row would be left, or a label is corrected to what is no class of the input.
    """
    for name in ("scores.parquet", "dataset.parquet"):
        if not (run_folder / name).is_file():
            raise FinineError(f"{run_folder} has no {name}.", "Wait until the run is finished.")
        sound(run_folder / name, anew=anew)
    path = run_folder / "scores.parquet"
    wanted = [ROW_NUMBER, "row_id", "target", "mu", "label"]
    wanted += [one for one in (ERROR,) if one in result_facts(path)[1]]
    scores = read_result(path, columns=wanted)
    ids = _ids(scores)
    scores = scores.filter(pc.equal(scores.column("target"), target)).drop_columns("target")
    rows, _ = result_facts(run_folder / "dataset.parquet")
    decided = DecisionLog(home, run_id).current()
    _check_decisions(decided, rows)
    relabelled = decided.filter(pc.equal(decided.column(DECISION), RELABEL))
    corrected, label_rows = CORRECTED_SCHEMA.empty_table(), {}
    if relabelled.num_rows:
        labels = _labels(run_folder / "dataset.parquet", label_column)
        corrected = _corrected(relabelled, labels, ids, scores)
        label_rows = _label_rows(corrected, labels)
    plan = ExportPlan(
        rows=rows,
        decided=decided,
        corrected=corrected,
        right_already=relabelled.num_rows - corrected.num_rows,
        label_column=label_column,
        label_rows=label_rows,
        balance={},
    )
    plan.balance.update(_balance(scores, plan))
    return plan


def _check_decisions(decided: pa.Table, rows: int) -> None:
    changes = pc.is_in(decided.column(DECISION), value_set=pa.array(["delete", RELABEL]))
    numbers = decided.filter(changes).column(ROW_NUMBER).to_numpy()
    if numbers.size and numbers.max() >= rows:
        raise FinineError(
            f"Row {numbers.max()} is marked for a change, but the input has {rows} rows.",
            "Clear that decision.",
        )
    deleted = pc.sum(pc.equal(decided.column(DECISION), "delete")).as_py() or 0
    if rows and deleted == rows:
        raise FinineError(
            f"All {rows} rows are marked for deletion, nothing would be left.",
            "Keep at least one row.",
        )


def _labels(dataset: Path, label_column: str) -> pa.ChunkedArray:
    """The class of every row of the input, as people read it."""
    # the stored table has a row number of its own; an input's column of that name is renamed
    name = f"data_{ROW_NUMBER}" if label_column == ROW_NUMBER else label_column
    if name not in result_facts(dataset)[1]:
        raise FinineError(f"{dataset} has no column {name!r}.", "Run it again.")
    return as_text(read_result(dataset).column(name))


def _ids(scores: pa.Table) -> pa.Table:
    """Number and id of each row that has a line, also of those that only suspicion has one of."""
    numbers = scores.column(ROW_NUMBER).to_numpy()
    return scores.select([ROW_NUMBER, "row_id"]).take(np.unique(numbers, return_index=True)[1])


def _corrected(
    relabelled: pa.Table, labels: pa.ChunkedArray, ids: pa.Table, scores: pa.Table
) -> pa.Table:
    """The rows whose label changes, as `CORRECTED_SCHEMA`."""
    found = relabelled.rename_columns(
        ["new_label" if name == "label" else name for name in relabelled.column_names]
    )
    found = found.append_column("old_label", labels.take(found.column(ROW_NUMBER)))
    found = found.filter(pc.not_equal(found.column("old_label"), found.column("new_label")))
    found = found.join(ids, keys=ROW_NUMBER)
    found = found.join(scores.select([ROW_NUMBER, "mu"]), keys=ROW_NUMBER)
    return found.sort_by(ROW_NUMBER).select(CORRECTED_SCHEMA.names).cast(CORRECTED_SCHEMA)


def _label_rows(corrected: pa.Table, labels: pa.ChunkedArray) -> dict[str, int]:
    """The first row of the input that has each new label."""
    found = {}
    for new in sorted(set(corrected.column("new_label").to_pylist())):
        place = pc.index(labels, pa.scalar(new, labels.type)).as_py()
        if place < 0:
            row = corrected.filter(pc.equal(corrected.column("new_label"), new))[ROW_NUMBER][0]
            raise FinineError(
                f"Row {row} is to have the label {new!r}, which is no class of the input.",
                f"Correct it to one of {_listed(labels)}, or clear that decision.",
            )
        found[new] = int(place)
    return found


def _listed(labels: pa.ChunkedArray) -> str:
    classes = sorted(one for one in labels.unique().to_pylist() if one is not None)
    more = f", … ({len(classes):,} in all)" if len(classes) > SHOWN_CLASSES else ""
    return ", ".join(repr(one) for one in classes[:SHOWN_CLASSES]) + more


def _balance(scores: pa.Table, plan: ExportPlan) -> dict[str, tuple[int, int]]:
    if ERROR in scores.column_names:
        return _balance_of_numbers(scores, plan)
    labels = pc.fill_null(scores.column("label"), "")
    numbers = scores.column(ROW_NUMBER).to_numpy()
    before, after = _counted(labels), _counted(labels.filter(pa.array(plan.keep[numbers])))
    scored = plan.corrected.filter(
        pc.is_in(plan.corrected.column(ROW_NUMBER), value_set=pa.array(numbers))
    )
    after.subtract(scored.column("old_label").to_pylist())
    after.update(scored.column("new_label").to_pylist())
    order = [*dict(before.most_common()), *(after.keys() - before.keys())]
    return {label: (before[label], after[label]) for label in order}


def _balance_of_numbers(scores: pa.Table, plan: ExportPlan) -> dict[str, tuple[int, int]]:
    """Where a number was learned: rows of each band of it, the smallest numbers first."""
    found = numeric_target(scores.column("label").cast(pa.float64()).to_numpy())
    kept = plan.keep[scores.column(ROW_NUMBER).to_numpy()]
    before = np.bincount(found.codes, minlength=len(found.bands))
    after = np.bincount(found.codes[kept], minlength=len(found.bands))
    counts = zip(before.tolist(), after.tolist(), strict=True)
    return dict(zip(found.bands, counts, strict=True))


def _counted(labels: pa.ChunkedArray) -> Counter[str]:
    return Counter({one["values"]: one["counts"] for one in pc.value_counts(labels).to_pylist()})
