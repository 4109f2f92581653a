"""Bad inputs: options that do not fit the file, and validation files that do not fit the first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.reliability.bad_inputs.case import Case, accepted, refused, rows, written

DATA = "id,text,x,part,label\n" + "".join(
    f"{i},these are words {i},{i * 7 % 11}.5,{'val' if i % 4 == 0 else 'train'},{'ab'[i % 2]}\n"
    for i in range(40)
)
COLUMNS = {"features": ("x",)}


def case(words: str, options: dict[str, object], *said: str) -> Case:
    """A healthy file with options that do not fit it."""
    return refused(words, written(DATA), *said, options=options, page="second" in options)


def two(second: str | bytes, name: str = "second.csv") -> Callable[[Path], Path]:
    """A healthy file and a validation file beside it."""

    def make(folder: Path) -> Path:
        written(second, name)(folder)
        return written(DATA)(folder)

    return make


def second(words: str, content: str | bytes, *said: str, name: str = "second.csv") -> Case:
    """A validation file that does not fit."""
    options = {**COLUMNS, "second": name}
    return refused(f"validation file: {words}", two(content, name), *said, options=options)


CASES = [
    case("a label that does not exist", {"label": "lable"}, "Did you mean 'label'?", "data.csv"),
    case("a label in other letters", {"label": "LABEL"}, "Did you mean 'label'?"),
    case("an empty label name", {"label": ""}, "label"),
    case("a feature that does not exist", {"features": ("xx",)}, "Did you mean 'x'?"),
    case("the label among the features", {"features": ("x", "label")}, "'label' is named twice"),
    case("a column as text and feature", {"features": ("x",), "text": ("x",)}, "named twice"),
    case("a feature named twice", {"features": ("x", "x")}, "named twice"),
    case("the id as the label", {"id": "label"}, "named twice"),
    case("everything ignored", {"ignore": ("id", "text", "x", "part")}, "No column is left"),
    case("the id column as the label", {"label": "id"}, "different"),
    case("a validation share of 1", {"validation": 1.0}, "validation", "1.0"),
    case("a validation share below 0", {"validation": -0.1}, "validation", "-0.1"),
    case("a validation share that is NaN", {"validation": float("nan")}, "validation", "nan"),
    case("a split column that does not exist", {"validation": "column:prt"}, "Did you mean 'part'"),
    case("a split column of other words", {"validation": "column:text"}, "split column", "'text'"),
    case("the label as split column", {"validation": "column:label"}, "named twice"),
    case(
        "a validation file that is missing",
        {"second": "none.csv", **COLUMNS},
        "There is no file",
        "none.csv",
    ),
    case("a validation file that is a folder", {"second": ".", **COLUMNS}, "is a folder"),
    second("other columns", "a,b\n1,2\n", "second.csv", "'x'"),
    second("without the label", "x\n1\n", "second.csv", "'label'"),
    second("a class the first lacks", "x,label\n1,bird\n", "second.csv", "'bird'", "row 0"),
    second("a missing label", "x,label\n1,a\n2,\n", "second.csv", "row 1"),
    second("text where the first has numbers", "x,label\nred,a\n", "second.csv", "'x'"),
    second("infinity", "x,label\ninf,a\n", "'x'", "row 0", "inf", "second.csv"),
    second("only a header", "x,label\n", "second.csv", "no rows"),
    second("an Excel workbook", b"PK\x03\x04" + b"xl/workbook.xml" * 9, "second.csv", "Excel"),
    second("an unknown ending", "x,label\n1,a\n", ".dat", name="second.dat"),
    accepted(
        "validation file: the training file itself",
        two(DATA),
        "training file itself",
        options={**COLUMNS, "second": "data.csv"},
    ),
    accepted(
        "validation file: more columns than the first",
        two("x,label,more\n1,a,2\n"),
        options={**COLUMNS, "second": "second.csv"},
    ),
    accepted(
        "no validation rows",
        written(rows()),
        "no validation rows",
        options={"validation": 0.0},
        page=False,
    ),
]
