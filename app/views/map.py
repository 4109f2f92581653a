"""The Map page: which rows look alike to the model, and what do those in one place do together?"""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from finine_app import state, theme
from finine_app.components import learned, pictures, reader
from finine_app.components.content import preview
from finine_app.components.export.removal import name_of
from finine_app.components.map import chart, drawings, making, points, selected, window
from finine_app.components.map.areas import area_of, corners_of, drawn_area, inside
from finine_app.components.map.drawings import Choice, Drawing
from finine_app.components.messages import plain, show_problem
from finine_app.components.pressing import whole
from finine_app.components.review import decide
from finine_app.components.target_choice import choose_target
from finine_app.components.words import mu_words
from finine_app.views.review import show_finished
from finine_core import api
from finine_core.runs.map.job import KINDS

SPLIT, SPLIT_NARROWEST = "map_split", "21rem"
# The part that is seen is kept from chart to chart: "reset" would go back to it and not to all.
CONFIG: dict[str, Any] = {
    "displaylogo": False, "scrollZoom": True, "doubleClick": "autosize",
    "modeBarButtonsToRemove": ["resetScale2d"],
}  # fmt: skip


def render() -> None:
    """Draw the page."""
    show_finished("Map", _map)


def _map(run: api.Run) -> None:
    theme.compact()
    st.title("Map")
    st.caption(
        f"Rows of the run {name_of(run)} where the trained model puts them: rows that look alike "
        "to it lie together. Drag around some to select them."
    )
    target = choose_target(run, "map_target")
    named = chart.NUMBER_COLOURS if learned.learns_number(run.record()) else chart.COLOURS
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Map by", KINDS, key="map_kind", format_func=str.upper, default="pca", required=True,
            bind="query-params",
            help="PCA: the two directions in which the rows differ most, at once. UMAP: neighbours "
            "stay together; it is computed once.",
        )  # fmt: skip
        colour = st.selectbox(
            "Colour", list(named), key="map_colour", bind="query-params",
            format_func=named.__getitem__, width=240,
        )  # fmt: skip
        mouse = st.segmented_control(
            "The mouse …", list(chart.MOUSE), key="map_mouse", default=chart.DRAW, required=True,
            format_func=chart.MOUSE.__getitem__, bind="query-params",
        )  # fmt: skip
    if not making.is_there(run, kind):
        _problem()
        return
    choice = Choice(kind, colour, target, mouse)
    known = points.load(run, kind, target)
    drawing = drawings.current(run, known, choice)
    theme.side_by_side(SPLIT, SPLIT_NARROWEST)
    with st.container(key=SPLIT):
        left, right = st.columns([13, 8], gap="medium")
        with left:
            _chart(run, known, drawing)
            window.watch(drawing.wish.map)
        with right:
            _panel(run, known, drawing)


@st.fragment
def _chart(run: api.Run, known: points.Points, drawing: Drawing) -> None:
    wish, places = drawing.wish, drawing.drawn.places
    if drawings.taken() != wish.taken:  # a selection came from this chart: a new one is due
        st.rerun()
    choice = wish.choice
    area = area_of(wish.area, KINDS)
    key = f"map_{choice.kind}_{choice.mouse}_{wish.taken}"

    @whole
    def take() -> None:
        take_selection(st.session_state[key], known)

    with st.container(key="map_chart"):
        st.plotly_chart(
            chart.figure(
                known,
                places,
                points.decisions(run, known, run.log.version()),
                _previews(run, choice.target, known.row_number[places]),
                choice.colour,
                choice.target,
                mouse=choice.mouse,
                outline=None if area is None else corners_of(area, known.places),
                chosen=known.place_of(wish.row),
                window=drawing.window,
            ),
            key=key,
            on_select=take,
            selection_mode=("points", "box", "lasso"),
            config=CONFIG,
            alt=f"Map of {len(places):,} rows by {choice.kind.upper()}, "
            f"coloured by {chart.colours(known)[choice.colour]}",
        )
    if said := points.words_of(drawing.drawn, len(known)):
        st.caption(said)


def _previews(run: api.Run, target: str, rows: NDArray[np.int64]) -> NDArray[np.object_] | None:
    letters = chart.preview_letters(len(rows))
    if not letters:
        return None
    return np.array([one[:letters] for one in points.previews(run, target, rows)], dtype=object)


def take_selection(event: Any, known: points.Points) -> None:
    """What was drawn on the chart, or the point that was picked, goes into the address."""
    chosen = event["selection"]
    outlines = [*chosen.get("lasso", []), *chosen.get("box", [])]
    if outlines:
        area = drawn_area(known.kind, outlines[-1]["x"], outlines[-1]["y"], known.places)
        state.select_lasso(None if area is None else area.short())
    elif picked := chosen.get("points"):
        told = picked[-1]["customdata"]  # row and μ; a browser writes a typed array as {"0": …}
        state.select_row(int(told[0] if isinstance(told, list | tuple) else told["0"]))
    if outlines or chosen.get("points"):
        drawings.take()


@st.fragment
def _panel(run: api.Run, known: points.Points, drawing: Drawing) -> None:
    """The row that is looked at, the selected rows, and what is decided on them."""
    if drawings.wish(run, drawing.wish.choice) != drawing.wish:
        st.rerun()
    seen = run.log.version()  # before what is told of the decisions
    _problem()
    decide.undo_bar(run, seen)
    _row(run, known, drawing.wish.row)
    _selection(run, known, drawing, seen)


def _problem() -> None:
    if (problem := state.last_problem()) is not None:
        show_problem(problem)


def _row(run: api.Run, known: points.Points, row: int | None) -> None:
    if row is None:
        return
    with st.container(border=True, key="map_row"):
        if known.place_of(row) is None:
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
    if reader.has_images(run):
        pictures.of_row(run, row)
    st.write(plain(preview(line, reader.content_of(run, table))))
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


def _selection(run: api.Run, known: points.Points, drawing: Drawing, seen: int) -> None:
    area = area_of(state.lasso(), KINDS)
    if area is None:
        st.info(
            "Drag a line around some points (or choose the box above the map) to see what these "
            "rows have in common, what they do together, and to mark or save them. To look at one "
            "row, let the mouse pick a row.",
            icon=":material/lasso_select:",
        )
        return
    if area.kind != known.kind:  # drawn on the other map: the same rows
        if not making.is_there(run, area.kind):
            return
        places = points.load(run, area.kind, drawing.wish.choice.target).places
    else:
        places = known.places
    mask = inside(places, corners_of(area, places))
    hidden = int(mask.sum() - mask[drawing.drawn.places].sum())
    with st.container(border=True):
        selected.show(run, known, mask, hidden, area.kind, seen)
