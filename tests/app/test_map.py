"""What a person sees and can do on the Map page."""

from __future__ import annotations

import numpy as np
import pytest

from finine_app.components.map.areas import Area, area_of, corners_of, drawn_area, inside
from finine_app.components.map.chart import COLOURS, figure
from finine_app.components.map.points import (
    DECISIONS,
    Points,
    choose_drawn,
    load,
    words_of,
)
from finine_app.views.map import take_selection
from finine_core.runs.map.embedding import read_pca
from tests.app.looking import healthy, in_address, said, table

EVERYTHING = "pca_0.0_4095.0_4095.4095_0.4095"
LOWER_HALF = "pca_0.0_4095.0_4095.2047_0.2047"


def winding(point, polygon):
    """Whether the polygon goes around the point: another way to say inside, one at a time."""
    angles = np.arctan2(*(polygon - point).T[::-1])
    turns = np.diff(np.append(angles, angles[0]))
    return abs(((turns + np.pi) % (2 * np.pi) - np.pi).sum()) > 1


def test_points_inside_a_lasso_are_those_it_goes_around():
    random = np.random.default_rng(0)
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    star = np.stack([np.cos(angle), np.sin(angle)], axis=1) * random.uniform(0.3, 1, (40, 1))
    points = random.uniform(-1, 1, (2000, 2)).astype(np.float32)
    expected = [winding(point, star) for point in points.astype(np.float64)]
    assert inside(points, star).tolist() == expected
    assert 0 < sum(expected) < 2000


def test_an_area_is_the_same_after_it_was_in_the_address():
    points = np.random.default_rng(1).normal(size=(500, 2))
    angle = np.linspace(0, 2 * np.pi, 300)
    area = drawn_area("umap", np.cos(angle).tolist(), np.sin(angle).tolist(), points)
    assert area_of(area.short(), ["pca", "umap"]) == area
    assert len(area.short()) < 1000
    near = np.hypot(*points.T)
    found = inside(points, corners_of(area, points))
    assert found[near < 0.97].all()
    assert not found[near > 1.03].any()
    box = drawn_area("pca", [0.0, 1.0], [0.0, 2.0], points)
    chosen = points[inside(points, corners_of(box, points))]
    assert ((chosen > -0.01) & (chosen < [1.01, 2.01])).all()
    assert drawn_area("pca", [0.0, 0.0], [1.0, 1.0], points) is None  # no inside
    assert area_of("pca_1.2_3.4", ["pca"]) is None


def test_of_too_many_rows_the_decided_the_largest_and_a_fair_rest_are_drawn():
    random = np.random.default_rng(2)
    mu, labels = random.normal(size=5000), random.choice(["a", "b"], 5000, p=[0.9, 0.1])
    decided = np.arange(5000) % 100 == 3
    quietest = int(np.abs(mu).argmin())
    drawn = choose_drawn(decided, mu, (labels == "b").astype(int), most=1000, always=quietest)
    places = set(drawn.places.tolist())
    assert set(np.flatnonzero(decided)) <= places
    assert set(np.argsort(-np.abs(mu))[:250]) <= places
    assert quietest in places
    assert len(places) in (1000, 1001)
    rest = [p for p in places if not decided[p] and np.abs(mu[p]) < np.sort(np.abs(mu))[-300]]
    assert np.mean(labels[rest] == "b") == pytest.approx(0.1, abs=0.02)
    assert "of 5,000 points: all 50 decided" in words_of(drawn, 5000)
    few = choose_drawn(decided, mu, (labels == "b").astype(int))
    assert (len(few.places), words_of(few, 5000)) == (5000, "")
    crowd = choose_drawn(np.ones(5000, dtype=bool), mu, (labels == "b").astype(int), most=100)
    assert (len(crowd.places), crowd.decided) == (100, 100)


def test_a_lasso_shows_its_rows_marks_them_in_one_event_and_saves_them(app, own_run):
    page = app(own_run.home, "map")
    page.query_params["lasso"] = LOWER_HALF
    healthy(page.run())
    flat = read_pca(own_run.folder)
    points = flat[["x", "y"]].to_numpy()
    area = area_of(LOWER_HALF, ["pca"])
    rows = flat["row_number"].to_numpy()[inside(points, corners_of(area, points))]
    assert 0 < len(rows) < len(flat)
    assert f"{len(rows):,} rows selected" in said(page)
    scores = own_run.scores().set_index("row_number").loc[rows]
    assert f"Mean loss **{scores['mean_loss'].mean():.2f}**" in said(page)
    assert table(page, "of all")["rows"].sum() == len(rows)
    mu = own_run.group(rows=rows.tolist(), target="validation").mu
    assert f"{mu:.2f}" in said(page)

    next(one for one in page.button if one.key.startswith("map_mark_delete_")).click().run()
    (event,) = own_run.log.events()
    assert (event.rows, event.selection) == (
        len(rows), f"lasso on the map (PCA): {len(rows):,} rows"
    )  # fmt: skip
    assert table(healthy(page), "of all")["marked"].sum() == len(rows)
    page.button(key="undo").click().run()
    assert own_run.log.counts()["delete"] == 0
    assert in_address(page, "lasso") == LOWER_HALF

    next(one for one in page.text_input if one.key.startswith("map_name_")).set_value("low ones")
    page.button(key="map_save").click().run()
    (saved,) = own_run.groups.all()
    assert (saved.name, own_run.groups.rows_of(saved.group_id).tolist()) == (
        "low ones", sorted(rows.tolist())
    )  # fmt: skip
    page.button(key="map_clear").click().run()
    assert "selected" not in said(page)
    assert "lasso" not in page.query_params


def test_a_row_in_the_address_is_shown_and_one_that_is_not_there_is_told(app, own_run):
    row = int(own_run.scores(top=1)["row_number"].iloc[0])
    page = app(own_run.home, "map")
    page.query_params["row"] = str(row)
    assert f"Row {row}" in said(healthy(page.run()))
    page.query_params["row"] = "99999"
    other = app(own_run.home, "map")
    other.query_params["row"] = "99999"
    assert "not a training row" in said(healthy(other.run()))


@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_can_be_chosen(app, own_run, colour):
    own_run.mark(top=3)
    page = app(own_run.home, "map")
    page.query_params["map_colour"] = COLOURS[colour]
    page.query_params["lasso"] = EVERYTHING
    assert f"{len(own_run.scores()):,} rows selected" in said(healthy(page.run()))
    assert page.selectbox(key="map_colour").value == colour


def test_without_a_map_it_offers_to_make_one(app, own_run, tmp_path):
    assert "No run yet" in said(healthy(app(tmp_path / "none", "map").run()))
    page = app(own_run.home, "map")
    page.query_params["map_kind"] = "UMAP"
    assert "not made yet" in said(healthy(page.run()))
    own_run.folder.embedding.unlink()
    own_run.folder.projection.unlink()
    page = healthy(app(own_run.home, "map").run())
    assert "has no map yet" in said(page)
    assert page.button(key="make_map").label == "Make the map"


def test_what_is_drawn_goes_into_the_address(monkeypatch, finished_run):
    taken = {}
    monkeypatch.setattr("finine_app.state.select_lasso", lambda area: taken.update(lasso=area))
    monkeypatch.setattr("finine_app.state.select_row", lambda row: taken.update(row=row))
    known = load(finished_run, "pca", "self")
    points = known.places
    (left, low), (right, high) = points.min(axis=0) - 1, points.max(axis=0) + 1
    box = {"x": [left, right], "y": [low, high]}
    take_selection({"selection": {"points": [], "box": [box], "lasso": []}}, known)
    for told in ({"0": 17, "1": 0.5}, [17, 0.5]):
        taken.pop("row", None)
        take_selection({"selection": {"points": [{"customdata": told}]}}, known)
        assert taken["row"] == 17
    area = area_of(taken["lasso"], ["pca"])
    assert isinstance(area, Area)
    assert inside(points, corners_of(area, points)).all()


@pytest.mark.parametrize("colour", COLOURS)
def test_the_figure_says_of_each_drawn_row_what_is_known_of_it(finished_run, colour):
    known = load(finished_run, "pca", "validation")
    places = np.arange(len(known))[::2]
    decided = np.arange(len(known), dtype=np.int8) % len(DECISIONS)
    found = figure(known, places, decided, None, colour, "validation", window=(0, 9, 2, 5))
    seen = []
    for trace in found.data:
        rows = trace.customdata[:, 0].astype(int)
        at = np.array([known.place_of(row) for row in rows])
        seen += rows.tolist()
        assert np.array_equal(np.stack([trace.x, trace.y], axis=1), known.places[at])
        assert np.array_equal(trace.customdata[:, 1], known.mu[at].astype(np.float32))
        (label,) = {known.labels[one] for one in known.label[at]}
        assert f" · {label}<br>" in trace.hovertemplate
        values = {"mu": known.mu, "loss": known.mean_loss}.get(colour)
        if values is not None:
            assert np.array_equal(trace.marker.color, values[at].astype(np.float32))
        if colour == "disagree":
            assert set(known.differs[at]) == {trace.name == "label ≠ prediction"}
        if colour == "decision":
            (word,) = {DECISIONS[one] for one in decided[at]}
            assert word in trace.name or (word, trace.name) in [
                ("", "undecided"), ("relabel", "label corrected")
            ]  # fmt: skip
    assert sorted(seen) == sorted(known.row_number[places].tolist())
    assert (found.layout.xaxis.range, found.layout.yaxis.range) == ((0, 9), (2, 5))


def test_a_map_of_twenty_thousand_points_weighs_well_below_a_megabyte():
    random, n = np.random.default_rng(3), 20_000
    known = Points(
        "pca", "validation", np.arange(n), random.integers(0, 32_000, (n, 2)).astype(np.int16),
        random.normal(size=n), random.exponential(size=n), random.integers(0, 5, n),
        ("a", "b", "c", "d{x}", "<e>"), random.random(n) < 0.1,
    )  # fmt: skip
    for colour in COLOURS:
        every, none = np.arange(n), np.zeros(n, dtype=np.int8)
        assert len(figure(known, every, none, None, colour, "validation").to_json()) < 600_000
