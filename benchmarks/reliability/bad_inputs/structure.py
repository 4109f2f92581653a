"""Bad inputs: delimited files whose lines, quotes or fields are not as they should be."""

from __future__ import annotations

from benchmarks.reliability.bad_inputs.case import accepted, healthy, refused, rows, written

BODY = "\n".join(healthy()) + "\n"
MEGABYTE = "word " * 210_000


def texts(*cells: str) -> str:
    """A text column of these cells (as they are written in the file), between plain ones."""
    lines = [f"{cells[i % len(cells)]},{'ab'[i % 2]}\nplain words {i},a" for i in range(12)]
    return "\n".join(["text,label", *lines]) + "\n"


CASES = [
    refused("an empty file", written(""), "data.csv is empty", "name the columns"),
    refused("only blank lines", written("\n\r\n\n"), "empty"),
    refused("only a header", written("x,label\n"), "no rows"),
    refused("only a header, no line end", written("x,label"), "no rows"),
    refused("a header and blank lines", written("x,label\n\n\n"), "no rows"),
    refused("a row with too many fields", written(rows("1,a,b")), "row 0 (line 2", "3 fields"),
    refused("a row with too few fields", written(rows("1")), "row 0 (line 2", "1 field,"),
    refused("the last row cut off", written(rows() + "1"), "row 20 (line 22", "1 field"),
    refused(
        "trailing commas in the rows only",
        written("x,label\n1,a,\n2,b,\n"),
        "row 0",
        "3 fields, the header has 2",
    ),
    refused("trailing commas everywhere", written("x,label,\n1,a,\n"), "column 3 of 3", "no name"),
    refused(
        "a quote opened in the header", written('x,"label\n' + BODY), "header (line 1", "closed"
    ),
    refused("a quote opened in row 0", written('x,label\n"1,a\n' + BODY), "row 0", "never closed"),
    refused(
        "a quote opened in the last row", written(rows() + '"1,a\n'), "row 20 (line 22", "closed"
    ),
    refused("letters behind a closed quote", written(rows('"1"x,a')), "row 0 (line 2", "quotes"),
    accepted("quotes in the middle of a field", written(texts('5" pipe', 'so "they" said'))),
    accepted("doubled quotes", written(texts('"say ""hi"" now"', '"""quoted"""'))),
    accepted("line breaks inside quotes", written(texts('"one\r\ntwo words"', '"three\n\nfour"'))),
    accepted(
        "mixed line ends",
        written("x,label\r\n1.5,a\n2.5,b\r3,a\r\n4,b\n5,a\r6,b\n7,a\n8.5,b\n"),
    ),
    accepted("lone carriage returns as line ends", written("x,label\r" + BODY.replace("\n", "\r"))),
    accepted("blank lines between rows", written("x,label\n\n" + BODY.replace("\n", "\n\n"))),
    accepted("no line end at the end", written(rows().rstrip("\n"))),
    refused("a NUL byte in a cell", written(rows("1\0,a")), "line 2", "NUL byte"),
    refused("a NUL byte in the header", written("x\0,label\n" + BODY), "line 1", "NUL byte"),
    refused("nothing but NUL bytes", written(b"\0" * 5000), "NUL byte"),
    accepted(
        "a cell of a megabyte",
        written(f'text,label\n"{MEGABYTE}",a\n' + "a few words here,a\nso it goes on,b\n" * 20),
        "far longer",
    ),
    refused(
        "a quote never closed before 20 MB of rows",
        written('x,label\n"1,a\n' + "2.5,b\n" * 3_400_000),
        "row 0 (line 2",
        "never closed",
        alone=True,
    ),
    refused(
        "another delimiter (^)",
        written("x^label\n1^a\n2^b\n"),
        "no column 'label'",
        "x^label",
        page=False,
    ),
    accepted("semicolons", written(rows().replace(",", ";")), "semicolon"),
    accepted("tabs in a .csv file", written(rows().replace(",", "\t")), "tab"),
    refused(
        "commas in a .tsv file",
        written(rows(), "data.tsv"),
        "no column 'label'",
        "x,label",
        page=False,
    ),
    refused("delimiters change midway", written(rows() + "1;a\n2;b\n"), "row 20 (line 22"),
    refused(
        "prose, not a table",
        written("Dear all,\nplease find, below, the data.\n"),
        "no name in the header",
    ),
    refused("a line above the header", written("Report 2024\n" + rows()), "row 0 (line 2", "field"),
    refused("a JSON array named .csv", written('[{"x": 1, "label": "a"}]\n'), "no rows"),
    refused(
        "an HTML page named .csv",
        written("<!DOCTYPE html>\n<html><body>Please log in</body></html>\n"),
        "web page",
    ),
    refused(
        "a Git LFS pointer",
        written("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
        "Git LFS",
        "git lfs pull",
    ),
]
