"""A result with a changed byte is refused and named, everywhere; what it says is never believed."""

import json

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from finine_core import api
from finine_core.cli import cli
from finine_core.errors import FinineError
from finine_core.runs.checksums import CHECKSUMS, noted, results_in, seal, sound


def flip(path, place=0.5):
    """Change one bit of a file; gives its bytes before."""
    before = path.read_bytes()
    changed = bytearray(before)
    changed[int(len(changed) * place)] ^= 4
    path.write_bytes(changed)
    return before


def asked(run, name):
    """What a person asks that needs this file."""
    return {
        "scores.parquet": lambda: run.scores(top=3),
        "dataset.parquet": lambda: run.scores(top=3),
        "predictions.parquet": lambda: run.prediction(int(run.scores(top=1)["row_number"].iloc[0])),
        "projection.parquet": lambda: run.projection("pca"),
        "embedding.safetensors": lambda: run.neighbours(
            int(run.scores(top=1)["row_number"].iloc[0])
        ),
        "signals/self.signal.npy": lambda: run.curve(
            int(run.scores(top=1)["row_number"].iloc[0]), target="self"
        ),
    }[name]


def test_a_run_that_ends_has_a_checksum_of_each_result(own_run):
    folder = own_run.folder.path
    names = {path.relative_to(folder).as_posix() for path in results_in(folder)}
    assert set(noted(folder)) == names
    assert {"scores.parquet", "encoded.safetensors", "checkpoints/latest.safetensors"} <= names
    assert {"signals/index.json", "signals/self.signal.npy", "predictions.parquet"} <= names


@pytest.mark.parametrize("place", [0.01, 0.3, 0.6, 0.97])
def test_one_flipped_bit_anywhere_in_the_scores_is_noticed_and_nothing_is_exported(
    own_run, tmp_path, place
):
    own_run.mark(top=5)
    before = flip(own_run.folder.scores, place)
    home = ["--home", str(own_run.home)]
    said = r"scores\.parquet is damaged: its bytes are not those.*Put it back from a copy"
    for ask in (
        own_run.scores,
        own_run.export_plan,
        lambda: own_run.curve(0),
        lambda: own_run.export(tmp_path / "out"),
        lambda: own_run.scores(estimator="gaussian"),
    ):
        with pytest.raises(FinineError, match=said):
            ask()
    assert not (tmp_path / "out").exists()
    found = CliRunner().invoke(cli, ["scores", "latest", *home])
    assert isinstance(found.exception, FinineError)
    own_run.folder.scores.write_bytes(before)
    assert own_run.export(tmp_path / "out").rows_removed == 5


@pytest.mark.parametrize(
    "name",
    ["dataset.parquet", "predictions.parquet", "projection.parquet", "embedding.safetensors",
     "signals/self.signal.npy"],
)  # fmt: skip
def test_a_changed_result_is_named_where_it_is_asked_for_and_by_the_doctor(own_run, name):
    ask, path = asked(own_run, name), own_run.folder.path / name
    ask()
    before = flip(path)
    with pytest.raises(FinineError, match=f"{path.name} is damaged"):
        ask()
    (told,) = [one for one in api.doctor(own_run.home).findings if one.check == "files of runs"]
    assert told.where == path
    path.write_bytes(before)
    ask()
    assert api.doctor(own_run.home).findings == ()


@pytest.mark.parametrize("name", ["encoded.safetensors", "checkpoints/latest.safetensors"])
def test_the_doctor_opens_what_nobody_asks_for(own_run, name):
    path = own_run.folder.path / name
    before = flip(path, 0.9)
    assert [one.where for one in api.doctor(own_run.home).left] == [path]
    path.write_bytes(before[:-10])
    (own_run.folder.path / CHECKSUMS).unlink()  # as of an earlier finine: its header tells
    assert [one.where for one in api.doctor(own_run.home).left] == [path]


def test_a_run_without_checksums_is_read_as_it_is_and_the_doctor_says_so(own_run):
    (own_run.folder.path / CHECKSUMS).unlink()
    assert len(own_run.scores(top=3)) == 3
    report = api.doctor(own_run.home)
    assert report.findings == ()
    assert any("1 run is from before checksums were kept" in one for one in report.told)
    table = pq.read_table(own_run.folder.scores)
    pq.write_table(table.drop_columns(["mu"]), own_run.folder.scores)
    (told,) = api.doctor(own_run.home).left
    assert "begins with the columns" in told.problem
    own_run.folder.scores.write_bytes(b"PAR1 and no more PAR1")
    for ask in (own_run.export_plan, lambda: own_run.curve(0), own_run.scores):
        with pytest.raises(FinineError, match=r"scores\.parquet"):
            ask()


def test_scores_that_are_made_later_are_noted_and_made_again_when_damaged(own_run):
    first = own_run.scores(estimator="gaussian")
    path = own_run.folder.path / "scores.gaussian.parquet"
    assert noted(own_run.folder.path)[path.name]
    flip(path)
    with pytest.raises(FinineError, match=r"scores\.gaussian\.parquet is damaged.*Delete it"):
        own_run.scores(estimator="gaussian")
    path.unlink()
    assert api.doctor(own_run.home).findings == ()
    assert own_run.scores(estimator="gaussian").equals(first)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"scores.parquet": 3}', "null"])
def test_a_damaged_list_of_checksums_is_named(own_run, text):
    path = own_run.folder.path / CHECKSUMS
    path.write_text(text)
    with pytest.raises(FinineError, match=r"checksums\.json is damaged"):
        own_run.scores()
    assert [one.where for one in api.doctor(own_run.home).left] == [path]


def test_an_export_looks_again_at_bytes_that_a_time_does_not_betray(own_run, tmp_path):
    import os

    path = own_run.folder.scores
    sound(path)
    times = path.stat()
    flip(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(FinineError, match="is damaged"):
        own_run.export(tmp_path / "out")


def test_a_seal_is_one_line_a_file_and_leaves_out_what_is_being_written(tmp_path):
    (tmp_path / "scores.parquet").write_bytes(b"1")
    (tmp_path / ".scores.parquet.x.tmp").write_bytes(b"1")
    (tmp_path / "log.txt").write_bytes(b"1")
    seal(tmp_path)
    assert list(json.loads((tmp_path / CHECKSUMS).read_text())) == ["scores.parquet"]
