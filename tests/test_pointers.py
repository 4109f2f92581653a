"""Every pointer leads to something in the repository: files that are named, links, headings."""

import io
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("finine_core", "app", "sample_data", "tests", "benchmarks", "docs", "findings")
# A file of code, docs or figures that is named in a sentence: `carrying.py`, docs/method.md.
NAMED = re.compile(r"(?<![\w/.*<{-])((?:[\w.-]+/)*[\w-]+\.(?:py|md|sh))(?![\w(])")
FIGURES = re.compile(r"(?<![\w/.])((?:benchmarks|docs)/[\w/.-]+\.(?:json|txt|png))\b")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Files that a user has, or that other projects have; sentences speak of them.
NOT_OURS = {"my_model.py", "mine.py", "readme.md", "uuid.py", "x.py", "evil.py"}
# A page that only its writers have.
PRIVATE = "DES" + "IGN"  # in two parts, so that a search for it finds nothing
ELSEWHERE = re.compile(rf"\b{PRIVATE}\b")


@cache
def files():
    """Paths of the repository, and each trailing part: `views.py`, `influence/views.py`."""
    found = [p for room in ROOMS for p in (ROOT / room).rglob("*") if p.is_file()]
    found += [p for p in ROOT.iterdir() if p.is_file()]
    parts = [p.relative_to(ROOT).parts for p in found]
    return {"/".join(one[k:]) for one in parts for k in range(len(one))}


def sentences(path):
    """What a file says to its reader: comments and docstrings of code; all of a page."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return [text]
    kinds = {tokenize.COMMENT, tokenize.STRING}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    said = [one.string for one in tokens if one.type in kinds]
    return [one for one in said if one.startswith(("#", '"""', 'r"""'))]


def pages(room, *endings):
    """The files of a room with these endings; room "." is the top folder alone."""
    below = "*" if room == "." else "**/*"
    return [path for end in endings for path in sorted((ROOT / room).glob(f"{below}{end}"))]


def short(path):
    return str(path.relative_to(ROOT))


def anchors(path):
    """The headings of a page as its links name them."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("room", [*ROOMS, "."])
def test_files_that_are_named_are_there(room):
    for path in pages(room, ".py", ".md"):
        for said in sentences(path):
            named = {one.removeprefix("../") for one in NAMED.findall(said)}
            missing = {*named, *FIGURES.findall(said)} - NOT_OURS - files()
            assert not missing, f"{short(path)} points to {missing}"
            assert not ELSEWHERE.search(said), f"{short(path)} names a page that is not here"


@pytest.mark.parametrize("room", [*ROOMS, "."])
def test_links_lead_to_a_file_and_to_a_heading(room):
    for path in pages(room, ".md"):
        for link in LINK.findall(path.read_text(encoding="utf-8")):
            if "://" in link or link.startswith("mailto:"):
                continue
            file, _, heading = link.partition("#")
            target = path if not file else (path.parent / file).resolve()
            assert target.exists(), f"{short(path)} links to {link}"
            assert not heading or heading in anchors(target), f"{short(path)}: no heading {link}"


def test_a_pointer_to_nowhere_is_found():
    assert NAMED.findall("see docs/nowhere.md and `gone.py`.") == ["docs/nowhere.md", "gone.py"]
    assert ELSEWHERE.search(f"as in {PRIVATE} §1.2")
    assert not ELSEWHERE.search("by design")
    assert "docs/nowhere.md" not in files()
    assert {"docs/method.md", "method.md", "influence/views.py"} <= files()
