"""Which runs were there, and what shall become of them?

A searched, paged list with the actions of each run, and the trash with its way back. Lines come
from the core, which reads a run's files only when they change. Search, page and trash are part of
the address.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from finine_app import state
from finine_app.components.messages import plain, show_problem
from finine_app.components.pressing import whole
from finine_app.components.run.duplicate import duplicate
from finine_app.components.run_summary import line_state, local_time
from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs import RunLine, State

PAGE_SIZE = 20  # runs: two screens
LOOK_SECONDS = 2.0  # between looks at runs that are going on
RENAME, DUPLICATE, TRASH = "Rename", "Duplicate with changes", "Move to trash"
ICONS = {
    RENAME: ":material/edit:",
    DUPLICATE: ":material/content_copy:",
    TRASH: ":material/delete:",
}
SEARCH, PAGE, IN_TRASH = "runs_search", "runs_page", "runs_trash"
COMPACT = '<style>[class*="st-key-line_"] {padding: 0.35rem 0.8rem}</style>'
_RENAMING, _DONE, _PROBLEM, _DELETING = "_renaming", "_runs_done", "_runs_problem", "_deleting"


def past_runs(shown: str | None) -> None:
    """The list of runs, or the trash.

    Args:
        shown: the run that is drawn above.
    """
    known = api.lines(state.home())
    thrown = api.lines(state.home(), trashed=True)
    if not known and not thrown:
        return
    in_trash = _head(len(known), len(thrown))
    _message()
    lines = thrown if in_trash else known
    found = [one for one in lines if one.matches(st.session_state.get(SEARCH) or "")]
    if not found:
        _nothing(in_trash, bool(lines))
        return
    pages = -(-len(found) // PAGE_SIZE)
    if pages > 1:  # the address may name a page that a search has emptied
        st.session_state[PAGE] = min(max(st.session_state.get(PAGE) or 1, 1), pages)
    page = st.session_state[PAGE] if pages > 1 else 1
    drawn = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    marked = api.marked(state.home(), [one.run_id for one in drawn])
    st.html(COMPACT)
    with st.container(key="runs_list", gap="xsmall"):
        for line in drawn:
            _one(line, marked[line.run_id], shown, in_trash)
    if pages > 1:
        st.pagination(pages, key=PAGE, bind="query-params")
    if not in_trash:
        _look_again(drawn)
    if (run_id := st.session_state.pop(_DELETING, None)) is not None:
        _confirm(run_id)


def _head(runs: int, thrown: int) -> bool:
    """Title, search and the way to the trash; gives whether the trash is shown."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        title = st.container(width="content")  # what it says hangs on the switch after it
        st.text_input(
            "Search runs",
            key=SEARCH,
            bind="query-params",
            placeholder="name, file, label or state",
            label_visibility="collapsed",
            icon=":material/search:",
            on_change=whole(_first_page),
            width=280,
        )
        trash_shown = st.toggle(
            f"Trash ({thrown:,})",
            key=IN_TRASH,
            bind="query-params",
            on_change=whole(_first_page),
            help=f"Runs that were moved to the trash. {runs:,} runs are not in it.",
        )
    title.subheader("Trash" if trash_shown else "Runs", anchor=False)
    return trash_shown


def _first_page() -> None:
    st.session_state[PAGE] = 1
    st.session_state.pop(_DONE, None)


def _message() -> None:
    """What was done last, with its undo, and what went wrong."""
    if (problem := st.session_state.pop(_PROBLEM, None)) is not None:
        show_problem(problem)
    done = st.session_state.get(_DONE)
    if done is None:
        return
    words, undo = done
    with st.container(horizontal=True, vertical_alignment="center", key="runs_done"):
        st.markdown(f":material/info: {plain(words)}", width="content")
        if undo is not None:
            st.button(
                "Undo",
                key=f"undo_trash_{undo}",
                icon=":material/undo:",
                on_click=_restore,
                args=(undo,),
                help=f"finine restore {undo}",
            )


def _nothing(in_trash: bool, searched: bool) -> None:
    if searched:
        st.info("No run has these words. Take some away.", icon=":material/search_off:")
    elif in_trash:
        st.info("The trash is empty.", icon=":material/delete:")
    else:
        st.info("All runs are in the trash.", icon=":material/delete:")


def _one(line: RunLine, marked: int, shown: str | None, in_trash: bool) -> None:
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", key=f"line_{line.run_id}"
    ):
        if st.session_state.get(_RENAMING) == line.run_id and not in_trash:
            _rename_field(line)
            return
        with st.container(gap=None, width="stretch"):
            st.markdown(f"**{plain(line.name.strip())}**")
            st.caption(_facts(line, marked, shown))
        if in_trash:
            _trash_actions(line)
        else:
            _actions(line, shown)


def _facts(line: RunLine, marked: int, shown: str | None) -> str:
    facts = [line_state(line)]
    if line.data and Path(line.data).name != line.name:
        facts.append(Path(line.data).name)
    if line.rows is not None:
        facts.append(f"{line.rows:,} rows")
    if line.quality is not None:
        facts.append(f"{line.measure.words} {line.measure.text(line.quality)} on held-out rows")
    if marked:
        facts.append(f"{marked:,} marked")
    facts.append(local_time(line.created_at))
    facts += [line.problem] if line.problem else []
    facts += ["shown above"] if line.run_id == shown else []
    if line.trashed_at:
        facts.append(f"in the trash since {local_time(line.trashed_at)}")
    return plain(" · ".join(facts))


def _actions(line: RunLine, shown: str | None) -> None:
    is_shown = line.run_id == shown
    st.button(
        "Open",
        key=f"open_{line.run_id}",
        on_click=whole(_open),
        args=(line.run_id,),
        disabled=is_shown,
        help="It is shown above." if is_shown else f"Show {line.run_id} here and on other pages",
    )
    going_on = line.state is not None and not line.state.over
    options = [RENAME, *([] if line.problem else [DUPLICATE]), *([] if going_on else [TRASH])]
    key = f"more_{line.run_id}"
    st.menu_button(
        "More",
        options,
        key=key,
        format_func=lambda one: f"{ICONS[one]} {one}",
        on_click=_act,
        args=(key, line.run_id, line.name),
        help="Cancel it before you move it to the trash." if going_on else None,
    )


def _act(key: str, run_id: str, name: str) -> None:
    """What was chosen in the menu of a run."""
    chosen = st.session_state[key]
    st.session_state.pop(_DONE, None)
    try:
        run = api.open_run(run_id, state.home())
        if chosen == RENAME:
            st.session_state[_RENAMING] = run_id
        elif chosen == DUPLICATE:
            duplicate(run)
        elif chosen == TRASH:
            run.trash()
            whole(_done)(f"{name} was moved to the trash.", run_id)
    except FinineError as error:
        st.session_state[_PROBLEM] = error


def _done(words: str, thrown: str | None = None) -> None:
    st.session_state[_DONE] = (words, thrown)
    if thrown and state.watched_run() == thrown:
        state.watch("")


def _rename_field(line: RunLine) -> None:
    key = f"name_{line.run_id}"
    st.text_input(
        "New name",
        value=line.name,
        key=key,
        label_visibility="collapsed",
        on_change=whole(_rename),
        args=(line.run_id, key),
        width="stretch",
    )
    st.button(
        "Save", key="save_name", type="primary", on_click=whole(_rename), args=(line.run_id, key)
    )
    st.button("Cancel", key="keep_name", on_click=lambda: st.session_state.pop(_RENAMING, None))


def _rename(run_id: str, key: str) -> None:
    try:
        api.open_run(run_id, state.home()).rename(st.session_state[key])
    except FinineError as error:
        st.session_state[_PROBLEM] = error
        return
    st.session_state.pop(_RENAMING, None)


def _open(run_id: str) -> None:
    state.watch(run_id)
    state.select_run(run_id)


def _trash_actions(line: RunLine) -> None:
    st.button(
        "Restore",
        key=f"restore_{line.run_id}",
        icon=":material/restore_from_trash:",
        on_click=_restore,
        args=(line.run_id,),
    )
    st.button(
        "Delete for good",
        key=f"delete_{line.run_id}",
        icon=":material/delete_forever:",
        on_click=_ask,
        args=(line.run_id,),
    )


def _ask(run_id: str) -> None:
    st.session_state[_DELETING] = run_id


def _restore(run_id: str) -> None:
    try:
        run = api.open_run(run_id, state.home(), trashed=True)
        run.restore()
        whole(_done)(f"{run.name} is back among the runs.")
    except FinineError as error:
        st.session_state[_PROBLEM] = error


@st.dialog("Delete this run for good?")
def _confirm(run_id: str) -> None:
    try:
        run = api.open_run(run_id, state.home(), trashed=True)
    except FinineError as error:
        show_problem(error)
        return
    marked = api.marked(state.home(), [run_id])[run_id]
    st.markdown(
        f"**{plain(run.name)}** ({run_id}) loses its scores, curves, signals, model and "
        "verifications, and no undo brings them back."
    )
    if marked:
        st.warning(
            f"{marked:,} row{'s are' if marked > 1 else ' is'} marked in it. The log of decisions "
            "keeps the marks, but they can no longer be exported.",
            icon=":material/warning:",
        )
    st.caption("Your data file stays as it is. What was exported stays too.")
    with st.container(horizontal=True):
        if st.button(
            "Delete for good",
            key="delete_for_good",
            type="primary",
            on_click=_delete,
            args=(run,),
        ):
            st.rerun()  # the whole page: it closes the dialog
        if st.button("Keep it", key="keep_it"):
            st.rerun()


def _delete(run: api.Run) -> None:
    name = run.name
    try:
        run.delete()
        whole(_done)(f"{name} was deleted for good.")
    except FinineError as error:
        st.session_state[_PROBLEM] = error


def _look_again(drawn: list[RunLine]) -> None:
    """While one of the runs is going on or queued, look whether a state has changed."""
    states = {one.run_id: one.state for one in drawn}
    if all(one is None or one.over for one in states.values()):
        return

    @st.fragment(run_every=LOOK_SECONDS)
    def look() -> None:
        now = {one.run_id: _told(one) for one in api.lines(state.home())}
        if any(now.get(one.run_id) != _told(one) for one in drawn):
            st.rerun()

    look()


def _told(line: RunLine) -> tuple[State | None, int]:
    return line.state, line.status.ahead if line.status else 0
