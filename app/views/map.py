"""The Map page: which rows look alike to the model, and what do those in one place do together?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from finine_app import state, theme
from finine_app.components import reader
from finine_app.components.export.removal import name_of
from finine_app.components.map import chart, making, points, selected
from finine_app.components.map.areas import area_of, corners_of, drawn_area, inside
from finine_app.components.messages import plain, show_problem
from finine_app.components.review import decide
from finine_app.components.target_choice import choose_target
from finine_app.components.words import mu_words
from finine_app.views.review import finished_run
from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs.map.job import KINDS

SPLIT, SPLIT_NARROWEST = "map_split", "21rem"
_TAKEN = "_map_taken"  # how many areas were drawn: a new chart for each, without the old drawing
CONFIG: dict[str, Any] = {"displaylogo": False, "scrollZoom": True}


def render() -> None:
    """Draw the page."""
    try:
        run = finished_run("Map")
        if run is not None:
            _map(run)
    except FinineError as error:
        show_problem(error)


def _map(run: api.Run) -> None:
    theme.compact()
    st.title("Map")
    st.caption(
        f"Rows of the run {name_of(run)} where the trained model puts them: rows that look alike "
        "to it lie together. Drag around some to select them."
    )
    target = choose_target(run, "map_target")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Map by", KINDS, key="map_kind", format_func=str.upper, default="pca", required=True,
            bind="query-params",
            help="PCA: the two directions in which the rows differ most, at once. UMAP: neighbours "
            "stay together; it is computed once.",
        )  # fmt: skip
        colour = st.selectbox(
            "Colour", list(chart.COLOURS), key="map_colour", bind="query-params",
            format_func=chart.COLOURS.__getitem__, width=220,
        )  # fmt: skip
        mouse = st.segmented_control(
            "The mouse …", list(chart.MOUSE), key="map_mouse", default=chart.DRAW, required=True,
            format_func=chart.MOUSE.__getitem__, bind="query-params",
        )  # fmt: skip
    if (problem := state.last_problem()) is not None:
        show_problem(problem)
    if not making.is_there(run, kind):
        return
    decide.undo_bar(run)
    frame = points.load(run, kind, target)
    theme.side_by_side(SPLIT, SPLIT_NARROWEST)
    with st.container(key=SPLIT):
        left, right = st.columns([13, 8], gap="medium")
        with left:
            drawn = _chart(run, frame, kind, colour, target, mouse)
        with right:
            _row(run, frame)
            _selection(run, frame, kind, target, drawn)


def _chart(
    run: api.Run, frame: pd.DataFrame, kind: str, colour: str, target: str, mouse: str
) -> points.Drawn:
    found = np.flatnonzero(frame["row_number"].to_numpy() == state.selected_row())
    chosen = int(found[0]) if len(found) else None
    drawn = points.choose_drawn(
        frame["decision"].to_numpy() != "",
        frame["mu"].to_numpy(),
        frame["label"].to_numpy(dtype=object),
        always=chosen,
    )
    rows = frame["row_number"].to_numpy()[drawn.places]
    content = reader.content_of(run, reader.review_table(run))
    places = frame[["x", "y"]].to_numpy()
    area = area_of(state.lasso(), KINDS)
    outline = corners_of(area, places) if area is not None and area.kind == kind else None
    key = f"map_{kind}_{mouse}_{st.session_state.get(_TAKEN, 0)}"

    def take() -> None:
        take_selection(st.session_state[key], kind, frame)

    with st.container(key="map_chart"):
        st.plotly_chart(
            chart.figure(
                frame, drawn.places, points.previews(run, target, rows, content), colour, target,
                mouse=mouse, outline=outline, chosen=chosen,
            ),
            key=key,
            on_select=take,
            selection_mode=("points", "box", "lasso"),
            config=CONFIG,
            alt=f"Map of {len(rows):,} rows by {kind.upper()}, coloured by {chart.COLOURS[colour]}",
        )  # fmt: skip
    if said := points.words_of(drawn, len(frame)):
        st.caption(said)
    return drawn


def take_selection(event: Any, kind: str, frame: pd.DataFrame) -> None:
    """What was drawn on the chart, or the point that was picked, goes into the address."""
    chosen = event["selection"]
    drawings = [*chosen.get("lasso", []), *chosen.get("box", [])]
    if drawings:
        places = frame[["x", "y"]].to_numpy()
        area = drawn_area(kind, drawings[-1]["x"], drawings[-1]["y"], places)
        state.select_lasso(None if area is None else area.short())
    elif picked := chosen.get("points"):
        row = picked[-1]["customdata"]  # a number, or a list of one
        state.select_row(int(row[0] if isinstance(row, list | tuple) else row))
    if drawings or chosen.get("points"):
        st.session_state[_TAKEN] = st.session_state.get(_TAKEN, 0) + 1


def _row(run: api.Run, frame: pd.DataFrame) -> None:
    row = state.selected_row()
    if row is None:
        return
    line = frame[frame["row_number"] == row]
    with st.container(border=True, key="map_row"):
        if line.empty:
            st.caption(f"Row {row} is not a training row of this run, so it is not on the map.")
            return
        _row_words(run, row)


def _row_words(run: api.Run, row: int) -> None:
    table, target = reader.review_table(run), state.target(run)
    line = table.query(target=target, where=f"row_number = {row}", with_data=True).to_pylist()[0]
    label, predicted = plain(line["label"]), plain(line["predicted"])
    st.markdown(
        f"#### Row {row}\nLabel **{label}**, predicted **{predicted}**"
        f" · μ = {mu_words(line['mu'], line['mu_low'], line['mu_high'])}"
    )
    st.write(plain(reader.preview(line, reader.content_of(run, table))))
    with st.container(horizontal=True):
        st.page_link(
            state.page("review"),
            label="Open in Review",
            icon=":material/fact_check:",
            query_params={"run": run.run_id, "row": str(row), "target": target},
        )
        st.button(
            "Close", key="map_row_close", type="tertiary", on_click=state.select_row, args=(None,)
        )


def _selection(
    run: api.Run, frame: pd.DataFrame, kind: str, target: str, drawn: points.Drawn
) -> None:
    area = area_of(state.lasso(), KINDS)
    if area is None:
        st.info(
            "Drag a line around some points (or choose the box above the map) to see what these "
            "rows have in common, what they do together, and to mark or save them. To look at one "
            "row, let the mouse pick a row.",
            icon=":material/lasso_select:",
        )
        return
    if area.kind != kind:  # drawn on the other map: the same rows
        if not making.is_there(run, area.kind):
            return
        other = points.load(run, area.kind, target)
        places = other[["x", "y"]].to_numpy()
    else:
        places = frame[["x", "y"]].to_numpy()
    mask = inside(places, corners_of(area, places))
    hidden = int(mask.sum() - mask[drawn.places].sum())
    with st.container(border=True):
        selected.show(run, frame, mask, hidden, area.kind)
