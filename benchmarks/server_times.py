"""How long does the server take for each action of a reviewer, and what goes over the wire?

Trains once on a made-up file of texts and numbers for each size, opens the app on it, and times
every action as the app's own script run (Streamlit's AppTest: no browser, no network). The glossary
page, which reads nothing, is timed in between: what Streamlit itself takes. With --wire a real
browser repeats some actions and counts the bytes that come over the websocket.

    python benchmarks/server_times.py --rows 10000 100000 --wire --out benchmarks/server_times.json
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from finine_core import api
from finine_core.processes import child_environment, python_module

APP = Path(__file__).parent.parent / "app" / "main.py"
REPEATS = 7
TEXT_WORDS = 20  # about 120 letters
LABELS = ("billing", "delivery", "praise", "returns")
LONGEST_SECONDS = 300


def read_packages_once() -> None:
    """What the installed packages say of Streamlit components is read once, as a server does.

    AppTest reads it again for each visitor, which takes a tenth of a second and more.
    """
    from streamlit.components.v2 import manifest_scanner

    found = manifest_scanner.scan_component_manifests()
    vars(manifest_scanner)["scan_component_manifests"] = lambda: found


def make_file(path: Path, rows: int) -> None:
    """Texts whose words lean towards their label, eight numbers, 5 % wrong labels."""
    import pandas as pd

    random = np.random.default_rng(rows)
    labels = random.integers(0, len(LABELS), size=rows)
    words = np.array([f"word{k:04d}" for k in range(2000)])
    drawn = random.integers(0, 1600, size=(rows, TEXT_WORDS))
    own = random.random((rows, TEXT_WORDS)) < 0.15
    drawn = np.where(own, 1600 + 100 * labels[:, None] + drawn % 100, drawn)
    numbers = random.normal(size=(rows, 8)) + 0.3 * labels[:, None]
    told = np.where(random.random(rows) < 0.05, random.integers(0, 4, size=rows), labels)
    frame = pd.DataFrame({"id": np.arange(rows), "text": [" ".join(one) for one in words[drawn]]})
    for k in range(8):
        frame[f"n{k}"] = numbers[:, k].round(4)
    frame["label"] = np.array(LABELS)[told]
    frame.to_csv(path, index=False)


class Visitor:
    """One person's visit, with the time of each script run."""

    def __init__(self, home: Path) -> None:
        from streamlit.testing.v1 import AppTest

        os.environ["FININE_HOME"] = str(home)
        self.page = AppTest.from_file(str(APP), default_timeout=LONGEST_SECONDS)
        self.page.session_state["_tour_over"] = True

    def at(self, name: str, **query: str) -> Visitor:
        """Go to a page."""
        from streamlit.util import calc_hash

        self.page._page_hash = calc_hash(name)
        for key, value in query.items():
            self.page.query_params[key] = value
        return self

    def seconds(self, action: Callable[[], object] | None = None) -> float:
        """Do something, then let the page run."""
        if action is not None:
            action()
        started = time.perf_counter()
        self.page.run()
        took = time.perf_counter() - started
        if self.page.exception:
            raise RuntimeError(str(self.page.exception))
        return took


def button(visitor: Visitor, key: str) -> Callable[[], object]:
    """Press the button whose key is this, or this and a row number."""

    def press() -> object:
        found = [
            one
            for one in visitor.page.button
            if one.key == key or (one.key or "").startswith(f"{key}_")
        ]
        return found[0].click()

    return press


def times_of(home: Path, run: api.Run) -> dict[str, list[float]]:
    """Seconds of each action, REPEATS times each, after one visit that fills the caches."""
    found: dict[str, list[float]] = {}

    def note(name: str, seconds: float) -> None:
        found.setdefault(name, []).append(seconds)

    visitor = Visitor(home).at("review", run=run.run_id)
    note("first visit of Review", visitor.seconds())
    state, page = visitor.page.session_state, visitor.page
    rows = run.review().row_numbers(target="self", top=REPEATS * 3).tolist()
    for k in range(REPEATS):
        note("glossary: Streamlit itself", Visitor(home).at("glossary").seconds())
        note(
            "filter by text",
            visitor.seconds(
                lambda k=k: page.text_input(key="filter_text").set_value(f"word00{k:02d}")
            ),
        )
        note(
            "filter by SQL",
            visitor.seconds(
                lambda k=k: page.text_input(key="filter_sql").set_value(f"n0 > {k / 10} AND mu > 0")
            ),
        )
        visitor.seconds(lambda: page.text_input(key="filter_sql").set_value(""))
        visitor.seconds(lambda: page.text_input(key="filter_text").set_value(""))
        note(
            "sort by a data column",
            visitor.seconds(lambda k=k: page.selectbox(key="sort_by").set_value(f"n{k % 8}")),
        )
        visitor.seconds(
            lambda: page.selectbox(key="sort_by").set_value("rank, most suspicious first")
        )
        note("turn the page", visitor.seconds(lambda k=k: state.__setitem__("page_number", k + 2)))
        visitor.seconds(lambda: state.__setitem__("page_number", 1))
        note("next row", visitor.seconds(button(visitor, "next_row")))
        note("mark a row", visitor.seconds(button(visitor, "mark_delete")))
        note("undo", visitor.seconds(button(visitor, "undo")))
        note(
            "another list",
            visitor.seconds(lambda: page.button_group(key="review_tab").set_value("suspicious")),
        )
        visitor.seconds(lambda: page.button_group(key="review_tab").set_value("all"))
        started = time.perf_counter()
        run.mark(where="rank <= 1000", target="self", decision="review")
        marked = time.perf_counter() - started
        note("bulk mark of 1,000 rows, with the page after it", marked + visitor.seconds())
        run.undo()
        visitor.seconds()
        pins = ",".join(map(str, rows[3 * k : 3 * k + 3]))
        note(
            "open Compare with three rows",
            Visitor(home).at("compare", run=run.run_id, pins=pins).seconds(),
        )
    mapped = map_times(home, run)
    return {**found, **mapped}


def map_times(home: Path, run: api.Run) -> dict[str, list[float]]:
    """Opening the map, and a lasso around about 5,000 points."""
    from finine_app.components.map.areas import drawn_area

    found: dict[str, list[float]] = {"open the map": [], "lasso of 5,000 points": []}
    places = run.projection("pca")[["x", "y"]].to_numpy()
    wanted = min(5000, len(places) // 2)
    for k in range(REPEATS):
        centre = np.quantile(places, 0.35 + 0.05 * k, axis=0)
        half = float(np.sort(np.abs(places - centre).max(axis=1))[wanted])
        corners = centre + half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
        area = drawn_area("pca", corners[:, 0].tolist(), corners[:, 1].tolist(), places)
        assert area is not None
        visitor = Visitor(home).at("map", run=run.run_id, target="validation")
        found["open the map"].append(visitor.seconds())
        state = visitor.page.session_state
        found["lasso of 5,000 points"].append(
            visitor.seconds(lambda s=state, a=area: s.__setitem__("_view_lasso", a.short()))
        )
    return found


def wire_of(home: Path, run: api.Run) -> dict[str, int]:
    """Bytes over the websocket for some actions, in a real browser."""
    import shutil
    import socket
    import subprocess

    from playwright.sync_api import sync_playwright

    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        python_module("finine_core.cli", "app", "--home", str(home), "--port", str(port),
                      "--no-browser"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=child_environment(),
    )  # fmt: skip
    found: dict[str, int] = {}
    try:
        time.sleep(10)
        with sync_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(120_000)
            received = [0]

            def listen(socket_: object) -> None:
                socket_.on(  # type: ignore[attr-defined]
                    "framereceived", lambda data: received.__setitem__(0, received[0] + len(data))
                )

            page.on("websocket", listen)

            def count(name: str, action: Callable[[], object]) -> None:
                received[0] = 0
                action()
                page.wait_for_timeout(8_000)
                found[name] = received[0]

            address = f"http://localhost:{port}"
            count("open Review", lambda: page.goto(f"{address}/review?run={run.run_id}"))
            count("next row", lambda: page.locator(".st-key-next_row button").first.click())
            count("open the map", lambda: page.goto(f"{address}/map?run={run.run_id}"))
            browser.close()
    finally:
        server.terminate()
        server.wait(timeout=30)
    return found


def main() -> None:
    """Measure, print a table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--wire", action="store_true")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    read_packages_once()
    result: dict[str, object] = {"repeats": REPEATS, "sizes": {}}
    for rows in asked.rows:
        with tempfile.TemporaryDirectory(prefix="finine-times-") as folder:
            data, home = Path(folder) / "rows.csv", Path(folder) / "home"
            make_file(data, rows)
            run = api.run(data, label="label", id="id", home=home, epochs=2)
            measured = times_of(home, run)
            size: dict[str, object] = {"train_rows": len(run.scores("self")), "ms": {}}
            print(f"\n{rows:,} rows (ms: median, least, most of {REPEATS})")
            for name, seconds in measured.items():
                ms = [1000 * one for one in seconds]
                told = [round(one) for one in (statistics.median(ms), min(ms), max(ms))]
                size["ms"][name] = told  # type: ignore[index]
                print(f"  {name:<50} {told[0]:>6} {told[1]:>6} {told[2]:>6}")
            if asked.wire:
                size["bytes"] = wire_of(home, run)
                for name, count in size["bytes"].items():
                    print(f"  {name:<50} {count:>9,} bytes")
            result["sizes"][str(rows)] = size  # type: ignore[index]
    if asked.out:
        asked.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
