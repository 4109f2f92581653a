"""A name that says another format than what is written is refused, with the ending to use."""

import json

import pytest
from typer.testing import CliRunner

from finine_core import api
from finine_core.cli import cli
from finine_core.errors import FinineError


def refused(*command):
    found = CliRunner().invoke(cli, [str(one) for one in command])
    assert isinstance(found.exception, FinineError), found.output
    return str(found.exception)


def test_an_export_to_the_name_of_a_file_says_what_an_export_is(own_run, tmp_path):
    own_run.mark(top=2)
    out = tmp_path / "cleaned.parquet"
    said = refused("export", "latest", "--out", out, "--home", own_run.home)
    assert "an export is a folder" in said
    assert "cleaned.csv in it" in said
    assert "such as cleaned." in said
    with pytest.raises(FinineError, match="an export is a folder"):
        own_run.export(out)
    assert not out.exists()
    own_run.export(tmp_path / "results.v2")
    out.mkdir()
    own_run.export(out)  # a folder that somebody made so


def test_rows_and_a_rebuilt_file_need_the_ending_of_the_input(own_run, tmp_path):
    own_run.mark(top=2)
    home = ["--home", own_run.home]
    for name in ("few.parquet", "few.xlsx", "few.JSONL", "few.xls", "few.json"):
        out = tmp_path / name
        said = refused("rows", "latest", "--top", 3, "--out", out, *home)
        assert "in that of the input, CSV" in said
        assert "end in .csv" in said
        with pytest.raises(FinineError, match=r"Let the name end in \.csv"):
            own_run.write_rows(out, top=3)
        assert not out.exists()
    for name in ("few.csv", "few.CSV", "few", "few.2026-01-01", "few.txt"):
        assert own_run.write_rows(tmp_path / name, top=3) == 3
    result = own_run.export(tmp_path / "out")
    data = own_run.record()["config"]["data"]
    again = tmp_path / "again.parquet"
    said = refused("apply", result.manifest, "--data", data, "--out", again)
    assert "end in .csv" in said
    assert not again.exists()
    api.apply(result.manifest, data, again.with_suffix(".csv"))


@pytest.mark.parametrize("rows", [10**9, 10**18])
def test_a_manifest_that_claims_a_billion_rows_is_refused_at_once(own_run, tmp_path, rows):
    import tracemalloc

    own_run.mark(top=2)
    result = own_run.export(tmp_path / "out")
    content = json.loads(result.manifest.read_text())
    content["input"]["rows"] = rows
    content["outputs"]["cleaned"]["rows"] = rows - len(content["removed_rows"])
    data = own_run.record()["config"]["data"]
    for size, said in ((content["input"]["bytes"], "more than"), (rows, "no file that finine")):
        content["input"]["bytes"] = size
        result.manifest.write_text(json.dumps(content))
        tracemalloc.start()
        with pytest.raises(FinineError, match=said):
            api.apply(result.manifest, data, tmp_path / "again.csv")
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert used < 10_000_000, "nothing is made for the rows that it claims"
