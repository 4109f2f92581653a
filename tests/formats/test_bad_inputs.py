"""Every bad input of the catalogue gets its message, and nothing outside the home is touched.

The catalogue is `benchmarks/reliability/bad_inputs`. Here each case that needs no process of its
own is tried on the command line; the benchmark tries them in the app and in a run as well.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.reliability.bad_inputs import CASES, GROUPS
from benchmarks.reliability.bad_inputs.command_line import in_child, in_process
from benchmarks.reliability.bad_inputs.in_app import in_app
from benchmarks.reliability.bad_inputs.outcome import Outcome, faults
from benchmarks.reliability.bad_inputs.running import run_through
from benchmarks.reliability.bad_inputs.table import markdown
from finine_core.dataset import load_dataset
from finine_core.errors import FinineError
from finine_core.formats import read_table

ROOT = Path(__file__).parents[2]
TRIED = ROOT / "benchmarks" / "reliability" / "bad_inputs.json"
BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize("group", GROUPS)
def test_every_bad_input_gets_its_message_on_the_command_line(group):
    for case in CASES:
        if case.group != group or case.alone or (os.geteuid() == 0 and not case.as_root):
            continue
        outcome = in_process(case)
        assert faults(case, outcome) == [], f"{case.name}: {outcome.told[:2000]}"


def test_the_catalogue_is_large_and_names_each_input_once():
    assert len(CASES) >= 120
    assert max(Counter(case.name for case in CASES).values()) == 1
    assert sum(not case.accepted for case in CASES) > sum(case.accepted for case in CASES)


@pytest.mark.parametrize(
    "name", ["a named pipe", "5 GB named .csv", "a damaged footer that ends the process"]
)
def test_what_could_hang_or_fill_the_memory_is_refused_by_a_real_process(name):
    case = BY_NAME[name]
    assert faults(case, in_child(case)) == []


@pytest.mark.parametrize(
    "name",
    [
        "a gzip file named .csv",
        "a row with too many fields",
        "infinity in Parquet",
        "a line that is not JSON",
        "a missing label",
        "validation file: infinity",
        "a column name of 10,000 letters",
        "control signs and ANSI escapes",
    ],
)
def test_the_data_page_says_what_the_command_line_says(name):
    case = BY_NAME[name]
    seen = in_app(case)
    assert faults(case, seen) == []
    if seen.refused:
        assert seen.message == in_process(case).message


@pytest.mark.parametrize("name", ["a column name that scores have, too: mu"])
def test_a_run_on_an_odd_but_good_input_is_exported_and_rebuilt(name):
    outcome = run_through(BY_NAME[name])
    assert (outcome.refused, outcome.changed) == (False, ()), outcome.told
    assert "1 of" in outcome.told


def test_the_faults_of_an_outcome_are_seen():
    """The judge itself: a traceback, raw signs, a wrong verdict, missing words, changed files."""
    case = replace(BY_NAME["an empty file"], said=("is empty",))
    bad = Outcome(False, "Traceback \x1b[31m", 99.0, 9999.0, ("/x",))
    assert len(faults(case, bad)) == 7
    assert faults(case, Outcome(True, "data.csv is empty.", 0.1)) == []


def test_a_file_that_changes_between_two_looks_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "data.csv"
    path.write_text("x,label\n" + "1.5,a\n2.5,b\n" * 10)

    def slow(_path):
        path.write_text(path.read_text() + "3.5,a\n")
        return "0" * 64

    monkeypatch.setattr("finine_core.dataset.dataset.fingerprint_of", slow)
    with pytest.raises(FinineError, match="was changed while it was read"):
        load_dataset(path, label="label")


def test_the_limit_of_a_file_can_be_set(tmp_path, monkeypatch):
    path = tmp_path / "data.csv"
    path.write_text("x,label\n" + "1.5,a\n" * 1000)
    monkeypatch.setenv("FININE_LARGEST_GB", "0.000001")
    with pytest.raises(FinineError, match=r"data\.csv has 0 MB; files of up to 0 MB are read"):
        read_table(path)
    monkeypatch.setenv("FININE_LARGEST_GB", "1")
    assert read_table(path).table.num_rows == 1000
    for nonsense in ("many", "-1", "nan", "inf"):
        monkeypatch.setenv("FININE_LARGEST_GB", nonsense)
        with pytest.raises(FinineError, match="FININE_LARGEST_GB is"):
            read_table(path)


def test_a_table_of_many_cells_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    path = tmp_path / "data.csv"
    path.write_text("x,y,label\n" + ",,a\n" * 1000)
    monkeypatch.setattr("finine_core.formats.delimited.CHUNK_ROWS", 10)
    monkeypatch.setenv("FININE_LARGEST_GB", str(8000 / 1024**3))
    with pytest.raises(FinineError, match="cells or more"):
        read_table(path)


def test_the_page_of_bad_inputs_is_the_benchmark_s():
    found = json.loads(TRIED.read_text("utf-8"))
    assert (ROOT / "docs/bad-inputs.md").read_text("utf-8") == markdown(found)
    assert found["with_faults"] == 0
    tried = {(line["group"], line["name"]) for line in found["lines"]}
    assert tried == {(case.group, case.name) for case in CASES if case.as_root}
