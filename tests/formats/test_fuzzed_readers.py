"""Readers and manifests on bytes nobody meant: the right table or one clear line, nothing else.

A small part of `benchmarks/reliability/fuzz.py`, which does the same for minutes, and in processes
of its own.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.reliability.bad_inputs.manifests import healthy
from benchmarks.reliability.fuzz import HEALTHY, TARGETS, one_round, parquet_files
from benchmarks.reliability.fuzzing import properties
from benchmarks.reliability.fuzzing.damage import TOKENS, damaged
from finine_core.formats import read_table

LONG_RUN = Path(__file__).parents[2] / "benchmarks" / "reliability" / "results" / "fuzz.json"
ODD = st.sampled_from(TOKENS)
CELL = st.one_of(ODD, st.binary(max_size=4), st.sampled_from([b"a", b"1", b"2.5", b""]))
SEEDS = st.integers(0, 2**32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzzed")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(CELL, min_size=2, max_size=3), min_size=1, max_size=6))
def test_odd_cells_are_read_as_the_csv_module_reads_them(folder, rows):
    content = b"x,label\n" + b"\n".join(b",".join(row) for row in rows)
    properties.delimited(content, folder)
    properties.delimited(content.replace(b",", b"\t"), folder, "data.tsv")


@settings(max_examples=80, deadline=None)
@given(SEEDS)
def test_damaged_delimited_files_are_read_as_the_csv_module_reads_them_or_refused(folder, seed):
    properties.delimited(damaged(HEALTHY["delimited"][0], random.Random(seed)), folder)


ODD_WORDS = st.sampled_from(["", "a", "1", "\0", "\u2028", "é", "🤖", "true", "NaN", '"', "\\"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
NAMES = st.text("abc é🤖\n", min_size=1, max_size=3).filter(str.strip)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.dictionaries(NAMES, JSON, max_size=3), min_size=1, max_size=5))
def test_objects_a_line_are_read_as_the_json_module_reads_them(folder, rows):
    content = "\n".join(json.dumps(row) for row in rows).encode()
    outcome = properties.json_lines(content, folder)
    if any(rows):
        assert outcome == properties.READ, "every line is an object with names for its columns"


@settings(max_examples=80, deadline=None)
@given(SEEDS)
def test_damaged_json_lines_are_read_as_the_json_module_reads_them_or_refused(folder, seed):
    properties.json_lines(damaged(HEALTHY["json_lines"][0], random.Random(seed)), folder)


@settings(max_examples=80, deadline=None)
@given(SEEDS)
def test_a_damaged_manifest_agrees_with_itself_or_is_refused(folder, seed):
    properties.manifest(damaged(json.dumps(healthy()).encode(), random.Random(seed)), folder)


@settings(max_examples=8, deadline=None)  # a process each; the benchmark tried 1,113
@given(st.integers(0, 10**9), st.integers(0, 255))
def test_a_byte_changed_in_a_checked_page_of_parquet_is_noticed(folder, place, value):
    """Pages have checksums here; a change in them is refused, or was none."""
    content = bytearray(parquet_files()[1])
    path = folder / "whole.parquet"
    path.write_bytes(content)
    footer = int.from_bytes(content[-8:-4], "little")
    content[4 + place % (len(content) - footer - 12)] = value
    table = read_table(path).table
    assert properties.parquet(bytes(content), folder, table) in (
        properties.REFUSED,
        properties.READ,
        "read as other values",  # the head of a page has no checksum
    )


def test_a_round_of_the_benchmark_counts_what_it_tried(tmp_path):
    report = tmp_path / "report.json"
    one_round("manifest", 1, 0.5, report)
    found = json.loads(report.read_text())
    assert sum(found["outcomes"].values()) >= 1
    assert found["findings"] == []


def test_the_long_run_found_nothing_that_was_left():
    found = json.loads(LONG_RUN.read_text("utf-8"))
    assert set(found["targets"]) == set(TARGETS)
    for name, target in found["targets"].items():
        assert target["inputs"] > (100 if name == "parquet" else 1000), name
        assert target["findings"] == [], name
