"""Where does a person who is here for the first time look? A step a page, one after the other.

A card above each page says what the page is for and leads on to the next; it is gone for good once
it was ended (this browser remembers), and the sidebar brings it back.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from finine_app import state
from finine_app.components.pressing import whole
from finine_app.components.remember import remember, remembered

_OVER, _GO_TO = "_tour_over", "_tour_go_to"
COOKIE, COOKIE_OVER = "tour", "over"


@dataclass(frozen=True)
class Step:
    """One card: the page it is about, and what to do there."""

    page: str
    title: str
    text: str


STEPS = (
    Step("data", "Choose data", "Upload a file, name one on this machine, or take a sample. finine "
         "suggests which column is the label and says what looks odd before anything is trained."),
    Step("run", "Train once", "One training run, in the background, gives every row its influence "
         "**μ**. You can close the page and come back."),
    Step("review", "Look at the suspicious rows", "The table is ranked, the details are beside it. "
         "**D** marks a row for deletion, **K** keeps it, **T** takes the label that the model "
         "suggests (where it suggests one), **Z** undoes. Your file is never changed."),
    Step("groups", "Which kinds of rows hurt", "Whole groups, ranked: by column values, by what "
         "looks alike, or saved by you."),
    Step("map", "See which rows lie together", "Draw a loop around points that look odd, and see "
         "what they do to the model together."),
    Step("compare", "Compare a few", "Pin rows or groups and lay their trade-off curves over each "
         "other."),
    Step("verify", "Check that it helps", "Train again with and without the marked rows, beside as "
         "many random ones: did removing them do anything?"),
    Step("export", "Take it away", "The cleaned file, byte for byte what it was without the marked "
         "rows, with a manifest that says who removed what and why."),
)  # fmt: skip


def tour(page: str) -> None:
    """Draw the card of the page, unless the tour is over or says nothing of it.

    Args:
        page: its name in the navigation.
    """
    if (place := st.session_state.pop(_GO_TO, None)) is not None:
        st.switch_page(state.page(STEPS[place].page))
    names = [one.page for one in STEPS]
    if page not in names or _is_over():
        return
    place = names.index(page)
    step = STEPS[place]
    with st.container(border=True, key="tour"):
        left, right = st.columns([5, 2], vertical_alignment="center")
        left.markdown(f"**{place + 1} of {len(STEPS)} · {step.title}.** {step.text}")
        with right.container(horizontal=True, horizontal_alignment="right", gap="small"):
            last = place == len(STEPS) - 1
            if not last:
                st.button("Skip the tour", key="tour_skip", type="tertiary", on_click=whole(_end))
            st.button(
                "Done" if last else f"Next: {STEPS[place + 1].page.title()}",
                key="tour_next",
                on_click=whole(_end if last else _go),
                args=() if last else (place + 1,),
            )


def restart_button() -> None:
    """The button that begins the tour again."""
    st.button("Show the tour", key="tour_restart", type="tertiary", icon=":material/tour:",
              on_click=whole(_go), args=(0,))  # fmt: skip


def _is_over() -> bool:
    return bool(st.session_state.get(_OVER, remembered(COOKIE) == COOKIE_OVER))


def _go(place: int) -> None:
    st.session_state[_OVER] = False
    st.session_state[_GO_TO] = place


def _end() -> None:
    st.session_state[_OVER] = True
    remember(COOKIE, COOKIE_OVER)
