"""What does the list by suspicion say of the whole data set? How many labels are wrong, and where.

Draws one line above the list, with what to make of it.
"""

from __future__ import annotations

import streamlit as st

from finine_app.components.messages import plain
from finine_core import api
from finine_core.runs.advice import NOT_TOLD, advice_words, copies_words, doubt_words

MEANING = (
    "Counted by planting errors of our own in a copy of the labels and seeing how far up the list "
    "they come; the range holds 90 % of what may be. Errors that look like no planted one, such as "
    "a whole class named wrongly, are not in it."
)


def draw(run: api.Run) -> None:
    """The line; nothing for a run whose labels were not judged."""
    found = run.advice()
    if found is None:
        return
    with st.container(key="advice"):
        judged = found["told"] >= NOT_TOLD
        doubts = doubt_words(found) if judged else ""
        st.markdown(f"**{advice_words(found)}** {doubts}", help=MEANING)
        if said := copies_words(found):
            st.caption(said)
        if judged and found["never_predicted"]:
            named = ", ".join(plain(one) for one in found["never_predicted"])
            st.warning(
                f"Nothing can be learned here about {named}: models that have not seen a row never "
                "predict it. Rows of it are suspicious by necessity, and no other label is "
                "suggested for them. Look at each before you delete it.",
                icon=":material/warning:",
            )
