"""A small version of benchmarks/server_times.py: what a reviewer waits for does not grow with n."""

from __future__ import annotations

import json
import re
import statistics
import time
from pathlib import Path

from benchmarks.server_times import make_file
from tests.trained import trained

ROOT = Path(__file__).parent.parent.parent


def test_a_page_of_many_rows_costs_little_more_than_one_of_few(tmp_path):
    """Ten times the rows, less than four times the time: pages are cut out by the query engine."""
    seconds = {}
    for rows in (1_000, 10_000):
        data = tmp_path / f"{rows}.csv"
        make_file(data, rows)
        run = trained(data, label="label", id="id", home=tmp_path / "h", model="logistic",
                      features=["n0", "n1"], ignore=["text"], epochs=1,
                      targets=("self",))  # fmt: skip
        table = run.review()
        taken = []
        for k in range(9):
            started = time.perf_counter()
            where = f"contains(text, 'word0{k}') AND n0 > -1"
            table.query(target="self", where=where, order_by="n1", limit=25, with_data=True)
            table.count(target="self", where=where)
            taken.append(time.perf_counter() - started)
        seconds[rows] = statistics.median(taken)
    assert seconds[10_000] < 4 * seconds[1_000]


def test_every_request_names_a_test_that_exists():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs/requests.md").read_text())
    assert len(named) == 8
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text(), f"{path}::{name}"


def test_the_printed_times_are_those_of_the_benchmark():
    measured = json.loads((ROOT / "benchmarks/server_times.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs/app.md").read_text(encoding="utf-8")
    for size in measured["sizes"].values():
        for name, (median, least, most) in size["ms"].items():
            line = next(one for one in page.splitlines() if one.startswith(f"| {name} |"))
            assert f"{median:,} ({least:,} … {most:,})" in line, name
