"""Bad inputs: files that are not plain UTF-8."""

from __future__ import annotations

import codecs

from benchmarks.reliability.bad_inputs.case import accepted, refused, rows, written

TEXT = "x,wörd,label\n" + "".join(f"{i}.5,größe,{'ab'[i % 2]}\n" for i in range(20))
BOM16 = codecs.BOM_UTF16_LE

CASES = [
    accepted("UTF-8 with byte order mark", written(codecs.BOM_UTF8 + TEXT.encode())),
    accepted("UTF-16 LE with byte order mark", written(BOM16 + TEXT.encode("utf-16-le"))),
    accepted(
        "UTF-16 BE with byte order mark", written(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"))
    ),
    refused(
        "UTF-16 LE without byte order mark", written(TEXT.encode("utf-16-le")), "line 1", "UTF-16"
    ),
    refused(
        "UTF-16 BE without byte order mark", written(TEXT.encode("utf-16-be")), "line 1", "UTF-16"
    ),
    refused("UTF-32 with byte order mark", written(TEXT.encode("utf-32")), "UTF-32", "UTF-8"),
    refused("UTF-32 without byte order mark", written(TEXT.encode("utf-32-le")), "NUL byte"),
    refused(
        "UTF-16 cut in the middle of a letter",
        written(BOM16 + TEXT.encode("utf-16-le")[:-1]),
        "line 21 ",
        "not utf-16-le",
    ),
    refused(
        "UTF-16 with half a surrogate pair",
        written(BOM16 + TEXT.encode("utf-16-le") + b"\x00\xd8,\x00a\x00,\x00a\x00\n\x00"),
        "line 22 ",
        "not utf-16-le",
    ),
    accepted("Windows-1252 throughout", written(TEXT.encode("cp1252")), "not UTF-8", "cp1252"),
    accepted(
        "Latin-1 with a byte Windows-1252 lacks",
        written(TEXT.encode("latin-1") + b"1.5,\x81,a\n"),
        "not UTF-8",
        "latin-1",
    ),
    refused(
        "a Latin-1 byte in the middle of a UTF-8 file",
        written(TEXT.encode() + "9.5,größe,a\n".encode("latin-1") + TEXT.encode()[15:]),
        "line 22",
        "byte 310",
        "0xf6",
    ),
    refused(
        "UTF-8 byte order mark, then Latin-1",
        written(codecs.BOM_UTF8 + TEXT.encode("latin-1")),
        "byte 6 on line 1",
        "UTF-8",
    ),
    refused(
        "a UTF-8 letter cut off by the end",
        written(TEXT.encode() + b"1,\xc3"),
        "byte 306",
        "line 22",
    ),
    accepted("a byte order mark in the middle", written(rows("1.5,a\ufeff", "2.5,a\ufeff"))),
    refused("a byte order mark and nothing", written(codecs.BOM_UTF8), "empty"),
    refused(
        "a byte order mark and only a header",
        written(codecs.BOM_UTF8 + b"x,label\n"),
        "no rows",
    ),
    refused("a UTF-16 mark and nothing", written(BOM16), "empty"),
    accepted(
        "JSON Lines with byte order mark",
        written(
            codecs.BOM_UTF8
            + b"".join(b'{"x": %d.5, "label": "%c"}\n' % (i, b"ab"[i % 2]) for i in range(20)),
            "data.jsonl",
        ),
    ),
]
