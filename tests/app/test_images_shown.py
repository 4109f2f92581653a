"""Where a row is looked at, its image is shown: the row's details, the Map and Compare."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from finine_app.components import pictures
from finine_core import api
from tests.app.looking import healthy, words
from tests.trained import trained


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> api.Run:
    base = tmp_path_factory.mktemp("shown")
    random = np.random.default_rng(0)
    for name, shade in (("dark", 20), ("light", 180)):
        (base / "shades" / name).mkdir(parents=True)
        for place in range(12):
            pixels = random.integers(shade, shade + 50, (8, 8)).astype(np.uint8)
            Image.fromarray(pixels).save(base / "shades" / name / f"{place:02d}.png")
    return trained(
        base / "shades", label="label", home=base / "home", validation=0.25, epochs=2,
        batch_size=4,
    )  # fmt: skip


@pytest.fixture
def drawn(monkeypatch):
    """What the pages have drawn as images: said in their place, and how wide."""
    found: list[tuple[str, int, bool]] = []

    def draw(picture, width, said):
        found.append((said, width, picture is not None))

    monkeypatch.setattr(pictures, "_picture", draw)
    return found


def test_the_map_shows_the_image_of_the_row_that_is_looked_at(app, run, drawn):
    row = int(run.scores("self")["row_number"][0])
    page = app(run.home, "map")
    page.query_params["row"] = str(row)
    healthy(page.run())
    assert (f"Row {row}", pictures.LARGE, True) in drawn
    assert "small copy" not in words(page)


def test_compare_shows_the_images_of_pinned_rows_beside_each_other(app, run, drawn):
    rows = [int(row) for row in run.scores("self")["row_number"][:3]]
    page = app(run.home, "compare")
    page.query_params["pins"] = ",".join(map(str, rows))
    healthy(page.run())
    assert drawn == [(f"Image {row}", pictures.CELL, True) for row in rows]
    assert f"Row {rows[0]}" in words(page)


def test_the_details_say_when_the_image_is_gone_and_show_the_runs_copy(app, run, drawn):
    row = int(run.scores("self")["row_number"][4])  # none that was looked at before
    path = run.folder.path.parents[1].parent / "shades"
    moved = path.with_name("moved")
    path.rename(moved)
    try:
        page = app(run.home, "review")
        page.query_params["row"] = str(row)
        healthy(page.run())
        assert (f"Row {row}", pictures.LARGE, True) in drawn
        assert "small copy: the image itself is gone" in words(page)
    finally:
        moved.rename(path)


def test_a_large_image_is_shown_larger_and_a_broken_one_is_said(monkeypatch, drawn):
    stream = io.BytesIO()
    Image.new("L", (640, 300)).save(stream, "PNG")
    monkeypatch.setattr(pictures.reader, "image", lambda run, row: stream.getvalue())  # noqa: ARG005
    pictures.of_row(None, 3)
    assert drawn[-1] == ("Row 3", pictures.LARGEST, True)
    monkeypatch.setattr(pictures.reader, "image", lambda run, row: None)  # noqa: ARG005
    monkeypatch.setattr(pictures.reader, "thumbnails", lambda run, rows: {})  # noqa: ARG005
    pictures.of_row(None, 3)
    assert drawn[-1] == ("Row 3", pictures.LARGE, False)
