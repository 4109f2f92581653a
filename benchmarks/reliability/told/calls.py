"""The Python API with values of the wrong kind."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.reliability.told.places import PLACES
from benchmarks.reliability.told.tried import copied, ending
from finine_core import api

FRAME = pd.DataFrame({"x": [k + 0.5 for k in range(20)], "label": [*"ab"] * 10})


def frames() -> dict[str, object]:
    """Tables whose names or values no file would have."""
    two = FRAME.copy()
    two.columns = ["label", "label"]
    several = FRAME.copy()
    several.columns = pd.MultiIndex.from_tuples([("a", "x"), ("a", "label")])
    return {
        "whole numbers as names": FRAME.rename(columns={"x": 0}),
        "every name a number": FRAME.set_axis([0, 1], axis=1),
        "None as a name": FRAME.rename(columns={"x": None}),
        "NaN as a name": FRAME.rename(columns={"x": float("nan")}),
        "a tuple as a name": FRAME.rename(columns={"x": (1, 2)}),
        "bytes as a name": FRAME.rename(columns={"x": b"x"}),
        "a time as a name": FRAME.rename(columns={"x": pd.Timestamp("2020-01-01")}),
        "an empty name": FRAME.rename(columns={"x": ""}),
        "half a pair as a name": FRAME.set_axis(
            pd.Index(["\ud800", "label"], dtype=object), axis=1
        ),
        "names twice": two,
        "names of several levels": several,
        "no column": FRAME[[]],
        "no row": FRAME[:0],
        "no row, no column": pd.DataFrame(),
        "lists": FRAME.assign(x=[[1]] * 20),
        "objects": FRAME.assign(x=[object()] * 20),
        "functions": FRAME.assign(x=[len] * 20),
        "numbers and texts": FRAME.assign(x=[1, "a"] * 10),
        "decimals": FRAME.assign(x=[Decimal(k) for k in range(20)]),
        "complex numbers": FRAME.assign(x=[1j * k for k in range(20)]),
        "huge numbers": FRAME.assign(x=[10**k for k in range(20, 40)]),
        "half pairs": FRAME.assign(x=pd.Series(["\ud800"] * 20, dtype=object)),
        "bytes": FRAME.assign(x=[b"\xff"] * 20),
        "periods": FRAME.assign(x=pd.period_range("2020", periods=20)),
        "intervals": FRAME.assign(x=pd.interval_range(0, 20)),
        "sparse": FRAME.assign(x=pd.arrays.SparseArray([0.0, 1.0] * 10)),
        "an index of several levels": FRAME.set_index(["x", FRAME.index]),
        "an index named as a column": FRAME.rename_axis("x"),
        "an index named by a number": FRAME.rename_axis(7),
        "arrow with a name twice": pa.table([[1] * 20, [*"ab"] * 10], names=["label", "label"]),
        "a series": FRAME["x"],
        "an arrow column": pa.chunked_array([[1, 2]]),
        "a batch": pa.record_batch({"x": [1.0] * 20, "label": [*"ab"] * 10}),
        "an array": FRAME.to_numpy(),
        "a dict": {"x": [1], "label": ["a"]},
    }


ODD: dict[str, object] = {
    "None": None, "1": 1, "0": 0, "-1": -1, "1.5": 1.5, "True": True, "NaN": float("nan"),
    "infinity": float("inf"), "bytes": b"label", "an empty text": "", "NUL": "a\0b",
    "half a pair": "\ud800", "a list": ["a", "b"], "an empty list": [], "a list of numbers": [1, 2],
    "a list of None": [None], "a list of lists": [["a"]], "a tuple": ("x",), "a set": {"x"},
    "a dict": {"x": 1}, "a numpy number": np.int64(3), "a numpy float": np.float32(0.2),
    "a numpy array": np.array([1, 2]), "an array of 0 dimensions": np.array(1),
    "an array of texts": np.array(["x"]), "an array of 2 dimensions": np.zeros((2, 2)),
    "a numpy text": np.str_("x"), "an object": object(), "a function": len, "a class": int,
    "a path": Path("x"), "a frame": FRAME, "a series": FRAME["x"], "a large number": 10**30,
    "a range": range(3), "a generator": (k for k in range(3)), "decimal": Decimal("0.1"),
    "complex": 1j, "...": ..., "a slice": slice(3),
}  # fmt: skip


def tries(folder: Path, only: str = "") -> Iterator[tuple[str, str]]:
    """What was called with what, and what is wrong with how it ended."""
    with copied(folder) as here:
        home = here / "home"
        for words, frame in frames().items():
            for label in ("label", 1, ("a", "label")):
                if only in "frames":
                    told = f"check of a frame with {words}, label {label!r}"
                    yield told, done(api.check, frame, label=label)
                    told = f"plan of a frame with {words}, label {label!r}"
                    yield told, done(api.plan, frame, label=label, home=home)
        for name in ("check", "plan", "run"):
            yield from _of(
                name,
                getattr(api, name),
                here,
                only,
                {"data": str(here / "data.csv"), "label": "label", "home": home},
            )
        for name in ("open_run", "runs", "lines", "doctor", "marked", "known_label"):
            usual = {"home": home, "run_ids": [], "data": "a.csv"}
            yield from _of(name, getattr(api, name), here, only, usual)
        usual = {
            "manifest": here / "export/manifest.json",
            "data": here / "data.csv",
            "out": here / "odd.csv",
        }
        yield from _of("apply", api.apply, here, only, usual)
    for name, usual in METHODS.items():
        with copied(folder) as here:
            usual = {k: v(here) if callable(v) else v for k, v in usual.items()}
            method = getattr(api.open_run("latest", here / "home"), name)
            yield from _of(f"Run.{name}", method, here, only, usual)


METHODS: dict[str, dict[str, object]] = {
    "scores": {}, "curve": {"row": 0}, "signals": {"row": 0}, "prediction": {"row": 0},
    "same_rows": {"row": 0}, "neighbours": {"row": 0}, "image": {"row": 0},
    "thumbnails": {"rows": [0]}, "group": {"rows": [0, 1]}, "group_curve": {"rows": [0, 1]},
    "group_signals": {"rows": [0, 1]}, "slices": {}, "discoveries": {"q": 0.1},
    "select": {"rows": [0]}, "mark": {"rows": [0], "decision": "keep"},
    "undo": {}, "redo": {},
    "save_group": {"name": "g", "rows": [0]}, "rename": {"name": "n"}, "review": {},
    "projection": {}, "verification": {},
    "export": {"out": lambda here: here / "odd"},
    "write_rows": {"out": lambda here: here / "odd.csv", "rows": [0]},
}  # fmt: skip
CALLBACKS = ("on_progress", "table", "self", "block")
PATHS = ("data", "out", "home", "manifest", "validation", "text_encoder")


def _of(
    name: str, function: object, here: Path, only: str, usual: dict[str, object]
) -> Iterator[tuple[str, str]]:
    if only not in name:
        return
    assert callable(function)
    known = inspect.signature(function).parameters
    base = {key: value for key, value in usual.items() if key in known}
    for key in known:
        if key in CALLBACKS:
            continue
        odd = dict(ODD)
        if key in PATHS:
            for k, (words, make) in enumerate(PLACES.items()):
                at = here / f"odd-{name}-{key}-{k}"
                at.mkdir()
                odd[words] = make(at)
        for words, value in odd.items():
            given = {**base, key: value}
            if name == "run":
                given["epochs"] = 0 if key != "epochs" else value  # never starts
                if key == "epochs":
                    continue
            yield f"{name}({key}={words})", done(function, **given)


def done(function: Callable[..., object], *args: object, **given: object) -> str:
    """What is wrong with how a call ends; what it gives is not looked at."""

    def call() -> None:
        function(*args, **given)

    return ending(call)
