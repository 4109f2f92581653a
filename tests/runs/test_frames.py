"""Tables in memory as data: pandas, polars, Arrow."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import finine_core as fi
from finine_core import api
from finine_core.formats.sources.frames import keep_frame

COLUMNS = {"x": [k * 37 % 101 / 7 for k in range(60)], "y": ["ab"[k % 2] for k in range(60)]}
FRAMES = [pd.DataFrame(COLUMNS), pl.DataFrame(COLUMNS), pa.table(COLUMNS)]


@pytest.mark.parametrize("frame", FRAMES, ids=["pandas", "polars", "arrow"])
def test_a_table_is_checked_planned_and_kept_once(frame, tmp_path):
    assert fi.check(frame, label="y").rows == 60
    assert api.plan(frame, label="y", home=tmp_path).train_rows == 48
    assert not list(tmp_path.rglob("*.parquet")), "a look at the data must leave nothing"
    path = keep_frame(frame, tmp_path / "data")
    assert pq.read_table(path).to_pydict() == COLUMNS
    stamp = path.stat().st_mtime_ns
    assert keep_frame(frame, tmp_path / "data") == path
    assert path.stat().st_mtime_ns == stamp
    assert [one.name for one in (tmp_path / "data").iterdir()] == [path.name]


def test_a_filtered_pandas_frame_has_no_column_for_its_index(tmp_path):
    frame = pd.DataFrame(COLUMNS)
    path = keep_frame(frame[frame["y"] == "a"], tmp_path)
    assert pq.read_table(path).column_names == ["x", "y"]
    assert len(pd.read_parquet(path)) == 30


def test_a_run_on_a_polars_table_goes_from_training_to_export(tmp_path):
    run = fi.run(pl.DataFrame(COLUMNS), label="y", home=tmp_path / "home", epochs=2)
    run.mark(rows=[3], decision="delete", reason="wrong label", reviewer="ada")
    found = run.export(tmp_path / "out")
    kept = pl.read_parquet(found.cleaned)
    assert kept.equals(pl.concat([pl.DataFrame(COLUMNS)[:3], pl.DataFrame(COLUMNS)[4:]]))


def test_what_is_no_table_is_told(tmp_path):
    with pytest.raises(fi.FinineError, match="A list cannot be read as data"):
        fi.run([1, 2], label="y", home=tmp_path)
    with pytest.raises(fi.FinineError, match="cannot be written as Parquet"):
        fi.check(pd.DataFrame({"x": [1, "a"], "y": [{"a": 1}, "b"]}), label="y")
