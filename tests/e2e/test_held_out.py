"""How rows are held out, chosen in a real browser: whole groups, then the latest, then a run."""

from playwright.sync_api import expect

from finine_core import api
from tests.e2e.steps import by_key, comes, no_error_is_shown, pick, press, settled

ROWS = "person,day,x,label\n" + "".join(
    f"p{i % 20},2024-{1 + i // 40:02}-{1 + i // 2 % 20:02},{(i * 7 % 41) + 9 * (i % 2)}.5,"
    f"{'cat' if i % 2 else 'dog'}\n"
    for i in range(160)
)


def test_groups_and_the_latest_rows_are_held_out_as_a_person_chooses(page, serve, shot, tmp_path):
    data, home = tmp_path / "rows.csv", tmp_path / "home"
    data.write_text(ROWS)
    page.goto(f"{serve(home)}/data?data={data}")
    expect(page.get_by_text("Ready:", exact=False)).to_be_visible()
    page.get_by_text("The latest rows", exact=True).click()
    expect(page.get_by_text("The latest 32 rows are held out", exact=False)).to_be_visible()
    page.get_by_text("Whole groups of rows", exact=True).click()
    said = page.get_by_text("The rows of each group of 'person' lie on one side", exact=False)
    expect(said).to_be_visible()
    expect(page.get_by_text("4 of 20 groups and 32 rows are held out", exact=False)).to_be_visible()
    shot("data_groups")
    page.reload()
    expect(said).to_be_visible()
    settled(page)
    pick(page.get_by_role("combobox", name="Column that says which rows belong together"), "x")
    expect(page.get_by_text("The rows of each group of 'x'", exact=False)).to_be_visible()
    pick(page.get_by_role("combobox", name="Column that says which rows belong together"), "person")
    expect(said).to_be_visible()
    no_error_is_shown(page)
    press(page, "go_to_run")
    press(page, "start_run")
    comes(by_key(page, "open_review"), home)
    record = api.open_run("latest", home).record()
    assert record["config"]["group"] == "person"
    assert record["dataset"]["held_out"]["groups_held_out"] == 4
    no_error_is_shown(page)
