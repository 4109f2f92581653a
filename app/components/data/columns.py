"""Which column is the label, and what are the others?

Takes the facts of a file and which rows are held out, gives a `DataChoice`. Suggestions come first
with their reasons; a person can overrule every one of them. Widgets begin from what was chosen
before, so that going to another page and back loses nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import streamlit as st

from finine_app import state
from finine_app.components.data.choice import DataChoice
from finine_app.components.data.file_facts import (
    ROLES,
    ColumnFacts,
    FileFacts,
    Label,
    choice_of,
    default_choice,
    roles_of,
)
from finine_app.components.data.held_out import HeldOut
from finine_app.components.messages import plain
from finine_core.dataset import named_labels
from finine_core.dataset.tasks import AUTO, MULTI_LABEL, TASKS
from finine_core.errors import FinineError

MANY_COLUMNS = 25  # from here on a table is scrolled, and a field to find columns pays
REASON_WIDTH = 330  # pixels: the usual reasons fit, and the example still begins on the screen
_BASE, _TIMES_SET = "_roles_base", "_roles_times_set"


def choose_label(path: Path, facts: FileFacts) -> Label | None:
    """The label column, guessed or chosen, or several; None while there is none."""
    names = [column.name for column in facts.columns]
    before = state.data_choice()
    guess = before.labels[0] if before and before.labels[0] in names else facts.label
    label = st.selectbox(
        "Which column is the label, the thing to predict?",
        names,
        index=names.index(guess) if guess in names else None,
        placeholder="Choose the label column",
        key=f"label_{_mark(path)}",
    )
    if label is not None and label == facts.label:
        st.caption(f"Suggested, because {plain(facts.label_reason)}.")
    if label is None:
        return None
    more = _more_labels(path, facts, label)
    return (label, *more) if more else label


def _more_labels(path: Path, facts: FileFacts, label: str) -> list[str]:
    """Further columns of 0 and 1, where the label is such a column; none where one alone is."""
    before = state.data_choice()
    had = [] if before is None or before.labels[0] != label else list(before.labels[1:])
    possible = [one.name for one in facts.columns if one.yes_or_no]
    if not had and (label not in possible or len(possible) == 1):
        return []
    # Those first: the browser drops a click on a list that it is still scrolling.
    others = [one.name for one in facts.columns if one.name not in possible]
    key = f"more_labels_{_mark(path, label)}"
    # Not as a default: a default that changes is another widget, and a quick second choice is lost.
    st.session_state.setdefault(key, had)
    return st.multiselect(
        "Further labels that may hold beside it, a column of 0 and 1 each",
        [name for name in (*possible, *others) if name != label],
        key=key,
        select_all=False,  # all would be every column of the file
        placeholder="none: each row has one label",
        help="Every chosen column is one label; 1 (or true, yes) says that it holds. One model "
        "learns all of them, and a row's label is the set of those that hold. Columns that hold "
        f"nothing else: {plain(', '.join(one for one in possible if one != label)) or 'none'}.",
    )


def choose_task(path: Path, label: Label) -> str:
    """What is learned of the label: as the file suggests, or chosen."""
    if len(named_labels(label)) > 1:
        st.caption(f"Learned as **{MULTI_LABEL.name}**: {MULTI_LABEL.words}")
        return AUTO
    names = [AUTO, *(one for one in TASKS if one != MULTI_LABEL.name)]
    before = state.data_choice()
    known = before.task if before and before.label == label and before.task in names else AUTO
    return st.selectbox(
        "What is there to learn?",
        names,
        index=names.index(known),
        format_func=lambda one: "auto: as the label suggests" if one == AUTO
        else f"{one}: {TASKS[one].words}",
        key=f"task_{_mark(path, label)}",
        help="auto takes regression where the label is a measured number, else classification; "
        "what it took is said below.",
    )  # fmt: skip


def choose_roles(path: Path, facts: FileFacts, label: Label) -> dict[str, str]:
    """The role of every column but the label: a table in which each can be overruled."""
    labels = named_labels(label)
    columns = [column for column in facts.columns if column.name not in labels]
    above = st.container()
    wanted = _wanted(path) if len(columns) >= MANY_COLUMNS else ""
    shown = [column for column in columns if wanted in _searched(column)]
    key = f"roles_{_mark(path, label, wanted, st.session_state.get(_TIMES_SET, 0))}"
    # The table given to the editor must stay the same while it is edited, so the roles it begins
    # from are noted when it first appears.
    if key not in st.session_state or key not in st.session_state.get(_BASE, {}):
        before = state.data_choice()
        known = roles_of(before) if before is not None else {}
        suggested = roles_of(default_choice(path, facts, label))
        st.session_state[_BASE] = {key: {**suggested, **known}}
    base: dict[str, str] = st.session_state[_BASE][key]
    roles = {column.name: base.get(column.name, "ignore") for column in columns}
    roles |= _edited(shown, roles, key)
    st.caption(
        "**text**: read as language · **feature**: a number or a category · **image**: learned "
        "from alone · **id**: only names the row · **ignore**: not learned from, but kept in the "
        "file."
    )
    with above:
        _say_roles(roles)
        if len(columns) >= MANY_COLUMNS:
            _find_and_set(path, label, roles, shown)
    return roles


def _edited(shown: Sequence[ColumnFacts], roles: dict[str, str], key: str) -> dict[str, str]:
    """The roles of the columns shown, as they are after a person's changes."""
    if not shown:
        st.info("No column has that in its name, its kind or its reason.")
        return {}
    table = pd.DataFrame(
        {
            "Column": [column.name for column in shown],
            "Role": [roles[column.name] for column in shown],
            "Suggested, because": [f"{c.role}: {c.reason}" for c in shown],
            "Holds": [column.kind for column in shown],
            "Missing": [column.missing for column in shown],
            "Example": [column.example for column in shown],
        }
    )
    edited = st.data_editor(
        table,
        key=key,
        hide_index=True,
        disabled=[name for name in table.columns if name != "Role"],
        column_config={
            "Role": st.column_config.SelectboxColumn(
                options=list(ROLES), required=True, help="Click a cell to change it.", width="small"
            ),
            "Suggested, because": st.column_config.TextColumn(width=REASON_WIDTH),
            "Holds": st.column_config.TextColumn(width="small"),
            "Missing": st.column_config.NumberColumn(format="localized", width="small"),
        },
        alt="The columns of the file, with the role of each",
    )
    return dict(zip(edited["Column"], edited["Role"], strict=True))


def _say_roles(roles: dict[str, str]) -> None:
    numbers = [(sum(its == role for its in roles.values()), role) for role in ROLES]
    told = " · ".join(f"{number:,} {role}" for number, role in numbers if number)
    st.caption(f"{len(roles):,} columns beside the label: {told}")


def _wanted(path: Path) -> str:
    """What the field above the table asks for; it is drawn when the roles are known."""
    return str(st.session_state.get(_find_key(path), "")).strip().casefold()


def _find_key(path: Path) -> str:
    return f"find_columns_{_mark(path)}"


def _searched(column: ColumnFacts) -> str:
    return f"{column.name} {column.kind} {column.role}: {column.reason}".casefold()


def _find_and_set(
    path: Path, label: Label, roles: dict[str, str], shown: Sequence[ColumnFacts]
) -> None:
    """With many columns: show those with a word, and give all of them a role at once."""
    find, role, give = st.columns([3, 2, 2], vertical_alignment="bottom")
    find.text_input(
        "Find columns",
        key=_find_key(path),
        placeholder="part of a name, or of a reason",
    )
    for_many = [one for one in ROLES if one != "id"]
    chosen = role.selectbox(
        "Role for all shown",
        for_many,
        index=for_many.index("ignore"),
        key="role_for_shown",
    )
    give.button(
        f"Set {len(shown):,} columns",
        key="set_shown",
        disabled=not shown,
        on_click=_set_all,
        args=(path, label, {**roles, **{column.name: chosen for column in shown}}),
        width="stretch",
    )


def _set_all(path: Path, label: Label, roles: dict[str, str]) -> None:
    """Choose these roles, and let the table begin anew from them."""
    before = state.data_choice()
    held_out = HeldOut() if before is None else HeldOut.of(before)
    try:
        task = before.task if before else AUTO
        state.choose_data(replace(choice_of(path, label, roles, *held_out), task=task))
    except FinineError:  # two ids: the page has said so, and they are to be mended first
        return
    st.session_state[_TIMES_SET] = st.session_state.get(_TIMES_SET, 0) + 1


def choice_from(
    path: Path,
    label: Label,
    roles: dict[str, str],
    held_out: HeldOut,
    skip_corrupt: bool = False,
    task: str = AUTO,
) -> DataChoice:
    """All of it as the options of a run, remembered for the Run page.

    Raises:
        FinineError: more than one column is to be the id.
    """
    chosen = choice_of(path, label, roles, *held_out)
    choice = replace(chosen, skip_corrupt=skip_corrupt, task=task)
    state.choose_data(choice)
    return choice


def _mark(*parts: object) -> str:
    """A short name for a file (and label), so that each keeps its own widgets."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:8]
