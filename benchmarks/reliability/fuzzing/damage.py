"""How are the bytes of a file damaged?

Takes a file's bytes and a random source; gives bytes with a few changes of the kinds that files
suffer: bits flip, pieces are lost, doubled or moved, and things that parsers stumble over get in.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

CHANGES = (1, 1, 1, 2, 3, 6)  # a single change gets deepest: the rest of the file is still read
# What parsers stumble over, in any format.
TOKENS = (
    b'"', b'""', b"'", b",", b";", b"\t", b"|", b"\n", b"\r", b"\r\n", b"\0", b"\\", b"\x1a",
    b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80", "\u2028".encode(), b"\x85",
    "é".encode(), "🤖".encode(), "\u202e".encode(), b"NaN", b"Infinity", b"-inf", b"1e400", b"-0",
    b"9" * 25, b"0x1F", b"1,5", b"true", b"null", b"[", b"]", b"{", b"}", b":", b'\\ud800',
    b"\\u0000", b'{"a":1}', b"[" * 50, b"=1+1", b"PAR1", b" ", b"   \n", b"1_000", b"+1", b"1.",
    b"\xe2\x80\x8b", b"\x1b[31m", b"\xd9\xa3",
)  # fmt: skip


def damaged(content: bytes, source: random.Random, others: Sequence[bytes] = ()) -> bytes:
    """The bytes with one to six changes.

    Args:
        content: of a healthy file, or of one damaged before.
        source: the same source gives the same changes.
        others: files of which pieces may get in.

    Examples:
        >>> damaged(b"x,label", random.Random(1)) == damaged(b"x,label", random.Random(1))
        True
    """
    out = bytearray(content)
    for _ in range(source.choice(CHANGES)):
        start = source.randint(0, len(out))
        end = min(len(out), start + source.choice((0, 1, 1, 2, 4, 16, 64)))
        kind = source.randrange(7)
        if kind == 0 and out:  # a bit flips
            place = source.randrange(len(out))
            out[place] ^= 1 << source.randrange(8)
        elif kind == 1 and out:  # a byte is another
            out[source.randrange(len(out))] = source.randrange(256)
        elif kind == 2:  # a piece is lost
            del out[start:end]
        elif kind == 3:  # a piece is doubled elsewhere
            place = source.randint(0, len(out))
            out[place:place] = out[start:end]
        elif kind == 4:  # the end is lost
            del out[source.randint(len(out) // 2, len(out)) :]
        elif kind == 5 and others:  # a piece of another file gets in
            other = source.choice(others)
            place = source.randint(0, len(other))
            out[start:end] = other[place : place + 32]
        else:
            out[start:end] = source.choice(TOKENS)
    return bytes(out)
