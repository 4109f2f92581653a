"""The Data page's warnings before training, the roles in the address, and many columns."""

from __future__ import annotations

import pytest

from finine_app.components.data.address import read_choice, short_form
from finine_app.components.data.file_facts import choice_of, default_choice, facts_of
from tests.app.looking import FLIPS, MIXED, healthy, said, widget, with_file

LEAKY = "age,code,answer\n" + "".join(
    f"{20 + i * 37 % 50},{i % 2 * 7},{'no' if i % 2 else ('Yes' if i else 'yes ')}\n"
    for i in range(80)
)


def edit(page, changes):
    """Change roles in the table of columns: {place in the table: role}."""
    page.session_state[widget(page.data_editor, "roles").key] = {
        "edited_rows": {place: {"Role": role} for place, role in changes.items()},
        "added_rows": [],
        "deleted_rows": [],
    }
    return healthy(page.run())


def reloaded(app, home, page, name="data"):
    """The same address in a new session, as after a reload."""
    again = app(home, name)
    for key in ("data", "columns", "held_out"):
        if key in page.query_params:
            value = page.query_params[key]
            again.query_params[key] = value[0] if isinstance(value, list) else value
    return healthy(again.run())


def choice(page):
    return page.session_state["_data_choice"]


# --- findings -----------------------------------------------------------------------------------


def test_warnings_are_told_with_what_to_do_and_the_rows_and_stop_nothing(app, tmp_path):
    page, _ = with_file(app, tmp_path / "h", tmp_path, LEAKY)
    text = said(page)
    assert "2 warnings and 2 notes." in text
    assert text.index("'code' (98.7 % right)") < text.index("'Yes' (39 rows) / 'yes ' (1 row)")
    assert "set the role to ignore" in text
    rows = [one.value for one in page.dataframe if "row" in one.value.columns]
    assert rows[1]["row"].tolist() == ["0"]
    assert rows[1]["answer"].tolist() == ["yes "]
    assert not page.button(key="go_to_run").disabled
    edit(page, {1: "ignore"})
    assert "1 warning and" in said(page)
    assert "gives the label away by itself" not in said(page)


def test_without_problems_the_page_says_what_was_looked_for(app, tmp_path):
    page = app(tmp_path, "data")
    page.query_params["data"] = str(FLIPS.path)
    text = said(healthy(page.run()))
    assert "No problems found" in text
    assert "Looked for: a column that nearly gives the label away" in text
    command = next(one.value for one in page.code if "finine check" in one.value)
    assert "--label diagnosis" in command


def test_the_run_page_counts_the_warnings_and_leads_back(app, tmp_path):
    page, _ = with_file(app, tmp_path / "h", tmp_path, LEAKY)
    page = reloaded(app, tmp_path / "h", page, "run")
    links = [link.label for link in page.get("page_link")]
    assert "2 warnings about this data: have a look before you start" in links
    assert page.button(key="start_run")


def test_a_clean_file_puts_no_line_on_the_run_page(app, tmp_path):
    page = app(tmp_path, "run")
    page.query_params["data"] = str(FLIPS.path)
    links = [link.label for link in healthy(page.run()).get("page_link")]
    assert not any("warning" in link for link in links)


def test_signs_of_markdown_in_a_finding_are_shown_as_they_are(app, tmp_path):
    content = LEAKY.replace("code", "$a$ :red[b]")
    page, _ = with_file(app, tmp_path / "h", tmp_path, content)
    assert any(r"'\$a\$ \:red\[b\]'" in one.value for one in page.markdown)


def test_rows_of_a_second_file_are_named_as_such(app, tmp_path):
    page, _ = with_file(app, tmp_path / "h", tmp_path, MIXED)
    second = tmp_path / "held_out.csv"
    second.write_text("".join(MIXED.splitlines(keepends=True)[i] for i in (0, 4, 7)))
    widget(page.radio, "validation_kind").set_value("A second file").run()
    widget(page.text_input, "validation_file").set_value(str(second)).run()
    assert "2 held-out rows of 2 are also among the rows" in said(healthy(page))
    rows = next(one.value for one in page.dataframe if "row" in one.value.columns)
    assert rows["row"].tolist() == ["3", "0 (second file)", "6", "1 (second file)"]
    assert rows["part"].tolist() == ["training", "validation"] * 2


# --- the address --------------------------------------------------------------------------------


def test_changed_roles_and_validation_survive_a_reload_on_both_pages(app, tmp_path):
    home = tmp_path / "h"
    page, _ = with_file(app, home, tmp_path, MIXED)
    assert "columns" not in page.query_params, "as suggested: nothing to write"
    edit(page, {2: "ignore", 0: "feature"})
    widget(page.slider, "validation_share").set_value(0.4).run()
    chosen = choice(healthy(page))
    assert (chosen.features, chosen.text, chosen.validation) == (("id", "x"), (), 0.4)
    assert choice(reloaded(app, home, page)) == chosen
    assert choice(reloaded(app, home, page, "run")) == chosen


def test_a_changed_label_and_a_split_column_survive_a_reload(app, tmp_path):
    home = tmp_path / "h"
    page, _ = with_file(app, home, tmp_path, MIXED)
    widget(page.radio, "validation_kind").set_value("A column says which").run()
    chosen = choice(healthy(page))
    assert chosen.validation == "column:part"
    again = reloaded(app, home, page)
    assert choice(again) == chosen
    assert "30 rows" in again.success[0].value
    widget(again.radio, "validation_kind").set_value("A share of the rows").run()
    widget(again.selectbox, "label").set_value("part").run()
    assert choice(reloaded(app, home, again)).label == "part"


def test_roles_go_back_to_the_suggestions_and_leave_the_address(app, tmp_path):
    page, _ = with_file(app, tmp_path / "h", tmp_path, MIXED)
    edit(page, {2: "ignore"})
    assert "columns" in page.query_params
    edit(page, {2: "text"})
    assert "columns" not in page.query_params


@pytest.mark.parametrize("text", ["", "zz", "abcdef.99", "{mark}.999.i1", "{mark}.4.x1", "%00"])
def test_an_address_that_makes_no_sense_leaves_the_suggestions(tmp_path, text):
    path = tmp_path / "data.csv"
    path.write_text(MIXED)
    facts = facts_of(path)
    suggested = default_choice(path, facts, "label")
    mark = short_form(suggested, path, facts).split(".")[0]
    assert read_choice(text.format(mark=mark), None, path, facts) is None


def test_an_address_made_for_another_file_is_not_applied(tmp_path):
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    for path in (one, other):
        path.write_text(MIXED)
    facts = facts_of(one)
    roles = {"id": "ignore", "part": "ignore", "note": "ignore", "x": "feature"}
    chosen = choice_of(one, "label", roles, 0.3)
    text = short_form(chosen, one, facts)
    assert read_choice(text, "0.3", one, facts) == chosen
    assert read_choice(text, "0.3", other, facts_of(other)) is None


def test_two_uploads_of_one_name_are_kept_apart(app, tmp_path):
    home = tmp_path / "h"
    page = app(home, "data").run()
    page.radio(key="data_source").set_value("Upload a file").run()
    page.file_uploader(key="upload").set_value(("data.csv", MIXED.encode(), "text/csv")).run()
    edit(page, {2: "ignore"})
    first = choice(page)
    other = MIXED.replace("some words", "other words")
    page.file_uploader(key="upload").set_value(("data.csv", other.encode(), "text/csv")).run()
    second = choice(healthy(page))
    assert second.data != first.data
    assert (first.text, second.text) == ((), ("note",)), "the roles of the first are not its own"
    assert page.dataframe[0].value["note"][0].startswith("other words")
    assert "columns" not in page.query_params
    assert len(list((home / "uploads").rglob("data.csv"))) == 2


# --- many columns -------------------------------------------------------------------------------


def test_many_columns_can_be_found_and_set_together(app, tmp_path):
    names = [*(f"gene_{i}" for i in range(400)), *(f"stain {i}" for i in range(100)), "label"]
    lines = (
        ",".join([*(f"{(i * (j + 3)) % 503}.5" for j in range(500)), "ab"[i % 2]])
        for i in range(30)
    )
    page, _ = with_file(app, tmp_path / "h", tmp_path, "\n".join([",".join(names), *lines]) + "\n")
    assert len(widget(page.data_editor, "roles").value) == 500
    assert len(page.selectbox) < 5, "one table, not a widget for each column"
    widget(page.text_input, "find_columns").set_value("STAIN").run()
    assert len(widget(healthy(page).data_editor, "roles").value) == 100
    assert len(choice(page).features) == 500, "columns out of sight keep their roles"
    edit(page, {0: "text"})
    page.button(key="set_shown").click().run()
    assert len(choice(healthy(page)).ignore) == 100
    widget(page.text_input, "find_columns").set_value("gene_39").run()
    edit(page, {1: "ignore"})
    chosen = choice(page)
    assert (len(chosen.features), "gene_390" in chosen.ignore) == (399, True)
    assert choice(reloaded(app, tmp_path / "h", page)) == chosen
    widget(page.text_input, "find_columns").set_value("no such").run()
    assert "No column has that" in said(healthy(page))


def test_every_column_has_a_reason_and_dates_and_constants_are_left_out(app, tmp_path):
    content = "when,same,stars,label\n" + "".join(
        f"2024-01-{i % 28 + 1:02d},x,{i * 7 % 5},{'ab'[i % 2]}\n" for i in range(60)
    )
    page, _ = with_file(app, tmp_path / "h", tmp_path, content)
    table = widget(page.data_editor, "roles").value.set_index("Column")
    assert table["Role"].tolist() == ["ignore", "ignore", "feature"]
    assert "dates" in table.loc["when", "Suggested, because"]
    assert "every row has the same value" in table.loc["same", "Suggested, because"]
