"""What is decided on the row that is shown, and how is it taken back?

Draws the buttons of one row and the last action. Each button is bound to the row number it was
drawn for, and to what the log held then: a press decides on that row or on none, and a second one
on the same picture marks nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from finine_app import state
from finine_app.components.messages import plain
from finine_app.components.pressing import LOG_LOCK, guarded, names_of_others, whole
from finine_app.components.review.keys import Action
from finine_app.components.review.relabel import RELABEL_KEY, offer_labels, suggestion
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


@dataclass(frozen=True)
class Choice:
    """What can be done about one row, and how.

    Attributes:
        line: of the review table: the row that is shown, and what was decided on it so far.
        classes: of the run, for a corrected label.
        relabel, clear: correct its label to this one; take its decision away.
        keys: what the keys do with it: decide, or pin it.
        steps: what the keys for the rows before and after it do; none at an end of the list.
    """

    line: dict[str, Any]
    classes: Sequence[str]
    relabel: Callable[[str], None]
    clear: Action
    keys: Mapping[str, Action]
    steps: Mapping[str, Action]


def choice(
    run: api.Run,
    line: dict[str, Any],
    classes: Sequence[str],
    neighbours: tuple[int | None, int | None],
    seen: int,
) -> Choice:
    """What can be done about the row that is about to be drawn; buttons and keys do the same.

    Args:
        run: whose log takes the decision.
        neighbours: the rows before and after it in the list; None at the ends.
        seen: the log's version, read before `line`.
    """
    row = int(line["row_number"])
    previous, following = neighbours
    mark = partial(_mark, run, row, following=following, seen=seen)
    relabel = partial(mark, RELABEL)
    keys: dict[str, Action] = {
        DELETE_KEY: partial(mark, "delete"),
        KEEP_KEY: partial(mark, "keep"),
        REVIEW_KEY: partial(mark, "review"),
        PIN_KEY: partial(_pin, row, not state.is_pinned(row)),
    }
    if suggested := suggestion(line, classes):
        keys[RELABEL_KEY] = partial(relabel, label=suggested)
    ways = ((PREVIOUS_KEY, previous, "previous"), (NEXT_KEY, following, "next"))
    steps = {key: partial(go_to, to, way) for key, to, way in ways if to is not None}
    st.session_state[_DRAWN] = row
    return Choice(
        line,
        classes,
        lambda label: relabel(label=label),
        partial(_mark, run, row, "clear", None, seen),
        keys,
        steps,
    )


def decide(choice: Choice) -> None:
    """The buttons for one row."""
    row, decision = int(choice.line["row_number"]), choice.line["decision"]
    pinned = state.is_pinned(row)
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
                    on_click=guarded(choice.keys[letter]),
                )
    with st.container():  # as many elements for each row, so that none below moves its place
        offer_labels(choice.line, choice.classes, choice.relabel)
    choose_why(row)
    with st.container(horizontal=True, gap="small"):
        _step("Previous", "previous_row", PREVIOUS_KEY, "arrow_back", choice.steps)
        _step("Next", "next_row", NEXT_KEY, "arrow_forward", choice.steps)
        with st.container(key="pin_row", width="content"):
            st.button(
                "Unpin" if pinned else "Pin",
                key=f"pin_row_{row}",
                icon=":material/keep_off:" if pinned else ":material/keep:",
                shortcut=PIN_KEY,
                help=f"Keep this row for the Compare page; up to {state.MAX_PINS} rows.",
                on_click=whole(choice.keys[PIN_KEY]),
            )
        if decision:
            with st.container(key="mark_clear", width="content"):
                st.button(
                    "Clear",
                    key=f"mark_clear_{row}",
                    type="tertiary",
                    help="Take this row's decision away.",
                    on_click=guarded(choice.clear),
                )


def flips(run: api.Run, seen: int) -> dict[str, Action]:
    """What the keys for Undo and Redo do.

    Args:
        seen: the log's version, read before anything of the page.
    """
    ways = ((UNDO_KEY, "undo"), (REDO_KEY, "redo"))
    return {key: partial(_flip, run, way, seen) for key, way in ways}


def undo_bar(
    run: api.Run, seen: int, meanwhile: str = "", before: Callable[[], None] | None = None
) -> None:
    """Undo, Redo, and what was done last.

    Args:
        seen: the log's version, read before anything of the page.
        meanwhile: what others decided since the last page, in words.
        before: draws what stands before them in the line.
    """
    actions = flips(run, seen)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if before:
            before()
        st.button(
            "Undo", key="undo", icon=":material/undo:", shortcut=UNDO_KEY,
            help="Take back the newest decision on this run, whoever made it.",
            on_click=guarded(actions[UNDO_KEY]),
        )  # fmt: skip
        st.button(
            "Redo", key="redo", icon=":material/redo:", shortcut=REDO_KEY,
            help="Bring back what was undone last.",
            on_click=guarded(actions[REDO_KEY]),
        )  # fmt: skip
        with st.container(key="last_action", width="content"):
            told = " ".join(filter(None, (state.last_action(), meanwhile)))
            st.markdown(plain(told) or _before_this_session(run))


def _mark(
    run: api.Run, row: int, word: str, following: int | None, seen: int, label: str | None = None
) -> None:
    selection, reviewer, reason = f"rows {row}", state.reviewer(), reason_words(word, row)
    with LOG_LOCK:
        mine = [
            (event.decision, event.label)
            for event in run.log.events(seen)
            if (event.selection, event.reviewer, event.active) == (selection, reviewer, True)
        ]
        done = mine[-1:] == [(word, label)]
        if gone_on(row, told=not done):
            return
        if not done:
            run.log.mark(
                [row], word, label=label, reason=reason, reviewer=reviewer, selection=selection
            )
    to = f": {label}" if label else ""
    state.note_action(f"Row {row} {DONE_WORDS[word]}{to}.")
    if following is not None:
        go_to(following, "next")


def gone_on(row: int, *, told: bool = True) -> bool:
    """Whether the page has gone on to another row, so that a press on this one does nothing.

    Until a page is drawn to its end, a browser keeps the last row's buttons beside the new ones,
    and a key presses both: only the newest counts. Where it pressed the old one alone, the page
    says that nothing came of it.
    """
    drawn = st.session_state.get(_DRAWN, row)
    if drawn == row:
        return False
    if told:
        state.note_action(f"Row {row} was gone already, so that press did nothing.")
    go_to(drawn, "next")
    return True


def _flip(run: api.Run, kind: str, seen: int) -> None:
    reviewer = state.reviewer()
    with LOG_LOCK:
        since = run.log.events(seen)
        done = [event for event in since if event.reviewer == reviewer][-1:]
        begun = bool(done) and done[0].kind == kind
        names = "" if begun else names_of_others(since)
        if not begun and not names:
            event = run.undo(reviewer) if kind == "undo" else run.redo(reviewer)
    if names:  # what the person saw is no longer the newest
        what = "undone" if kind == "undo" else "done again"
        state.note_action(f"Nothing was {what}: {names} decided meanwhile. Look, and press again.")
        return
    if begun:
        of = done[0].of_event
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
    if gone_on(row):
        return
    if not wanted:
        state.unpin(row)
        state.note_action(f"Row {row} unpinned.")
    elif state.pin(row):
        state.note_action(f"Row {row} pinned for comparison.")
    else:
        state.note_problem(
            FinineError(f"{state.MAX_PINS} are pinned already.", "Unpin one on the Compare page.")
        )


def _step(label: str, key: str, letter: str, icon: str, steps: Mapping[str, Action]) -> None:
    step = steps.get(letter)
    st.button(
        label,
        key=key,
        icon=f":material/{icon}:",
        shortcut=letter,
        disabled=step is None,
        on_click=step and whole(step),
    )
