"""A data set of images in a real browser: upload a zip, run, look at the gallery, mark, export.

The original zip must be as it was.
"""

import io
import zipfile

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from finine_core import api
from tests.e2e.steps import by_key, comes, go, no_error_is_shown, press

SIDE, PER_CLASS = 12, 20


def shades():
    """A zip of dark and light images."""
    random, stream = np.random.default_rng(0), io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, shade in (("dark", 20), ("light", 150)):
            for place in range(PER_CLASS):
                pixels = random.integers(shade, shade + 90, (SIDE, SIDE)).astype(np.uint8)
                picture = io.BytesIO()
                Image.fromarray(pixels).save(picture, "PNG")
                archive.writestr(f"shades/{name}/{place:02d}.png", picture.getvalue())
    return stream.getvalue()


def test_from_a_zip_of_images_to_a_cleaned_zip(page, serve, shot, tmp_path):
    original = shades()
    data = tmp_path / "shades.zip"
    data.write_bytes(original)
    page.goto(serve(tmp_path / "home"))

    # Data: the zip is a table of images, some of which are shown
    page.get_by_text("Upload a file", exact=True).click()
    by_key(page, "upload").locator("input[type=file]").set_input_files(data)
    expect(by_key(page, "data_images").locator("img").first).to_be_visible()
    expect(page.get_by_text("Ready:", exact=False)).to_be_visible()
    shot("images_data")
    no_error_is_shown(page)
    press(page, "go_to_run")

    # Run
    press(page, "start_run")
    comes(by_key(page, "open_review"), tmp_path / "home")
    press(page, "open_review")

    # Review: the gallery shows the page's rows; a press shows one, and it is marked
    run = api.open_run("latest", tmp_path / "home")
    *_, third = (int(row) for row in run.scores(top=3)["row_number"])
    gallery = by_key(page, "gallery")
    expect(gallery.locator("img")).to_have_count(25)
    press(page, f"gallery_button_{third}")
    expect(page.get_by_role("heading", name=f"Row {third}")).to_be_visible()
    expect(by_key(page, "large_picture").locator("img")).to_be_visible()
    shot("images_gallery")
    press(page, "mark_delete")
    expect(by_key(page, "decision_counts")).to_contain_text("1 delete")
    expect(by_key(page, f"gallery_{third}")).to_contain_text("delete")
    no_error_is_shown(page)

    # The table is one press away, and a reload keeps it
    by_key(page, "shown_as").get_by_role("radio", name="Table").click()
    expect(by_key(page, "review_table")).to_be_visible()
    page.reload()
    expect(by_key(page, "review_table")).to_be_visible()

    # The Map shows the image of the row that is looked at, Compare those of pinned rows
    go(page, "Map")
    expect(by_key(page, "map_row").locator("img")).to_be_visible()
    shot("images_map")
    no_error_is_shown(page)
    go(page, "Compare")
    press(page, "compare_top")
    expect(by_key(page, "compare_images").locator("img")).to_have_count(3)
    shot("images_compare")
    no_error_is_shown(page)

    # Export: the list, and the images that are kept
    go(page, "Export")
    by_key(page, "image_tree").locator("label").click()
    expect(page.locator("code").filter(has_text="--tree copy")).to_be_visible()
    press(page, "prepare_export")
    with page.expect_download() as waiting:
        press(page, "download_zip")
    shot("images_export")
    with zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes())) as packed:
        listed = packed.read("cleaned.csv").decode().splitlines()
        pictures = [name for name in packed.namelist() if name.startswith("images/")]
    assert len(listed) == 2 * PER_CLASS  # the header, and all but one
    assert len(pictures) == 2 * PER_CLASS - 1
    with zipfile.ZipFile(io.BytesIO(original)) as packed:
        gone = sorted(packed.namelist())[third]
    assert f"images/{gone}" not in pictures
    assert data.read_bytes() == original, "the original must not change"
    no_error_is_shown(page)
