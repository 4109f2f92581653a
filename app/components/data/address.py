"""How do the chosen roles survive a reload? They are kept in the address, in a short form.

Only what differs from the suggestions is written: columns by their place in the file, with one
letter for each role, behind a mark of the file, so that an address that was made for another file
is never applied to this one. `columns=9f3a2c.31.i3-8.f2` says: column 31 is the label, 3 to 8 are
ignored, 2 is a feature. With several label columns their places stand there, as in `31,33,34`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import streamlit as st

from finine_app import state
from finine_app.components.data.choice import DataChoice
from finine_app.components.data.file_facts import (
    COLUMN_PREFIX,
    FileFacts,
    choice_of,
    default_choice,
    roles_of,
    split_column,
)
from finine_core.dataset.tasks import AUTO, TASKS
from finine_core.errors import FinineError

COLUMNS, HELD_OUT, TASK = "columns", "held_out", "task"  # names in the address
GROUP, TIME = "held_group", "held_time"
LETTERS = {"text": "t", "feature": "f", "image": "m", "id": "d", "ignore": "i"}
_FORM = re.compile(r"([0-9a-f]{6})\.(\d{1,6}(?:,\d{1,6})*)((?:\.[tfmdi][\d,-]+)*)$")
_RANGE = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?$")


def restore_choice(path: Path, facts: FileFacts) -> None:
    """Take the choice from the address where this session has made none for the file yet."""
    text = st.query_params.get(COLUMNS)
    if text and state.data_choice() is None:
        held_out, group, time = (st.query_params.get(name) for name in (HELD_OUT, GROUP, TIME))
        choice = read_choice(text, held_out, path, facts, group, time)
        if choice is not None:
            task = st.query_params.get(TASK, AUTO)
            state.choose_data(replace(choice, task=task if task in TASKS else AUTO))


def keep_choice(path: Path, facts: FileFacts) -> None:
    """Write this session's choice into the address; nothing where it is as suggested."""
    choice = state.data_choice()
    if choice is None:
        return
    as_suggested = facts.label and choice == default_choice(path, facts, facts.label)
    wanted = {
        COLUMNS: None if as_suggested else short_form(choice, path, facts),
        HELD_OUT: None if as_suggested else _held_out_words(choice),
        TASK: None if choice.task == AUTO else choice.task,
        GROUP: choice.group,
        TIME: choice.time,
    }
    for name, value in wanted.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def forget_choice() -> None:
    """Another file was chosen: what the address says of the columns is over."""
    for name in (COLUMNS, HELD_OUT, TASK, GROUP, TIME):
        st.query_params.pop(name, None)


def short_form(choice: DataChoice, path: Path, facts: FileFacts) -> str:
    """The label and every role that is not the suggested one."""
    suggested, chosen = roles_of(default_choice(path, facts, choice.label)), roles_of(choice)
    split = split_column(choice.validation)
    without_role = (*choice.labels, split, choice.group, choice.time)
    places: dict[str, list[int]] = {role: [] for role in LETTERS}
    for place, column in enumerate(facts.columns):
        role = chosen.get(column.name, "ignore")
        if column.name not in without_role and role != suggested.get(column.name, "ignore"):
            places[role].append(place)
    names = [column.name for column in facts.columns]
    label = ",".join(str(names.index(name)) for name in choice.labels)
    changed = "".join(
        f".{LETTERS[role]}{_ranges(found)}" for role, found in places.items() if found
    )
    return f"{_mark(path, facts)}.{label}{changed}"


def read_choice(
    text: str,
    held_out: str | None,
    path: Path,
    facts: FileFacts,
    group: str | None = None,
    time: str | None = None,
) -> DataChoice | None:
    """What `short_form` wrote; None where it is not about this file, or makes no sense."""
    found = _FORM.match(text)
    if found is None or found[1] != _mark(path, facts):
        return None
    names = [column.name for column in facts.columns]
    at = list(dict.fromkeys(int(place) for place in found[2].split(",")))
    if max(at) >= len(names):
        return None
    labels = tuple(names[place] for place in at)
    label = labels if len(labels) > 1 else labels[0]
    roles = {name: "ignore" for name in names if name not in labels}
    roles |= roles_of(default_choice(path, facts, label))
    role_of = {letter: role for role, letter in LETTERS.items()}
    for part in found[3].split(".")[1:]:
        for place in _places(part[1:], len(names)):
            if names[place] not in labels:
                roles[names[place]] = role_of[part[0]]
    try:
        others = set(names) - set(labels)
        group, time = (one if one in others else None for one in (group, time))
        return choice_of(path, label, roles, _held_out(held_out, names), group, time)
    except FinineError:  # two ids: an address that nobody's choice has made
        return None


def _held_out_words(choice: DataChoice) -> str | None:
    return None if choice.validation == DataChoice.validation else str(choice.validation)


def _held_out(words: str | None, names: list[str]) -> float | str:
    """A share, 'column:NAME' or a path, as it was; the usual share where it makes no sense."""
    if not words:
        return DataChoice.validation
    column = split_column(words)
    if column is not None:
        return COLUMN_PREFIX + column if column in names else DataChoice.validation
    try:
        share = float(words)
    except ValueError:
        return words
    return share if 0 <= share < 1 else DataChoice.validation


def _mark(path: Path, facts: FileFacts) -> str:
    """A short name for the file and its columns."""
    parts = [str(path), *(column.name for column in facts.columns)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:6]


def _ranges(places: list[int]) -> str:
    """Ascending numbers, stretches as first-last.

    Examples:
        >>> _ranges([1, 3, 4, 5, 9])
        '1,3-5,9'
    """
    parts = []
    for _, group in groupby(enumerate(places), key=lambda one: one[1] - one[0]):
        stretch = [place for _, place in group]
        parts.append(str(stretch[0]) if len(stretch) == 1 else f"{stretch[0]}-{stretch[-1]}")
    return ",".join(parts)


def _places(text: str, columns: int) -> list[int]:
    """The numbers below `columns` that `_ranges` wrote.

    Examples:
        >>> _places("1,3-5,9,x", 9)
        [1, 3, 4, 5]
    """
    found: list[int] = []
    for part in text.split(","):
        ends = _RANGE.match(part)
        if ends:
            found += range(int(ends[1]), min(int(ends[2] or ends[1]) + 1, columns))
    return [place for place in found if place < columns]
