"""The Glossary page: what each word of this tool means, with a link to each."""

from __future__ import annotations

import streamlit as st

from finine_app.components.glossary import GLOSSARY, anchor


def render() -> None:
    """Draw the page."""
    st.title("What the words mean")
    st.caption("The same words stand on every page, in commands, files and the documentation.")
    for word, meaning in GLOSSARY.items():
        st.subheader(word, anchor=anchor(word))
        st.write(meaning)
