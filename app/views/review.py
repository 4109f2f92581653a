"""The Review page: look at the most suspicious rows, see why, and decide on them in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from finine_app import state, theme
from finine_app.components import learned, reader
from finine_app.components.cautions import show_cautions
from finine_app.components.content import Content
from finine_app.components.messages import nothing_yet, plain, show_problem
from finine_app.components.review import (
    advice,
    bulk,
    copies,
    decide,
    filters,
    gallery,
    going_on,
    keys,
    others,
    row_detail,
    row_table,
    suspicion,
    ticked,
)
from finine_app.components.review.listing import page_turned
from finine_app.components.review.tabs import ALL, choose_tab, in_list, in_list_words
from finine_app.components.review.take import take_rows
from finine_app.components.review.why import reasons
from finine_app.components.run_summary import state_words
from finine_app.components.target_choice import choose_ranking
from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs import State
from finine_core.runs.columns import BY_SUSPICION

SPLIT, SPLIT_NARROWEST = "review_split", "21rem"  # below it the details go under the table


def render() -> None:
    """Draw the page."""
    keys.listen()
    show_finished("Review", _review)


def show_finished(title: str, draw: Callable[[api.Run], None]) -> None:
    """A page about the run that is looked at; what is wrong is told in its place."""
    try:
        run = finished_run(title)
        if run is not None:
            draw(run)
    except FinineError as error:
        show_problem(error)


def finished_run(title: str) -> api.Run | None:
    """The run that is looked at, if it has scores; else says what is missing."""
    run = state.current_run()
    if run is None:
        st.title(title)
        nothing_yet(
            "No run yet",
            "Train once on your data; then the rows that look wrong are listed here.",
            "data",
            "Choose data",
        )
        return None
    status = run.status()
    if status.state is not State.DONE:
        st.title(title)
        nothing_yet(
            f"This run is {state_words(status.state)}",
            f"It has no scores yet. {plain(status.message)}".strip(),
            "run",
            "Watch it on the Run page",
        )
        return None
    return run


def _review(run: api.Run) -> None:
    drawn = going_on.moment(run)  # first: what is decided from here on is looked for
    theme.compact()
    record = run.record()
    table = reader.review_table(run)
    content = reader.content_of(run, table)
    ranking = _header(run, record)
    tab, counts = choose_tab(table, run, ranking)
    rows = counts[ALL.name]
    with st.container():  # there with and without it, so that nothing below moves its place
        if tab.name == "suspicious":
            going_on.show_progress(counts)
        elif tab.name == copies.TAB:
            copies.offer_to_keep_one()
        elif not state.tab():
            going_on.offer_to_continue(counts)
    asked = filters.choose(reader.labels_said(run, record))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        more = filters.choose_more(run, table, ranking, asked)
        if more is None:
            st.warning("The SQL condition under More filters does not work, so no row is listed.")
            going_on.watch_others(run, drawn)
            return
        asked_for = more.where(content.searched)
        where = in_list(tab, asked_for)
        sort, size = filters.choose_sort(table), filters.choose_page_size()
        sort = copies.together(tab, sort)
        listing = row_table.load(run, ranking, where, sort, size)
        with st.container(key="shown_count", width="content"):
            st.markdown(f"**{listing.total:,} of {rows:,} rows**")
        if asked_for:
            st.button("Show all rows", key="filter_clear", type="tertiary", on_click=filters.clear)
    with st.container():
        if (problem := state.last_problem()) is not None:
            show_problem(problem)
    acting = {
        **decide.flips(run, drawn.version),
        **going_on.to_next_undecided(run, ranking, where, sort, size),
    }
    if listing.total == 0:
        keys.bind(keys.Bound(None, {}, acting, decide.gone_on))
        st.info(
            "No row meets the filter. Take a part of it away, or show all rows."
            if asked_for
            else tab.empty,
            icon=":material/filter_alt_off:",
        )
        decide.undo_bar(run, drawn.version, drawn.meanwhile)
        going_on.watch_others(run, drawn)
        return
    row = row_table.shown_row(listing)
    theme.side_by_side(SPLIT, SPLIT_NARROWEST)
    with st.container(key=SPLIT):
        left, right = st.columns([13, 10], gap="medium")
        with left:
            decide.undo_bar(
                run,
                drawn.version,
                drawn.meanwhile,
                partial(going_on.next_undecided_button, acting[going_on.CONTINUE_KEY]),
            )
            as_images = gallery.wanted(run)
            several = not as_images and ticked.switch()
            if several:
                ticked.act_on_ticked(run, listing.rows, drawn.version)
            if as_images:
                gallery.draw(run, listing)
            else:
                row_table.draw(run, listing, ranking, content, several)
            if listing.pages > 1:
                st.pagination(
                    listing.pages,
                    key="page_number",
                    on_change=page_turned,
                    bind="query-params",
                )
            bulk.decide_on_all(
                run,
                table,
                ranking,
                in_list_words(tab, more.words()),
                where,
                listing.total,
                drawn.version,
            )
            take_rows(run, "list", listing.total, where=where or "true", target=ranking)
        with right:
            if row is not None:
                _detail(
                    run,
                    record,
                    ranking,
                    content,
                    listing,
                    row,
                    rows,
                    more.text,
                    drawn.version,
                    acting,
                )
    going_on.watch_others(run, drawn)


def _header(run: api.Run, record: dict[str, Any]) -> str:
    """Name, state, how far the decisions are, and the ranking; gives the ranking."""
    rows = int(record["dataset"]["rows"]) if run.rankings[0] == BY_SUSPICION else run.scored
    counts = run.log.counts()
    said = " · ".join(f"{count:,} {decision}" for decision, count in counts.items())
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.title("Review", width="content")
        st.markdown(f"**{plain(record['name'])}** · {state_words(State.DONE)}", width="content")
        with st.container(key="decision_counts", width="content"):
            st.markdown(f"{said} of {rows:,} rows")
    ranking = choose_ranking(run, "review_target")
    if ranking == BY_SUSPICION:
        advice.draw(run)
    show_cautions(run, "review")
    return ranking


def _detail(
    run: api.Run,
    record: dict[str, Any],
    ranking: str,
    content: Content,
    listing: row_table.Listing,
    row: int,
    rows: int,
    searched: str,
    seen: int,
    acting: Mapping[str, keys.Action],
) -> None:
    line = next((one for one in listing.lines if one["row_number"] == row), None)
    if line is None:
        found = reader.lines(run, [row], ranking)
        if not found:
            run.curve(row)  # says whether it is held out or does not exist
            return
        line = found[0]
    target = run.targets[0] if ranking == BY_SUSPICION else ranking
    classes = learned.classes_to_correct_to(record)
    choice = decide.choice(run, line, classes, listing.around(row), seen)
    anyway = {**acting, **reasons(), **choice.steps}
    keys.bind(keys.Bound(row, choice.keys, anyway, decide.gone_on))
    with st.container(key="row_detail"):
        with st.container():  # one element, whatever it holds: nothing below moves its place
            row_detail.heading(line, rows)
            if row not in listing.rows:
                st.caption("This row is not on this page of the list.")
            row_detail.verdict(run, line, ranking)
            suspicion.why(run, line)
            row_detail.image(run, line)
            if not reader.has_images(run):  # a path says nothing that the image does not
                row_detail.texts(line, content, searched)
        with st.container():
            decide.decide(choice)
        others.twins(run, line, ranking)
        row_detail.values(run, line, content, ranking)
        row_detail.influence(run, line, target)
        row_detail.compare_with_others(run, line, content, ranking)
