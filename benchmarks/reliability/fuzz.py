"""Damage files at random for a while, and look whether a reader does what it must not.

    python -m benchmarks.reliability.fuzz --seconds 300 [--out FILE.json]

Each kind of file is read in a process of its own, under a limit of memory, so that a crash or an
endless loop of a library is seen and not suffered: the parent starts the next one with other random
numbers. The inputs begin from the catalogue of bad inputs. What it finds (an exception that is no
`FinineError`, a table that is not what the file says, a dead process) is kept with its bytes.
"""

from __future__ import annotations

import argparse
import base64
import json
import logging
import os
import random
import resource
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.reliability.bad_inputs import CASES
from benchmarks.reliability.bad_inputs.manifests import healthy
from benchmarks.reliability.fuzzing import properties
from benchmarks.reliability.fuzzing.damage import damaged
from finine_core.formats import read_table
from finine_core.processes import child_environment, python_module

ROOT = Path(__file__).parents[2]
TARGETS = ("delimited", "json_lines", "parquet", "manifest")
ADDRESS_SPACE = 8 * 1024**3
LARGEST_SEED = 20_000  # bytes of a file to begin from: small ones are tried more often
# All seconds are the processor's, so that a busy machine tries as much as an idle one.
ROUND_SECONDS = 30.0  # of one process; then the next begins with other random numbers
HANG_SECONDS = 60  # beyond its round: an endless loop is ended by the system's limit
WAIT_SECONDS = 1800.0  # by the clock, for a process that waits and takes no time
KEPT_FINDINGS = 20
# Files that are read, so that half of the damaged ones are at first healthy.
HEALTHY = {
    "delimited": [b'x,text,label\n1.5,"a, ""b""\nc",yes\n-2,gr\xc3\xb6\xc3\x9fe,no\n,,yes\n'],
    "json_lines": [
        b'{"x": 1.5, "t": "a", "b": true}\n\n{"t": "gr\\u00f6", "x": null}\n'
        b'{"x": -2, "n": [1, {"k": null}]}\n'
    ],
}
NEW_SEEDS = 0.02  # of what was read: it is damaged further


def beginnings(target: str) -> list[bytes]:
    """Files of this kind, from the catalogue."""
    if target == "manifest":
        return [json.dumps(healthy()).encode()]
    if target == "parquet":
        return parquet_files()
    endings = {"delimited": (".csv", ".tsv", ".txt"), "json_lines": (".jsonl",)}[target]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for place, case in enumerate(CASES):
            if case.alone or case.manifest or "path" in case.group:
                continue
            inner = Path(folder) / str(place)
            inner.mkdir()
            path = case.make(inner)
            if path.is_file() and path.suffix in endings and path.stat().st_size < LARGEST_SEED:
                found.append(path.read_bytes())
    return [*found, *HEALTHY[target] * (len(found) // 2)]


def parquet_files() -> list[bytes]:
    """Small Parquet files of many types, encodings and layouts; pages have checksums in some."""
    table = pa.table(
        {
            "i": pa.array([1, None, 3, 4] * 5),
            "f": pa.array([0.5, 1.5, None, float("nan")] * 5),
            "s": pa.array(["a", "größe", None, ""] * 5),
            "l": pa.array([[1, 2], None, [], [3]] * 5),
            "d": pa.array(["p", "q", "p", "q"] * 5).dictionary_encode(),
            "t": pa.array([0, 1, None, 2**40] * 5, pa.timestamp("us")),
            "b": pa.array([True, False, None, True] * 5),
            "r": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}, {"a": 2, "b": ""}] * 5),
        }
    )
    found = []
    for options in (
        {"write_page_checksum": True},
        {"compression": "none", "write_page_checksum": True},
        {"compression": "zstd", "row_group_size": 7},
        {"compression": "gzip", "use_dictionary": False, "data_page_version": "2.0"},
        {"store_schema": False, "data_page_size": 16},
    ):
        stream = pa.BufferOutputStream()
        pq.write_table(table, stream, **options)
        found.append(stream.getvalue().to_pybytes())
    return found


def _table_of(content: bytes) -> pa.Table:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.parquet"
        path.write_bytes(content)
        return read_table(path).table


def _spent() -> float:
    """Seconds of the processor, those of ended children included: Parquet is looked at in one."""
    return sum(os.times()[:4])


def one_round(target: str, seed: int, seconds: float, report: Path) -> None:
    """What a child process does: damage and read until its time is up; its report is a file."""
    source = random.Random(seed)
    holds: Callable[[bytes, Path], str] = getattr(properties, target)
    seeds = beginnings(target)
    healthy_tables = [_table_of(one) if target == "parquet" else None for one in seeds]
    first = len(seeds)
    outcomes: Counter[str] = Counter()
    findings: list[dict[str, str]] = []
    slowest = 0.0
    current = report.with_suffix(".input")
    deadline = _spent() + seconds
    with tempfile.TemporaryDirectory() as name:
        while _spent() < deadline and len(findings) < KEPT_FINDINGS:
            place = source.randrange(len(seeds))
            content = damaged(seeds[place], source, seeds)
            current.write_bytes(content)  # what a crash leaves behind
            started = _spent()
            try:
                if target == "parquet":
                    original = healthy_tables[place] if place < first else None
                    outcome = properties.parquet(content, Path(name), original)
                else:
                    outcome = holds(content, Path(name))
            except Exception as error:
                outcome = "found"
                where = traceback.extract_tb(error.__traceback__)[-1]
                told = (
                    f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
                )
                kept = base64.b64encode(content).decode()
                findings.append({"what": told[:500], "input": kept})
            slowest = max(slowest, _spent() - started)
            outcomes[outcome] += 1
            if (
                outcome == properties.READ
                and source.random() < NEW_SEEDS
                and len(seeds) < 2 * first
            ):
                seeds.append(content[:LARGEST_SEED])
    report.write_text(json.dumps({"outcomes": outcomes, "findings": findings, "slowest": slowest}))


def fuzz(target: str, seconds: float, first_seed: int) -> dict[str, Any]:
    """Rounds of one target until the time is up; what they came to, together."""
    outcomes: Counter[str] = Counter()
    findings: list[dict[str, str]] = []
    slowest, rounds, left = 0.0, 0, seconds
    while left > 0:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            length = min(ROUND_SECONDS, left)
            left -= length
            arguments = [target, str(first_seed + rounds), str(length), str(report)]
            command = python_module("benchmarks.reliability.fuzz", "--round", *arguments)
            process = subprocess.Popen(
                command,
                stderr=subprocess.PIPE,
                text=True,
                env=child_environment({"PYTHONPATH": str(ROOT)}),
            )
            try:
                _, told = process.communicate(timeout=WAIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                _, told = process.communicate()
                told = f"no end after {WAIT_SECONDS:.0f} s {told}"
            rounds += 1
            if report.exists():
                found = json.loads(report.read_text())
                outcomes.update(found["outcomes"])
                findings += found["findings"]
                slowest = max(slowest, found["slowest"])
            else:
                last = report.with_suffix(".input")
                content = last.read_bytes() if last.exists() else b""
                lines = told.strip().splitlines()
                what = f"the process ended with {process.returncode}: {lines[-1] if lines else ''}"
                kept = base64.b64encode(content).decode()
                findings.append({"what": what[:500], "input": kept})
                outcomes["found"] += 1
    return {
        "inputs": sum(outcomes.values()),
        "outcomes": dict(outcomes),
        "slowest_seconds": round(slowest, 2),
        "rounds": rounds,
        "findings": findings[:KEPT_FINDINGS],
    }


def main() -> int:
    """Fuzz every target for its share of the time; 1 when anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of the processor, for all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--targets", nargs="+", default=list(TARGETS), choices=TARGETS)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--round", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.round:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        most = int(float(asked.round[2])) + HANG_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))
        logging.disable(logging.CRITICAL)
        target, seed, seconds, report = asked.round
        one_round(target, int(seed), float(seconds), Path(report))
        return 0
    result: dict[str, Any] = {"seconds": asked.seconds, "seed": asked.seed, "targets": {}}
    for target in asked.targets:
        found = fuzz(target, asked.seconds / len(asked.targets), asked.seed)
        result["targets"][target] = found
        print(f"{target:<12} {found['inputs']:>8,} inputs  {found['outcomes']}", flush=True)
        for finding in found["findings"]:
            print(f"    ✗ {finding['what']}", flush=True)
    if asked.out:
        asked.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    return 1 if any(one["findings"] for one in result["targets"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())
