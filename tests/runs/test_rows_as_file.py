"""Some rows of a run, as a file of their own."""

from __future__ import annotations

import pytest

from finine_core.errors import FinineError
from finine_sample_data import SAMPLES

SOURCE = SAMPLES["breast_cancer_flips"].path


def test_rows_are_written_byte_for_byte_in_the_order_of_the_input(finished_run, tmp_path):
    before = SOURCE.read_bytes()
    out = tmp_path / "new" / "rows.csv"
    wanted = sorted(finished_run.scores(where="suspicious")["row_number"])
    assert finished_run.write_rows(out, where="suspicious") == len(wanted)
    lines = before.splitlines(keepends=True)
    assert out.read_bytes() == b"".join([lines[0], *(lines[row + 1] for row in wanted)])
    assert SOURCE.read_bytes() == before


def test_nothing_is_overwritten_and_nothing_written_for_no_rows(finished_run, tmp_path):
    out = tmp_path / "rows.csv"
    with pytest.raises(FinineError, match="No row meets"):
        finished_run.write_rows(out, where="mu > 1e9")
    assert not out.exists()
    out.write_text("mine")
    with pytest.raises(FinineError, match="exists already"):
        finished_run.write_rows(out, top=3)
    assert out.read_text() == "mine"
    with pytest.raises(FinineError, match="the input itself"):
        finished_run.write_rows(SOURCE, top=3, overwrite=True)
