"""How is a person told of a problem, or that there is nothing here yet?

Gives plain text that markdown leaves alone, a `FinineError` as a message with its mend, and the
empty state of a page with a link to where one goes on.
"""

from __future__ import annotations

import re

import streamlit as st

from finine_app import state
from finine_core.errors import FinineError

# Signs that markdown, Streamlit's directives (`:red[`) or LaTeX would take for something else.
_SIGNS = re.compile(r"([\\`*_\[\]$<>~:#|])")
# An address becomes a link even where its signs are escaped; an invisible letter in it prevents it.
_ADDRESS = re.compile(r"(https?:)(?=//)|(www)(?=\.)", re.IGNORECASE)
_WORD_JOINER = "\u2060"


def plain(text: object) -> str:
    """Text from files and people as it stands, inside markdown: no markup, no picture, no link.

    Examples:
        >>> print(plain("a_b $x$ :red[c]"))
        a\\_b \\$x\\$ \\:red\\[c\\]
    """
    apart = _ADDRESS.sub(lambda found: found[0] + _WORD_JOINER, str(text))
    return _SIGNS.sub(r"\\\1", apart).replace("\n", " ")


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
