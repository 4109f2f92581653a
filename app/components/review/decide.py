"""What is decided on the row that is shown, and how is it taken back?

Draws the buttons of one row and the last action. Each button is bound to the row number it was
drawn for, and to what the log held then: a second press on the same picture marks nothing twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from finine_app import state
from finine_app.components.messages import plain
from finine_app.components.review.relabel import offer_labels
from finine_app.components.review.row_table import go_to
from finine_app.components.review.why import choose_why, reason_words
from finine_app.components.run_summary import local_time
from finine_app.components.words import DONE_WORDS
from finine_core import api
from finine_core.curation.decisions import RELABEL, Event
from finine_core.errors import FinineError

# Letters that Streamlit lets us bind (not C, R or punctuation), printed on their buttons.
DELETE_KEY, KEEP_KEY, REVIEW_KEY = "D", "K", "N"
UNDO_KEY, REDO_KEY, PREVIOUS_KEY, NEXT_KEY, PIN_KEY = "Z", "Y", "J", "L", "P"
_DRAWN = "_drawn_row"  # the row that the newest buttons are for


def decide(
    run: api.Run,
    line: dict[str, Any],
    classes: Sequence[str],
    neighbours: tuple[int | None, int | None],
) -> None:
    """The buttons for one row.

    Args:
        run: whose log takes the decision.
        line: of the review table: the row that is shown, and what was decided on it so far.
        classes: of the run, for a corrected label.
        neighbours: the rows before and after it in the list; None at the ends.
    """
    row, decision = int(line["row_number"]), line["decision"]
    previous, following = neighbours
    seen = run.log.version()
    st.session_state[_DRAWN] = row
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
                    on_click=_guarded(partial(_mark, run, row, word, following, seen)),
                )
    offer_labels(
        line,
        classes,
        lambda label: _guarded(partial(_mark, run, row, RELABEL, following, seen, label)),
    )
    choose_why(row)
    with st.container(horizontal=True, gap="small"):
        _step("Previous", "previous_row", PREVIOUS_KEY, previous, "previous", "arrow_back")
        _step("Next", "next_row", NEXT_KEY, following, "next", "arrow_forward")
        pinned = state.is_pinned(row)
        st.button(
            "Unpin" if pinned else "Pin",
            key="pin_row",
            icon=":material/keep_off:" if pinned else ":material/keep:",
            shortcut=PIN_KEY,
            help=f"Keep this row for the Compare page; up to {state.MAX_PINS} rows.",
            on_click=_pin,
            args=(row, not pinned),
        )
        if decision:
            with st.container(key="mark_clear", width="content"):
                st.button(
                    "Clear",
                    key=f"mark_clear_{row}",
                    type="tertiary",
                    help="Take this row's decision away.",
                    on_click=_guarded(partial(_mark, run, row, "clear", None, seen)),
                )


def undo_bar(run: api.Run, before: Callable[[], None] | None = None) -> None:
    """Undo, Redo, and what was done last; `before` draws what stands before them in the line."""
    seen = run.log.version()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if before:
            before()
        st.button(
            "Undo", key="undo", icon=":material/undo:", shortcut=UNDO_KEY,
            help="Take back the newest decision on this run, whoever made it.",
            on_click=_guarded(partial(_flip, run, "undo", seen)),
        )  # fmt: skip
        st.button(
            "Redo", key="redo", icon=":material/redo:", shortcut=REDO_KEY,
            help="Bring back what was undone last.",
            on_click=_guarded(partial(_flip, run, "redo", seen)),
        )  # fmt: skip
        with st.container(key="last_action", width="content"):
            st.markdown(plain(state.last_action()) or _before_this_session(run))


# Streamlit answers a press that comes during a callback in a second thread. Between the look at
# the log and the writing into it nobody else may write.
LOG_LOCK = threading.Lock()


def events_since(run: api.Run, seen: int) -> list[Event]:
    """What was written to the log since its version `seen`.

    When another press comes in, Streamlit may end a callback at any touch of its state and run it
    again later. What it has done already is therefore asked of the log and not remembered.
    """
    if run.log.version() == seen:
        return []
    return [event for event in run.log.events() if event.event_id > seen]


def _mark(
    run: api.Run, row: int, word: str, following: int | None, seen: int, label: str | None = None
) -> None:
    drawn = st.session_state.get(_DRAWN)
    if drawn != row:
        # The browser keeps the last row's buttons, and their keys, until the page is drawn: a key
        # then presses both. Only the newest counts, and the page stays where it has gone on to.
        if drawn is not None:
            go_to(drawn, "next")
        return
    selection = f"rows {row}"
    reason, reviewer = reason_words(word, row), state.reviewer()
    this = ("mark", word, label, selection)
    with LOG_LOCK:
        since = [
            (event.kind, event.decision, event.label, event.selection)
            for event in events_since(run, seen)
        ]
        if this not in since:
            run.log.mark(
                [row], word, label=label, reason=reason, reviewer=reviewer, selection=selection
            )
    if this in since and since[-1] != this:
        return  # the page has gone further on than to the next row
    to = f": {label}" if label else ""
    state.note_action(f"Row {row} {DONE_WORDS[word]}{to}.")
    if following is not None:
        st.session_state[_DRAWN] = following
        go_to(following, "next")


def _flip(run: api.Run, kind: str, seen: int) -> None:
    reviewer = state.reviewer()
    with LOG_LOCK:
        done = [event for event in events_since(run, seen) if event.kind == kind]
        if not done:
            event = run.undo(reviewer) if kind == "undo" else run.redo(reviewer)
    if done:
        of = done[-1].of_event
        event = next((one for one in run.decisions() if one.event_id == of), None)
    if event is None:
        state.note_action(f"There is nothing to {kind}.")
        return
    state.note_action(
        f"{'Undone' if kind == 'undo' else 'Done again'}: {_event_words(run, event)}."
    )
    if event.rows == 1:
        go_to(int(run.log.rows_of(event.event_id)[0]), "previous" if kind == "undo" else "next")


def _before_this_session(run: api.Run) -> str:
    """What Undo would take back, said before somebody presses it."""
    event = run.log.next_undo()
    if event is None:
        return "No decision yet."
    who = f"{plain(event.reviewer)}, {local_time(event.at)}"
    return f"Newest decision: {plain(_event_words(run, event))} ({who}). Undo takes it back."


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
            FinineError(f"{state.MAX_PINS} are pinned already.", "Unpin one on the Compare page.")
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
