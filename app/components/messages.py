"""How is a person told of a problem, or that there is nothing here yet?

Gives plain text that markdown leaves alone, a `FinineError` as a message with its mend, and the
empty state of a page with a link to where one goes on.
"""

from __future__ import annotations

import re

import streamlit as st

from finine_app import state
from finine_core.errors import FinineError

# Signs that Markdown, Streamlit's directives (`:red[`), LaTeX or entities would take for something
# else; and those with which a line, and only a line, begins as a list or a heading.
_SIGNS = re.compile(r"([\\`*_\[\]$<>~:#|&])")
_BEGINNING = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+](?:\s|$)|[-=][-=\s]*$))(.)")
# Streamlit changes words after Markdown was read, where no backslash helps: these signs between
# spaces become arrows and dashes, `:word:` an emoji or an icon, addresses links. A mark that draws
# nothing is put inside of them.
_CHANGED = re.compile(
    r"(?<![^\s\ufeff])(?:<->|->|<-|--|>=|<=|~=)(?![^\s\ufeff])"  # arrows
    r"|:(?=[\w+/-]+:|material/)"  # emoji, icons
    r"|https?:(?=//)|www(?=\.)|(?<=[\w.+-])@(?=[\w.-])",  # addresses
    re.IGNORECASE,
)
APART = ":small[]"  # an empty piece of small text


def plain(text: object) -> str:
    r"""Text from files and people as it stands, inside Markdown: no markup, no picture, no link.

    All text that is not ours goes through here on its way to the page, so that it reads there as it
    is in the file; only line breaks are spaces, and spaces at its ends are left out.

    Examples:
        >>> print(plain("a_b $x$ :red[c] &amp;"))
        a\_b \$x\$ \:red\[c\] \&amp;
        >>> print(plain("1. a -> b"), plain("ann@lab.org"))
        1\. a -:small[]\> b ann:small[]@lab.org
    """
    line = re.sub(r"[\r\n\t\v\f\x1c-\x1e\x85\u2028\u2029]", " ", str(text)).strip()
    pieces: list[str] = []
    done = 0
    for found in _CHANGED.finditer(line):
        for place in _cuts(found):
            pieces += [line[done:place], APART]
            done = place
    pieces.append(line[done:])
    escaped = "".join(one if one is APART else _SIGNS.sub(r"\\\1", one) for one in pieces)
    return _BEGINNING.sub(r"\1\\\2", escaped)


def _cuts(found: re.Match[str]) -> list[int]:
    """Where in the line a mark has to stand, so that nothing of what was found is changed."""
    if found[0] == "@":
        return [found.start()]  # the rest of the address alone is none
    if found[0][0].isalpha():
        return [found.end()]  # https: or www
    return list(range(found.start() + 1, max(found.end(), found.start() + 2)))


def show_problem(error: FinineError) -> None:
    """A problem and what to do about it."""
    st.error(
        f"**{plain(error.problem)}**" + (f"  \n{plain(error.mend)}" if error.mend else ""),
        icon=":material/error:",
    )


def nothing_yet(title: str, text: str, page: str, link: str) -> None:
    """The empty state: what is missing, why, and the page where one goes on."""
    with st.container(border=True):
        st.markdown(f"#### {title}")
        st.write(text)
        st.page_link(state.page(page), label=link, icon=":material/arrow_forward:")
