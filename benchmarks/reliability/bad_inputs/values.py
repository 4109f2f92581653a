"""Bad inputs: cells that are not what they look like, in tables that are well formed."""

from __future__ import annotations

from pathlib import Path

from benchmarks.reliability.bad_inputs.case import (
    Case,
    accepted,
    column,
    healthy,
    refused,
    rows,
    written,
)

FEATURE = {"features": ("x", "z")}


def cells(*values: str, count: int = 20) -> str:
    """A column of these values over and over."""
    return column([values[i % len(values)] for i in range(count)])


def one_odd(value: str) -> str:
    """A column of numbers with one odd value in row 7."""
    return column([value if i == 7 else f"{i * i}" for i in range(40)])


def wide(columns: int) -> str:
    """A file of so many columns of numbers."""
    header = ",".join([*(f"c{i}" for i in range(columns)), "label"])
    lines = [
        ",".join([*(f"{i * j % 7}" for j in range(columns)), "ab"[i % 2]]) for i in range(1, 13)
    ]
    return "\n".join([header, *lines]) + "\n"


def texts(*values: str) -> str:
    """A text column of these values over and over, between plain ones."""
    lines = [
        f'"{values[i % len(values)] if i % 3 else f"plain words number {i} here"}",{"ab"[i % 2]}'
        for i in range(45)
    ]
    return "\n".join(["text,label", *lines]) + "\n"


def text_case(words: str, *values: str, said: tuple[str, ...] = ()) -> Case:
    """Texts of this kind are read like any other."""
    return accepted(words, written(texts(*values)), *said, options={"text": ("text",)})


def wide_file(columns: int) -> object:
    """A maker that builds the file only when it is asked for."""

    def make(folder: Path) -> Path:
        return written(wide(columns))(folder)

    return make


CASES = [
    refused("infinity in a feature", written(one_odd("inf")), "'x'", "row 7", "inf", "data.csv"),
    refused("minus infinity in a feature", written(one_odd("-Infinity")), "row 7", "-inf"),
    refused(
        "a feature of infinities",
        written(cells("inf", "-inf")),
        "'x'",
        "inf",
        "row 0",
        options=FEATURE,
    ),
    refused("1e400, beyond float64", written(one_odd("1e400")), "row 7", "inf"),
    refused("a huge number (1e300)", written(one_odd("1e300")), "row 7", "1e+300"),
    accepted("integers beyond 64 bits", written(cells("9" * 30, "8" * 30)), "more than 64 bits"),
    accepted("NaN among numbers", written(one_odd("NaN")), "'NaN' was read as missing"),
    accepted("words for missing values", written(cells("1", "NA", "null", "2")), "as missing"),
    accepted("a slip among numbers", written(one_odd("1O")), "'1O' in row 7", "read as text"),
    accepted("hexadecimal numbers", written(cells("0x1F", "0xAB", "0x00"))),
    accepted(
        "decimal commas",
        written(
            cells("1,5", "22,75", "3,5")
            .replace(",", ";")
            .replace("1;5", "1,5")
            .replace("22;75", "22,75")
            .replace("3;5", "3,5")
        ),
        "decimal comma",
    ),
    accepted(
        "thousands separators", written(cells('"1,234"', '"1,234,567"', '"12,000"')), "thousands"
    ),
    accepted("numbers with units", written(cells("5 kg", "7 kg", "9 kg"))),
    accepted("currency", written(cells("$5", "€7", "£9"))),
    accepted("percentages", written(cells("5%", "7%", "9%"))),
    accepted("numbers with spaces around", written(cells(" 5", "7 ", " 9 "))),
    accepted("numbers with leading zeros", written(cells("007", "012", "099"))),
    accepted("dates", written(cells("2024-01-31", "2024-02-30", "1999-12-01"))),
    accepted("dates of mixed spellings", written(cells("2024-01-31", "31.01.24", "Jan 5 2024"))),
    accepted("true and false in mixed spellings", written(cells("TRUE", "False", "yes", "N", "1"))),
    accepted("mixed types in one column", written(cells("1", "two", "3.0", "true", "2024-01-01"))),
    accepted("an all-missing column", written(cells(""))),
    refused(
        "an all-missing column as the only feature",
        written(cells("")),
        "do not vary",
        "'x'",
        options={"features": ("x",)},
    ),
    refused(
        "a constant column as the only feature",
        written(cells("5")),
        "do not vary",
        options={"features": ("x",)},
    ),
    refused(
        "an all-missing text",
        written(cells("")),
        "no text in any training row",
        options={"text": ("x",)},
    ),
    accepted("a constant column", written(cells("same"))),
    accepted(
        "ids that repeat",
        written(column([str(i // 2) for i in range(20)], "id")),
        "'id' repeats 10",
        options={"id": "id"},
    ),
    accepted(
        "ids that are missing",
        written(column([str(i) if i % 5 else "" for i in range(20)], "id")),
        "no value in 4",
        options={"id": "id"},
    ),
    accepted("formulas in cells", written(cells("=1+1", "+cmd|'/C calc'!A0", "@SUM(A1)", "-2+3"))),
    accepted("10,000 columns", wide_file(10_000), alone=True),  # type: ignore[arg-type]
    refused("100,000 columns", wide_file(100_000), "columns", alone=True),  # type: ignore[arg-type]
    text_case("empty texts", "", said=("no text in 'text'",)),
    text_case("texts of white space", "   ", "\u3000", said=("no text in 'text'",)),
    text_case("emoji", "🤖 👩‍🔬 🇩🇪 ok", "😀😀😀"),
    text_case("right-to-left text", "مرحبا بالعالم", "שלום עולם \u202eabc\u202c"),
    text_case("zero-width and combining signs", "z\u200ba\u0301\u0302\u0303\u2060lgo", "\ufeffhm"),
    text_case("control signs and ANSI escapes", "\x1b[2J\x1b[31mred\x07", "\x01\x02\x7f"),
    text_case("line and paragraph separators", "one\u2028two\u2029three\x85four\x0bfive\x0c"),
    text_case("only punctuation", "...", "!?!?", "--"),
    text_case("HTML and scripts", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>"),
    text_case("paths and addresses", "../../etc/passwd", "file:///etc/passwd", "\\\\host\\share"),
    text_case("letters of four bytes", "𝕬𝖇𝖈 𠜎𠜱 \U0010fffd"),
    refused("two rows", written("x,label\n1,a\n2,b\n"), "different value in each of its 2 rows"),
    refused("one row", written("x,label\n1.5,a\n"), "No column is left"),
    refused("three rows of two classes", written("x,label\n1.5,a\n2,b\n3,a\n"), "2 training rows"),
    accepted("a class with one row", written(rows("9,rare")), "have a single row", "'rare'"),
    refused("no column but the label", written("label\n" + "a\nb\n" * 9), "No column is left"),
    accepted("the same row over and over", written("x,label\n" + "1,a\n2,b\n" * 30), "few values"),
    accepted(
        "the same inputs, different labels",
        written("x,label\n" + "".join(f"{i // 2}.25,{'ab'[i % 2]}\n" for i in range(200))),
        "different labels",
    ),
    accepted(
        "a copy of the label",
        written("copy,x,label\n" + "".join(f"{line[-1]},{line}\n" for line in healthy(80))),
        "gives the label away",
    ),
]
