"""The Data page: choose a file, say what its columns are, and see whether a run would work
and what is odd about the data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from finine_app import state
from finine_app.components.data.choice import DataChoice
from finine_app.components.data.source import choose_source
from finine_app.components.messages import plain, show_problem
from finine_core.errors import FinineError

if TYPE_CHECKING:
    from finine_app.components.data.checked import Checked
    from finine_app.components.data.file_facts import FileFacts


def render() -> None:
    """Draw the page."""
    st.title("Data")
    state.keep_data_address()
    choose_source()
    path = state.data_file()
    if path is None:
        st.info("Choose one of them. Nothing is trained before you say so on the Run page.")
        return
    from finine_app.components.data.address import keep_choice, restore_choice
    from finine_app.components.data.checked import check
    from finine_app.components.data.columns import (
        choice_from,
        choose_label,
        choose_roles,
        choose_task,
    )
    from finine_app.components.data.file_facts import facts_of
    from finine_app.components.data.held_out import choose_held_out
    from finine_app.components.data.images import show_images

    try:
        facts = facts_of(path)
    except FinineError as error:
        show_problem(error)
        return
    restore_choice(path, facts)
    _show_file(path, facts)
    st.subheader("What the columns are")
    label = choose_label(path, facts)
    if label is None:
        st.info("No column looks like a label. Choose the one that holds what is to be predicted.")
        return
    task = choose_task(path, label)
    roles = choose_roles(path, facts, label)
    image = next((name for name, role in roles.items() if role == "image"), None)
    skip_corrupt = image is not None and show_images(path, facts, image, label)
    st.subheader("Validation")
    held_out = choose_held_out(path, facts, label)
    if held_out is None:
        st.info("Say which rows are held out, or choose a share.")
        return
    try:
        choice = choice_from(path, label, roles, held_out, skip_corrupt, task)
        keep_choice(path, facts)
        checked = check(choice)
    except FinineError as error:
        st.subheader("Not ready yet")
        show_problem(error)
        st.button("Go on to Run", key="go_to_run", disabled=True)
        return
    _show_ready(checked, choice, facts)


def _show_file(path: Path, facts: FileFacts) -> None:
    from finine_app.components.data.file_facts import PREVIEW_LETTERS, PREVIEW_ROWS

    st.subheader(plain(path.name))
    st.caption(plain(path))
    rows, columns, missing = st.columns(3)
    rows.metric("Rows", f"{facts.rows:,}")
    columns.metric("Columns", f"{len(facts.columns):,}")
    missing.metric("Cells without a value", f"{facts.missing:,}")
    for note in facts.notes:
        st.info(plain(note), icon=":material/info:")
    st.dataframe(facts.preview, height=280, alt=f"The first rows of {path.name}", key="preview")
    st.caption(
        f"The first {min(PREVIEW_ROWS, facts.rows):,} of {facts.rows:,} rows, counted from 0"
        f"{_columns_words(facts)}. "
        f"Texts longer than {PREVIEW_LETTERS} letters are shortened here, nowhere else."
    )


def _columns_words(facts: FileFacts) -> str:
    from finine_app.components.data.file_facts import PREVIEW_COLUMNS

    if len(facts.columns) <= PREVIEW_COLUMNS:
        return ""
    return f", and the first {PREVIEW_COLUMNS:,} of {len(facts.columns):,} columns"


def _show_ready(checked: Checked, choice: DataChoice, facts: FileFacts) -> None:
    from finine_app.components import charts
    from finine_app.components.data.checked import class_counts
    from finine_app.components.data.findings import show_findings
    from finine_core.dataset.tasks import MULTI_LABEL, REGRESSION

    dataset, label = checked.dataset, ", ".join(choice.labels)
    counts = class_counts(dataset)
    number = dataset.task == REGRESSION.name
    several = dataset.task == MULTI_LABEL.name
    st.subheader(f"{'Values' if number else 'Rows' if several else 'Classes'} of {plain(label)}")
    if several:
        st.caption("A row counts under each of its labels. Held-out rows are drawn by their sets.")
    if number:
        st.caption("In bands of about as many rows each, by which held-out rows are drawn.")
    charts.class_balance(
        [name for name, _, _ in counts], [a + b for _, a, b in counts], key="class_balance"
    )
    for note in dataset.notes:
        if note not in facts.notes:
            st.info(plain(note), icon=":material/info:")
    show_findings(checked, choice)
    train, held_out = len(dataset.train), len(dataset.validation)
    st.success(
        f"Ready: **{train:,} rows** will be learned from and get a μ; **{held_out:,}** are held "
        "out.",
        icon=":material/check_circle:",
    )
    if st.button("Go on to Run", key="go_to_run", type="primary", icon=":material/arrow_forward:"):
        state.watch("")
        st.switch_page(state.page("run"))
