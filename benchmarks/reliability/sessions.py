"""Does one server bear 50 people on one run at once, and give the memory back?

Starts `finine app` on a made-up run and speaks Streamlit's websocket protocol as a browser does:
each visitor opens a page, filters, and goes to other pages, all at the same time; then all close.
Counts page runs, exceptions and tracebacks, and reads the server's memory before, during and after
a first and a second wave: what one wave leaves is caches, what a second adds would be a leak.

    python benchmarks/reliability/sessions.py --out benchmarks/reliability/results/sessions.json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash
from websockets.asyncio.client import connect

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.server_times import make_file
from finine_core import api
from finine_core.processes import child_environment, python_module

VISITORS, ROWS = 50, 5_000
START_SECONDS, RUN_SECONDS = 90.0, 300.0  # on a machine that does other things too
SETTLE_SECONDS = 20.0  # a closed session is kept for a while, for a browser that comes back
LARGEST_MESSAGE = 100 * 1024 * 1024


def memory_mb(pid: int) -> int:
    """Memory of a process and of those it has started, in MB."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(
                line.split(":", 1) for line in status.read_text().splitlines() if ":" in line
            )
        except OSError:  # it has just ended
            continue
        if int(lines["Pid"]) == pid or int(lines["PPid"]) == pid:
            total += int(lines.get("VmRSS", "0 kB").split()[0])
    return total // 1024


def rerun(page: str, query: str) -> bytes:
    """The message with which a browser asks for a page."""
    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.page_script_hash = calc_hash(page)
    return message.SerializeToString()


async def visit(port: int, number: int, run_id: str, seen: Counter[str]) -> None:
    """One person: Review, a filter, another row, Map, Compare."""
    address = f"ws://localhost:{port}/_stcore/stream"
    async with connect(
        address, subprotocols=["streamlit"], origin=f"http://localhost:{port}",
        max_size=LARGEST_MESSAGE,
    ) as socket_:  # fmt: skip
        for page, more in (
            ("review", ""),
            ("review", f"&filter_sql=n0+%3E+{number / VISITORS}"),
            ("review", f"&row={number}"),
            ("map", ""),
            ("compare", f"&pins={number},{number + 1}"),
        ):
            await socket_.send(rerun(page, f"run={run_id}{more}"))
            await finished(socket_, seen)


async def finished(connection: object, seen: Counter[str]) -> None:
    """Read until the page is drawn, and count what came."""
    while True:
        data = await asyncio.wait_for(connection.recv(), RUN_SECONDS)  # type: ignore[attr-defined]
        message = ForwardMsg()
        message.ParseFromString(data)
        kind = message.WhichOneof("type")
        seen["bytes"] += len(data)
        if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            seen["exceptions"] += 1
        if kind == "script_finished":
            seen["page runs"] += 1
            return


async def wave(port: int, run_id: str) -> tuple[Counter[str], float]:
    """All visitors at once; what came, and how long it took."""
    seen: Counter[str] = Counter()
    started = time.perf_counter()
    visits = (visit(port, number, run_id, seen) for number in range(VISITORS))
    for outcome in await asyncio.gather(*visits, return_exceptions=True):
        if isinstance(outcome, BaseException):
            seen[type(outcome).__name__] += 1
    return seen, time.perf_counter() - started


def main() -> None:
    """Serve, visit twice, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path)
    out: Path | None = parser.parse_args().out
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, home = Path(name), Path(name) / "home"
        make_file(folder / "data.csv", ROWS)
        run = api.run(folder / "data.csv", label="label", id="id", home=home, model="logistic",
                      features=["n0", "n1"], ignore=["text"], epochs=1,
                      targets=("self",))  # fmt: skip
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        log = folder / "log.txt"
        with log.open("wb") as stream:
            server = subprocess.Popen(
                python_module("finine_core.cli", "app", "--home", str(home), "--port", str(port),
                              "--no-browser"),
                stdout=stream, stderr=stream, start_new_session=True, env=child_environment(),
            )  # fmt: skip
        try:
            wait_for(f"http://localhost:{port}/_stcore/health")
            report = measure(server.pid, port, run.run_id)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=30)
        report["tracebacks_in_the_log"] = log.read_text(errors="replace").count("Traceback")
    print(json.dumps(report, indent=2))
    if out:
        out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def measure(pid: int, port: int, run_id: str) -> dict[str, object]:
    """Two waves, with the memory before and after each."""
    report: dict[str, object] = {"visitors": VISITORS, "rows": ROWS, "mb_before": memory_mb(pid)}
    for number in (1, 2):
        seen, seconds = asyncio.run(wave(port, run_id))
        report[f"wave_{number}"] = {
            **dict(seen),
            "seconds": round(seconds, 1),
            "mb_at_the_end": memory_mb(pid),
        }
        time.sleep(SETTLE_SECONDS)
        report[f"mb_after_wave_{number}"] = memory_mb(pid)
    return report


def wait_for(address: str) -> None:
    """Until the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(address, timeout=1).read()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


if __name__ == "__main__":
    main()
