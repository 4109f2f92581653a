"""No page writes text of files or people as Markdown, except through `plain`."""

from __future__ import annotations

import ast

import pytest

from finine_app.components.messages import APART, plain
from tests.conftest import APP

WRITERS = {
    "markdown", "write", "caption", "info", "warning", "error", "success", "title", "header",
    "subheader", "toast", "button", "checkbox", "radio", "tabs", "expander", "popover", "metric",
    "download_button", "page_link", "toggle", "segmented_control", "pills", "status", "spinner",
    "progress", "badge",
}  # fmt: skip
# What holds text of files and people, as an attribute or as a key. This is a list, and no proof: a
# value that goes through a variable first is not seen, and what a browser shows is its own test.
FOREIGN = {
    "problem", "mend", "message", "reviewer", "reason", "selection", "predicted", "label_reason",
    "row_id",
}  # fmt: skip
SAFE = {"plain", "short", "escape"}


def unescaped(node):
    """Attributes and keys of foreign text below a node that no safe function is around."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SAFE:
        return
    if isinstance(node, ast.Attribute) and node.attr in FOREIGN:
        yield node.attr
    if isinstance(node, ast.Subscript) and getattr(node.slice, "value", "") in FOREIGN:
        yield node.slice.value
    if isinstance(node, ast.IfExp):  # what decides is not written
        for part in (node.body, node.orelse):
            yield from unescaped(part)
        return
    for part in ast.iter_child_nodes(node):
        yield from unescaped(part)


def written(source):
    """Foreign text that a source writes as it comes: (line, name)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in WRITERS:
            shown = [*node.args, *(k.value for k in node.keywords if k.arg in ("help", "label"))]
            yield from ((node.lineno, name) for part in shown for name in unescaped(part))


@pytest.mark.parametrize("path", sorted(APP.parent.rglob("*.py")), ids=lambda path: path.stem)
def test_no_page_writes_foreign_text_past_the_function(path):
    assert list(written(path.read_text(encoding="utf-8"))) == []


def test_what_is_written_past_the_function_is_seen():
    assert list(written("st.caption(f'Said by {event.reviewer}')")) == [(1, "reviewer")]
    assert list(written("st.button('x', help=line['predicted'])")) == [(1, "predicted")]
    assert list(written("st.caption(f'Said by {plain(event.reviewer)}')")) == []


@pytest.mark.parametrize(
    "text",
    ["->", "a -> b", "<->", "--", ">=", ":smile:", ":material/home:", "ann@lab.org", "www.lab.org",
     "https://lab.org", "&amp;", "1. one", "- two", "===", "# three", "$x$", ":red[x]"],
)  # fmt: skip
def test_a_text_keeps_its_signs_and_is_no_longer_what_markdown_would_take_it_for(text):
    told = plain(text)
    assert told != text
    assert told.replace(APART, "").replace("\\", "") == text


@pytest.mark.parametrize("text", ["plain words", "-0.5", "größe 🤖", "3.5", "a-b", "2026-11-30"])
def test_a_text_without_such_signs_is_left_as_it_is(text):
    assert plain(text) == text


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\u2028", "\x85", "\t"])
def test_no_line_begins_in_the_middle_of_a_text(end):
    assert plain(f"one{end}# two").split() == ["one", r"\#", "two"]
