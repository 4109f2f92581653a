"""Which rows are held out: some by chance, whole groups, the latest, by a column, a second file's?

Takes the facts of a file, gives what a run is told of it. Widgets begin from what was chosen
before, so that going to another page and back loses nothing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from finine_app import state
from finine_app.components.data.choice import DataChoice
from finine_app.components.data.file_facts import COLUMN_PREFIX, FileFacts, Label, split_column
from finine_app.components.messages import plain
from finine_core.dataset import named_labels
from finine_core.dataset.suggestions import DATES_WORDS, named_like_an_id

CHANCE, GROUP, TIME = "A share of the rows", "Whole groups of rows", "The latest rows"
COLUMN, FILE = "A column says which", "A second file"
WAYS = (CHANCE, GROUP, TIME, COLUMN, FILE)
DEFAULT_SHARE = 0.2  # as in the core
LEAST_SHARE = 0.05  # of the latest rows: a step of the slider
GROUP_NAMES = (
    "user", "patient", "subject", "person", "group", "document", "doc", "author", "speaker",
    "customer", "session", "site",
)  # fmt: skip
MAX_SHARE = 0.8  # the core refuses 0.9; beyond this so little is left that μ says little


class HeldOut(NamedTuple):
    """What a run is told: `validation`, `group` and `time`, as it takes them."""

    validation: float | str = DEFAULT_SHARE
    group: str | None = None
    time: str | None = None

    @classmethod
    def of(cls, choice: DataChoice) -> HeldOut:
        """What an earlier choice says."""
        return cls(choice.validation, choice.group, choice.time)

    @property
    def way(self) -> str:
        """Which of `WAYS` it is."""
        if isinstance(self.validation, str):
            return FILE if split_column(self.validation) is None else COLUMN
        return GROUP if self.group is not None else TIME if self.time is not None else CHANCE

    @property
    def share(self) -> float:
        """The share held out, where there is one; the usual share elsewhere."""
        return (
            DEFAULT_SHARE if isinstance(self.validation, str) else min(self.validation, MAX_SHARE)
        )


def choose_held_out(path: Path, facts: FileFacts, label: Label) -> HeldOut | None:
    """The choice of a person; None while a column or a file is still to be named."""
    choice = state.data_choice()
    before = HeldOut() if choice is None else HeldOut.of(choice)
    way = st.radio(
        "Which rows are held out, to judge the model by?",
        WAYS,
        index=WAYS.index(before.way),
        key=f"validation_kind_{_mark(path)}",
        horizontal=True,
    )
    st.caption(
        "Held-out rows are not learned from, so **they get no μ**."
        + (" They stay in the exported file." if way != FILE else "")
    )
    columns = _Columns(path, facts, label)
    if way == CHANCE:
        return _by_chance(path, facts, before)
    if way == GROUP:
        return _by_group(path, columns, before)
    if way == TIME:
        return _latest(path, columns, before)
    if way == COLUMN:
        guess = split_column(before.validation) or facts.split
        name = columns.choose("Column that says train or validation", guess, "validation_column")
        return None if name is None else HeldOut(COLUMN_PREFIX + name)
    text = st.text_input(
        "Path of the second file, on this machine",
        value=str(before.validation) if before.way == FILE else "",
        key=f"validation_file_{_mark(path)}",
        placeholder="/home/you/validation.csv",
    ).strip()
    return HeldOut(str(Path(text).absolute())) if text else None


def _by_chance(path: Path, facts: FileFacts, before: HeldOut) -> HeldOut:
    if facts.split:
        st.caption(
            f"The column {plain(facts.split)} says train and validation: choose “{COLUMN}” to use "
            "it."
        )
    return HeldOut(_share(path, "Share held out, drawn by class", before.share))


def _by_group(path: Path, columns: _Columns, before: HeldOut) -> HeldOut | None:
    group = columns.choose(
        "Column that says which rows belong together",
        before.group or columns.like_groups,
        "group_column",
        "Such as patients, users or documents: rows with the same value are all learned from or "
        "all held out. Nothing is learned from the column itself.",
    )
    share = _share(path, "Share held out, in whole groups", before.share)
    return None if group is None else HeldOut(share, group)


def _latest(path: Path, columns: _Columns, before: HeldOut) -> HeldOut | None:
    time = columns.choose(
        "Column that says when each row was made",
        before.time or columns.like_times,
        "time_column",
        "Dates, times or numbers. Rows of the same time stay on one side. Nothing is learned from "
        "the column itself.",
    )
    share = max(before.share, LEAST_SHARE)
    share = _share(path, "Share held out, the latest", share, LEAST_SHARE, "latest_share")
    return None if time is None else HeldOut(share, None, time)


class _Columns:
    """The columns beside the label, to choose one from."""

    def __init__(self, path: Path, facts: FileFacts, label: Label) -> None:
        labels = named_labels(label)
        self._mark = _mark(path, label)
        self._columns = [column for column in facts.columns if column.name not in labels]

    def choose(self, words: str, guess: str | None, key: str, told: str = "") -> str | None:
        names = [column.name for column in self._columns]
        return st.selectbox(
            words,
            names,
            index=names.index(guess) if guess in names else None,
            placeholder="Choose a column",
            key=f"{key}_{self._mark}",
            help=told or None,
        )

    @property
    def like_groups(self) -> str | None:
        """The first column that is named like a group, or like an id whose values repeat."""
        for one in self._columns:
            like = one.name.strip().lower() in GROUP_NAMES or named_like_an_id(one.name)
            if like and one.role != "id":
                return one.name
        return None

    @property
    def like_times(self) -> str | None:
        """The first column of dates."""
        return next((one.name for one in self._columns if one.reason == DATES_WORDS), None)


def _share(
    path: Path, words: str, value: float, least: float = 0.0, key: str = "validation_share"
) -> float:
    return st.slider(
        words,
        least,
        MAX_SHARE,
        value=value,
        step=0.05,
        format="percent",
        key=f"{key}_{_mark(path)}",
    )


def _mark(*parts: object) -> str:
    """A short name for a file (and label), so that each keeps its own widgets."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:8]
