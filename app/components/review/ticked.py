"""How are a few rows, picked one by one, decided on together?

Draws a switch that turns the list into one with a box a row. What is ticked stays ticked when the
page is turned or the filter changes, until something is done with it; rows are known by number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from finine_app import state
from finine_app.components.pressing import LOG_LOCK, digest, guarded, save_once, whole
from finine_app.components.words import DONE_WORDS
from finine_core import api
from finine_core.errors import FinineError

_TICKED, SWITCH = "_ticked_rows", "tick_several"
ACTIONS = (
    ("delete", "Delete", ":material/delete:"),
    ("keep", "Keep", ":material/check:"),
    ("review", "Needs review", ":material/question_mark:"),
    ("clear", "Clear", ":material/backspace:"),
)


def switch() -> bool:
    """Draw the switch; gives whether rows are ticked now."""
    return st.toggle(
        "Tick several",
        key=SWITCH,
        bind="query-params",
        help="A box before each row: tick some, on any page, and decide on all of them at once.",
    )


def ticked(run: api.Run) -> list[int]:
    """The row numbers that are ticked, in the order in which they were."""
    run_id, rows = st.session_state.get(_TICKED, ("", []))
    return list(rows) if run_id == run.run_id else []


def take(run: api.Run, page: Sequence[int], chosen: Iterable[int]) -> None:
    """Of the rows of a page exactly these are ticked now; those of other pages stay as they are.

    Args:
        page: row numbers of the page that was shown.
        chosen: which of them have a tick.
    """
    others = [row for row in ticked(run) if row not in set(page)]
    st.session_state[_TICKED] = (run.run_id, [*others, *chosen])


def act_on_ticked(run: api.Run, page: Sequence[int], seen: int) -> None:
    """Draw what can be done with the ticked rows.

    Args:
        page: row numbers of the page that is shown.
        seen: the log's version, read before anything of the page.
    """
    rows = ticked(run)
    if not rows:
        st.caption("Tick rows in the first column of the list; then decide on all of them here.")
        return
    elsewhere = len(set(rows) - set(page))
    count = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
    # The rows are part of each button's identity: "Delete 2" never decides on a third one.
    these = digest(rows)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="ticked"):
        st.markdown(
            f"**{count} ticked**" + (f" ({elsewhere:,} not on this page)" if elsewhere else ""),
            width="content",
        )
        for word, label, icon in ACTIONS:
            with st.container(key=f"ticked_{word}", width="content"):
                st.button(
                    f"{label} {len(rows):,}",
                    key=f"ticked_{word}_{these}",
                    icon=icon,
                    on_click=guarded(_mark),
                    args=(run, rows, word, seen),
                )
        with st.popover("Save as a group", icon=":material/bookmark:"):
            st.text_input("Name of the group", key="ticked_name")
            with st.container(key="ticked_save"):
                st.button(
                    f"Save {count}",
                    key=f"ticked_save_{these}",
                    on_click=guarded(_save),
                    args=(run, rows),
                )
        st.button(
            "Untick all",
            key="ticked_none",
            type="tertiary",
            on_click=whole(take),
            args=(run, rows, []),
        )


def _mark(run: api.Run, rows: Sequence[int], word: str, seen: int) -> None:
    selection, reviewer = f"ticked rows {', '.join(map(str, rows))}", state.reviewer()
    this = (word, selection, reviewer)
    with LOG_LOCK:
        since = [(one.decision, one.selection, one.reviewer) for one in run.log.events(seen)]
        if this not in since:
            run.log.mark(rows, word, reviewer=reviewer, selection=selection)
    # What was ticked after the picture was drawn stays ticked.
    take(run, rows, [])
    one = len(rows) == 1
    state.note_action(f"{len(rows):,} ticked row{'' if one else 's'} {DONE_WORDS[word]}.")


def _save(run: api.Run, rows: Sequence[int]) -> None:
    name = str(st.session_state.get("ticked_name") or "").strip()
    if not name:
        raise FinineError("The group has no name, so it was not saved.", "Write its name first.")
    save_once(run.groups, rows, name, "ticked rows")
    st.session_state["ticked_name"] = ""
    state.note_action(f"Group {name} saved with {len(rows):,} rows; it is on Groups.")
