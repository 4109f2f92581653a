"""What is decided on the row that is shown, and how is it taken back?

Draws the buttons of one row and the last action. Each button is bound to the row number it was
drawn for: a press that arrives after the page has gone on to another row does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from finine_app import state
from finine_app.components.messages import plain
from finine_app.components.row_table import go_to
from finine_app.components.words import DONE_WORDS
from finine_core import api
from finine_core.curation.decisions import Event
from finine_core.errors import FinineError

REASONS = ("wrong label", "duplicate", "unreadable", "not relevant", "other")
# Letters that Streamlit lets us bind (not C, R or punctuation), printed on their buttons.
DELETE_KEY, KEEP_KEY, REVIEW_KEY = "D", "K", "N"
UNDO_KEY, REDO_KEY, PREVIOUS_KEY, NEXT_KEY, PIN_KEY = "Z", "Y", "J", "L", "P"
_NOTE = "reason_note"


def decide(
    run: api.Run, row: int, decision: str, neighbours: tuple[int | None, int | None]
) -> None:
    """The buttons for one row.

    Args:
        run: whose log takes the decision.
        row: the row number that is shown.
        decision: what was decided on it so far; '' when nothing.
        neighbours: the rows before and after it in the list; None at the ends.
    """
    previous, following = neighbours
    with st.container(horizontal=True, gap="small"):
        for key, label, letter, word, icon in (
            ("mark_delete", "Delete", DELETE_KEY, "delete", ":material/delete:"),
            ("mark_keep", "Keep", KEEP_KEY, "keep", ":material/check:"),
            ("mark_review", "Needs review", REVIEW_KEY, "review", ":material/question_mark:"),
        ):
            # The row is part of the button's identity: a press on the picture of row 3 can never
            # reach the button of row 4, however fast it comes.
            with st.container(key=key, width="content"):
                st.button(
                    label,
                    key=f"{key}_{row}",
                    icon=icon,
                    shortcut=letter,
                    type="primary" if decision == word else "secondary",
                    on_click=_guarded(partial(_mark, run, row, word, following)),
                )
        if decision:
            with st.container(key="mark_clear", width="content"):
                st.button(
                    "Clear",
                    key=f"mark_clear_{row}",
                    type="tertiary",
                    help="Take this row's decision away.",
                    on_click=_guarded(partial(_mark, run, row, "clear", None)),
                )
    _why()
    with st.container(horizontal=True, gap="small"):
        _step("Previous", "previous_row", PREVIOUS_KEY, previous, "previous", "arrow_back")
        _step("Next", "next_row", NEXT_KEY, following, "next", "arrow_forward")
        pinned = row in state.pins()
        with st.container(key="pin_row", width="content"):
            st.button(
                "Unpin" if pinned else "Pin",
                key=f"pin_row_{row}",
                icon=":material/keep_off:" if pinned else ":material/keep:",
                shortcut=PIN_KEY,
                help=f"Keep this row for the Compare page; up to {state.MAX_PINS} rows.",
                on_click=_pin,
                args=(row, not pinned),
            )


def undo_bar(run: api.Run) -> None:
    """Undo, Redo, and what was done last."""
    st.button(
        "Undo", key="undo", icon=":material/undo:", shortcut=UNDO_KEY,
        help="Take back the newest decision on this run, whoever made it.",
        on_click=_guarded(partial(_flip, run, "undo")),
    )  # fmt: skip
    st.button(
        "Redo", key="redo", icon=":material/redo:", shortcut=REDO_KEY,
        help="Bring back what was undone last.",
        on_click=_guarded(partial(_flip, run, "redo")),
    )  # fmt: skip
    with st.container(key="last_action", width="content"):
        st.markdown(plain(state.last_action()))


def reason_words(decision: str) -> str:
    """The reason and the note as the log keeps them; a row that is kept has no fault to name."""
    reason = st.session_state.get("reason") if decision in ("delete", "review") else None
    note = str(st.session_state.get(_NOTE) or "").strip()
    return ": ".join(part for part in (reason, note) if part)


def _why() -> None:
    left, right = st.columns(2)
    left.selectbox(
        "Reason (stays for the next rows)",
        REASONS,
        index=None,
        placeholder="none",
        key="reason",
        persist_state="session",
        help="Written beside Delete and Needs review.",
    )
    right.text_input("Note", key=_NOTE, placeholder="in your own words")


def _mark(run: api.Run, row: int, word: str, following: int | None) -> None:
    if state.selected_row() != row:
        return  # a second press on a picture that is gone already
    run.log.mark(
        [row],
        word,
        reason=reason_words(word),
        reviewer=state.reviewer(),
        selection=f"rows {row}",
    )
    st.session_state[_NOTE] = ""
    state.note_action(f"Row {row} {DONE_WORDS[word]}.")
    if following is not None:
        go_to(following, "next")


def _flip(run: api.Run, kind: str) -> None:
    event = getattr(run, kind)(state.reviewer())
    if event is None:
        state.note_action(f"There is nothing to {kind}.")
        return
    state.note_action(
        f"{'Undone' if kind == 'undo' else 'Done again'}: {_event_words(run, event)}."
    )
    if event.rows == 1:
        go_to(int(run.log.rows_of(event.event_id)[0]), "previous" if kind == "undo" else "next")


def _event_words(run: api.Run, event: Event) -> str:
    word = DONE_WORDS.get(event.decision or "", "decided on")
    if event.rows == 1:
        return f"row {int(run.log.rows_of(event.event_id)[0])} {word}"
    return f"{event.rows:,} rows {word}"


def _pin(row: int, wanted: bool) -> None:
    if not wanted:
        state.unpin(row)
        state.note_action(f"Row {row} unpinned.")
    elif state.pin(row):
        state.note_action(f"Row {row} pinned for comparison.")
    else:
        state.note_problem(
            FinineError(
                f"{state.MAX_PINS} rows are pinned already.", "Unpin one on the Compare page."
            )
        )


def _step(label: str, key: str, letter: str, row: int | None, way: str, icon: str) -> None:
    st.button(
        label,
        key=key,
        icon=f":material/{icon}:",
        shortcut=letter,
        disabled=row is None,
        on_click=go_to,
        args=(row, way),
    )


def _guarded(action: Callable[[], None]) -> Callable[[], None]:
    """An action whose problem is shown on the page instead of breaking it."""

    def act() -> None:
        try:
            action()
        except FinineError as error:
            state.note_problem(error)

    return act
