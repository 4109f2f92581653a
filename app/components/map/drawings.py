"""What does the chart on the Map page show now, and has it to be drawn anew?

A drawing is everything the figure is made of. While what is wished for stays the same, the drawing
of before is used, with the rows it shows and the part of the map it was drawn for: a figure that
differs in one byte is sent again, and Streamlit puts up a new chart for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from finine_app import state, theme
from finine_app.components.map import window
from finine_app.components.map.areas import area_of
from finine_app.components.map.chart import Window
from finine_app.components.map.points import Drawn, Points, drawn_now
from finine_core import api
from finine_core.runs.map.job import KINDS

_DRAWING = "_map_drawing"
_TAKEN = "_map_taken"  # how many selections were taken: a new chart for each, without the old one


@dataclass(frozen=True)
class Choice:
    """What a person chose above the map."""

    kind: str
    colour: str
    target: str
    mouse: str


@dataclass(frozen=True)
class Wish:
    """What the chart should show.

    Attributes:
        area: what is selected on this kind of map, in short form.
        row: the row that is looked at.
        version: of the decisions, where they are what is coloured; else 0.
        taken: how many selections were taken from charts in this session.
    """

    run_id: str
    choice: Choice
    dark: bool
    area: str | None
    row: int | None
    version: int
    taken: int

    @property
    def map(self) -> str:
        """Which map it is of: a part of one map means nothing on another."""
        return f"{self.run_id} {self.choice.kind}"


@dataclass(frozen=True)
class Drawing:
    """A wish, with the rows that are drawn for it and the part of the map that is seen first."""

    wish: Wish
    drawn: Drawn
    window: Window | None


def wish(run: api.Run, choice: Choice) -> Wish:
    """What the chart should show now."""
    area = area_of(state.lasso(), KINDS)
    return Wish(
        run.run_id,
        choice,
        theme.is_dark(),
        area.short() if area is not None and area.kind == choice.kind else None,
        state.selected_row(),
        run.log.version() if choice.colour == "decision" else 0,
        taken(),
    )


def current(run: api.Run, known: Points, choice: Choice) -> Drawing:
    """The drawing that is shown, if it is what is wished for; else a new one."""
    wanted = wish(run, choice)
    shown = st.session_state.get(_DRAWING)
    if isinstance(shown, Drawing) and shown.wish == wanted:
        return shown
    drawn = drawn_now(run, known, known.place_of(wanted.row))
    found = Drawing(wanted, drawn, window.of_map(wanted.map))
    st.session_state[_DRAWING] = found
    return found


def taken() -> int:
    """How many selections were taken from charts in this session."""
    return int(st.session_state.get(_TAKEN, 0))


def take() -> None:
    """Count a selection: the chart it was made on is done with."""
    st.session_state[_TAKEN] = taken() + 1
