"""Bad inputs: labels that cannot be learned, or hardly."""

from __future__ import annotations

from benchmarks.reliability.bad_inputs.case import accepted, refused, written


def labels(*values: str, count: int = 40) -> str:
    """A file whose labels are these over and over."""
    lines = [f"{i * 7 % 23}.5,{values[i % len(values)]}" for i in range(count)]
    return "\n".join(["x,label", *lines]) + "\n"


MANY = [f"class {i}" for i in range(1001)]

CASES = [
    refused("one class", written(labels("a")), "only one class, 'a'", "data.csv"),
    refused("a missing label", written(labels("a", "b") + "1.5,\n"), "row 40", "line 42", "label"),
    refused("labels of white space", written(labels("a", "  ")), "no value in 20 of 40 rows"),
    refused("all labels missing", written(labels("")), "no value in 40 of 40"),
    refused(
        "a different label in each row",
        written(labels(*(f"w{i}" for i in range(40)))),
        "different value in each of its 40 rows",
    ),
    accepted(
        "a measured quantity as label",
        written(labels(*(f"{i / 7:.3f}" for i in range(35)))),
        "learned as a number",
    ),
    refused("infinity as label", written(labels("1", "2.5", "inf")), "'label'", "inf", "row 2"),
    accepted("labels that are floats", written(labels("0.0", "1.0"))),
    accepted("labels 1, 1.0 and true", written(labels("1", "1.0", "true"))),
    accepted("labels of true and false", written(labels("true", "FALSE"))),
    accepted("labels that differ by spaces", written(labels("cat", "cat ", "dog")), "several ways"),
    accepted("labels that differ by case", written(labels("cat", "Cat", "dog")), "several ways"),
    accepted(
        "labels that are 'nan' and 'null'", written(labels("nan", "b", "c")), "'nan'", "missing"
    ),
    accepted(
        "NaN among numbers as label",
        written(labels("1", "0", "1", "0", count=40).replace("0.5,1", "0.5,1")),
    ),
    refused(
        "'NA' among number labels",
        written(labels("1", "0", "NA", "1", count=40)),
        "no value in 10 of 40",
    ),
    accepted("1,001 classes", written(labels(*MANY, count=3003))),
    accepted("labels with control signs", written(labels("\x1b[31ma", "b\x07", "\u202ec"))),
    accepted("labels of emoji", written(labels("😀", "😡"))),
    accepted("labels that are very long", written(labels("a" * 5000, "b" * 5000))),
    accepted("labels of two letters that look the same", written(labels("a", "\u0430"))),
    accepted("labels with line breaks", written(labels('"a\nb"', '"a\nc"'))),
    accepted("labels that are dates", written(labels("2024-01-01", "2024-01-02"))),
    accepted(
        "one class is nearly everything", written(labels(*["a"] * 39, "b", count=400)), "uneven"
    ),
]
