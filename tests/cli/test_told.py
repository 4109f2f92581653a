"""A sentence stands wherever a person's slip could end in a traceback.

The walk over all options, calls and files is `benchmarks/reliability/told`; here is a small part.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import finine_core as fi
from benchmarks.reliability.told.damage import DAMAGE, on_page
from benchmarks.reliability.told.places import PLACES
from benchmarks.reliability.told.tried import command, copied
from finine_core.cli import common
from finine_core.errors import FinineError
from finine_core.heard import heard
from finine_core.processes import child_environment
from finine_core.runs.checksums import read_result
from finine_core.told import told, told_of_files
from finine_core.training.code import NO_CODE
from tests.trained import trained

FRAME = pd.DataFrame({"x": [k + 0.5 for k in range(40)], "label": [*"ab"] * 20})


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a data file and a home with a finished run."""
    folder = tmp_path_factory.mktemp("told") / "place"
    folder.mkdir()
    FRAME.to_csv(folder / "data.csv", index=False)
    trained(folder / "data.csv", label="label", home=folder / "home", epochs=1)
    return folder


@pytest.mark.parametrize("words", PLACES)
def test_any_place_given_to_a_command_is_used_or_told_in_a_sentence(place, words):
    with copied(place) as here:
        odd = here / "odd"
        odd.mkdir()
        given, home, data = PLACES[words](odd), str(here / "home"), str(here / "data.csv")
        for arguments in (
            ["check", "--label", "label", "--", given],
            ["runs", "--home", given],
            ["scores", "latest", "--home", home, "--out", given],
            ["rows", "latest", "--home", home, "--top", "2", "--out", given],
            ["apply", "--data", data, "--out", given, "--", str(here / "none.json")],
            ["apply", "--data", given, "--out", str(here / "out.csv"), "--", given],
        ):
            assert command(*arguments) == "", arguments


def test_an_export_is_not_applied_onto_a_folder_or_where_nothing_can_be_written(place):
    with copied(place) as here:
        run = fi.open_run("latest", here / "home")
        run.mark(rows=run.scores(top=1)["row_number"], decision="delete")
        manifest = run.export(here / "export").manifest
        (here / "folder").mkdir()
        for out, said in (
            (here / "folder", "folder exists already"),
            (here / "data.csv" / "x.csv", "data.csv"),
            (Path("/proc/finine/x.csv"), "/proc/finine"),
            (here / ("n" * 300), "its name is too long"),
        ):
            with pytest.raises(FinineError, match=said):
                fi.apply(manifest, here / "data.csv", out)
        with pytest.raises(FinineError, match="is a folder, not a file"):
            fi.apply(manifest, here / "data.csv", here / "folder", overwrite=True)


@pytest.mark.parametrize("words", [one for one in DAMAGE if one != "unreadable"])
@pytest.mark.parametrize(
    "name", ["scores.parquet", "dataset.parquet", "signals/index.json", "signals/losses.npy"]
)
def test_a_spoilt_file_of_a_run_is_named_by_every_command_that_reads_it(place, name, words):
    with copied(place) as here:
        (run,) = (here / "home" / "runs").iterdir()
        DAMAGE[words](run / name)
        home = ["--home", str(here / "home")]
        row = str(pq.read_table(run / "predictions.parquet")["row_number"][0])
        for arguments in (
            ["scores", "latest"],
            ["curve", "latest", "--row", row],
            ["slices", "latest"],
            ["group", "latest", "--rows", row],
            ["export", "latest", "--out", str(here / "cleaned")],
        ):
            assert command(*arguments, *home) == "", arguments


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("review", "scores.parquet"),
        ("export", "scores.parquet"),
        ("groups", "dataset.parquet"),
        ("compare", "signals/index.json"),
    ],
)
def test_a_spoilt_file_of_a_run_is_told_on_the_pages_that_read_it(place, page, name):
    with copied(place) as here:
        (run,) = (here / "home" / "runs").iterdir()
        DAMAGE["cut"](run / name)
        assert on_page(here, page) == ""


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda _: fi.run(FRAME, label=1), "label = 1 is not a text or a list of texts"),
        (lambda _: fi.check(FRAME, label=None), "label = None"),
        (lambda _: fi.check(FRAME, label=[]), "No label is named"),
        (lambda _: fi.check(FRAME, label=b"label"), "label = b'label'"),
        (lambda _: fi.check(FRAME, label="label", text=["a", "b"]), "no column 'a'"),
        (lambda _: fi.check(FRAME, label="label", text=7), "text = 7"),
        (lambda _: fi.check("a\0b", label="label"), "cannot be used"),
        (lambda _: fi.check("\ud800", label="label"), "not UTF-8"),
        (lambda _: fi.check(7, label="label"), "A int cannot be read as data"),
        (lambda _: fi.list_runs(7), "home = 7"),
        (lambda _: fi.open_run(None), "run_id = None"),
        (lambda run: run.curve("a"), "row = 'a' is not a whole number"),
        (lambda run: run.curve(10**30), "row = 10000"),
        (lambda run: run.curve(1.5), "row = 1.5"),
        (lambda run: run.select(rows=["a"]), "rows has 'a', which is no row number"),
        (lambda run: run.select(rows=3), "rows = 3 is not a list of row numbers"),
        (lambda run: run.select(top="3"), "top = '3'"),
        (lambda run: run.select(where=["mu > 1"]), "where = a list"),
        (lambda run: run.mark(rows=[0], reviewer=7), "reviewer = 7"),
        (lambda run: run.mark(rows=[0], reason="\ud800"), "half of a letter"),
        (lambda run: run.rename(None), "name = None"),
        (lambda run: run.group_signals(rows=[]), "The group is empty"),
        (lambda run: run.export(None), "out = None"),
        (lambda run: run.discoveries("0.1"), "q = '0.1'"),
    ],
)
def test_a_value_of_a_wrong_kind_is_refused_with_its_name(place, call, said):
    run = fi.open_run("latest", place / "home")
    with pytest.raises(FinineError) as refused:
        call(run)
    assert said in str(refused.value)


def test_values_of_kinds_that_are_as_good_are_taken(place):
    run = fi.open_run("latest", str(place / "home"))
    row = run.scores(top=1)["row_number"].iloc[0]
    for same in (row, int(row), float(row), np.float64(row), np.int32(row)):
        assert run.curve(same).row_number == row
    for same in ([row], (row,), np.array([row]), pd.Series([row]), pd.Index([row]), {int(row)}):
        assert run.select(rows=same).tolist() == [row]


@pytest.mark.parametrize("names", [[0, 1], [None, "label"], [("a", "x"), "label"], [1.5, "label"]])
def test_names_of_columns_that_are_no_text_are_their_text(names):
    frame = FRAME.set_axis(pd.Index(names, dtype=object), axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = fi.check(frame, label=str(names[1]))
    assert report.rows == len(FRAME)


def test_what_the_system_says_of_a_file_names_the_file_and_other_errors_pass(tmp_path):
    refused = pytest.raises(FinineError, match=r"none\.txt cannot be used: No such file")
    with refused, told_of_files():
        (tmp_path / "none.txt").read_text()
    with pytest.raises(BrokenPipeError), told_of_files():
        raise BrokenPipeError
    with pytest.raises(KeyError), told_of_files():
        raise KeyError("a bug of ours is none of the person's")
    with pytest.raises(ValueError, match="bug"):
        told(_with_a_bug)(3)
    with pytest.raises(FinineError, match=r"none\.parquet is damaged"):
        read_result(tmp_path / "none.parquet")


def _with_a_bug(row: int) -> None:
    raise ValueError(f"a bug at {row}")


def test_a_command_drops_what_libraries_say_and_says_what_is_ours(capsys):
    from finine_core.gradients import FallbackWarning

    with heard(common.say, libraries=False):
        warnings.warn("of a library", stacklevel=1)
        logging.getLogger("a_library.part").warning("of a library, too")
        warnings.warn("Layers differentiated row by row.", FallbackWarning, stacklevel=1)
    out, err = capsys.readouterr()
    assert (out, err) == ("", "Layers differentiated row by row.\n")


def test_a_worker_writes_what_libraries_say_as_a_line_of_its_log(tmp_path, monkeypatch):
    monkeypatch.delenv(NO_CODE, raising=False)  # a page of the app was opened in this process
    module = tmp_path / "ours.py"
    module.write_text(
        "import warnings, torch\n"
        "def model(inputs, outputs):\n"
        "    warnings.warn('first\\nsecond')\n"
        "    return torch.nn.Linear(*inputs, outputs)\n"
    )
    FRAME.to_csv(tmp_path / "data.csv", index=False)
    done = subprocess.run(
        [sys.executable, "-m", "finine_core.cli", "run", "data.csv", "--label", "label", "--epochs",
         "1", "--model", "ours:model", "--home", "home"],
        cwd=tmp_path, capture_output=True, text=True, env=child_environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    log = next((tmp_path / "home" / "runs").glob("*/log.txt")).read_text()
    assert "ours.py says: first\\nsecond" in log
    assert "Warning" not in log + done.stderr + done.stdout


def test_who_asks_python_for_warnings_has_them():
    code = "import warnings\nfrom finine_core.heard import heard\n"
    code += "with heard(print): warnings.warn('x')"
    asked = [sys.executable, "-W", "default", "-c", code]
    said = subprocess.run(asked, capture_output=True, text=True, env=os.environ)
    assert "UserWarning: x" in said.stderr
    assert said.stdout == ""
